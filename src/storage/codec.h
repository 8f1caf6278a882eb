// SPDX-License-Identifier: Apache-2.0
//
// Bytes of log operations and images: little-endian fixed numbers, varints, text, values.
// Layout: docs/formats/log.md, "Values".
//
//   ByteWriter   appends to a buffer.
//   ByteReader   reads from a span; after any failure good() is false, and every read gives zeros.
//                Nesting and lengths are bounded by what is left, so hostile bytes cost nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "storage/storage.h"

namespace trellis::storage {

class ByteWriter {
 public:
  std::vector<std::byte>& bytes() { return bytes_; }
  const std::vector<std::byte>& bytes() const { return bytes_; }

  void u8(uint8_t v) { bytes_.push_back(std::byte{v}); }
  void u32(uint32_t v) { raw(&v, sizeof v); }
  void u64(uint64_t v) { raw(&v, sizeof v); }
  void varint(uint64_t v) {
    while (v >= 0x80) {
      u8(static_cast<uint8_t>(v | 0x80));
      v >>= 7;
    }
    u8(static_cast<uint8_t>(v));
  }
  void signed_varint(int64_t v) {
    varint(static_cast<uint64_t>(v) << 1 ^ static_cast<uint64_t>(v >> 63));
  }
  void text(std::string_view t) {
    varint(t.size());
    raw(t.data(), t.size());
  }
  void value(const value::Value& v);
  void properties(std::span<const Property> properties);
  void raw(const void* data, size_t size) {
    if (size == 0) return;
    const size_t at = bytes_.size();
    bytes_.resize(at + size);
    std::memcpy(bytes_.data() + at, data, size);
  }

 private:
  std::vector<std::byte> bytes_;
};

class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  bool good() const { return good_; }
  bool at_end() const { return at_ == bytes_.size(); }
  size_t position() const { return at_; }
  size_t left() const { return bytes_.size() - at_; }
  void spoil() { good_ = false; }

  uint8_t u8() { return fixed<uint8_t>(); }
  uint32_t u32() { return fixed<uint32_t>(); }
  uint64_t u64() { return fixed<uint64_t>(); }
  uint64_t varint();
  uint32_t varint32();
  int64_t signed_varint() {
    const uint64_t v = varint();
    return static_cast<int64_t>(v >> 1) ^ -static_cast<int64_t>(v & 1);
  }
  std::string_view text();  // into the span
  // Lists and structures are made in the arena; text points into the span.
  value::Value value(Arena& arena) { return value_at(arena, 0); }
  std::vector<Property> properties(Arena& arena);

 private:
  template <class T>
  T fixed() {
    T v{};
    if (left() < sizeof(T)) {
      good_ = false;
      at_ = bytes_.size();
      return v;
    }
    std::memcpy(&v, bytes_.data() + at_, sizeof(T));
    at_ += sizeof(T);
    return v;
  }
  value::Value value_at(Arena& arena, int depth);
  value::Value list_at(Arena& arena, int depth);
  value::Value date_time(Arena& arena);
  value::Value duration(Arena& arena);
  value::Value point(Arena& arena);

  std::span<const std::byte> bytes_;
  size_t at_ = 0;
  bool good_ = true;
};

}  // namespace trellis::storage

// SPDX-License-Identifier: Apache-2.0
//
// PackStream encoder: appends to a ByteBuffer, the shortest form of everything.
//
// Source: neo4j.com/docs/bolt, "PackStream", "Structure semantics".
// Invariants
//   1. What is announced follows: list(n) by n values, map(n) by n pairs of string and value,
//      structure(tag, n) by n values. The caller sees to it.
//   2. value() takes records of nodes and relationships, never references (a reference is a bug:
//      asserted); its output is valid for the options' version.
//   3. Nothing is allocated but the buffer's growth (and an index for paths of over 32 entities).
// Not thread-safe.
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <string_view>

#include "value/value.h"
#include "wire/bolt_version.h"
#include "wire/byte_buffer.h"

namespace trellis::wire {

class PackWriter {
 public:
  PackWriter(ByteBuffer& out, WireOptions options) : out_(&out), options_(options) {}

  void null() { out_->put(0xC0); }
  void boolean(bool b) { out_->put(b ? 0xC3 : 0xC2); }
  void integer(int64_t i) {
    if (i >= -16 && i <= 127) {
      out_->put(static_cast<uint8_t>(i));
    } else {
      wide_integer(i);
    }
  }
  void real(double d);
  void string(std::string_view text);
  void bytes(std::span<const std::byte> b);
  void list(size_t count) { sized(0x90, 0xD4, count); }
  void map(size_t count) { sized(0xA0, 0xD8, count); }
  void structure(uint8_t tag, uint8_t fields);
  void value(const value::Value& v);

  // map entries
  void key(std::string_view k) { string(k); }
  void entry(std::string_view k, std::string_view text) { key(k), string(text); }
  void entry(std::string_view k, int64_t i) { key(k), integer(i); }
  void entry(std::string_view k, const value::Value& v) { key(k), value(v); }
  void map(std::span<const value::MapEntry> entries);

  const WireOptions& options() const { return options_; }
  void set_options(WireOptions options) { options_ = options; }
  ByteBuffer& out() { return *out_; }

 private:
  void wide_integer(int64_t i);
  void sized(uint8_t tiny, uint8_t marker8, size_t count);
  void labels(std::span<const std::string_view> labels);
  void node(const value::NodeRecord& node);
  void relationship(const value::RelationshipRecord& relationship);
  void unbound(const value::RelationshipRecord& relationship);
  void path(std::span<const value::Value> alternating);
  void date_time(const value::DateTime& t);
  void point(const value::Point& p);

  ByteBuffer* out_;
  WireOptions options_;
};

}  // namespace trellis::wire

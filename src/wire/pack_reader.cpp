// SPDX-License-Identifier: Apache-2.0
#include "wire/pack_reader.h"

#include <algorithm>
#include <bit>
#include <new>

#include "base/utf8.h"
#include "wire/big_endian.h"

namespace trellis::wire {
namespace {

using value::MapEntry;
using value::Value;

constexpr size_t kQuadraticKeys = 16;

bool keys_repeat(Arena& arena, std::span<const MapEntry> entries) {
  if (entries.size() <= kQuadraticKeys) {
    for (size_t i = 1; i < entries.size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        if (entries[i].key == entries[j].key) return true;
      }
    }
    return false;
  }
  const size_t count = entries.size();
  uint32_t* order = arena.alloc_array<uint32_t>(count);
  for (size_t i = 0; i < count; ++i) order[i] = static_cast<uint32_t>(i);
  std::sort(order, order + count,
            [&](uint32_t a, uint32_t b) { return entries[a].key < entries[b].key; });
  return std::adjacent_find(order, order + count, [&](uint32_t a, uint32_t b) {
           return entries[a].key == entries[b].key;
         }) != order + count;
}

}  // namespace

// -- bytes --

Result<uint8_t> PackReader::marker() {
  if (cursor_ == end_) {
    return fail(ErrorCode::InvalidRequestFormat, "The message ends where a value was expected.");
  }
  return static_cast<uint8_t>(*cursor_++);
}

Result<uint64_t> PackReader::big_endian(size_t bytes) {
  if (remaining() < bytes) {
    return fail(ErrorCode::InvalidRequestFormat, "The message ends inside a number.");
  }
  const uint64_t number = load_big_endian(cursor_, bytes);
  cursor_ += bytes;
  return number;
}

// The size that a marker of one of the sized kinds announces, checked against what is there.
// tiny: the marker's upper half that carries the size itself, 0 when the kind has none.
Result<uint32_t> PackReader::size_of(uint8_t marker, uint8_t tiny, uint8_t marker8,
                                     size_t least_per_item) {
  uint64_t size;
  if (tiny != 0 && (marker & 0xF0) == tiny) {
    size = marker & 0x0F;
  } else if (marker >= marker8 && marker <= marker8 + 2) {
    TRELLIS_TRY_ASSIGN(size, big_endian(size_t{1} << (marker - marker8)));
  } else {
    return fail(ErrorCode::InvalidRequestFormat,
                "The message has a value of another type than "
                "its place asks for (marker 0x{:02X}).",
                marker);
  }
  if (size * least_per_item > remaining()) {
    return fail(ErrorCode::InvalidRequestFormat,
                "The message announces {} elements or bytes but only {} bytes follow.", size,
                remaining());
  }
  return static_cast<uint32_t>(size);
}

Result<std::string_view> PackReader::text_of(uint8_t marker) {
  TRELLIS_TRY_ASSIGN(const uint32_t size, size_of(marker, 0x80, 0xD0, 1));
  const std::string_view text(reinterpret_cast<const char*>(cursor_), size);
  if (!is_utf8(text)) {
    return fail(ErrorCode::InvalidRequestFormat, "The message has text that is not UTF-8.");
  }
  cursor_ += size;
  return text;
}

Result<int64_t> PackReader::integer_of(uint8_t marker) {
  if (marker < 0x80 || marker >= 0xF0) return static_cast<int8_t>(marker);
  switch (marker) {
    case 0xC8: {
      TRELLIS_TRY_ASSIGN(const uint64_t n, big_endian(1));
      return static_cast<int8_t>(n);
    }
    case 0xC9: {
      TRELLIS_TRY_ASSIGN(const uint64_t n, big_endian(2));
      return static_cast<int16_t>(n);
    }
    case 0xCA: {
      TRELLIS_TRY_ASSIGN(const uint64_t n, big_endian(4));
      return static_cast<int32_t>(n);
    }
    case 0xCB: {
      TRELLIS_TRY_ASSIGN(const uint64_t n, big_endian(8));
      return static_cast<int64_t>(n);
    }
    default:
      return fail(ErrorCode::InvalidRequestFormat,
                  "The message lacks an integer where one was expected (marker 0x{:02X}).", marker);
  }
}

// -- parts of messages --

Result<PackReader::Structure> PackReader::structure() {
  TRELLIS_TRY_ASSIGN(const uint8_t head, marker());
  if ((head & 0xF0) != 0xB0) {
    return fail(ErrorCode::InvalidRequestFormat,
                "The message lacks a structure where one was expected (marker 0x{:02X}).", head);
  }
  TRELLIS_TRY_ASSIGN(const uint8_t tag, marker());
  return Structure{tag, static_cast<uint8_t>(head & 0x0F)};
}

Result<uint32_t> PackReader::list() {
  TRELLIS_TRY_ASSIGN(const uint8_t head, marker());
  return size_of(head, 0x90, 0xD4, 1);
}

Result<uint32_t> PackReader::map() {
  TRELLIS_TRY_ASSIGN(const uint8_t head, marker());
  return size_of(head, 0xA0, 0xD8, 2);
}

Result<int64_t> PackReader::integer() {
  TRELLIS_TRY_ASSIGN(const uint8_t head, marker());
  return integer_of(head);
}

Result<std::string_view> PackReader::text() {
  TRELLIS_TRY_ASSIGN(const uint8_t head, marker());
  return text_of(head);
}

Result<double> PackReader::real() {
  TRELLIS_TRY_ASSIGN(const uint8_t head, marker());
  if (head != 0xC1) {
    return fail(ErrorCode::InvalidRequestFormat,
                "The message lacks a float where one was expected (marker 0x{:02X}).", head);
  }
  TRELLIS_TRY_ASSIGN(const uint64_t bits, big_endian(8));
  return std::bit_cast<double>(bits);
}

// -- values --

Result<Value> PackReader::value(Arena& arena) { return value_at(arena, 0); }

Result<Value> PackReader::value_at(Arena& arena, uint32_t depth) {
  if (depth > limits_.max_depth) {
    return fail(ErrorCode::InvalidRequestFormat,
                "The message nests values deeper than the limit of {}.", limits_.max_depth);
  }
  TRELLIS_TRY_ASSIGN(const uint8_t head, marker());
  const uint8_t upper = head & 0xF0;
  if (upper == 0x90 || (head >= 0xD4 && head <= 0xD6)) {
    TRELLIS_TRY_ASSIGN(const uint32_t count, size_of(head, 0x90, 0xD4, 1));
    return list_of(arena, count, depth);
  }
  if (upper == 0xA0 || (head >= 0xD8 && head <= 0xDA)) {
    TRELLIS_TRY_ASSIGN(const uint32_t count, size_of(head, 0xA0, 0xD8, 2));
    TRELLIS_TRY_ASSIGN(const auto entries, entries_of(arena, count, depth));
    return Value::map(entries);
  }
  if (upper == 0xB0) {
    TRELLIS_TRY_ASSIGN(const uint8_t tag, marker());
    return structure_of(arena, Structure{tag, static_cast<uint8_t>(head & 0x0F)}, depth);
  }
  return scalar_of(arena, head);
}

Result<Value> PackReader::scalar_of(Arena& arena, uint8_t head) {
  if ((head & 0xF0) == 0x80) {
    TRELLIS_TRY_ASSIGN(const std::string_view text, text_of(head));
    return value::make_string(arena, text);
  }
  switch (head) {
    case 0xC0:
      return Value::null();
    case 0xC1: {
      TRELLIS_TRY_ASSIGN(const uint64_t bits, big_endian(8));
      return Value::real(std::bit_cast<double>(bits));
    }
    case 0xC2:
      return Value::boolean(false);
    case 0xC3:
      return Value::boolean(true);
    case 0xCC:
    case 0xCD:
    case 0xCE: {
      TRELLIS_TRY_ASSIGN(const uint32_t size, size_of(head, 0, 0xCC, 1));
      const std::string_view copy = arena.copy({reinterpret_cast<const char*>(cursor_), size});
      cursor_ += size;
      return Value::bytes({reinterpret_cast<const std::byte*>(copy.data()), copy.size()});
    }
    case 0xD0:
    case 0xD1:
    case 0xD2: {
      TRELLIS_TRY_ASSIGN(const std::string_view text, text_of(head));
      return value::make_string(arena, text);
    }
    default: {
      if (head >= 0x80 && head < 0xF0 && (head < 0xC8 || head > 0xCB)) {
        return fail(ErrorCode::InvalidRequestFormat,
                    "The message has the reserved marker 0x{:02X}.", head);
      }
      TRELLIS_TRY_ASSIGN(const int64_t number, integer_of(head));
      return Value::integer(number);
    }
  }
}

Result<Value> PackReader::list_of(Arena& arena, uint32_t count, uint32_t depth) {
  Value* elements = arena.alloc_array<Value>(count);
  for (uint32_t i = 0; i < count; ++i) {
    TRELLIS_TRY_ASSIGN(const Value element, value_at(arena, depth + 1));
    new (&elements[i]) Value(element);
  }
  return Value::list({elements, count});
}

Result<std::span<const MapEntry>> PackReader::entries_of(Arena& arena, uint32_t count,
                                                         uint32_t depth) {
  MapEntry* entries = arena.alloc_array<MapEntry>(count);
  for (uint32_t i = 0; i < count; ++i) {
    TRELLIS_TRY_ASSIGN(const std::string_view key, text());
    TRELLIS_TRY_ASSIGN(const Value element, value_at(arena, depth + 1));
    new (&entries[i]) MapEntry{arena.copy(key), element};
  }
  const std::span<const MapEntry> map(entries, count);
  if (keys_repeat(arena, map)) {
    return fail(ErrorCode::InvalidRequestFormat, "The message has a map with a key given twice.");
  }
  return map;
}

}  // namespace trellis::wire

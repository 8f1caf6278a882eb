// SPDX-License-Identifier: Apache-2.0
//
// PackStream decoder: bytes to values in an arena. Made for hostile input.
//
// Source: neo4j.com/docs/bolt, "PackStream", "Structure semantics".
// Invariants
//   1. No size is believed: a claim of n elements needs at least n bytes (2n for maps) behind it
//      before anything is reserved, so memory is at most 32 times the bytes given (80 times with
//      paths).
//   2. Nesting deeper than max_depth, reserved markers, text that is not UTF-8, keys that are no
//      string or come twice, unknown structures or wrong numbers of fields: InvalidRequestFormat.
//      Well-formed parts with impossible contents (unknown zone, nanoseconds out of range, SRID):
//      InvalidRequest. After an error the reader is of no further use.
//   3. Values returned live in the arena alone; strings read with text() point into the input.
// Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/arena.h"
#include "base/result.h"
#include "value/value.h"
#include "wire/bolt_version.h"

namespace trellis::wire {

struct PackLimits {
  uint32_t max_depth = 128;
  // Nodes, relationships and paths: a server sends them, nobody may send them to it.
  bool entities = true;
};

class PackReader {
 public:
  PackReader(std::span<const std::byte> input, WireOptions options, PackLimits limits = {})
      : cursor_(input.data()),
        end_(input.data() + input.size()),
        options_(options),
        limits_(limits) {}

  Result<value::Value> value(Arena& arena);

  // The parts of messages.
  struct Structure {
    uint8_t tag;
    uint8_t fields;
  };
  Result<Structure> structure();
  Result<uint32_t> list();  // number of elements
  Result<uint32_t> map();   // number of entries
  Result<int64_t> integer();
  Result<std::string_view> text();
  bool next_is_null() const { return cursor_ != end_ && *cursor_ == std::byte{0xC0}; }

  size_t remaining() const { return static_cast<size_t>(end_ - cursor_); }
  bool at_end() const { return cursor_ == end_; }

 private:
  Result<uint32_t> size_of(uint8_t marker, uint8_t tiny, uint8_t marker8, size_t least_per_item);
  Result<uint8_t> marker();
  Result<uint64_t> big_endian(size_t bytes);
  Result<std::string_view> text_of(uint8_t marker);
  Result<int64_t> integer_of(uint8_t marker);
  Result<double> real();

  Result<value::Value> value_at(Arena& arena, uint32_t depth);
  Result<value::Value> scalar_of(Arena& arena, uint8_t marker);
  Result<value::Value> list_of(Arena& arena, uint32_t count, uint32_t depth);
  Result<std::span<const value::MapEntry>> entries_of(Arena& arena, uint32_t count, uint32_t depth);
  Result<value::Value> structure_of(Arena& arena, Structure head, uint32_t depth);
  Result<std::span<const value::MapEntry>> properties(Arena& arena, uint32_t depth);
  Result<std::span<const std::string_view>> labels(Arena& arena);
  Result<std::string_view> element_id(Arena& arena, uint64_t id);
  Result<value::Value> node(Arena& arena, uint8_t fields, uint32_t depth);
  Result<value::Value> relationship(Arena& arena, uint8_t fields, uint32_t depth);
  Result<value::RelationshipRecord> unbound(Arena& arena, uint32_t depth);
  Result<value::Value> path(Arena& arena, uint8_t fields, uint32_t depth);
  Result<value::Value> date_time(Arena& arena, uint8_t tag);
  Result<value::Value> temporal(Arena& arena, Structure head);
  Result<value::Value> point(Arena& arena, Structure head);

  const std::byte* cursor_;
  const std::byte* end_;
  WireOptions options_;
  PackLimits limits_;
};

}  // namespace trellis::wire

// SPDX-License-Identifier: Apache-2.0
//
// A Cypher value in 16 bytes.
//
// Shape
//   type(1) sub(1) graph(2) aux(4) payload(8)
//   Inline: null, boolean, integer, float, date, local time, zoned time, local date-time, and
//   references to nodes and relationships. Behind a pointer: text, bytes, list, map, path, zoned
//   date-time, duration, point, and records of nodes and relationships.
//
// Invariants
//   1. A Value owns nothing and is trivially copyable. What it points to lives in an Arena (or in a
//      plan, or in a ValueHolder) that must outlive it. Who keeps a value beyond the batch that it
//      came in copies it: copy_into(value, arena).
//   2. Text is valid UTF-8. Maps have unique keys, in the order they were made.
//   3. A node or relationship is either a reference (graph number, id), which only the graph's
//      transaction can read, or a record that carries labels or type and properties. Results that
//      leave a graph hold records only. Both compare, hash and sort by id alone (and graph).
//   4. A path alternates node, relationship, node, ..., begins and ends with a node.
//
// Thread-safety: as for int. Source: Neo4j Cypher manual "Values and types"; openCypher CIP2016-06-14
// (comparability, equality, orderability and equivalence).
#pragma once

#include <bit>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "base/macros.h"

namespace trellis::value {

enum class Type : uint8_t {
  kNull,
  kBoolean,
  kInteger,
  kFloat,
  kString,
  kBytes,
  kList,
  kMap,
  kNode,
  kRelationship,
  kPath,
  kDate,
  kLocalTime,
  kTime,
  kLocalDateTime,
  kDateTime,
  kDuration,
  kPoint,
};

class Value;
struct MapEntry;
struct NodeRecord;
struct RelationshipRecord;

// -- temporal and spatial parts --
struct Date {
  int64_t days;  // since 1970-01-01
};
struct LocalTime {
  int64_t nanos;  // of the day
};
struct Time {
  int64_t nanos;  // of the local day
  int32_t offset_s;
};
struct LocalDateTime {
  int64_t seconds;  // local wall time as if it were UTC, since 1970-01-01T00:00
  int32_t nanos;    // 0 .. 999,999,999
};
struct DateTime {
  int64_t seconds;  // UTC, since 1970-01-01T00:00Z
  int32_t nanos;
  int32_t offset_s;       // in force at that instant
  std::string_view zone;  // IANA name, or empty: a fixed offset
};
struct Duration {
  int64_t months;
  int64_t days;
  int64_t seconds;
  int32_t nanos;  // 0 .. 999,999,999, also for negative durations (seconds are rounded down)
};
struct Point {
  uint32_t srid;  // 4326, 4979 (WGS-84 2D, 3D), 7203, 9157 (cartesian 2D, 3D)
  double x, y, z;  // z is 0 in two dimensions
  bool three_dimensional() const { return srid == 4979 || srid == 9157; }
};

class Value {
 public:
  constexpr Value() = default;  // null

  static constexpr Value null() { return Value(); }
  static constexpr Value boolean(bool b) { return Value(Type::kBoolean, 0, 0, 0, b ? 1 : 0); }
  static constexpr Value integer(int64_t i) {
    return Value(Type::kInteger, 0, 0, 0, static_cast<uint64_t>(i));
  }
  static Value real(double d) { return Value(Type::kFloat, 0, 0, 0, std::bit_cast<uint64_t>(d)); }

  // The bytes, elements and entries are not copied: see invariant 1.
  static Value string(std::string_view text) {
    return pointing(Type::kString, 0, static_cast<uint32_t>(text.size()), text.data());
  }
  static Value bytes(std::span<const std::byte> b) {
    return pointing(Type::kBytes, 0, static_cast<uint32_t>(b.size()), b.data());
  }
  static Value list(std::span<const Value> elements) {
    return pointing(Type::kList, 0, static_cast<uint32_t>(elements.size()), elements.data());
  }
  static Value map(std::span<const MapEntry> entries);
  static Value path(std::span<const Value> alternating) {
    return pointing(Type::kPath, 0, static_cast<uint32_t>(alternating.size()), alternating.data());
  }

  static constexpr Value node(uint64_t id, uint16_t graph = 0) {
    return Value(Type::kNode, kReference, graph, 0, id);
  }
  static constexpr Value relationship(uint64_t id, uint16_t graph = 0) {
    return Value(Type::kRelationship, kReference, graph, 0, id);
  }
  static Value node(const NodeRecord* record) {
    return pointing(Type::kNode, kRecord, 0, record);
  }
  static Value relationship(const RelationshipRecord* record) {
    return pointing(Type::kRelationship, kRecord, 0, record);
  }

  static constexpr Value date(Date d) {
    return Value(Type::kDate, 0, 0, 0, static_cast<uint64_t>(d.days));
  }
  static constexpr Value local_time(LocalTime t) {
    return Value(Type::kLocalTime, 0, 0, 0, static_cast<uint64_t>(t.nanos));
  }
  static constexpr Value time(Time t) {
    return Value(Type::kTime, 0, 0, static_cast<uint32_t>(t.offset_s),
                 static_cast<uint64_t>(t.nanos));
  }
  static constexpr Value local_date_time(LocalDateTime t) {
    return Value(Type::kLocalDateTime, 0, 0, static_cast<uint32_t>(t.nanos),
                 static_cast<uint64_t>(t.seconds));
  }
  static Value date_time(const DateTime* t) { return pointing(Type::kDateTime, 0, 0, t); }
  static Value duration(const Duration* d) { return pointing(Type::kDuration, 0, 0, d); }
  static Value point(const Point* p) { return pointing(Type::kPoint, 0, 0, p); }

  constexpr Type type() const { return type_; }
  constexpr bool is(Type t) const { return type_ == t; }
  constexpr bool is_null() const { return type_ == Type::kNull; }
  constexpr bool is_number() const { return type_ == Type::kInteger || type_ == Type::kFloat; }
  constexpr bool is_true() const { return type_ == Type::kBoolean && payload_ != 0; }
  constexpr bool is_entity() const {
    return type_ == Type::kNode || type_ == Type::kRelationship;
  }
  // A node or relationship that carries its labels or type and its properties.
  constexpr bool is_record() const { return is_entity() && sub_ == kRecord; }

  // Each of these asserts the type: callers have tested it.
  bool as_boolean() const { return check(Type::kBoolean), payload_ != 0; }
  int64_t as_integer() const { return check(Type::kInteger), static_cast<int64_t>(payload_); }
  double as_float() const { return check(Type::kFloat), std::bit_cast<double>(payload_); }
  double as_number() const {  // integer or float
    return type_ == Type::kInteger ? static_cast<double>(as_integer()) : as_float();
  }
  std::string_view as_string() const {
    return check(Type::kString), std::string_view(pointer<char>(), aux_);
  }
  std::span<const std::byte> as_bytes() const {
    return check(Type::kBytes), std::span(pointer<std::byte>(), aux_);
  }
  std::span<const Value> as_list() const {
    return check(Type::kList), std::span(pointer<Value>(), aux_);
  }
  std::span<const MapEntry> as_map() const;
  std::span<const Value> as_path() const {
    return check(Type::kPath), std::span(pointer<Value>(), aux_);
  }
  // The entity's id, of references and records alike.
  uint64_t entity_id() const;
  uint16_t graph() const { return graph_; }
  const NodeRecord& as_node_record() const;
  const RelationshipRecord& as_relationship_record() const;
  Date as_date() const { return check(Type::kDate), Date{static_cast<int64_t>(payload_)}; }
  LocalTime as_local_time() const {
    return check(Type::kLocalTime), LocalTime{static_cast<int64_t>(payload_)};
  }
  Time as_time() const {
    return check(Type::kTime),
           Time{static_cast<int64_t>(payload_), static_cast<int32_t>(aux_)};
  }
  LocalDateTime as_local_date_time() const {
    return check(Type::kLocalDateTime),
           LocalDateTime{static_cast<int64_t>(payload_), static_cast<int32_t>(aux_)};
  }
  const DateTime& as_date_time() const { return check(Type::kDateTime), *pointer<DateTime>(); }
  const Duration& as_duration() const { return check(Type::kDuration), *pointer<Duration>(); }
  const Point& as_point() const { return check(Type::kPoint), *pointer<Point>(); }

 private:
  static constexpr uint8_t kReference = 0;
  static constexpr uint8_t kRecord = 1;

  constexpr Value(Type type, uint8_t sub, uint16_t graph, uint32_t aux, uint64_t payload)
      : type_(type), sub_(sub), graph_(graph), aux_(aux), payload_(payload) {}
  static Value pointing(Type type, uint8_t sub, uint32_t aux, const void* p) {
    return Value(type, sub, 0, aux, reinterpret_cast<uint64_t>(p));
  }
  template <class T>
  const T* pointer() const {
    return reinterpret_cast<const T*>(payload_);
  }
  void check(Type t) const { TRELLIS_ASSERT(type_ == t); }

  Type type_ = Type::kNull;
  uint8_t sub_ = 0;
  uint16_t graph_ = 0;
  uint32_t aux_ = 0;
  uint64_t payload_ = 0;
};
static_assert(sizeof(Value) == 16);

struct MapEntry {
  std::string_view key;
  Value value;
};

struct NodeRecord {
  uint64_t id;
  std::string_view element_id;
  std::span<const std::string_view> labels;
  std::span<const MapEntry> properties;
};

struct RelationshipRecord {
  uint64_t id;
  uint64_t start_id;
  uint64_t end_id;
  std::string_view element_id;
  std::string_view start_element_id;
  std::string_view end_element_id;
  std::string_view type;
  std::span<const MapEntry> properties;
};

inline Value Value::map(std::span<const MapEntry> entries) {
  return pointing(Type::kMap, 0, static_cast<uint32_t>(entries.size()), entries.data());
}
inline std::span<const MapEntry> Value::as_map() const {
  return check(Type::kMap), std::span(pointer<MapEntry>(), aux_);
}
inline uint64_t Value::entity_id() const {
  TRELLIS_ASSERT(is_entity());
  if (sub_ == kReference) return payload_;
  return type_ == Type::kNode ? pointer<NodeRecord>()->id : pointer<RelationshipRecord>()->id;
}
inline const NodeRecord& Value::as_node_record() const {
  TRELLIS_ASSERT(type_ == Type::kNode && sub_ == kRecord);
  return *pointer<NodeRecord>();
}
inline const RelationshipRecord& Value::as_relationship_record() const {
  TRELLIS_ASSERT(type_ == Type::kRelationship && sub_ == kRecord);
  return *pointer<RelationshipRecord>();
}

// -- making values in an arena --
Value make_string(Arena& arena, std::string_view text);
Value make_list(Arena& arena, std::span<const Value> elements);  // the elements are not deep-copied
Value make_map(Arena& arena, std::span<const MapEntry> entries);
Value make_date_time(Arena& arena, const DateTime& t);
Value make_duration(Arena& arena, const Duration& d);
Value make_point(Arena& arena, const Point& p);
// A copy that points into the arena alone, to any depth.
Value copy_into(Arena& arena, const Value& value);

// The value of a key, or null when the map lacks it.
Value map_get(std::span<const MapEntry> map, std::string_view key);

// A value that owns what it points to: parameters, plan literals, cached rows.
class ValueHolder {
 public:
  ValueHolder() = default;
  explicit ValueHolder(const Value& value)
      : arena_(std::make_unique<Arena>()), value_(copy_into(*arena_, value)) {}
  const Value& get() const { return value_; }
  ValueHolder clone() const { return ValueHolder(value_); }

 private:
  std::unique_ptr<Arena> arena_;
  Value value_;
};

}  // namespace trellis::value

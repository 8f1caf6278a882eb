// SPDX-License-Identifier: Apache-2.0
#include "value/value.h"

#include <algorithm>
#include <new>

namespace trellis::value {
namespace {

template <class T>
std::span<const T> copy_array(Arena& arena, std::span<const T> items) {
  T* out = arena.alloc_array<T>(items.size());
  std::uninitialized_copy(items.begin(), items.end(), out);
  return {out, items.size()};
}

template <class T>
const T* copy_one(Arena& arena, const T& item) {
  return new (arena.alloc(sizeof(T), alignof(T))) T(item);
}

std::span<const MapEntry> copy_entries(Arena& arena, std::span<const MapEntry> entries) {
  MapEntry* out = arena.alloc_array<MapEntry>(entries.size());
  for (size_t i = 0; i < entries.size(); ++i) {
    new (&out[i]) MapEntry{arena.copy(entries[i].key), copy_into(arena, entries[i].value)};
  }
  return {out, entries.size()};
}

std::span<const Value> copy_elements(Arena& arena, std::span<const Value> elements) {
  Value* out = arena.alloc_array<Value>(elements.size());
  for (size_t i = 0; i < elements.size(); ++i) new (&out[i]) Value(copy_into(arena, elements[i]));
  return {out, elements.size()};
}

const NodeRecord* copy_record(Arena& arena, const NodeRecord& node) {
  auto* labels = arena.alloc_array<std::string_view>(node.labels.size());
  for (size_t i = 0; i < node.labels.size(); ++i) {
    new (&labels[i]) std::string_view(arena.copy(node.labels[i]));
  }
  return copy_one(arena, NodeRecord{node.id, arena.copy(node.element_id),
                                    {labels, node.labels.size()},
                                    copy_entries(arena, node.properties)});
}

const RelationshipRecord* copy_record(Arena& arena, const RelationshipRecord& r) {
  return copy_one(arena, RelationshipRecord{r.id, r.start_id, r.end_id, arena.copy(r.element_id),
                                            arena.copy(r.start_element_id),
                                            arena.copy(r.end_element_id), arena.copy(r.type),
                                            copy_entries(arena, r.properties)});
}

}  // namespace

Value make_string(Arena& arena, std::string_view text) { return Value::string(arena.copy(text)); }

Value make_list(Arena& arena, std::span<const Value> elements) {
  return Value::list(copy_array(arena, elements));
}

Value make_map(Arena& arena, std::span<const MapEntry> entries) {
  return Value::map(copy_array(arena, entries));
}

Value make_date_time(Arena& arena, const DateTime& t) {
  DateTime copy = t;
  copy.zone = arena.copy(t.zone);
  return Value::date_time(copy_one(arena, copy));
}

Value make_duration(Arena& arena, const Duration& d) {
  return Value::duration(copy_one(arena, d));
}

Value make_point(Arena& arena, const Point& p) { return Value::point(copy_one(arena, p)); }

Value copy_into(Arena& arena, const Value& value) {
  switch (value.type()) {
    case Type::kNull:
    case Type::kBoolean:
    case Type::kInteger:
    case Type::kFloat:
    case Type::kDate:
    case Type::kLocalTime:
    case Type::kTime:
    case Type::kLocalDateTime:
      return value;
    case Type::kString:
      return make_string(arena, value.as_string());
    case Type::kBytes:
      return Value::bytes(copy_array(arena, value.as_bytes()));
    case Type::kList:
      return Value::list(copy_elements(arena, value.as_list()));
    case Type::kMap:
      return Value::map(copy_entries(arena, value.as_map()));
    case Type::kPath:
      return Value::path(copy_elements(arena, value.as_path()));
    case Type::kNode:
      if (!value.is_record()) return value;
      return Value::node(copy_record(arena, value.as_node_record()));
    case Type::kRelationship:
      if (!value.is_record()) return value;
      return Value::relationship(copy_record(arena, value.as_relationship_record()));
    case Type::kDateTime:
      return make_date_time(arena, value.as_date_time());
    case Type::kDuration:
      return make_duration(arena, value.as_duration());
    case Type::kPoint:
      return make_point(arena, value.as_point());
  }
  TRELLIS_UNREACHABLE();
}

Value map_get(std::span<const MapEntry> map, std::string_view key) {
  const auto it = std::ranges::find(map, key, &MapEntry::key);
  return it == map.end() ? Value() : it->value;
}

}  // namespace trellis::value

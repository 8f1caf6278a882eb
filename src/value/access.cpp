// SPDX-License-Identifier: Apache-2.0
#include "value/access.h"

#include <algorithm>

#include "value/spatial.h"
#include "value/temporal.h"

namespace trellis::value {
namespace {

Value record_property(const Value& record, std::string_view key) {
  return map_get(record.is(Type::kNode) ? record.as_node_record().properties
                                        : record.as_relationship_record().properties,
                 key);
}

Result<int64_t> bound(const Value& value) {
  if (value.is(Type::kInteger)) return value.as_integer();
  return fail(ErrorCode::TypeError, "A list is sliced by INTEGER bounds, not by {}.",
              type_name(value.type()));
}

// A bound from the end when negative, brought into 0 .. size.
size_t clamp_bound(int64_t at, size_t size) {
  const auto n = static_cast<int64_t>(size);
  if (at < 0) at += n;
  return static_cast<size_t>(std::clamp<int64_t>(at, 0, n));
}

template <class Test>
Value string_test(const Value& text, const Value& part, Test test) {
  if (!text.is(Type::kString) || !part.is(Type::kString)) return Value();
  return Value::boolean(test(text.as_string(), part.as_string()));
}

bool storable_scalar(Type type) {
  switch (type) {
    case Type::kBoolean:
    case Type::kInteger:
    case Type::kFloat:
    case Type::kString:
    case Type::kBytes:
    case Type::kDate:
    case Type::kLocalTime:
    case Type::kTime:
    case Type::kLocalDateTime:
    case Type::kDateTime:
    case Type::kDuration:
    case Type::kPoint:
      return true;
    default:
      return false;
  }
}

Result<Value> list_to_property(Arena& arena, const Value& list) {
  const std::span<const Value> elements = list.as_list();
  bool mixed_numbers = false;
  for (const Value& element : elements) {
    if (element.is_null()) {
      return fail(ErrorCode::InvalidPropertyType,
                  "A list that contains null cannot be stored as a property.");
    }
    if (!storable_scalar(element.type()) || element.is(Type::kBytes)) {
      return fail(ErrorCode::InvalidPropertyType,
                  "A list that contains a {} cannot be stored as a property.",
                  type_name(element.type()));
    }
    if (element.type() == elements[0].type()) {
      if (element.is(Type::kPoint) && element.as_point().srid != elements[0].as_point().srid) {
        return fail(ErrorCode::InvalidPropertyType,
                    "Points of one list property must have one coordinate reference system.");
      }
      continue;
    }
    if (!element.is_number() || !elements[0].is_number()) {
      return fail(ErrorCode::InvalidPropertyType,
                  "A list property holds values of one type, not {} and {}.",
                  type_name(elements[0].type()), type_name(element.type()));
    }
    mixed_numbers = true;
  }
  if (!mixed_numbers) return list;
  Value* out = arena.alloc_array<Value>(elements.size());
  for (size_t i = 0; i < elements.size(); ++i) {
    new (&out[i]) Value(Value::real(elements[i].as_number()));
  }
  return Value::list({out, elements.size()});
}

}  // namespace

Result<Value> element(const Value& container, const Value& index) {
  if (container.is_null() || index.is_null()) return Value();
  if (container.is(Type::kList)) {
    if (!index.is(Type::kInteger)) {
      return fail(ErrorCode::ListElementAccessByNonInteger,
                  "A list is accessed by an INTEGER index, not by {}.", type_name(index.type()));
    }
    const std::span<const Value> list = container.as_list();
    int64_t at = index.as_integer();
    if (at < 0) at += static_cast<int64_t>(list.size());
    if (at < 0 || at >= static_cast<int64_t>(list.size())) return Value();
    return list[static_cast<size_t>(at)];
  }
  if (container.is(Type::kMap) || container.is_record()) {
    if (!index.is(Type::kString)) {
      return fail(ErrorCode::MapElementAccessByNonString,
                  "A map is accessed by a STRING key, not by {}.", type_name(index.type()));
    }
    if (container.is(Type::kMap)) return map_get(container.as_map(), index.as_string());
    return record_property(container, index.as_string());
  }
  return fail(ErrorCode::TypeError, "Elements are taken of lists, maps and entities, not of {}.",
              type_name(container.type()));
}

Result<Value> slice(const Value& list, const Value* from, const Value* to) {
  if (list.is_null()) return Value();
  if ((from && from->is_null()) || (to && to->is_null())) return Value();
  if (!list.is(Type::kList)) {
    return fail(ErrorCode::TypeError, "Only a list can be sliced, not {}.", type_name(list.type()));
  }
  const std::span<const Value> elements = list.as_list();
  size_t first = 0;
  size_t last = elements.size();
  if (from) {
    TRELLIS_TRY_ASSIGN(const int64_t at, bound(*from));
    first = clamp_bound(at, elements.size());
  }
  if (to) {
    TRELLIS_TRY_ASSIGN(const int64_t at, bound(*to));
    last = clamp_bound(at, elements.size());
  }
  if (first >= last) return Value::list({});
  return Value::list(elements.subspan(first, last - first));
}

Result<Value> field(Arena& arena, const Value& subject, std::string_view key) {
  switch (subject.type()) {
    case Type::kNull:
      return Value();
    case Type::kMap:
      return map_get(subject.as_map(), key);
    case Type::kDate:
    case Type::kLocalTime:
    case Type::kTime:
    case Type::kLocalDateTime:
    case Type::kDateTime:
    case Type::kDuration:
      return temporal_field(arena, subject, key);
    case Type::kPoint:
      return point_component(arena, subject.as_point(), key);
    default:
      if (subject.is_record()) return record_property(subject, key);
      return fail(ErrorCode::TypeError,
                  "Properties belong to maps, entities, temporal values and points, not to {}.",
                  type_name(subject.type()));
  }
}

Result<Value> in_list(const Value& value, const Value& list) {
  if (list.is_null()) return Value();
  // What is no list is a list of one.
  const std::span<const Value> elements =
      list.is(Type::kList) ? list.as_list() : std::span(&list, 1);
  Ternary result = Ternary::kFalse;
  for (const Value& element : elements) {
    const Ternary one = equals(value, element);
    if (one == Ternary::kTrue) return Value::boolean(true);
    if (one == Ternary::kUnknown) result = one;
  }
  return to_value(result);
}

Value starts_with(const Value& text, const Value& prefix) {
  return string_test(text, prefix, [](auto a, auto b) { return a.starts_with(b); });
}

Value ends_with(const Value& text, const Value& suffix) {
  return string_test(text, suffix, [](auto a, auto b) { return a.ends_with(b); });
}

Value contains(const Value& text, const Value& part) {
  return string_test(text, part,
                     [](auto a, auto b) { return a.find(b) != std::string_view::npos; });
}

Result<Value> to_property(Arena& arena, const Value& value) {
  if (value.is(Type::kList)) return list_to_property(arena, value);
  if (value.is_null()) return value;
  if (storable_scalar(value.type())) return value;
  return fail(
      ErrorCode::InvalidPropertyType,
      "A {} cannot be stored as a property: store scalars, temporal values, points, or lists "
      "of one of them.",
      type_name(value.type()));
}

}  // namespace trellis::value

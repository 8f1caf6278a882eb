// SPDX-License-Identifier: Apache-2.0
#include "value/compare.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "value/order_parts.h"

namespace trellis::value {
namespace {

Ternary from_bool(bool b) { return b ? Ternary::kTrue : Ternary::kFalse; }

bool both_numbers(const Value& a, const Value& b) { return a.is_number() && b.is_number(); }

// True as soon as nothing differs and nothing is unknown; one difference makes it false.
Ternary equal_lists(std::span<const Value> a, std::span<const Value> b) {
  if (a.size() != b.size()) return Ternary::kFalse;
  Ternary result = Ternary::kTrue;
  for (size_t i = 0; i < a.size(); ++i) {
    const Ternary one = equals(a[i], b[i]);
    if (one == Ternary::kFalse) return one;
    if (one == Ternary::kUnknown) result = one;
  }
  return result;
}

const MapEntry* find_key(std::span<const MapEntry> map, std::string_view key) {
  const auto it = std::ranges::find(map, key, &MapEntry::key);
  return it == map.end() ? nullptr : &*it;
}

Ternary equal_maps(std::span<const MapEntry> a, std::span<const MapEntry> b) {
  if (a.size() != b.size()) return Ternary::kFalse;
  Ternary result = Ternary::kTrue;
  for (const MapEntry& entry : a) {
    const MapEntry* other = find_key(b, entry.key);
    if (other == nullptr) return Ternary::kFalse;
    const Ternary one = equals(entry.value, other->value);
    if (one == Ternary::kFalse) return one;
    if (one == Ternary::kUnknown) result = one;
  }
  return result;
}

bool equivalent_maps(std::span<const MapEntry> a, std::span<const MapEntry> b) {
  if (a.size() != b.size()) return false;
  return std::ranges::all_of(a, [&](const MapEntry& entry) {
    const MapEntry* other = find_key(b, entry.key);
    return other != nullptr && equivalent(entry.value, other->value);
  });
}

// Types whose equality is that of their parts.
bool equal_scalars(const Value& a, const Value& b) {
  switch (a.type()) {
    case Type::kBoolean:
      return a.as_boolean() == b.as_boolean();
    case Type::kString:
      return a.as_string() == b.as_string();
    case Type::kBytes:
      return std::ranges::equal(a.as_bytes(), b.as_bytes());
    case Type::kNode:
    case Type::kRelationship:
      return order_entities(a, b) == 0;
    case Type::kDate:
      return a.as_date().days == b.as_date().days;
    case Type::kLocalTime:
      return a.as_local_time().nanos == b.as_local_time().nanos;
    case Type::kTime:
      return order_parts(a.as_time(), b.as_time()) == 0;
    case Type::kLocalDateTime:
      return order_parts(a.as_local_date_time(), b.as_local_date_time()) == 0;
    case Type::kDateTime:
      return order_parts(a.as_date_time(), b.as_date_time()) == 0;
    case Type::kDuration: {
      const Duration& x = a.as_duration();
      const Duration& y = b.as_duration();
      return x.months == y.months && x.days == y.days && x.seconds == y.seconds &&
             x.nanos == y.nanos;
    }
    default:
      TRELLIS_UNREACHABLE();
  }
}

bool equal_points(const Point& a, const Point& b) {
  return a.srid == b.srid && a.x == b.x && a.y == b.y && a.z == b.z;
}

std::optional<std::partial_ordering> compare_lists(std::span<const Value> a,
                                                   std::span<const Value> b) {
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    const auto one = compare(a[i], b[i]);
    if (!one || *one != 0) return one;
  }
  return a.size() <=> b.size();
}

}  // namespace

Ternary equals(const Value& a, const Value& b) {
  if (a.is_null() || b.is_null()) return Ternary::kUnknown;
  if (both_numbers(a, b)) return from_bool(compare_numbers(a, b) == 0);
  if (a.type() != b.type()) return Ternary::kFalse;
  switch (a.type()) {
    case Type::kList:
      return equal_lists(a.as_list(), b.as_list());
    case Type::kPath:
      return equal_lists(a.as_path(), b.as_path());
    case Type::kMap:
      return equal_maps(a.as_map(), b.as_map());
    case Type::kPoint:
      return from_bool(equal_points(a.as_point(), b.as_point()));
    default:
      return from_bool(equal_scalars(a, b));
  }
}

std::optional<std::partial_ordering> compare(const Value& a, const Value& b) {
  if (both_numbers(a, b)) return compare_numbers(a, b);
  if (a.type() != b.type()) return std::nullopt;
  switch (a.type()) {
    case Type::kBoolean:
      return a.as_boolean() <=> b.as_boolean();
    case Type::kString:
      return a.as_string() <=> b.as_string();
    case Type::kList:
      return compare_lists(a.as_list(), b.as_list());
    case Type::kDate:
      return a.as_date().days <=> b.as_date().days;
    case Type::kLocalTime:
      return a.as_local_time().nanos <=> b.as_local_time().nanos;
    case Type::kTime:
      return order_parts(a.as_time(), b.as_time());
    case Type::kLocalDateTime:
      return order_parts(a.as_local_date_time(), b.as_local_date_time());
    case Type::kDateTime:
      return order_parts(a.as_date_time(), b.as_date_time());
    default:
      return std::nullopt;
  }
}

bool equivalent(const Value& a, const Value& b) {
  if (both_numbers(a, b)) return order_numbers(a, b) == 0;
  if (a.type() != b.type()) return false;
  switch (a.type()) {
    case Type::kNull:
      return true;
    case Type::kList:
      return std::ranges::equal(a.as_list(), b.as_list(), equivalent);
    case Type::kPath:
      return std::ranges::equal(a.as_path(), b.as_path(), equivalent);
    case Type::kMap:
      return equivalent_maps(a.as_map(), b.as_map());
    case Type::kPoint:
      return order_parts(a.as_point(), b.as_point()) == 0;
    default:
      return equal_scalars(a, b);
  }
}

}  // namespace trellis::value

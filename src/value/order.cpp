// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "value/calendar.h"
#include "value/compare.h"
#include "value/order_parts.h"

namespace trellis::value {
namespace {

std::partial_ordering compare_mixed(int64_t i, double d) {
  if (std::isnan(d)) return std::partial_ordering::unordered;
  constexpr double kTwoTo63 = 9223372036854775808.0;
  if (d >= kTwoTo63) return std::partial_ordering::less;
  if (d < -kTwoTo63) return std::partial_ordering::greater;
  const auto whole = static_cast<int64_t>(d);
  if (i != whole) return i <=> whole;
  return 0.0 <=> d - static_cast<double>(whole);
}

std::strong_ordering order_floats(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) <=> std::isnan(b);
  if (a < b) return std::strong_ordering::less;
  return a > b ? std::strong_ordering::greater : std::strong_ordering::equal;
}

int rank(Type type) {
  switch (type) {
    case Type::kMap:
      return 0;
    case Type::kNode:
      return 1;
    case Type::kRelationship:
      return 2;
    case Type::kList:
      return 3;
    case Type::kPath:
      return 4;
    case Type::kPoint:
      return 5;
    case Type::kDateTime:
      return 6;
    case Type::kLocalDateTime:
      return 7;
    case Type::kDate:
      return 8;
    case Type::kTime:
      return 9;
    case Type::kLocalTime:
      return 10;
    case Type::kDuration:
      return 11;
    case Type::kBytes:
      return 12;
    case Type::kString:
      return 13;
    case Type::kBoolean:
      return 14;
    case Type::kInteger:
    case Type::kFloat:
      return 15;
    case Type::kNull:
      return 16;
  }
  TRELLIS_UNREACHABLE();
}

std::strong_ordering order_lists(std::span<const Value> a, std::span<const Value> b) {
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (const auto one = order(a[i], b[i]); one != 0) return one;
  }
  return a.size() <=> b.size();
}

std::vector<const MapEntry*> by_key(std::span<const MapEntry> map) {
  std::vector<const MapEntry*> entries;
  entries.reserve(map.size());
  for (const MapEntry& entry : map) entries.push_back(&entry);
  std::ranges::sort(entries, {}, &MapEntry::key);
  return entries;
}

// By size, then by the sorted keys, then by their values.
std::strong_ordering order_maps(std::span<const MapEntry> a, std::span<const MapEntry> b) {
  if (a.size() != b.size()) return a.size() <=> b.size();
  const auto left = by_key(a);
  const auto right = by_key(b);
  for (size_t i = 0; i < left.size(); ++i) {
    if (const auto one = left[i]->key <=> right[i]->key; one != 0) return one;
  }
  for (size_t i = 0; i < left.size(); ++i) {
    if (const auto one = order(left[i]->value, right[i]->value); one != 0) return one;
  }
  return std::strong_ordering::equal;
}

std::string_view element_id_of(const Value& record) {
  return record.is(Type::kNode) ? record.as_node_record().element_id
                                : record.as_relationship_record().element_id;
}

}  // namespace

std::partial_ordering compare_numbers(const Value& a, const Value& b) {
  if (a.is(Type::kInteger)) {
    if (b.is(Type::kInteger)) return a.as_integer() <=> b.as_integer();
    return compare_mixed(a.as_integer(), b.as_float());
  }
  if (b.is(Type::kFloat)) return a.as_float() <=> b.as_float();
  const auto reversed = compare_mixed(b.as_integer(), a.as_float());
  return 0 <=> reversed;
}

std::strong_ordering order_numbers(const Value& a, const Value& b) {
  if (a.is(Type::kFloat) && b.is(Type::kFloat)) return order_floats(a.as_float(), b.as_float());
  const auto result = compare_numbers(a, b);
  if (result == std::partial_ordering::unordered) {  // just one of them is NaN
    return a.is(Type::kFloat) ? std::strong_ordering::greater : std::strong_ordering::less;
  }
  if (result < 0) return std::strong_ordering::less;
  return result > 0 ? std::strong_ordering::greater : std::strong_ordering::equal;
}

std::strong_ordering order_entities(const Value& a, const Value& b) {
  if (const auto one = a.entity_id() <=> b.entity_id(); one != 0) return one;
  if (const auto one = a.graph() <=> b.graph(); one != 0) return one;
  if (!a.is_record() || !b.is_record()) return std::strong_ordering::equal;
  return element_id_of(a) <=> element_id_of(b);
}

std::strong_ordering order_parts(const Time& a, const Time& b) {
  const int64_t x = a.nanos - a.offset_s * kNanosPerSecond;
  const int64_t y = b.nanos - b.offset_s * kNanosPerSecond;
  if (x != y) return x <=> y;
  return a.nanos <=> b.nanos;
}

std::strong_ordering order_parts(const LocalDateTime& a, const LocalDateTime& b) {
  if (a.seconds != b.seconds) return a.seconds <=> b.seconds;
  return a.nanos <=> b.nanos;
}

std::strong_ordering order_parts(const DateTime& a, const DateTime& b) {
  if (a.seconds != b.seconds) return a.seconds <=> b.seconds;
  if (a.nanos != b.nanos) return a.nanos <=> b.nanos;
  if (a.offset_s != b.offset_s) return a.offset_s <=> b.offset_s;
  return a.zone <=> b.zone;
}

std::strong_ordering order_parts(const Duration& a, const Duration& b) {
  constexpr __int128 kSecondsPerMonth = 2'629'746;
  const auto length = [](const Duration& d) {
    return d.months * kSecondsPerMonth + __int128{d.days} * kSecondsPerDay + d.seconds;
  };
  const __int128 x = length(a);
  const __int128 y = length(b);
  if (x != y) return x < y ? std::strong_ordering::less : std::strong_ordering::greater;
  if (a.nanos != b.nanos) return a.nanos <=> b.nanos;
  if (a.months != b.months) return a.months <=> b.months;
  return a.days <=> b.days;
}

std::strong_ordering order_parts(const Point& a, const Point& b) {
  if (a.srid != b.srid) return a.srid <=> b.srid;
  if (const auto one = order_floats(a.x, b.x); one != 0) return one;
  if (const auto one = order_floats(a.y, b.y); one != 0) return one;
  return order_floats(a.z, b.z);
}

std::strong_ordering order(const Value& a, const Value& b) {
  if (const auto one = rank(a.type()) <=> rank(b.type()); one != 0) return one;
  switch (a.type()) {
    case Type::kNull:
      return std::strong_ordering::equal;
    case Type::kBoolean:
      return a.as_boolean() <=> b.as_boolean();
    case Type::kInteger:
    case Type::kFloat:
      return order_numbers(a, b);
    case Type::kString:
      return a.as_string() <=> b.as_string();
    case Type::kBytes: {
      const auto x = a.as_bytes();
      const auto y = b.as_bytes();
      return std::lexicographical_compare_three_way(x.begin(), x.end(), y.begin(), y.end());
    }
    case Type::kList:
      return order_lists(a.as_list(), b.as_list());
    case Type::kPath:
      return order_lists(a.as_path(), b.as_path());
    case Type::kMap:
      return order_maps(a.as_map(), b.as_map());
    case Type::kNode:
    case Type::kRelationship:
      return order_entities(a, b);
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
    case Type::kDuration:
      return order_parts(a.as_duration(), b.as_duration());
    case Type::kPoint:
      return order_parts(a.as_point(), b.as_point());
  }
  TRELLIS_UNREACHABLE();
}

}  // namespace trellis::value

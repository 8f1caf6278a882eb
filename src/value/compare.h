// SPDX-License-Identifier: Apache-2.0
//
// The four relations of openCypher CIP2016-06-14 and Neo4j's manual ("Equality, ordering, and
// comparison of value types").
//   equals       ternary: null with null, or with anything, is unknown; NaN <> NaN; 1 = 1.0
//   compare      ternary for < and >: unknown for values of types that do not compare
//   equivalent   for grouping, DISTINCT and set membership of keys: null ~ null, NaN ~ NaN, 1 ~ 1.0
//   order        total: ORDER BY. MAP, NODE, RELATIONSHIP, LIST, PATH, POINT, ZONED DATETIME,
//                LOCAL DATETIME, DATE, ZONED TIME, LOCAL TIME, DURATION, STRING, BOOLEAN, number,
//                null
// equivalent(a, b) implies hash(a) == hash(b) and order(a, b) == 0.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "value/value.h"

namespace trellis::value {

enum class Ternary : uint8_t { kFalse, kTrue, kUnknown };
inline Value to_value(Ternary t) {
  return t == Ternary::kUnknown ? Value() : Value::boolean(t == Ternary::kTrue);
}

Ternary equals(const Value& a, const Value& b);
// nullopt: the values do not compare.
std::optional<std::partial_ordering> compare(const Value& a, const Value& b);
bool equivalent(const Value& a, const Value& b);
std::strong_ordering order(const Value& a, const Value& b);
uint64_t hash(const Value& value);

// "INTEGER", "LIST<ANY>", ... for messages; and the text of a value as Cypher writes it
// ('it\'s' quoted inside lists and maps, bare on top). References show as (id) and [id].
std::string_view type_name(Type type);
std::string to_text(const Value& value);
// As toString() writes scalars: temporal values always with seconds (value/temporal_text.h).
std::string to_full_text(const Value& value);

}  // namespace trellis::value

// SPDX-License-Identifier: Apache-2.0
//
// Orders of the parts that equality, comparison and ORDER BY share. Private to the room.
#pragma once

#include <compare>

#include "value/value.h"

namespace trellis::value {

// Exact also between an integer and a float beyond 2^53; unordered with NaN.
std::partial_ordering compare_numbers(const Value& a, const Value& b);
// Total: NaN follows every other number, -0.0 equals 0.0.
std::strong_ordering order_numbers(const Value& a, const Value& b);
// By graph and id; records of one id by element id, should they come from different graphs.
std::strong_ordering order_entities(const Value& a, const Value& b);

// By instant, then offset, then zone: values that differ in any of them are not equal.
std::strong_ordering order_parts(const Time& a, const Time& b);
std::strong_ordering order_parts(const LocalDateTime& a, const LocalDateTime& b);
std::strong_ordering order_parts(const DateTime& a, const DateTime& b);
// By average length (a month is 2,629,746 s), then by component.
std::strong_ordering order_parts(const Duration& a, const Duration& b);
std::strong_ordering order_parts(const Point& a, const Point& b);

}  // namespace trellis::value

// SPDX-License-Identifier: Apache-2.0
//
// A FLOAT as text, and text as a number, in the forms that Neo4j uses (those of Java):
//   1.0  0.1  1.0E10  1.0E-5  NaN  Infinity  -Infinity   (shortest digits that read back the same;
//   plain from 0.001 up to below 10,000,000, else with an exponent)
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace trellis::value {

void append_float(std::string& out, double d);

// What toInteger and toFloat accept, surrounded by white space or not; nullopt: not a number.
// parse_integer: digits with a sign, or 0x, 0o; no overflow. A decimal text is for parse_float.
std::optional<int64_t> parse_integer(std::string_view text);
std::optional<double> parse_float(std::string_view text);

}  // namespace trellis::value

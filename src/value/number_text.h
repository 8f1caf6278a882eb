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

// Nullopt: not a number. An integer is decimal digits with or without a sign that fit into 64 bits.
// A float may stand in white space and end in d or f.
std::optional<int64_t> parse_integer(std::string_view text);
std::optional<double> parse_float(std::string_view text);

}  // namespace trellis::value

// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <cmath>
#include <limits>

#include "cypher/syntax/lexer.h"

namespace trellis::cypher {
namespace {

std::string without_underscores(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (const char c : text) {
    if (c != '_') plain += c;
  }
  return plain;
}

}  // namespace

IntegerParse parse_integer(std::string_view text, int64_t* value) {
  const std::string plain = without_underscores(text);
  const char* begin = plain.data();
  const char* end = begin + plain.size();
  int base = 10;
  if (plain.size() > 2 && plain[0] == '0' && (plain[1] | 32) == 'x') base = 16;
  if (plain.size() > 2 && plain[0] == '0' && (plain[1] | 32) == 'o') base = 8;
  if (base != 10) begin += 2;

  uint64_t magnitude = 0;
  const auto [stop, error] = std::from_chars(begin, end, magnitude, base);
  constexpr uint64_t kMinusOnly = uint64_t{1} << 63;
  if (error != std::errc() || stop != end || magnitude > kMinusOnly) return IntegerParse::kOverflow;
  if (magnitude == kMinusOnly) {
    *value = std::numeric_limits<int64_t>::min();
    return IntegerParse::kMinusOnly;
  }
  *value = static_cast<int64_t>(magnitude);
  return IntegerParse::kValue;
}

bool parse_float(std::string_view text, double* value) {
  const std::string plain = without_underscores(text);
  const auto [stop, error] = std::from_chars(plain.data(), plain.data() + plain.size(), *value);
  if (error == std::errc::result_out_of_range) {
    // Too small is zero; too large is an error. from_chars does not say which: the exponent does.
    const size_t exponent = plain.find_first_of("eE");
    if (exponent != std::string::npos && plain[exponent + 1] == '-') {
      *value = 0.0;
      return true;
    }
    return false;
  }
  return error == std::errc() && std::isfinite(*value);
}

}  // namespace trellis::cypher

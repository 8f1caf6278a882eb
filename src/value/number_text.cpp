// SPDX-License-Identifier: Apache-2.0
#include "value/number_text.h"

#include <charconv>
#include <cmath>
#include <limits>

namespace trellis::value {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto is_space = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

void append_float(std::string& out, double d) {
  if (std::isnan(d)) {
    out += "NaN";
    return;
  }
  if (std::signbit(d)) out += '-';
  d = std::fabs(d);
  if (std::isinf(d)) {
    out += "Infinity";
    return;
  }
  if (d == 0) {
    out += "0.0";
    return;
  }
  // d.ddde+xx: the shortest digits that identify d.
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, d, std::chars_format::scientific);
  const std::string_view text(buffer, static_cast<size_t>(end.ptr - buffer));
  const size_t e = text.find('e');
  std::string digits(1, text[0]);
  if (e > 2) digits.append(text.substr(2, e - 2));
  int exponent = 0;
  const char* from = buffer + e + 1;
  if (*from == '+') ++from;
  std::from_chars(from, end.ptr, exponent);

  if (d >= 1e-3 && d < 1e7) {
    if (exponent < 0) {
      out += "0.";
      out.append(static_cast<size_t>(-exponent - 1), '0');
      out += digits;
      return;
    }
    const auto whole = static_cast<size_t>(exponent) + 1;
    if (digits.size() < whole) digits.append(whole - digits.size(), '0');
    out.append(digits, 0, whole);
    out += '.';
    out += digits.size() > whole ? digits.substr(whole) : "0";
    return;
  }
  out += digits[0];
  out += '.';
  out += digits.size() > 1 ? digits.substr(1) : "0";
  out += 'E';
  out += std::to_string(exponent);
}

std::optional<int64_t> parse_integer(std::string_view text) {
  if (!text.empty() && text[0] == '+') {
    text.remove_prefix(1);
    if (!text.empty() && text[0] == '-') return std::nullopt;
  }
  int64_t value = 0;
  const auto r = std::from_chars(text.data(), text.data() + text.size(), value);
  if (r.ec != std::errc() || r.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> parse_float(std::string_view text) {
  text = trimmed(text);
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  const auto sign = [&](double d) { return negative ? -d : d; };
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity") return sign(std::numeric_limits<double>::infinity());
  if (text.size() > 1 &&
      (text.back() == 'd' || text.back() == 'f' || text.back() == 'D' || text.back() == 'F')) {
    text.remove_suffix(1);
  }
  if (text.empty() || !((text[0] >= '0' && text[0] <= '9') || text[0] == '.')) return std::nullopt;
  double d = 0;
  const auto r = std::from_chars(text.data(), text.data() + text.size(), d);
  if (r.ptr != text.data() + text.size()) return std::nullopt;
  if (r.ec == std::errc::result_out_of_range) {
    // Too small reads as zero, too large as infinity.
    const size_t e = text.find_first_of("eE");
    const bool tiny = e != std::string_view::npos && e + 1 < text.size() && text[e + 1] == '-';
    return sign(tiny ? 0.0 : std::numeric_limits<double>::infinity());
  }
  if (r.ec != std::errc()) return std::nullopt;
  return sign(d);
}

}  // namespace trellis::value

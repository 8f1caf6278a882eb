// SPDX-License-Identifier: Apache-2.0
#include "config/values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace trellis::config {
namespace {

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n\f";
  size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

struct DurationUnit {
  std::string_view name;
  int64_t nanoseconds;
};
constexpr std::array<DurationUnit, 9> kDurationUnits = {{
    {"ns", 1},
    {"us", 1'000},
    {"\xCE\xBCs", 1'000},  // Greek mu
    {"\xC2\xB5s", 1'000},  // micro sign
    {"ms", 1'000'000},
    {"s", 1'000'000'000},
    {"m", 60'000'000'000},
    {"h", 3'600'000'000'000},
    {"d", 86'400'000'000'000},
}};

tl::unexpected<Error> not_a_duration(std::string_view text) {
  return fail(ErrorCode::InvalidConfiguration,
              "'{}' is not a valid duration, e.g. 500ms, 20s, 1h30m (units ns, μs, ms, s, m, h, d; "
              "seconds when there is none)",
              text);
}

struct ByteUnit {
  std::string_view name;
  int shift;
};
constexpr std::array<ByteUnit, 20> kByteUnits = {{
    {"b", 0},   {"k", 10},   {"kb", 10},  {"kib", 10}, {"m", 20},   {"mb", 20},  {"mib", 20},
    {"g", 30},  {"gb", 30},  {"gib", 30}, {"t", 40},   {"tb", 40},  {"tib", 40}, {"p", 50},
    {"pb", 50}, {"pib", 50}, {"e", 60},   {"eb", 60},  {"eib", 60}, {"", 0},
}};

Result<uint16_t> parse_port(std::string_view text, std::string_view whole) {
  unsigned port = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || port > 65535) {
    return fail(ErrorCode::InvalidConfiguration,
                "'{}' is not a valid socket address: the port must be a number from 0 to 65535",
                whole);
  }
  return static_cast<uint16_t>(port);
}

}  // namespace

Result<bool> parse_boolean(std::string_view text) {
  std::string word = lower(trim(text));
  if (word == "true") return true;
  if (word == "false") return false;
  return fail(ErrorCode::InvalidConfiguration,
              "'{}' is not a valid boolean value, must be 'true' or 'false'", text);
}

Result<int64_t> parse_integer(std::string_view text) {
  std::string_view digits = trim(text);
  if (digits.size() > 1 && digits.front() == '+') digits.remove_prefix(1);
  int64_t value = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) {
    return fail(ErrorCode::InvalidConfiguration, "'{}' is not a valid integer value", text);
  }
  return value;
}

Result<double> parse_double(std::string_view text) {
  std::string_view digits = trim(text);
  double value = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size() ||
      !std::isfinite(value)) {
    return fail(ErrorCode::InvalidConfiguration, "'{}' is not a valid double value", text);
  }
  return value;
}

Result<Duration> parse_duration(std::string_view text) {
  std::string_view rest = trim(text);
  if (rest.empty()) return not_a_duration(text);
  const bool negative = rest.front() == '-';
  if (negative) rest.remove_prefix(1);
  int64_t total = 0;
  bool any = false;
  while (!rest.empty()) {
    int64_t amount = 0;
    auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), amount);
    if (error != std::errc() || amount < 0) return not_a_duration(text);
    rest.remove_prefix(static_cast<size_t>(end - rest.data()));
    size_t unit_size = rest.find_first_of("0123456789 ");
    std::string unit = lower(rest.substr(0, unit_size));
    if (unit.empty()) unit = "s";
    auto known = std::find_if(kDurationUnits.begin(), kDurationUnits.end(),
                              [&unit](const DurationUnit& u) { return u.name == unit; });
    if (known == kDurationUnits.end()) return not_a_duration(text);
    int64_t part = 0;
    if (__builtin_mul_overflow(amount, known->nanoseconds, &part) ||
        __builtin_add_overflow(total, part, &total)) {
      return fail(ErrorCode::InvalidConfiguration, "'{}' is too long a duration", text);
    }
    any = true;
    rest = unit_size == std::string_view::npos ? std::string_view{} : trim(rest.substr(unit_size));
  }
  if (!any) return not_a_duration(text);
  return Duration(negative ? -total : total);
}

Result<std::pair<Duration, Duration>> parse_duration_range(std::string_view text) {
  size_t dash = text.find('-');
  if (dash == std::string_view::npos) {
    return fail(ErrorCode::InvalidConfiguration,
                "'{}' is not a valid range of durations, e.g. 3s-6s", text);
  }
  TRELLIS_TRY_ASSIGN(Duration least, parse_duration(text.substr(0, dash)));
  TRELLIS_TRY_ASSIGN(Duration most, parse_duration(text.substr(dash + 1)));
  if (least > most) {
    return fail(ErrorCode::InvalidConfiguration, "'{}' has its ends in the wrong order", text);
  }
  return std::pair(least, most);
}

Result<int64_t> parse_byte_size(std::string_view text) {
  std::string all = lower(trim(text));
  size_t digits = all.find_first_not_of("0123456789.");
  std::string_view number = std::string_view(all).substr(0, digits);
  std::string_view unit =
      digits == std::string::npos ? std::string_view{} : trim(std::string_view(all).substr(digits));
  auto known = std::find_if(kByteUnits.begin(), kByteUnits.end(),
                            [unit](const ByteUnit& u) { return u.name == unit; });
  double value = 0;
  auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (number.empty() || error != std::errc() || end != number.data() + number.size() ||
      known == kByteUnits.end()) {
    return fail(ErrorCode::InvalidConfiguration,
                "'{}' is not a valid size, must be e.g. 10, 5K, 1M, 11GiB", text);
  }
  // Whole numbers keep every bit.
  int64_t whole = 0;
  auto [whole_end, whole_error] =
      std::from_chars(number.data(), number.data() + number.size(), whole);
  if (whole_error == std::errc() && whole_end == number.data() + number.size()) {
    if (whole > (std::numeric_limits<int64_t>::max() >> known->shift)) {
      return fail(ErrorCode::InvalidConfiguration, "'{}' is too large a size", text);
    }
    return whole << known->shift;
  }
  double scaled = std::ldexp(value, known->shift);
  if (!(scaled < 9.2e18)) {
    return fail(ErrorCode::InvalidConfiguration, "'{}' is too large a size", text);
  }
  return static_cast<int64_t>(std::llround(scaled));
}

Result<SocketAddress> parse_address(std::string_view text) {
  std::string_view whole = trim(text);
  SocketAddress address;
  if (whole.empty() || whole.find_first_of(" \t/@") != std::string_view::npos) {
    return fail(ErrorCode::InvalidConfiguration,
                "'{}' is not a valid socket address: it must be hostname:port, hostname or :port",
                text);
  }
  if (whole.front() == '[') {
    size_t close = whole.find(']');
    if (close == std::string_view::npos || close == 1 ||
        (close + 1 < whole.size() && whole[close + 1] != ':')) {
      return fail(ErrorCode::InvalidConfiguration,
                  "'{}' is not a valid socket address: an IPv6 address stands as [address]:port",
                  text);
    }
    address.host = whole.substr(1, close - 1);
    whole.remove_prefix(close + 1);
  } else if (std::count(whole.begin(), whole.end(), ':') > 1) {
    address.host = whole;  // IPv6 without a port
    whole = {};
  } else {
    address.host = whole.substr(0, whole.find(':'));
    whole.remove_prefix(address.host.size());
  }
  if (!whole.empty()) {
    TRELLIS_TRY_ASSIGN(address.port, parse_port(whole.substr(1), text));
    address.has_port = true;
  }
  return address;
}

std::vector<std::string> parse_list(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    size_t comma = text.find(',');
    std::string_view item = trim(text.substr(0, comma));
    if (!item.empty()) items.emplace_back(item);
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
  }
  return items;
}

std::string format_duration(Duration duration) {
  int64_t left = duration.count();
  if (left == 0) return "0s";
  std::string out = left < 0 ? "-" : "";
  auto magnitude = left < 0 ? 0 - static_cast<uint64_t>(left) : static_cast<uint64_t>(left);
  constexpr std::array<DurationUnit, 7> kShown = {{{"d", 86'400'000'000'000},
                                                   {"h", 3'600'000'000'000},
                                                   {"m", 60'000'000'000},
                                                   {"s", 1'000'000'000},
                                                   {"ms", 1'000'000},
                                                   {"\xCE\xBCs", 1'000},
                                                   {"ns", 1}}};
  for (const DurationUnit& unit : kShown) {
    uint64_t count = magnitude / static_cast<uint64_t>(unit.nanoseconds);
    magnitude %= static_cast<uint64_t>(unit.nanoseconds);
    if (count > 0) out += std::to_string(count) + std::string(unit.name);
  }
  return out;
}

std::string format_byte_size(int64_t bytes) {
  if (bytes < 1024) return fmt::format("{}B", bytes);
  constexpr std::array<std::string_view, 6> kNames = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  while (value >= 1024 && unit + 1 < kNames.size()) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.2f}{}", value, kNames[unit]);
}

std::string to_string(const SocketAddress& address) {
  const bool v6 = address.host.find(':') != std::string::npos;
  std::string out = v6 ? "[" + address.host + "]" : address.host;
  if (address.has_port) out += ":" + std::to_string(address.port);
  return out;
}

}  // namespace trellis::config

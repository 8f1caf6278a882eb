// SPDX-License-Identifier: Apache-2.0
//
// Whether a text is a value of a setting's type and within its constraint.
#include <algorithm>
#include <cctype>
#include <limits>

#include "config/setting.h"
#include "config/values.h"

namespace trellis::config {
namespace {

using enum SettingType;

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) ==
           std::tolower(static_cast<unsigned char>(y));
  });
}

bool is_word_of(std::string_view text, std::string_view words) {
  while (!words.empty()) {
    std::string_view word = words.substr(0, words.find('|'));
    words.remove_prefix(std::min(words.size(), word.size() + 1));
    if (equal_ignoring_case(text, word)) return true;
  }
  return false;
}

// "1..", "..5", "0..100", with "0|" before it when zero is allowed besides.
template <class T, class Parse>
Result<> check_range(T value, std::string_view constraint, std::string_view text, Parse parse) {
  if (constraint.empty()) return {};
  if (constraint.starts_with("0|")) {
    if (value == T{}) return {};
    constraint.remove_prefix(2);
  }
  size_t dots = constraint.find("..");
  std::string_view least = constraint.substr(0, dots);
  std::string_view most = constraint.substr(dots + 2);
  if (!least.empty() && value < *parse(least)) {
    return fail(ErrorCode::InvalidConfiguration, "minimum allowed value is {}, got '{}'", least,
                text);
  }
  if (!most.empty() && value > *parse(most)) {
    return fail(ErrorCode::InvalidConfiguration, "maximum allowed value is {}, got '{}'", most,
                text);
  }
  return {};
}

Result<> check_database_name(std::string_view name) {
  auto bad = [name](std::string_view why) {
    return fail(ErrorCode::InvalidConfiguration, "'{}' is not a valid database name: {}", name,
                why);
  };
  if (name.size() < 3 || name.size() > 63) return bad("it must have 3 to 63 characters");
  if (std::isalnum(static_cast<unsigned char>(name.front())) == 0) {
    return bad("it must start with a letter or a digit");
  }
  for (char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.' && c != '-') {
      return bad("it may hold letters, digits, dots and dashes");
    }
  }
  if (name.size() >= 6 && equal_ignoring_case(name.substr(0, 6), "system")) {
    return bad("it must not start with 'system'");
  }
  return {};
}

Result<> check_url(std::string_view text) {
  size_t scheme = text.find("://");
  if (scheme == std::string_view::npos || scheme == 0 ||
      text.find_first_of(" \t") != std::string_view::npos) {
    return fail(ErrorCode::InvalidConfiguration, "'{}' is not a valid URI", text);
  }
  return {};
}

// By offset, or a region's name as the time zone database has it; whether it exists is found later.
Result<> check_time_zone(std::string_view text) {
  auto is_zone_char = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '/' || c == '_' || c == '-' ||
           c == '+' || c == ':';
  };
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_zone_char)) {
    return fail(ErrorCode::InvalidConfiguration,
                "'{}' is not a time zone: give an offset (+02:00) or a name (Europe/Stockholm)",
                text);
  }
  return {};
}

Result<> check_map(std::string_view text) {
  while (!text.empty()) {
    std::string_view pair = text.substr(0, text.find(';'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    if (!pair.empty() && pair.find('=') == std::string_view::npos) {
      return fail(ErrorCode::InvalidConfiguration, "'{}' is not of the form k1=v1;k2=v2", pair);
    }
  }
  return {};
}

std::string words_of(std::string_view constraint) {
  std::string out(constraint);
  for (size_t at = 0; (at = out.find('|', at)) != std::string::npos; at += 2) {
    out.replace(at, 1, ", ");
  }
  return out;
}

Result<> check_word(std::string_view text, std::string_view constraint) {
  if (is_word_of(text, constraint)) return {};
  return fail(ErrorCode::InvalidConfiguration, "'{}' not one of [{}]", text, words_of(constraint));
}

// TLS versions that are refused on purpose (RFC 8996; RFC 7568, 6176 for SSL).
bool is_withdrawn(std::string_view version) {
  return version.starts_with("SSL") || version == "TLSv1" || version == "TLSv1.0" ||
         version == "TLSv1.1";
}

Result<> check_listed_word(std::string_view word, std::string_view constraint) {
  if (!is_withdrawn(word)) return check_word(word, constraint);
  return fail(ErrorCode::InvalidConfiguration,
              "'{}' was withdrawn as insecure (RFC 8996), and current clients refuse it: use one "
              "or both of [{}]",
              word, words_of(constraint));
}

Result<> check_list(const Setting& setting, std::string_view text) {
  for (const std::string& item : parse_list(text)) {
    if (setting.type == kEnumList) TRELLIS_TRY(check_listed_word(item, setting.constraint));
    if (setting.type == kDatabaseNameList) TRELLIS_TRY(check_database_name(item));
    if (setting.type == kAddressList) TRELLIS_TRY(parse_address(item));
  }
  return {};
}

}  // namespace

Result<> check_value(const Setting& setting, std::string_view text) {
  switch (setting.type) {
    case kBoolean:
      TRELLIS_TRY(parse_boolean(text));
      return {};
    case kInteger: {
      TRELLIS_TRY_ASSIGN(int64_t value, parse_integer(text));
      return check_range(value, setting.constraint, text, parse_integer);
    }
    case kDouble: {
      TRELLIS_TRY_ASSIGN(double value, parse_double(text));
      return check_range(value, setting.constraint, text, parse_double);
    }
    case kDuration: {
      TRELLIS_TRY_ASSIGN(Duration value, parse_duration(text));
      return check_range(value, setting.constraint, text, parse_duration);
    }
    case kByteSize: {
      TRELLIS_TRY_ASSIGN(int64_t value, parse_byte_size(text));
      return check_range(value, setting.constraint, text, parse_byte_size);
    }
    case kDurationRange:
      TRELLIS_TRY(parse_duration_range(text));
      return {};
    case kEnum:
      return check_word(text, setting.constraint);
    case kAddress:
      TRELLIS_TRY(parse_address(text));
      return {};
    case kHost: {
      TRELLIS_TRY_ASSIGN(SocketAddress address, parse_address(text));
      if (!address.has_port && !address.host.empty()) return {};
      return fail(ErrorCode::InvalidConfiguration, "'{}' must be a host without a port", text);
    }
    case kList:
    case kEnumList:
    case kAddressList:
    case kDatabaseNameList:
      return check_list(setting, text);
    case kUrl:
      return check_url(text);
    case kDatabaseName:
      return check_database_name(text);
    case kTimeZone:
      return check_time_zone(text);
    case kMap:
      return check_map(text);
    case kPath:
    case kPathInData:
    case kPathInScope:
      if (!text.empty() && text.find('\0') == std::string_view::npos) return {};
      return fail(ErrorCode::InvalidConfiguration, "a path must not be empty");
    case kString:
    case kSecret:
      return {};
  }
  TRELLIS_UNREACHABLE();
}

std::string valid_values(const Setting& setting) {
  auto range = [&setting](std::string kind) {
    std::string_view constraint = setting.constraint;
    if (constraint.empty()) return kind;
    bool zero = constraint.starts_with("0|");
    if (zero) constraint.remove_prefix(2);
    size_t dots = constraint.find("..");
    std::string_view least = constraint.substr(0, dots);
    std::string_view most = constraint.substr(dots + 2);
    kind += most.empty() ? fmt::format(", minimum {}", least)
                         : fmt::format(" from {} to {}", least, most);
    return zero ? kind + ", or 0" : kind;
  };
  switch (setting.type) {
    case kBoolean:
      return "a boolean";
    case kInteger:
      return range("an integer");
    case kDouble:
      return range("a double");
    case kDuration:
      return range("a duration (units ns, μs, ms, s, m, h, d; default s)");
    case kDurationRange:
      return "a range of durations <least>-<most>";
    case kByteSize:
      return range("a byte size (units B, KiB, MiB, GiB, TiB, PiB, EiB)");
    case kString:
      return "a string";
    case kSecret:
      return "a secure string";
    case kEnum:
      return "one of [" + words_of(setting.constraint) + "]";
    case kEnumList:
      return "a comma-separated list of [" + words_of(setting.constraint) + "]";
    case kList:
      return "a comma-separated list of strings";
    case kAddressList:
      return "a comma-separated list of socket addresses";
    case kDatabaseNameList:
      return "a comma-separated list of database names";
    case kPath:
    case kPathInData:
    case kPathInScope:
      return "a path";
    case kAddress:
      return "a socket address: hostname:port, hostname or :port";
    case kHost:
      return "a host name or IP address without a port";
    case kUrl:
      return "a URI";
    case kDatabaseName:
      return "a database name";
    case kTimeZone:
      return "a time zone, by offset or by name";
    case kMap:
      return "a map k1=v1;k2=v2";
  }
  TRELLIS_UNREACHABLE();
}

}  // namespace trellis::config

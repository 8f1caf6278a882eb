// SPDX-License-Identifier: Apache-2.0
#include "dbms/names.h"

#include <algorithm>

#include "security/random.h"

namespace trellis::dbms {
namespace {

bool is_ascii_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

Result<> check_prefix(std::string_view kind, std::string_view name) {
  if (name.starts_with("system") || name.starts_with('_')) {
    return fail(ErrorCode::InvalidArguments,
                "{} name '{}' is invalid: names that begin with 'system' or an underscore are "
                "reserved.",
                kind, name);
  }
  return {};
}

}  // namespace

std::string normalize_database_name(std::string_view name) {
  std::string result(name);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

Result<> check_database_name(std::string_view name) {
  if (name.size() < 3 || name.size() > 63) {
    return fail(ErrorCode::InvalidArguments,
                "Database name '{}' is invalid: it must have between 3 and 63 characters.", name);
  }
  TRELLIS_TRY(check_prefix("Database", name));
  const bool good_signs = std::all_of(name.begin(), name.end(), [](char c) {
    return is_ascii_letter(c) || is_digit(c) || c == '.' || c == '-';
  });
  if (!good_signs || !(is_ascii_letter(name.front()) || is_digit(name.front()))) {
    return fail(ErrorCode::InvalidArguments,
                "Database name '{}' is invalid: it must begin with an ASCII letter or digit and "
                "have only letters, digits, dots and dashes.",
                name);
  }
  if (name.back() == '.' || name.back() == '-') {
    return fail(ErrorCode::InvalidArguments,
                "Database name '{}' is invalid: it must not end with a dot or a dash.", name);
  }
  return {};
}

Result<> check_alias_name(std::string_view name) {
  if (name.empty() || name.size() > 65534) {
    return fail(ErrorCode::InvalidArguments,
                "An alias name must have between 1 and 65534 characters.");
  }
  TRELLIS_TRY(check_prefix("Alias", name));
  if (name.back() == '.') {
    return fail(ErrorCode::InvalidArguments, "Alias name '{}' must not end with a dot.", name);
  }
  if (name.find('\0') != std::string_view::npos) {
    return fail(ErrorCode::InvalidArguments, "An alias name must not contain the null character.");
  }
  return {};
}

Result<> check_user_name(std::string_view name) {
  if (name.empty()) return fail(ErrorCode::InvalidArguments, "The user name must not be empty.");
  for (const char c : name) {
    if (c < '!' || c > '~' || c == ',' || c == ':') {
      return fail(ErrorCode::InvalidArguments,
                  "User name '{}' has an illegal character: use printable ASCII other than comma, "
                  "colon and blank.",
                  name);
    }
  }
  return {};
}

Result<> check_role_name(std::string_view name) {
  if (name.empty()) return fail(ErrorCode::InvalidArguments, "The role name must not be empty.");
  const bool good_signs = std::all_of(name.begin(), name.end(), [](char c) {
    return is_ascii_letter(c) || is_digit(c) || c == '_';
  });
  if (!good_signs || !is_ascii_letter(name.front())) {
    return fail(ErrorCode::InvalidArguments,
                "Role name '{}' is invalid: it must begin with an ASCII letter and have only "
                "letters, digits and underscores.",
                name);
  }
  return {};
}

std::string random_uuid() {
  unsigned char b[16];
  security::fill_random(b, sizeof b);
  b[6] = static_cast<unsigned char>((b[6] & 0x0F) | 0x40);
  b[8] = static_cast<unsigned char>((b[8] & 0x3F) | 0x80);
  std::string text;
  for (size_t i = 0; i < sizeof b; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", b[i]);
  }
  return text;
}

}  // namespace trellis::dbms

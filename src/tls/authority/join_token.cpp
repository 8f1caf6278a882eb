// SPDX-License-Identifier: Apache-2.0
#include "tls/authority/join_token.h"

#include <algorithm>

namespace trellis::tls {
namespace {

constexpr std::string_view kVersion = "trellis1.";
constexpr size_t kHexDigits = 64;

bool is_hex(std::string_view text) {
  return text.size() == kHexDigits && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace

Secret JoinToken::text() const {
  std::string text(kVersion);
  text.append(pin).append(".").append(secret.reveal());
  return Secret::take(text);
}

Result<JoinToken> parse_join_token(std::string_view text) {
  const bool sized = text.size() == kVersion.size() + 2 * kHexDigits + 1;
  if (sized && text.starts_with(kVersion)) {
    const std::string_view pin = text.substr(kVersion.size(), kHexDigits);
    const std::string_view secret = text.substr(kVersion.size() + kHexDigits + 1);
    if (is_hex(pin) && is_hex(secret) && text[kVersion.size() + kHexDigits] == '.') {
      return JoinToken{std::string(pin), Secret(secret)};
    }
  }
  return fail(ErrorCode::InvalidArguments,
              "This is no join token. Make one where the authority is: trellis tls ca join-token.");
}

}  // namespace trellis::tls

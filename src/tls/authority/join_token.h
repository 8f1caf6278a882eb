// SPDX-License-Identifier: Apache-2.0
//
// What lets a new member join once: the authority's pin, so that the member knows whom it talks to,
// and a secret, so that the authority knows whom it lets in.
//
//   trellis1.<64 hex: SHA-256 of the authority's public key (RFC 7469)>.<64 hex: secret>
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace trellis::tls {

struct JoinToken {
  std::string pin;  // lower-case hex
  Secret secret;    // hex
  Secret text() const;
};

// InvalidArguments when it is none.
Result<JoinToken> parse_join_token(std::string_view text);

}  // namespace trellis::tls

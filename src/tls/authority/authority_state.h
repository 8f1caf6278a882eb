// SPDX-License-Identifier: Apache-2.0
//
// state.json of an authority's folder. Private to tls/authority.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace trellis::tls {

struct AuthorityState {
  using Time = std::chrono::system_clock::time_point;
  struct Issued {
    std::string serial;
    std::string sha256;
    std::string authority;  // SHA-256 of the authority's certificate
    std::vector<std::string> names;
    Time not_after;
    std::optional<Time> revoked;
  };
  struct Token {
    std::string sha256;  // of the secret
    std::vector<std::string> names;
    Time expires;
    bool used = false;
  };

  std::vector<Issued> issued;
  std::vector<Token> tokens;

  // Of what can matter no more: certificates and tokens a day after their end.
  void forget_the_past(Time now);
};

// A missing file is an empty state.
Result<AuthorityState> read_state(const std::filesystem::path& file);
Result<> write_state(const std::filesystem::path& file, const AuthorityState& state);

}  // namespace trellis::tls

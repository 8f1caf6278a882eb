// SPDX-License-Identifier: Apache-2.0
//
// What the files of one policy hold: the main pair, the pairs in sni/, trust.
//
// Layout below base_directory: the places of pair_places.h; trusted_dir, revoked_dir. The key
// password is for all keys. Where client_auth is NONE, or trust_all set, trusted_dir and
// revoked_dir are not read. What was there and is gone (the base directory, sni/, trusted_dir,
// revoked_dir) is taken for a directory that is being made anew: what it held stays. A single
// folder of sni/ may go. Errors: InvalidConfiguration. Private to room `tls`.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/ssl_policy.h"
#include "tls/certificate_pair.h"
#include "tls/trust.h"

namespace trellis::tls {

class PairChoice;

struct NamedPair {
  std::filesystem::path folder;
  PairPtr pair;       // null: never loaded
  std::string error;  // why it was not loaded, or not anew; empty: it was
  PairPtr shorter{};  // found in its place, with fewer certificates: perhaps half a file
};

struct PolicyMaterial {
  PairPtr main;  // null: none of its own (policy.obtained)
  std::string main_error;
  PairPtr shorter;               // as in NamedPair
  std::vector<NamedPair> named;  // in the order of their names
  std::string named_error;
  TrustPtr trust;  // null: clients are not verified
  std::string trust_error;
  bool had_trusted_dir = false;
  bool had_revoked_dir = false;
  bool had_sni_dir = false;

  std::shared_ptr<const PairChoice> choice() const;
  // Why something old stayed, or something is missing (InvalidConfiguration). Empty: all is well.
  std::string first_error() const;
  bool waits() const;  // for a second look at a pair with fewer certificates
};

// Somebody asks for what is there now: a shorter chain too.
enum class Haste : uint8_t { kNone, kAsked };

// For the start: fails when there is no main pair (unless it is obtained) or no trust. A bad pair
// in sni/ is none of that: it is left out, with its error.
Result<PolicyMaterial> load_material(const config::SslPolicySettings& policy);
// Anew, each part by itself: what cannot be loaded stays as it was, with its error. What has not
// changed is the same object.
PolicyMaterial reload_material(const config::SslPolicySettings& policy, const PolicyMaterial& old,
                               Haste haste);
bool same_material(const PolicyMaterial& a, const PolicyMaterial& b);

// The same certificates in the same order.
bool same_pair(const PairPtr& a, const PairPtr& b);

// Files and directories whose change matters; what is in the directories is not listed.
std::vector<std::filesystem::path> watched_paths(const config::SslPolicySettings& policy);

}  // namespace trellis::tls

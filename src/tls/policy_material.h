// SPDX-License-Identifier: Apache-2.0
//
// What the files of one policy hold: the main pair, the pairs in sni/, trust.
//
// Layout below base_directory: private_key, public_certificate; sni/<any>/{private.key,public.crt};
// trusted_dir, revoked_dir. The key password is for all keys. Where client_auth is NONE, or
// trust_all set, trusted_dir and revoked_dir are not read.
// Errors: InvalidConfiguration. Private to room `tls`.
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
};

struct PolicyMaterial {
  PairPtr main;  // null: none of its own (policy.obtained)
  std::string main_error;
  std::vector<NamedPair> named;  // in the order of their names
  std::string named_error;
  TrustPtr trust;  // null: clients are not verified
  std::string trust_error;
  bool had_trusted_dir = false;
  bool had_revoked_dir = false;

  std::shared_ptr<const PairChoice> choice() const;
  // Why something old stayed, or something is missing (InvalidConfiguration). Empty: all is well.
  std::string first_error() const;
};

// For the start: fails when there is no main pair (unless it is obtained) or no trust. A bad pair
// in sni/ is none of that: it is left out, with its error.
Result<PolicyMaterial> load_material(const config::SslPolicySettings& policy);
// Anew, each part by itself: what cannot be loaded stays as it was, with its error. What has not
// changed is the same object.
PolicyMaterial reload_material(const config::SslPolicySettings& policy, const PolicyMaterial& old);
bool same_material(const PolicyMaterial& a, const PolicyMaterial& b);

// The same certificates in the same order.
bool same_pair(const PairPtr& a, const PairPtr& b);

// Files and directories whose change matters; what is in the directories is not listed.
std::vector<std::filesystem::path> watched_paths(const config::SslPolicySettings& policy);

}  // namespace trellis::tls

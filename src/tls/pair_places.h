// SPDX-License-Identifier: Apache-2.0
//
// Where the pairs of a policy lie: the main one, and those of sni/<any>/, which have the manual's
// own names whatever the main pair's files are called. Private to room `tls`.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/ssl_policy.h"

namespace trellis::tls {

struct PairPlace {
  std::string title;  // "bolt", "bolt/sni/a"
  std::filesystem::path folder;
  std::filesystem::path certificate;
  std::filesystem::path key;
};

PairPlace main_place(const config::SslPolicySettings& policy);

std::filesystem::path sni_folder(const config::SslPolicySettings& policy);
// In the order of their names; none where there is no sni/. InvalidConfiguration: it is closed.
Result<std::vector<PairPlace>> named_places(const config::SslPolicySettings& policy);

// Are trusted/ and revoked/ read?
bool verifies_clients(const config::SslPolicySettings& policy);

}  // namespace trellis::tls

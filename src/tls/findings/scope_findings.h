// SPDX-License-Identifier: Apache-2.0
//
// What a running server and the doctor find in the same way, whatever the pairs were read from.
// Private to tls/findings.
#pragma once

#include <string>
#include <vector>

#include "config/server_config.h"
#include "tls/findings/pair_findings.h"

namespace trellis::tls {

inline constexpr config::SslScope kAllScopes[] = {config::SslScope::kBolt, config::SslScope::kHttps,
                                                  config::SslScope::kCluster,
                                                  config::SslScope::kBackup};

// One pair as clients meet it. `others`: leaves of the same scope that are shown to whoever asks
// for their names; so the main pair need not have these.
PresentedChain presented(const config::ServerConfig& config, config::SslScope scope,
                         ChainView chain, std::string source, const ChainView& others);

// The settings of an enabled scope, and the modes of its files.
Findings surroundings(const config::ServerConfig& config, config::SslScope scope);
// Each of certbot's lineages that a policy uses, once.
Findings certbot_findings(const config::ServerConfig& config);

}  // namespace trellis::tls

// SPDX-License-Identifier: Apache-2.0
//
// What is wrong with settings, whatever the certificates are: trust, client certificates, plain
// ports. Pure functions of the configuration.
#pragma once

#include "config/server_config.h"
#include "tls/findings/finding.h"

namespace trellis::tls {

// Does a listener, or the cluster, use the policy of this scope?
bool in_use(const config::ServerConfig& config, config::SslScope scope);

// Is the pair of this scope shown to anybody? Not that of https where it shares bolt's port.
bool is_shown(const config::ServerConfig& config, config::SslScope scope);

// One scope that is enabled.
Findings policy_findings(const config::ServerConfig& config, config::SslScope scope);
// Ports that are open without encryption.
Findings plain_port_findings(const config::ServerConfig& config);

}  // namespace trellis::tls

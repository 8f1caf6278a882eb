// SPDX-License-Identifier: Apache-2.0
//
// What an operator should know of what a scope serves, as lines for the log: expired or nearly so,
// names that the advertised addresses need, the order of the chain, whom client_auth lets in.
#pragma once

#include <string>
#include <vector>

#include "config/server_config.h"
#include "os/clock.h"
#include "tls/server_context.h"

namespace trellis::tls {

std::vector<std::string> notes_on(config::SslScope scope, const config::ServerConfig& config,
                                  const ServerContext& served, os::Clock::Wall now);

}  // namespace trellis::tls

// SPDX-License-Identifier: Apache-2.0
//
// HTTPS and Bolt at one address: one listener then serves both, told apart after the handshake,
// with the certificate of SSL policy 'bolt'.
#pragma once

#include "config/server_config.h"

namespace trellis::config {

// One place to listen at. Port 0 is a new one for each.
bool is_same_place(const SocketAddress& a, const SocketAddress& b);

// Is server.https.listen_address one of Bolt's, both being enabled?
bool https_shares_port_of_bolt(const ServerConfig& config);

// InvalidConfiguration where they share a port and Bolt has no TLS, or their policies treat client
// certificates differently; both lines are shown.
Result<> check_shared_port(const ServerConfig& config);

}  // namespace trellis::config

// SPDX-License-Identifier: Apache-2.0
//
// What keeps certificates that the server obtains itself (server.tls.acme.*) from being obtained,
// or from being served. Looks at the sockets of this machine; no requests.
#pragma once

#include "config/server_config.h"
#include "tls/findings/finding.h"

namespace trellis::tls {

// None when ACME is off.
Findings obtained_findings(const config::ServerConfig& config);

}  // namespace trellis::tls

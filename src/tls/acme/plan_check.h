// SPDX-License-Identifier: Apache-2.0
//
// What server.tls.acme.* cannot achieve, found at start rather than by an authority's refusal an
// hour later: names that no public authority certifies, challenges that do not fit the names,
// settings that need one another. Pure, but for a look at the hook's file. Thread-safe.
#pragma once

#include "base/result.h"
#include "config/server_config.h"

namespace trellis::tls::acme {

// InvalidConfiguration: every reason, each with the line to write. Success when ACME is off.
Result<> check_plan(const config::ServerConfig& config);

}  // namespace trellis::tls::acme

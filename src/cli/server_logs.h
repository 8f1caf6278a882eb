// SPDX-License-Identifier: Apache-2.0
//
// The log files of a server: trellis.log, debug.log, security.log, query.log. Each is rotated at
// trellis.logs.rotation.size, and trellis.logs.rotation.keep_number old ones are kept
// (trellis.1.log is the newest of them). Lines begin with an ISO 8601 time with its zone.
#pragma once

#include "base/result.h"
#include "config/server_config.h"
#include "server/trellis_server.h"

namespace trellis::cli {

// trellis.log is also written to standard output. Fails with IoError when a file cannot be opened.
Result<server::ServerLogs> open_logs(const config::LogConfig& config);

}  // namespace trellis::cli

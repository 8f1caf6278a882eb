// SPDX-License-Identifier: Apache-2.0
//
// The commands that run a server and look after it. Each returns an exit code.
//
// Whether a server runs is told by the kernel lock on its data folder alone; pid files are for
// people.
#pragma once

#include "cli/surroundings.h"
#include "server/trellis_server.h"

namespace trellis::cli {

// In the foreground, until SIGTERM or SIGINT; SIGHUP reads certificates again.
int console(const CommonOptions& common, const server::StartServer& start_server);
// In the background; returns when it serves (0) or has failed (1).
int start(const CommonOptions& common);
// SIGTERM, then waits for NEO4J_SHUTDOWN_TIMEOUT.
int stop(const CommonOptions& common);
int restart(const CommonOptions& common);
// 0 when it runs, 3 when not.
int status(const CommonOptions& common);
int print_version();

}  // namespace trellis::cli

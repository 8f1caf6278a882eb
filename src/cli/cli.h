// SPDX-License-Identifier: Apache-2.0
//
// The command line: trellis console|start|stop|restart|status|version|shell|admin|demo.
//
// Options common to all commands stand before or after the command. An argument @file is replaced
// by the words of that file (not for `shell`, where an address or password may start so).
#pragma once

#include "server/trellis_server.h"

namespace trellis::cli {

// Returns the exit code (exit_codes.h). Nothing is thrown.
int run(int argc, char** argv, const server::StartServer& start_server);

}  // namespace trellis::cli

// SPDX-License-Identifier: Apache-2.0
//
// The admin socket's commands about certificates: tls.reload and tls.status
// (docs/formats/admin-socket.md).
#pragma once

#include "os/clock.h"
#include "server/admin_socket.h"
#include "tls/policy_store.h"

namespace trellis::server {

// `certificates` and `clock` outlive the commands.
void add_tls_commands(AdminCommands& commands, tls::PolicyStore& certificates,
                      const os::Clock& clock);

}  // namespace trellis::server

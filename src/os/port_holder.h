// SPDX-License-Identifier: Apache-2.0
//
// Which process listens on a TCP port of this machine, as /proc tells (proc(5)): for the message
// that a port is taken. What other users run is seen by root alone.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

namespace trellis::os {

struct PortHolder {
  pid_t pid = 0;
  std::string name;  // "nginx"
};
std::optional<PortHolder> who_listens(uint16_t port);

}  // namespace trellis::os

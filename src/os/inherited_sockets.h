// SPDX-License-Identifier: Apache-2.0
//
// Sockets that listen already when the process begins: systemd's socket activation
// (sd_listen_fds(3), FileDescriptorName= in systemd.socket(5)).
//
// The names say what is served there: bolt, http, https. Several sockets may have one name.
// Ports below 1024 then need no capability, and connections wait while the server restarts.
// Take them once, before other threads start: the environment variables are removed, so that
// children inherit neither them nor the descriptors.
// Errors: InvalidConfiguration for a name that is none of these, and for a descriptor that is no
// listening stream socket.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace trellis::os {

class InheritedSockets {
 public:
  InheritedSockets() = default;
  ~InheritedSockets();  // closes what nobody took
  InheritedSockets(InheritedSockets&& other) noexcept : sockets_(std::move(other.sockets_)) {
    other.sockets_.clear();
  }
  InheritedSockets& operator=(InheritedSockets&& other) noexcept {
    std::swap(sockets_, other.sockets_);
    return *this;
  }

  // Empty when there are none.
  static Result<InheritedSockets> receive();

  bool empty() const { return sockets_.empty(); }
  bool has(std::string_view name) const;
  // The descriptors with this name, which become the caller's.
  std::vector<int> take(std::string_view name);

 private:
  std::vector<std::pair<std::string, int>> sockets_;
};

}  // namespace trellis::os

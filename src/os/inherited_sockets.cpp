// SPDX-License-Identifier: Apache-2.0
#include "os/inherited_sockets.h"

#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

namespace trellis::os {
namespace {

constexpr std::array<std::string_view, 3> kNames = {"bolt", "http", "https"};

Result<> check(std::string_view name, int descriptor) {
  if (std::ranges::find(kNames, name) == kNames.end()) {
    return fail(ErrorCode::InvalidConfiguration,
                "A socket named '{}' was handed over, which says nothing about its use. Write "
                "FileDescriptorName=bolt, http or https into its .socket unit, or "
                "--fdname= for systemd-socket-activate.",
                name);
  }
  if (::sd_is_socket(descriptor, AF_UNSPEC, SOCK_STREAM, 1) > 0) return {};
  return fail(ErrorCode::InvalidConfiguration,
              "What was handed over as socket '{}' (descriptor {}) is no stream socket that "
              "listens. Its .socket unit needs ListenStream= and Accept=no.",
              name, descriptor);
}

}  // namespace

InheritedSockets::~InheritedSockets() {
  for (const auto& [name, descriptor] : sockets_) ::close(descriptor);
}

Result<InheritedSockets> InheritedSockets::receive() {
  char** names = nullptr;
  const int count = ::sd_listen_fds_with_names(1, &names);
  if (count < 0) {
    return fail(ErrorCode::InvalidConfiguration,
                "LISTEN_FDS and LISTEN_FDNAMES of the environment do not fit together: {}.",
                std::strerror(-count));
  }
  InheritedSockets inherited;
  for (int i = 0; i < count; ++i) {
    inherited.sockets_.emplace_back(names[i], SD_LISTEN_FDS_START + i);
    std::free(names[i]);
  }
  std::free(static_cast<void*>(names));
  for (const auto& [name, descriptor] : inherited.sockets_) TRELLIS_TRY(check(name, descriptor));
  return inherited;
}

bool InheritedSockets::has(std::string_view name) const {
  return std::ranges::any_of(sockets_, [&](const auto& socket) { return socket.first == name; });
}

std::vector<int> InheritedSockets::take(std::string_view name) {
  std::vector<int> taken;
  std::erase_if(sockets_, [&](const auto& socket) {
    if (socket.first != name) return false;
    taken.push_back(socket.second);
    return true;
  });
  return taken;
}

}  // namespace trellis::os

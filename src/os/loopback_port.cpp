// SPDX-License-Identifier: Apache-2.0
#include "os/loopback_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace trellis::os {

Result<uint16_t> free_loopback_port() {
  int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  bool bound = descriptor >= 0 && ::bind(descriptor, generic, size) == 0 &&
               ::getsockname(descriptor, generic, &size) == 0;
  int reason = errno;
  if (descriptor >= 0) ::close(descriptor);
  if (!bound) return fail(ErrorCode::IoError, "No free port: {}.", std::strerror(reason));
  return ntohs(address.sin_port);
}

}  // namespace trellis::os

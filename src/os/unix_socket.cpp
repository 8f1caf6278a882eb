// SPDX-License-Identifier: Apache-2.0
#include "os/unix_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "os/identity.h"

namespace trellis::os {
namespace {

constexpr int kBacklog = 16;

// What bind() and connect() take; the folder stays open while it is used.
struct Address {
  sockaddr_un name{};
  UnixSocket folder;
  const sockaddr* generic() const { return reinterpret_cast<const sockaddr*>(&name); }
};

Result<Address> address_of(const std::filesystem::path& path) {
  Address address;
  address.name.sun_family = AF_UNIX;
  std::string text = path.string();
  if (text.size() >= sizeof(address.name.sun_path)) {
    address.folder =
        UnixSocket(::open(path.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!address.folder) {
      return fail(errno == EACCES ? ErrorCode::Forbidden : ErrorCode::ConnectionFailed,
                  "Cannot open the folder {}: {}.", path.parent_path().string(),
                  std::strerror(errno));
    }
    text =
        fmt::format("/proc/self/fd/{}/{}", address.folder.descriptor(), path.filename().string());
    std::error_code error;
    if (text.size() >= sizeof(address.name.sun_path) ||
        !std::filesystem::exists(std::filesystem::path(text).parent_path(), error)) {
      return fail(ErrorCode::IoError,
                  "The path of the socket {} is too long: {} bytes, at most {} without /proc. Use "
                  "a shorter folder (server.directories.run).",
                  path.string(), path.string().size(), sizeof(address.name.sun_path) - 1);
    }
  }
  std::memcpy(address.name.sun_path, text.c_str(), text.size() + 1);
  return address;
}

Result<UnixSocket> new_socket() {
  UnixSocket socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return fail(ErrorCode::IoError, "Cannot make a socket: {}.", std::strerror(errno));
  return socket;
}

bool connect_to(const UnixSocket& socket, const Address& address) {
  return ::connect(socket.descriptor(), address.generic(), sizeof(address.name)) == 0;
}

}  // namespace

UnixSocket& UnixSocket::operator=(UnixSocket&& other) noexcept {
  close();
  descriptor_ = std::exchange(other.descriptor_, -1);
  return *this;
}

void UnixSocket::close() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

Result<uid_t> UnixSocket::peer_user() const {
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (::getsockopt(descriptor_, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return fail(ErrorCode::IoError, "Cannot tell who is at the socket: {}.", std::strerror(errno));
  }
  return peer.uid;
}

Result<UnixSocket> listen_unix(const std::filesystem::path& path) {
  TRELLIS_TRY_ASSIGN(const Address address, address_of(path));
  struct stat there{};
  if (::lstat(path.c_str(), &there) == 0) {
    if (!S_ISSOCK(there.st_mode)) {
      return fail(ErrorCode::IoError, "{} is in the way of a socket: move it.", path.string());
    }
    TRELLIS_TRY_ASSIGN(const UnixSocket probe, new_socket());
    if (connect_to(probe, address) || errno == EAGAIN) {
      return fail(ErrorCode::FileLocked, "Another process listens on {}.", path.string());
    }
    ::unlink(path.c_str());
  }
  TRELLIS_TRY_ASSIGN(UnixSocket socket, new_socket());
  // The mode of the socket becomes that of its name (less umask): there is no moment with another.
  if (::fchmod(socket.descriptor(), 0600) != 0 ||
      ::bind(socket.descriptor(), address.generic(), sizeof(address.name)) != 0) {
    const int reason = errno;
    return fail(ErrorCode::IoError, "Cannot make the socket {}: {}. {}", path.string(),
                std::strerror(reason), why_unreadable(path.parent_path()));
  }
  if (::listen(socket.descriptor(), kBacklog) != 0) {
    return fail(ErrorCode::IoError, "Cannot listen on {}: {}.", path.string(),
                std::strerror(errno));
  }
  return socket;
}

Result<UnixSocket> connect_unix(const std::filesystem::path& path) {
  TRELLIS_TRY_ASSIGN(const Address address, address_of(path));
  TRELLIS_TRY_ASSIGN(UnixSocket socket, new_socket());
  if (connect_to(socket, address)) return socket;
  const int reason = errno;
  const bool absent = reason == ENOENT || reason == ECONNREFUSED || reason == ENOTDIR;
  return fail(absent                                ? ErrorCode::ConnectionFailed
              : reason == EACCES || reason == EPERM ? ErrorCode::Forbidden
                                                    : ErrorCode::IoError,
              "Cannot connect to {}: {}.", path.string(), std::strerror(reason));
}

UnixSocket accept_unix(const UnixSocket& listener) {
  return UnixSocket(
      ::accept4(listener.descriptor(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

}  // namespace trellis::os

// SPDX-License-Identifier: Apache-2.0
//
// Stream sockets with a name in the file system, for processes of one machine (unix(7)).
//
// A path may be of any length: what does not fit sun_path (108 bytes) is reached through the
// descriptor of its folder, by /proc/self/fd.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <utility>

#include "base/result.h"

namespace trellis::os {

// One open descriptor of a socket; non-blocking, closed by its destructor.
class UnixSocket {
 public:
  UnixSocket() = default;
  explicit UnixSocket(int descriptor) : descriptor_(descriptor) {}
  UnixSocket(UnixSocket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  UnixSocket& operator=(UnixSocket&& other) noexcept;
  ~UnixSocket() { close(); }

  int descriptor() const { return descriptor_; }
  explicit operator bool() const { return descriptor_ >= 0; }
  void close();
  // Who is at the other end (SO_PEERCRED): as of its connect() or listen().
  Result<uid_t> peer_user() const;

 private:
  int descriptor_ = -1;
};

// Binds and listens; only the owner may connect (mode 0600 from the first moment on). A socket that
// nobody listens on any more is replaced. Errors: FileLocked when somebody listens there, IoError.
Result<UnixSocket> listen_unix(const std::filesystem::path& path);

// Errors: ConnectionFailed when nobody listens there or there is no such socket; Forbidden when we
// may not; IoError.
Result<UnixSocket> connect_unix(const std::filesystem::path& path);

// The next client of a listening socket; an empty one when nobody waits.
UnixSocket accept_unix(const UnixSocket& listener);

}  // namespace trellis::os

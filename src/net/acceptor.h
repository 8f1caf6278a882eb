// SPDX-License-Identifier: Apache-2.0
//
// Listens on one address and deals new connections out to the threads of an EventLoop.
//
// Sockets: SO_REUSEADDR on the listener; TCP_NODELAY and keep-alive on each connection. When the
// process has no file descriptors left, accepting pauses for 100 ms at a time and goes on; the
// reason goes to the logger, at most once a minute.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/log.h"
#include "base/result.h"
#include "net/endpoint.h"
#include "net/event_loop.h"
#include "net/stream.h"

namespace trellis::net {

class Acceptor {
 public:
  // Called on the stream's thread.
  using OnStream = std::function<void(std::unique_ptr<Stream>)>;

  // `purpose` names the listener in errors and logs ("Bolt", "HTTPS"). Port 0: any free one.
  // Errors: InvalidConfiguration, with address, cause and what to do.
  static Result<std::unique_ptr<Acceptor>> listen(EventLoop& loop, std::string purpose,
                                                  const Endpoint& address, Logger log,
                                                  OnStream on_stream);
  // The same for a socket that is bound and listens already (os/inherited_sockets.h), which becomes
  // the acceptor's.
  static Result<std::unique_ptr<Acceptor>> adopt(EventLoop& loop, std::string purpose,
                                                 int listening_socket, Logger log,
                                                 OnStream on_stream);
  virtual ~Acceptor() = default;  // closes

  // The address that was bound, with the port that was chosen.
  virtual const Endpoint& local() const = 0;
  // No on_stream call begins after this has returned. Not from an I/O thread.
  virtual void close() = 0;
};

}  // namespace trellis::net

// SPDX-License-Identifier: Apache-2.0
//
// run/admin.sock: how commands on the server's own machine ask it something. No password and no
// TLS, so that it works when a certificate has expired; instead the kernel says who asks: the user
// that the server runs as, or root. Format: docs/formats/admin-socket.md.
//
// Handlers run on the socket's one thread, one after another: each must be done within a second or
// so. What takes longer is begun by one command and looked at by another.
//
// Thread-safe. Bounds: kMostClients at a time, a request line of kRequestBytes, an answer of
// kAnswerBytes, request_timeout for a client to send its line and to take the answer.
#pragma once

#include <boost/json/fwd.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/log.h"
#include "base/result.h"

namespace trellis::server {

// `arguments` as the client sent them (an empty object when it sent none). An error goes to the
// client with its code and message: no secrets in it.
using AdminHandler =
    std::function<Result<boost::json::object>(const boost::json::object& arguments)>;

// By command ("tls.reload").
using AdminCommands = std::map<std::string, AdminHandler>;

class AdminSocket {
 public:
  static constexpr size_t kMostClients = 16;
  static constexpr size_t kRequestBytes = 64 << 10;
  static constexpr size_t kAnswerBytes = 4 << 20;

  struct Options {
    std::filesystem::path path;
    AdminCommands commands;  // besides "help" (their names) and "server.ping"
    std::chrono::milliseconds request_timeout{5000};
    Logger log;
  };
  // Serves at once, all commands from the start. Errors: FileLocked when another server answers
  // there, IoError.
  static Result<std::unique_ptr<AdminSocket>> open(Options options);
  // Ends the thread, when the handler at work is done, and removes the socket.
  virtual ~AdminSocket() = default;
};

std::filesystem::path admin_socket_path(const std::filesystem::path& run_directory);

}  // namespace trellis::server

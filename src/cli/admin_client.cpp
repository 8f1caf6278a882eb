// SPDX-License-Identifier: Apache-2.0
#include "cli/admin_client.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <boost/json.hpp>
#include <cerrno>
#include <cstring>

#include "os/identity.h"
#include "os/unix_socket.h"
#include "server/admin_socket.h"

namespace trellis::cli {
namespace {

namespace json = boost::json;
using SteadyClock = std::chrono::steady_clock;

class Conversation {
 public:
  Conversation(os::UnixSocket socket, std::chrono::milliseconds timeout)
      : socket_(std::move(socket)), deadline_(SteadyClock::now() + timeout) {}

  Result<> send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(socket_.descriptor(), text.data(), text.size(), MSG_NOSIGNAL);
      if (sent >= 0) {
        text.remove_prefix(static_cast<size_t>(sent));
      } else if (errno == EPIPE || errno == ECONNRESET) {
        return {};  // refused before it was read: why, stands in the answer
      } else {
        TRELLIS_TRY(wait(POLLOUT));
      }
    }
    return {};
  }

  Result<std::string> receive_line() {
    std::string line;
    std::array<char, 4096> buffer{};
    while (line.find('\n') == std::string::npos) {
      const ssize_t got = ::recv(socket_.descriptor(), buffer.data(), buffer.size(), 0);
      if (got == 0) return fail(ErrorCode::ConnectionClosed, "The server gave no answer.");
      if (got < 0) {
        TRELLIS_TRY(wait(POLLIN));
        continue;
      }
      line.append(buffer.data(), static_cast<size_t>(got));
      if (line.size() > server::AdminSocket::kAnswerBytes) {
        return fail(ErrorCode::IoError, "The server's answer is too long.");
      }
    }
    return line;
  }

 private:
  // After a call that failed with errno.
  Result<> wait(short events) {
    if (errno != EAGAIN && errno != EINTR) {
      return fail(ErrorCode::IoError, "The server's admin socket broke: {}.", std::strerror(errno));
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - SteadyClock::now());
    if (left.count() <= 0) {
      return fail(ErrorCode::IoError, "The server did not answer in time.");
    }
    pollfd wanted{socket_.descriptor(), events, 0};
    ::poll(&wanted, 1, static_cast<int>(left.count()));
    return {};
  }

  const os::UnixSocket socket_;
  const SteadyClock::time_point deadline_;
};

std::string text_of(const json::object& fields, std::string_view name) {
  const json::value* value = fields.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

Result<json::object> result_of(std::string_view line) {
  boost::system::error_code malformed;
  json::value answer = json::parse(line, malformed);
  json::object* fields = answer.if_object();
  if (!malformed && fields != nullptr) {
    if (json::value* result = fields->if_contains("result"); result && result->is_object()) {
      return std::move(result->get_object());
    }
    if (const json::value* error = fields->if_contains("error"); error && error->is_object()) {
      const json::object& e = error->get_object();
      const std::string code = text_of(e, "code"), status = text_of(e, "gqlStatus");
      return fail(Error::foreign(code_for(code, status), code, status, text_of(e, "message")));
    }
  }
  return fail(ErrorCode::IoError, "The server's answer cannot be understood.");
}

}  // namespace

Result<json::object> ask_server(const config::DirectoriesConfig& directories,
                                std::string_view command, const json::object& arguments,
                                std::chrono::milliseconds timeout) {
  const auto path = server::admin_socket_path(directories.run);
  auto socket = os::connect_unix(path);
  if (!socket) {
    if (socket.error().code() == ErrorCode::Forbidden) {
      return fail(ErrorCode::Forbidden,
                  "{} {} Ask as root, or as the user that runs the server (sudo -u ...).",
                  socket.error().message(), os::why_unreadable(path.parent_path()));
    }
    if (socket.error().code() == ErrorCode::ConnectionFailed) {
      return fail(ErrorCode::ConnectionFailed,
                  "No server answers on {}. Start it (trellis start), or say which home is meant "
                  "(--home).",
                  path.string());
    }
    return fail(std::move(socket.error()));
  }
  Conversation conversation(std::move(*socket), timeout);
  const json::object request{{"command", command}, {"arguments", arguments}};
  TRELLIS_TRY(conversation.send(json::serialize(json::value(request)) + "\n"));
  TRELLIS_TRY_ASSIGN(const std::string line, conversation.receive_line());
  return result_of(line);
}

}  // namespace trellis::cli

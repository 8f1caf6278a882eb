// SPDX-License-Identifier: Apache-2.0
#include "server/admin_socket.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cerrno>
#include <map>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "os/identity.h"
#include "os/unix_socket.h"

namespace trellis::server {
namespace {

namespace json = boost::json;
using SteadyClock = std::chrono::steady_clock;

std::string line_of(const json::object& answer) {
  return json::serialize(json::value(answer)) + "\n";
}

std::string failure(const Error& error) {
  json::object details;
  details["code"] = error.neo4j_code();
  details["gqlStatus"] = error.gqlstatus();
  details["message"] = error.message();
  return line_of({{"ok", false}, {"error", std::move(details)}});
}

std::string refusal(ErrorCode code, std::string message) {
  return failure(Error(code, std::move(message)));
}

struct Client {
  os::UnixSocket socket;
  SteadyClock::time_point deadline;
  std::string request;
  std::string answer;  // not empty: being sent
  size_t sent = 0;
};

class AdminSocketImpl final : public AdminSocket {
 public:
  AdminSocketImpl(Options options, os::UnixSocket listener)
      : options_(std::move(options)),
        listener_(std::move(listener)),
        stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    TRELLIS_ASSERT(stop_ >= 0);
    struct stat own{};
    if (::lstat(options_.path.c_str(), &own) == 0) inode_ = own.st_ino;
    options_.commands.insert_or_assign(
        "server.ping", [](const json::object&) -> Result<json::object> {
          return json::object{{"pid", static_cast<int64_t>(::getpid())}};
        });
    options_.commands.insert_or_assign("help", [this](const json::object&) -> Result<json::object> {
      json::array names;
      for (const auto& [name, handler] : options_.commands) names.emplace_back(name);
      return json::object{{"commands", std::move(names)}};
    });
    thread_ = std::thread([this] { serve(); });
  }

  ~AdminSocketImpl() override {
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(stop_, &one, sizeof(one));
    thread_.join();
    ::close(stop_);
    // Another server may have taken the name meanwhile.
    struct stat there{};
    if (::lstat(options_.path.c_str(), &there) == 0 && there.st_ino == inode_) {
      ::unlink(options_.path.c_str());
    }
  }

 private:
  void serve() {
    std::vector<pollfd> wanted;
    while (true) {
      wanted.assign({{stop_, POLLIN, 0}, {listener_.descriptor(), POLLIN, 0}});
      if (clients_.size() >= kMostClients) wanted[1].fd = -1;
      for (const Client& client : clients_) {
        const short events = client.answer.empty() ? POLLIN : POLLOUT;
        wanted.push_back({client.socket.descriptor(), events, 0});
      }
      if (::poll(wanted.data(), wanted.size(), time_left()) < 0 && errno != EINTR) {
        options_.log.error("The admin socket has stopped: poll failed with {}.", errno);
        return;
      }
      if (wanted[0].revents != 0) return;
      const auto now = SteadyClock::now();
      std::vector<Client> remaining;
      for (size_t n = 0; n < clients_.size(); ++n) {
        const bool ready = wanted[n + 2].revents != 0;
        const bool stays = ready ? go_on(clients_[n]) : now < clients_[n].deadline;
        if (stays) remaining.push_back(std::move(clients_[n]));
      }
      clients_ = std::move(remaining);
      if (wanted[1].revents != 0) take_in();
    }
  }

  int time_left() const {
    auto until = SteadyClock::time_point::max();
    for (const Client& client : clients_) until = std::min(until, client.deadline);
    if (clients_.empty()) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - SteadyClock::now());
    return static_cast<int>(std::max<int64_t>(left.count(), 0));
  }

  void take_in() {
    os::UnixSocket socket = os::accept_unix(listener_);
    if (!socket) return;
    Client client;
    const auto peer = socket.peer_user();
    client.socket = std::move(socket);
    client.deadline = SteadyClock::now() + options_.request_timeout;
    if (!peer || (*peer != 0 && *peer != os::effective_user())) {
      options_.log.warn("The admin socket refused user {}.",
                        peer ? os::user_name(*peer) : std::string("unknown"));
      client.answer = refusal(
          ErrorCode::Forbidden,
          fmt::format("Only root and {}, who runs the server, may ask it here. Use: sudo -u {} ...",
                      os::user_name(os::effective_user()), os::user_name(os::effective_user())));
    }
    clients_.push_back(std::move(client));
  }

  // False: done with that client.
  bool go_on(Client& client) {
    if (client.answer.empty()) {
      if (!receive(client)) return false;
      if (client.answer.empty()) return true;
    }
    while (client.sent < client.answer.size()) {
      const ssize_t sent = ::send(client.socket.descriptor(), client.answer.data() + client.sent,
                                  client.answer.size() - client.sent, MSG_NOSIGNAL);
      if (sent < 0) return errno == EAGAIN || errno == EINTR;
      client.sent += static_cast<size_t>(sent);
    }
    return false;
  }

  bool receive(Client& client) {
    std::array<char, 4096> buffer{};
    const ssize_t got = ::recv(client.socket.descriptor(), buffer.data(), buffer.size(), 0);
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    if (got == 0) return false;
    client.request.append(buffer.data(), static_cast<size_t>(got));
    const size_t end = client.request.find('\n');
    if (end == std::string::npos) {
      if (client.request.size() > kRequestBytes) {
        client.answer = refusal(ErrorCode::InvalidRequest, "The request is too long.");
      }
      return true;
    }
    client.answer = answer_to(std::string_view(client.request).substr(0, end));
    client.deadline = SteadyClock::now() + options_.request_timeout;
    return true;
  }

  std::string answer_to(std::string_view line) {
    boost::system::error_code malformed;
    const json::value request = json::parse(line, malformed);
    const json::object* fields = request.if_object();
    const json::value* command = fields != nullptr ? fields->if_contains("command") : nullptr;
    if (malformed || command == nullptr || !command->is_string()) {
      return refusal(ErrorCode::InvalidRequest,
                     R"(A request is one line: {"command": "...", "arguments": {...}}.)");
    }
    const std::string name(command->get_string());
    const json::value* given = fields->if_contains("arguments");
    if (given != nullptr && !given->is_object()) {
      return refusal(ErrorCode::InvalidRequest, "\"arguments\" must be an object.");
    }
    const auto handler = options_.commands.find(name);
    if (handler == options_.commands.end()) {
      return refusal(ErrorCode::InvalidRequest,
                     fmt::format("This server has no command '{}' (\"help\" lists them).", name));
    }
    options_.log.debug("admin socket: {}", name);
    auto result = handler->second(given != nullptr ? given->get_object() : json::object());
    if (!result) return failure(result.error());
    std::string answer = line_of({{"ok", true}, {"result", std::move(*result)}});
    if (answer.size() > kAnswerBytes) {
      return refusal(ErrorCode::ResourceExhausted, "The answer is too long.");
    }
    return answer;
  }

  Options options_;  // as they are once the thread runs
  const os::UnixSocket listener_;
  const int stop_;
  ino_t inode_ = 0;
  std::vector<Client> clients_;  // of the thread
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<AdminSocket>> AdminSocket::open(Options options) {
  auto listener = os::listen_unix(options.path);
  if (!listener && listener.error().code() == ErrorCode::FileLocked) {
    return fail(ErrorCode::FileLocked,
                "Another server answers on {}. Give each its own folder: server.directories.run.",
                options.path.string());
  }
  if (!listener) return fail(std::move(listener.error()));
  return std::make_unique<AdminSocketImpl>(std::move(options), std::move(*listener));
}

std::filesystem::path admin_socket_path(const std::filesystem::path& run_directory) {
  return run_directory / "admin.sock";
}

}  // namespace trellis::server

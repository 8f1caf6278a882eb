// SPDX-License-Identifier: Apache-2.0
#include <ares.h>
#include <arpa/nameser.h>
#include <poll.h>

#include <array>
#include <memory>

#include "tls/acme/dns_hook.h"

namespace trellis::tls::acme {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

struct EndChannel {
  void operator()(ares_channeldata* channel) const { ares_destroy(channel); }
};
using Channel = std::unique_ptr<ares_channeldata, EndChannel>;

struct Reply {
  bool done = false;
  int status = ARES_SUCCESS;
  std::vector<std::string> values;
};

void on_reply(void* argument, int status, int /*timeouts*/, unsigned char* bytes, int size) {
  Reply& reply = *static_cast<Reply*>(argument);
  reply.done = true;
  reply.status = status;
  if (status != ARES_SUCCESS) return;
  ares_txt_ext* first = nullptr;
  reply.status = ares_parse_txt_reply_ext(bytes, size, &first);
  for (const ares_txt_ext* part = first; part != nullptr; part = part->next) {
    if (part->record_start != 0 || reply.values.empty()) reply.values.emplace_back();
    reply.values.back().append(reinterpret_cast<const char*>(part->txt), part->length);
  }
  if (first != nullptr) ares_free_data(first);
}

// One round of waiting for the channel's sockets.
void serve(ares_channeldata* channel, milliseconds left) {
  std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
  const int wanted = ares_getsock(channel, sockets.data(), ARES_GETSOCK_MAXNUM);
  std::array<pollfd, ARES_GETSOCK_MAXNUM> polled{};
  size_t count = 0;
  for (int i = 0; i < ARES_GETSOCK_MAXNUM; ++i) {
    short events = 0;
    if (ARES_GETSOCK_READABLE(wanted, i) != 0) events |= POLLIN;
    if (ARES_GETSOCK_WRITABLE(wanted, i) != 0) events |= POLLOUT;
    if (events == 0) continue;
    polled[count++] = {sockets[static_cast<size_t>(i)], events, 0};
  }
  const auto wait = std::min(left, milliseconds(100));
  const int ready = ::poll(polled.data(), count, static_cast<int>(wait.count()));
  if (ready <= 0) ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  for (size_t i = 0; ready > 0 && i < count; ++i) {
    const bool in = (polled[i].revents & (POLLIN | POLLERR | POLLHUP)) != 0;
    const bool out = (polled[i].revents & POLLOUT) != 0;
    if (in || out) {
      ares_process_fd(channel, in ? polled[i].fd : ARES_SOCKET_BAD,
                      out ? polled[i].fd : ARES_SOCKET_BAD);
    }
  }
}

}  // namespace

Result<std::vector<std::string>> txt_records(const std::string& name,
                                             const std::optional<config::SocketAddress>& resolver,
                                             milliseconds timeout) {
  ares_options options{};
  options.timeout = static_cast<int>(timeout.count()) / 3 + 1;
  options.tries = 2;
  ares_channeldata* made = nullptr;
  int status = ares_init_options(&made, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
  const Channel channel(made);
  if (status == ARES_SUCCESS && resolver) {
    config::SocketAddress server = *resolver;
    if (!server.has_port) server.port = NAMESERVER_PORT;
    server.has_port = true;
    status = ares_set_servers_ports_csv(channel.get(), config::to_string(server).c_str());
  }
  if (status != ARES_SUCCESS) {
    return fail(ErrorCode::IoError, "Cannot ask the name server: {}.", ares_strerror(status));
  }
  Reply reply;
  const auto deadline = steady_clock::now() + timeout;
  ares_query(channel.get(), name.c_str(), ns_c_in, ns_t_txt, on_reply, &reply);
  while (!reply.done) {
    const auto left = duration_cast<milliseconds>(deadline - steady_clock::now());
    if (left.count() <= 0) ares_cancel(channel.get());  // calls back
    if (!reply.done) serve(channel.get(), left);
  }
  if (reply.status == ARES_ENOTFOUND || reply.status == ARES_ENODATA) {
    return std::vector<std::string>();
  }
  if (reply.status != ARES_SUCCESS) {
    return fail(ErrorCode::IoError, "the name server says: {}",
                reply.status == ARES_ECANCELLED ? "nothing in time" : ares_strerror(reply.status));
  }
  return std::move(reply.values);
}

}  // namespace trellis::tls::acme

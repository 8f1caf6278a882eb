// SPDX-License-Identifier: Apache-2.0
//
// How many TLS handshakes per second a server completes: TLS 1.3, TLS_AES_128_GCM_SHA256, X25519,
// the server's chain and name verified each time.
//   handshake_client PORT CA_FILE NAME full|resumed SECONDS CONNECTIONS
// prints "HANDSHAKES SECONDS". One thread; a handshake counts when the server's session ticket has
// come, for only then has the server finished too. Then the connection is reset, so that no port
// stays behind in TIME_WAIT.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/macros.h"

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void give_up(const char* what) {
  std::fprintf(stderr, "%s\n", what);
  ERR_print_errors_fp(stderr);
  std::exit(1);
}

struct Slot {
  int fd = -1;
  SSL* ssl = nullptr;
  SSL_SESSION* session = nullptr;  // the newest, when sessions are resumed
  bool ticket = false;
};

struct Load {
  SSL_CTX* context = nullptr;
  int epoll = -1;
  sockaddr_in address{};
  std::string name;
  bool resume = false;
  std::vector<Slot> slots;
  long done = 0;
};

int on_session(SSL* ssl, SSL_SESSION* session) {
  auto* slot = static_cast<Slot*>(SSL_get_app_data(ssl));
  slot->ticket = true;
  if (slot->session != nullptr) SSL_SESSION_free(slot->session);
  slot->session = session;
  return 1;  // kept
}

void begin(Load& load, Slot& slot) {
  slot.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(slot.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const linger reset{1, 0};
  ::setsockopt(slot.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  if (::connect(slot.fd, reinterpret_cast<const sockaddr*>(&load.address), sizeof load.address) !=
          0 &&
      errno != EINPROGRESS) {
    give_up("cannot connect");
  }
  slot.ssl = SSL_new(load.context);
  slot.ticket = false;
  SSL_set_app_data(slot.ssl, &slot);
  SSL_set_fd(slot.ssl, slot.fd);
  SSL_set_tlsext_host_name(slot.ssl, load.name.c_str());
  SSL_set1_host(slot.ssl, load.name.c_str());
  if (load.resume && slot.session != nullptr) SSL_set_session(slot.ssl, slot.session);
  SSL_set_connect_state(slot.ssl);
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLET;
  event.data.ptr = &slot;
  ::epoll_ctl(load.epoll, EPOLL_CTL_ADD, slot.fd, &event);
}

void end(Slot& slot) {
  // A session of a connection that was not shut down would be forgotten.
  SSL_set_shutdown(slot.ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  SSL_free(slot.ssl);
  ::close(slot.fd);
  slot.ssl = nullptr;
}

// True when the handshake is complete on both sides.
bool step(Slot& slot) {
  char byte = 0;
  ERR_clear_error();
  const int got = SSL_read(slot.ssl, &byte, 1);  // does the handshake, then takes the tickets
  if (slot.ticket) return true;
  if (got > 0) give_up("the server sent something");
  const int why = SSL_get_error(slot.ssl, got);
  if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return false;
  if (why == SSL_ERROR_SYSCALL && errno == ENOTCONN) return false;
  give_up("a handshake failed");
}

SSL_CTX* make_context(const char* ca) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, &on_session);
  if (SSL_CTX_load_verify_file(context, ca) != 1 ||
      SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256") != 1 ||
      SSL_CTX_set1_groups_list(context, "X25519") != 1) {
    give_up("cannot make a context");
  }
  return context;
}

void run(Load& load, double seconds, bool counted) {
  const auto until = Clock::now() + std::chrono::duration<double>(seconds);
  std::array<epoll_event, 64> events;
  while (Clock::now() < until) {
    const int ready = ::epoll_wait(load.epoll, events.data(), events.size(), 1000);
    if (ready <= 0) give_up("nothing happens");
    for (int i = 0; i < ready; ++i) {
      Slot& slot = *static_cast<Slot*>(events[static_cast<size_t>(i)].data.ptr);
      if (slot.ssl == nullptr || !step(slot)) continue;
      if (load.resume && counted && SSL_session_reused(slot.ssl) != 1) give_up("not resumed");
      if (counted) ++load.done;
      end(slot);
      begin(load, slot);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) {
    std::fprintf(stderr, "usage: %s PORT CA_FILE NAME full|resumed SECONDS CONNECTIONS\n", argv[0]);
    return 64;
  }
  Load load;
  load.address.sin_family = AF_INET;
  load.address.sin_port = htons(static_cast<uint16_t>(std::atoi(argv[1])));
  load.address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  load.context = make_context(argv[2]);
  load.name = argv[3];
  load.resume = std::string(argv[4]) == "resumed";
  load.epoll = ::epoll_create1(EPOLL_CLOEXEC);
  load.slots.resize(static_cast<size_t>(std::atoi(argv[6])));
  for (Slot& slot : load.slots) begin(load, slot);
  run(load, 0.5, false);  // warm, and every slot has a session
  const auto from = Clock::now();
  run(load, std::atof(argv[5]), true);
  std::printf("%ld %.6f\n", load.done, std::chrono::duration<double>(Clock::now() - from).count());
  return 0;
}

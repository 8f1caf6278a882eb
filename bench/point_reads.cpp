// SPDX-License-Identifier: Apache-2.0
//
// bench_point_reads PORT USER PASSWORD [USERS] [SECONDS]
//
// MATCH (n:User {id: $id}) RETURN n over loopback, at 1 and 16 connections, each a thread that sends
// RUN and PULL in one write and waits for the answer: p50, p99 and rate. Beside it the floor: an echo
// of as many bytes over loopback by the same number of connections.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "base/macros.h"

namespace {

using Clock = std::chrono::steady_clock;

int connect_to(uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  TRELLIS_ASSERT(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

void send_all(int fd, const std::string& bytes) {
  TRELLIS_ASSERT(::send(fd, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
}

void receive_exactly(int fd, char* out, size_t size) {
  while (size > 0) {
    const ssize_t got = ::recv(fd, out, size, 0);
    TRELLIS_ASSERT(got > 0);
    out += got;
    size -= static_cast<size_t>(got);
  }
}

// -- PackStream, as much as the requests need --
std::string text(const std::string& s) {
  std::string out;
  if (s.size() < 16) {
    out += static_cast<char>(0x80 + s.size());
  } else {
    out += static_cast<char>(0xD0);
    out += static_cast<char>(s.size());
  }
  return out + s;
}
std::string integer(int64_t i) {
  std::string out("\xCB");
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>((i >> shift) & 0xFF);
  return out;
}
std::string message(char tag, int fields, const std::string& body) {
  std::string out;
  const size_t size = body.size() + 2;
  out += static_cast<char>(size >> 8);
  out += static_cast<char>(size & 0xFF);
  out += static_cast<char>(0xB0 + fields);
  out += tag;
  return out + body + std::string(2, '\0');
}

class BoltConnection {
 public:
  BoltConnection(uint16_t port, const std::string& user, const std::string& password)
      : fd_(connect_to(port)) {
    send_all(fd_, std::string("\x60\x60\xB0\x17\x00\x00\x04\x05", 8) + std::string(12, '\0'));
    char version[4];
    receive_exactly(fd_, version, 4);
    TRELLIS_ASSERT(version[3] == 5 && version[2] == 4);
    send_all(fd_, message(0x01, 1, "\xA1" + text("user_agent") + text("bench/1.0")));
    TRELLIS_ASSERT(answer() == 0x70);
    send_all(fd_, message(0x6A, 1, "\xA3" + text("scheme") + text("basic") + text("principal") +
                                       text(user) + text("credentials") + text(password)));
    TRELLIS_ASSERT(answer() == 0x70);
  }
  ~BoltConnection() { ::close(fd_); }
  BoltConnection(const BoltConnection&) = delete;
  BoltConnection& operator=(const BoltConnection&) = delete;

  // RUN and PULL in one write; returns the records.
  int run(const std::string& query, const std::string& parameters) {
    send_all(fd_, message(0x10, 3, text(query) + parameters + "\xA0") +
                      message(0x3F, 1, "\xA1" + text("n") + "\xFF"));
    TRELLIS_ASSERT(answer() == 0x70);
    int records = 0;
    int tag = 0;
    while ((tag = answer()) == 0x71) ++records;
    TRELLIS_ASSERT(tag == 0x70);
    return records;
  }

 private:
  // The tag of the next message.
  int answer() {
    int tag = -1;
    while (true) {
      const size_t size = (byte() << 8) + byte();
      if (size == 0) {
        if (tag >= 0) return tag;
        continue;
      }
      for (size_t i = 0; i < size; ++i) {
        const size_t b = byte();
        if (tag < 0 && i == 1) tag = static_cast<int>(b);
      }
    }
  }
  size_t byte() {
    if (at_ == filled_) {
      const ssize_t got = ::recv(fd_, buffer_, sizeof buffer_, 0);
      TRELLIS_ASSERT(got > 0);
      filled_ = static_cast<size_t>(got);
      at_ = 0;
    }
    return static_cast<unsigned char>(buffer_[at_++]);
  }

  int fd_;
  char buffer_[16384];
  size_t at_ = 0, filled_ = 0;
};

struct Latencies {
  double p50_us, p99_us, rate;
};

// Each thread makes its own request function, then calls it again and again.
Latencies measure(int threads, double seconds,
                  const std::function<std::function<void()>(int thread)>& make_request) {
  std::atomic<bool> go{false};
  std::atomic<bool> stop{false};
  std::vector<std::vector<float>> times(static_cast<size_t>(threads));
  std::vector<std::thread> workers;
  std::atomic<int> ready{0};
  for (int t = 0; t < threads; ++t) {
    workers.emplace_back([&, t] {
      const auto request = make_request(t);
      for (int i = 0; i < 200; ++i) request();  // warm
      ++ready;
      while (!go) std::this_thread::yield();
      while (!stop) {
        const auto begin = Clock::now();
        request();
        times[static_cast<size_t>(t)].push_back(
            std::chrono::duration<float, std::micro>(Clock::now() - begin).count());
      }
    });
  }
  while (ready < threads) std::this_thread::yield();
  const auto begin = Clock::now();
  go = true;
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  stop = true;
  for (auto& worker : workers) worker.join();
  const double took = std::chrono::duration<double>(Clock::now() - begin).count();
  std::vector<float> all;
  for (const auto& own : times) all.insert(all.end(), own.begin(), own.end());
  std::ranges::sort(all);
  const auto at = [&](double share) {
    return static_cast<double>(all[static_cast<size_t>(share * static_cast<double>(all.size() - 1))]);
  };
  return {at(0.5), at(0.99), static_cast<double>(all.size()) / took};
}

// A server that sends `answer` bytes for every `request` bytes, one thread a connection.
class Echo {
 public:
  Echo(size_t request, size_t answer) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    TRELLIS_ASSERT(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    TRELLIS_ASSERT(::listen(listener_, 64) == 0);
    socklen_t size = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    std::thread([this, request, answer] {
      while (true) {
        const int fd = ::accept(listener_, nullptr, nullptr);
        if (fd < 0) return;
        const int on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        std::thread([fd, request, answer] {
          std::string in(request, '\0');
          const std::string out(answer, 'x');
          while (true) {
            for (size_t got = 0; got < request;) {
              const ssize_t n = ::recv(fd, in.data() + got, request - got, 0);
              if (n <= 0) {
                ::close(fd);
                return;
              }
              got += static_cast<size_t>(n);
            }
            if (::send(fd, out.data(), out.size(), MSG_NOSIGNAL) < 0) return;
          }
        }).detach();
      }
    }).detach();
  }
  uint16_t port() const { return port_; }

 private:
  int listener_;
  uint16_t port_;
};

void print(const char* what, int connections, const Latencies& l) {
  fmt::print("{:<28} {:>3} connections   p50 {:>8.1f} us   p99 {:>8.1f} us   {:>9.0f} /s\n", what,
             connections, l.p50_us, l.p99_us, l.rate);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    fmt::print(stderr, "usage: {} PORT USER PASSWORD [USERS] [SECONDS]\n", argv[0]);
    return 64;
  }
  const auto port = static_cast<uint16_t>(std::stoi(argv[1]));
  const std::string user = argv[2];
  const std::string password = argv[3];
  const int users = argc > 4 ? std::stoi(argv[4]) : 100'000;
  const double seconds = argc > 5 ? std::stod(argv[5]) : 5;

  BoltConnection setup(port, user, password);
  setup.run("CREATE CONSTRAINT IF NOT EXISTS FOR (n:User) REQUIRE n.id IS UNIQUE", "\xA0");
  for (int from = 0; from < users; from += 10'000) {
    setup.run("UNWIND range($from, $to) AS i MERGE (:User {id: i})",
              "\xA2" + text("from") + integer(from) + text("to") +
                  integer(std::min(from + 10'000, users) - 1));
  }
  constexpr size_t kRequestBytes = 70;
  constexpr size_t kAnswerBytes = 220;
  Echo echo(kRequestBytes, kAnswerBytes);
  for (const int connections : {1, 16}) {
    print("floor: loopback echo", connections, measure(connections, seconds, [&](int) {
            auto fd = std::make_shared<int>(connect_to(echo.port()));
            return [fd, request = std::string(kRequestBytes, 'x'),
                    answer = std::string(kAnswerBytes, 'x')]() mutable {
              send_all(*fd, request);
              receive_exactly(*fd, answer.data(), answer.size());
            };
          }));
    print("point read by index", connections, measure(connections, seconds, [&](int thread) {
            auto connection = std::make_shared<BoltConnection>(port, user, password);
            auto random = std::make_shared<std::mt19937>(static_cast<unsigned>(thread));
            return [connection, random, users] {
              const int64_t id = static_cast<int64_t>((*random)() % static_cast<unsigned>(users));
              const int records = connection->run("MATCH (n:User {id: $id}) RETURN n",
                                                  "\xA1" + text("id") + integer(id));
              TRELLIS_ASSERT(records == 1);
            };
          }));
  }
  return 0;
}

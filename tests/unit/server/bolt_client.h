// SPDX-License-Identifier: Apache-2.0
//
// A Bolt server with fake sessions, and a client that speaks to it byte by byte.
#pragma once

#include "server/bolt/server.h"
#include "unit/net/waiting.h"
#include "unit/server/bolt_text.h"
#include "unit/server/fake_session.h"

namespace trellis::testing {

inline std::string hex(std::string_view digits) {
  std::string bytes;
  for (size_t i = 0; i + 1 < digits.size(); i += 2) {
    if (digits[i] == ' ') {
      --i;
      continue;
    }
    bytes.push_back(static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

struct BoltSite {
  BoltSite() : BoltSite([](server::BoltServer::Options&) {}) {}
  explicit BoltSite(const std::function<void(server::BoltServer::Options&)>& change) {
    server::BoltServer::Options options;
    options.listen = {"127.0.0.1", 0};
    options.sessions = [this](dbms::ClientInfo) { return std::make_unique<FakeSession>(log); };
    change(options);
    auto started = server::BoltServer::start(loop, workers, std::move(options));
    if (!started) throw std::runtime_error(started.error().message());
    bolt = std::move(*started);
  }

  std::shared_ptr<FakeLog> log = std::make_shared<FakeLog>();
  net::EventLoop loop{2};
  net::WorkerPool workers{2};
  std::unique_ptr<server::BoltServer> bolt;
};

class BoltClient {
 public:
  BoltClient(BoltSite& site, std::optional<net::TlsClientOptions> tls = {}) {
    auto made =
        connect_and_wait(site.loop.thread(0), {.to = site.bolt->local(), .tls = std::move(tls)});
    if (!made) throw std::runtime_error(made.error().message());
    stream_ = std::move(*made);
  }
  explicit BoltClient(std::unique_ptr<net::Stream> stream) : stream_(std::move(stream)) {}
  ~BoltClient() { close(); }

  void send_bytes(const std::string& bytes) { (void)write_and_wait(*stream_, bytes); }
  // `count` bytes; fewer at the end of the stream.
  std::string receive_bytes(size_t count) {
    while (spare_.size() < count) {
      auto part = read_and_wait(*stream_);
      if (!part || part->empty()) break;
      spare_ += *part;
    }
    const std::string taken = spare_.substr(0, count);
    spare_.erase(0, taken.size());
    return taken;
  }
  bool ended() { return receive_bytes(1).empty(); }

  // The classic handshake.
  void agree(wire::BoltVersion version = {5, 8}) {
    std::string opening = hex("6060B017");
    opening += {0, 0, static_cast<char>(version.minor), static_cast<char>(version.major)};
    opening.append(12, '\0');
    send_bytes(opening);
    const std::string answer = receive_bytes(4);
    if (answer != opening.substr(4, 4)) throw std::runtime_error("version refused");
    options_ = {version, false};
    reader_ = std::make_unique<AnswerReader>(options_);
  }
  void log_on() {
    agree();
    send_all(hello({5, 8}), logon());
    if (receive(2)[1] != "SUCCESS {}") throw std::runtime_error("log-on refused");
  }

  void send(std::vector<wire::Request> requests) {
    wire::ByteBuffer out;
    wire::MessageWriter writer(out, options_);
    for (const auto& request : requests) writer.request(request);
    send_bytes(std::string(reinterpret_cast<const char*>(out.bytes().data()), out.size()));
  }
  template <class... Requests>
  void send_all(Requests&&... requests) {
    std::vector<wire::Request> list;
    (list.push_back(std::forward<Requests>(requests)), ...);
    send(std::move(list));
  }
  // At least `count` answers; fewer at the end of the stream.
  std::vector<std::string> receive(size_t count) {
    std::vector<std::string> answers;
    while (answers.size() < count) {
      if (spare_.empty()) {
        auto part = read_and_wait(*stream_);
        if (!part || part->empty()) break;
        spare_ = std::move(*part);
      }
      for (auto& answer : reader_->read(std::as_bytes(std::span(spare_)))) {
        answers.push_back(std::move(answer));
      }
      spare_.clear();
    }
    return answers;
  }
  uint64_t noops() const { return reader_->noops(); }
  net::Stream& stream() { return *stream_; }
  void close() { close_and_wait(stream_); }

 private:
  std::unique_ptr<net::Stream> stream_;
  std::unique_ptr<AnswerReader> reader_;
  wire::WireOptions options_;
  std::string spare_;
};

}  // namespace trellis::testing

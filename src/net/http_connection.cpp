// SPDX-License-Identifier: Apache-2.0
#include "net/http_connection.h"

#include <array>

#include "net/websocket.h"

namespace trellis::net {
namespace {

// Lives in the callbacks that it waits for.
class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(std::unique_ptr<Stream> stream, std::shared_ptr<const HttpService> service,
                 bool encrypted, std::shared_ptr<void> ticket)
      : stream_(std::move(stream)),
        service_(std::move(service)),
        ticket_(std::move(ticket)),
        reader_(service_->limits),
        deadline_(stream_->thread()),
        encrypted_(encrypted) {}

  void start() {
    arm(service_->request_timeout);
    read();
  }

 private:
  void arm(std::chrono::milliseconds delay) {
    deadline_.arm(delay, [self = shared_from_this()] { self->close(); });
  }

  void read() {
    std::array<std::byte, 8192> buffer;
    while (stream_) {
      auto got = stream_->read_now(buffer);
      if (!got || got->kind == Transfer::Kind::kEnd) return close();
      if (!got->moved()) break;
      if (reader_.idle()) arm(service_->request_timeout);
      if (!take(std::span(buffer).first(got->bytes))) return;
    }
    if (!stream_) return;
    stream_->wait(Interest::kRead, [self = shared_from_this()](Result<> ready) {
      if (!ready) return self->close();
      self->read();
    });
  }

  // False: reading goes on later, when the answer has been sent, or never.
  bool take(std::span<const std::byte> bytes) {
    for (;;) {
      switch (reader_.step(bytes)) {
        case HttpRequestReader::Step::kNeedMore:
          return true;
        case HttpRequestReader::Step::kContinue: {
          static constexpr std::string_view kGoOn = "HTTP/1.1 100 Continue\r\n\r\n";
          auto sent = stream_->write_now(std::as_bytes(std::span(kGoOn)));
          if (!sent || sent->bytes != kGoOn.size()) return close(), false;
          continue;
        }
        case HttpRequestReader::Step::kComplete:
          early_.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
          answer(reader_.take());
          return false;
        case HttpRequestReader::Step::kRefused: {
          const HttpRefusal refusal = reader_.refusal();
          keep_ = false;
          send({refusal.status, {{"Content-Type", "text/plain"}}, std::string(refusal.reason)});
          return false;
        }
      }
    }
  }

  void answer(HttpRequest request) {
    request.encrypted = encrypted_;
    head_only_ = request.method == "HEAD";
    keep_ = service_->keep_alive && request.keep_alive;
    deadline_.cancel();
    if (!encrypted_ && !service_->plain_refusal.empty()) {
      keep_ = false;
      return send({403, {{"Content-Type", "text/plain"}}, service_->plain_refusal});
    }
    if (wants_websocket(request) && service_->on_websocket) {
      HttpResponse agreed = websocket_answer(request);
      upgrade_ = agreed.status == 101;
      keep_ = false;
      return send(std::move(agreed));
    }
    service_->respond(std::move(request), [self = shared_from_this()](HttpResponse response) {
      if (self->stream_) self->send(std::move(response));
    });
  }

  void send(HttpResponse response) {
    if (encrypted_ && !service_->strict_transport_security.empty()) {
      response.headers.emplace_back("Strict-Transport-Security",
                                    service_->strict_transport_security);
    }
    auto bytes = std::make_shared<std::string>(serialise(response, keep_, head_only_));
    arm(service_->request_timeout);
    stream_->write_all(std::as_bytes(std::span(*bytes)),
                       [self = shared_from_this(), bytes](Result<> sent) {
                         if (!sent) return self->close();
                         self->sent();
                       });
  }

  void sent() {
    if (!stream_) return;
    deadline_.cancel();
    if (upgrade_) {
      return service_->on_websocket(make_websocket_stream(std::move(stream_), std::move(early_)));
    }
    if (!keep_) return close_after_flush(std::move(stream_));
    arm(service_->idle_timeout);
    std::string next;
    next.swap(early_);
    if (!next.empty() && !take(std::as_bytes(std::span(next)))) return;
    read();
  }

  void close() {
    deadline_.cancel();
    if (stream_) stream_->close();
    stream_.reset();
  }

  std::unique_ptr<Stream> stream_;
  std::shared_ptr<const HttpService> service_;
  std::shared_ptr<void> ticket_;
  HttpRequestReader reader_;
  Timer deadline_;
  std::string early_;  // bytes behind the request in hand
  const bool encrypted_;
  bool keep_ = true;
  bool head_only_ = false;
  bool upgrade_ = false;
};

}  // namespace

void serve_http(std::unique_ptr<Stream> stream, std::shared_ptr<const HttpService> service,
                bool encrypted, std::shared_ptr<void> ticket) {
  std::make_shared<HttpConnection>(std::move(stream), std::move(service), encrypted,
                                   std::move(ticket))
      ->start();
}

}  // namespace trellis::net

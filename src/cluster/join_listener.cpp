// SPDX-License-Identifier: Apache-2.0
#include "cluster/join_listener.h"

#include <atomic>

#include "cluster/membership_messages.h"
#include "net/http_connection.h"
#include "net/tls_stream.h"
#include "tls/readable_file.h"

namespace trellis::cluster {
namespace {

constexpr std::chrono::milliseconds kPatience{10'000};

net::HttpResponse answer(int status, std::string body) {
  net::HttpResponse response;
  response.status = status;
  response.headers.emplace_back("Content-Type", "application/json");
  response.body = std::move(body);
  return response;
}

net::HttpResponse refusal(const Error& error) {
  const int status = error.code() == ErrorCode::Forbidden          ? 403
                     : error.code() == ErrorCode::InvalidArguments ? 400
                                                                   : 500;
  return answer(status, refusal_to_json(error.message()));
}

template <class Message>
net::HttpResponse answer_with(const Result<Message>& result) {
  return result ? answer(200, to_json(*result)) : refusal(result.error());
}

// What the connections share; they hold on to it.
struct Shared : std::enable_shared_from_this<Shared> {
  Shared(net::WorkerPool& w, JoinListener::Options o) : workers(w), options(std::move(o)) {}

  void accept(std::unique_ptr<net::Stream> stream) {
    const size_t taken = open.fetch_add(1);
    const std::shared_ptr<void> ticket(this, [self = shared_from_this()](void*) { --self->open; });
    if (closing || taken >= JoinListener::kMostConnections) return stream->close();
    net::TlsServerOptions tls(options.context());
    tls.client_certificate_optional = true;  // who joins has none yet
    net::tls_accept(std::move(stream), std::move(tls), kPatience,
                    [self = shared_from_this(), ticket](auto secured) {
                      if (!secured) {
                        return self->options.log.info("A member was not let in: {}",
                                                      secured.error().message());
                      }
                      self->serve(std::move(*secured), ticket);
                    });
  }

  void serve(std::unique_ptr<net::Stream> stream, std::shared_ptr<void> ticket) {
    auto service = std::make_shared<net::HttpService>();
    service->limits.body_bytes = kLargestMessage;
    service->request_timeout = kPatience;
    service->idle_timeout = kPatience;
    service->keep_alive = false;
    service->respond = [self = shared_from_this(), &thread = stream->thread(),
                        shown = stream->tls_info()->peer_sha256](net::HttpRequest request,
                                                                 net::HttpAnswer done) {
      // Either copy may run: the task's, or the one that says why there was no task.
      auto reply = std::make_shared<net::HttpAnswer>(std::move(done));
      const bool taken =
          self->workers.submit([self, &thread, shown, reply, asked = std::move(request)]() mutable {
            auto response = std::make_shared<net::HttpResponse>(self->respond(asked, shown));
            thread.post([reply, response] { (*reply)(std::move(*response)); });
          });
      if (!taken) (*reply)(answer(503, refusal_to_json("The server is busy. Try again.")));
    };
    net::serve_http(std::move(stream), std::move(service), true, std::move(ticket));
  }

  // On a worker.
  net::HttpResponse respond(const net::HttpRequest& request, const std::string& shown) const {
    if (request.method == "POST" && request.path() == kJoinPath) return join(request);
    if (shown.empty()) {
      return answer(403, refusal_to_json("Only members may ask for this: show a certificate."));
    }
    if (request.method == "POST" && request.path() == kRenewPath) return renew(request, shown);
    if (request.method == "GET" && request.path() == kTrustPath) return answer_with(trust());
    return answer(404, refusal_to_json("There is nothing here."));
  }

  net::HttpResponse join(const net::HttpRequest& request) const {
    if (!options.authority) return not_here();
    auto asked = read_join(request.body);
    if (!asked) return refusal(asked.error());
    const auto member = options.authority->join(asked->token, asked->request_pem, asked->names,
                                                options.member_lifetime);
    if (member) {
      options.log.info("{} joined.", fmt::join(asked->names, ", "));
    } else {
      options.log.warn("Somebody who calls himself {} may not join: {}",
                       fmt::join(asked->names, ", "), member.error().message());
    }
    return answer_with(member);
  }

  net::HttpResponse renew(const net::HttpRequest& request, const std::string& shown) const {
    if (!options.authority) return not_here();
    auto asked = read_renew(request.body);
    if (!asked) return refusal(asked.error());
    return answer_with(options.authority->renew(shown, *asked, options.member_lifetime));
  }

  Result<tls::TrustBundle> trust() const {
    if (options.authority) return options.authority->trust();
    TRELLIS_TRY_ASSIGN(const Secret trusted,
                       tls::read_small_file(options.files.trusted, "authority"));
    TRELLIS_TRY_ASSIGN(const Secret revoked,
                       tls::read_small_file(options.files.revoked, "revocation list"));
    return tls::TrustBundle{std::string(trusted.reveal()), std::string(revoked.reveal())};
  }

  static net::HttpResponse not_here() {
    return answer(404, refusal_to_json("This member does not hold the cluster's authority: ask the "
                                       "one where `trellis tls ca init` was run."));
  }

  net::WorkerPool& workers;
  const JoinListener::Options options;
  std::atomic<size_t> open{0};
  std::atomic<bool> closing{false};
};

class HttpsJoinListener final : public JoinListener {
 public:
  explicit HttpsJoinListener(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
  ~HttpsJoinListener() override {
    shared_->closing = true;
    if (acceptor_) acceptor_->close();
  }
  Result<> start(net::EventLoop& loop) {
    TRELLIS_TRY_ASSIGN(
        acceptor_, net::Acceptor::listen(loop, "The join listener", shared_->options.listen,
                                         shared_->options.log,
                                         [shared = shared_](std::unique_ptr<net::Stream> stream) {
                                           shared->accept(std::move(stream));
                                         }));
    return {};
  }
  const net::Endpoint& local() const override { return acceptor_->local(); }

 private:
  const std::shared_ptr<Shared> shared_;
  std::unique_ptr<net::Acceptor> acceptor_;
};

}  // namespace

Result<std::unique_ptr<JoinListener>> JoinListener::open(net::EventLoop& loop,
                                                         net::WorkerPool& workers,
                                                         Options options) {
  auto listener =
      std::make_unique<HttpsJoinListener>(std::make_shared<Shared>(workers, std::move(options)));
  TRELLIS_TRY(listener->start(loop));
  return listener;
}

}  // namespace trellis::cluster

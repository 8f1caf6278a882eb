// SPDX-License-Identifier: Apache-2.0
#include "cluster/join_listener.h"

#include <unordered_map>

#include "base/mutex.h"
#include "cluster/membership_messages.h"
#include "net/http_connection.h"
#include "net/peer_log_limit.h"
#include "net/tls_stream.h"
#include "tls/readable_file.h"

namespace trellis::cluster {
namespace {

// For the handshake, then for the request, then until the answer is taken.
constexpr std::chrono::milliseconds kPatience{5'000};
constexpr size_t kMostNamesInLog = 3;

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

std::string some_of(const std::vector<std::string>& names) {
  const size_t shown = std::min(names.size(), kMostNamesInLog);
  return fmt::format("{}{}",
                     fmt::join(names.begin(), names.begin() + static_cast<ptrdiff_t>(shown), ", "),
                     names.size() > shown ? ", ..." : "");
}

// How many connections are open, all in all and of each address.
class Occupancy : public std::enable_shared_from_this<Occupancy> {
 public:
  // Held as long as the connection. Null: no room, or no more.
  std::shared_ptr<void> enter(const std::string& host) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (closed_ || open_ >= JoinListener::kMostConnections) return nullptr;
    size_t& theirs = by_host_[host];
    if (theirs >= JoinListener::kMostOfOneAddress) return nullptr;
    ++theirs;
    ++open_;
    return {this, [self = shared_from_this(), host](void*) { self->leave(host); }};
  }
  void close() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    closed_ = true;
  }

 private:
  void leave(const std::string& host) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    --open_;
    const auto theirs = by_host_.find(host);
    if (--theirs->second == 0) by_host_.erase(theirs);
  }

  Mutex mutex_;
  size_t open_ GUARDED_BY(mutex_) = 0;
  std::unordered_map<std::string, size_t> by_host_ GUARDED_BY(mutex_);
  bool closed_ GUARDED_BY(mutex_) = false;
};

struct Caller {
  std::string host;
  std::string shown;  // SHA-256 of its certificate; empty: none
};

// What the connections share; they hold on to it.
struct Shared : std::enable_shared_from_this<Shared> {
  Shared(net::WorkerPool& w, JoinListener::Options o) : workers(w), options(std::move(o)) {}

  void accept(std::unique_ptr<net::Stream> stream) {
    const std::string host = stream->peer().host;
    const auto ticket = occupancy->enter(host);
    if (!ticket) return stream->close();
    net::TlsServerOptions tls(options.context());
    tls.client_certificate_optional = true;  // who joins has none yet
    net::tls_accept(std::move(stream), std::move(tls), kPatience,
                    [self = shared_from_this(), ticket, host](auto secured) {
                      if (secured) return self->serve(std::move(*secured), ticket);
                      if (self->failed_handshakes.may_log(host, std::chrono::steady_clock::now())) {
                        self->options.log.info("A member was not let in: {}",
                                               secured.error().message());
                      }
                    });
  }

  void serve(std::unique_ptr<net::Stream> stream, std::shared_ptr<void> ticket) {
    auto service = std::make_shared<net::HttpService>();
    service->limits.body_bytes = kLargestMessage;
    service->request_timeout = kPatience;
    service->idle_timeout = kPatience;
    service->keep_alive = false;
    service->respond = [self = shared_from_this(), &thread = stream->thread(),
                        caller = Caller{stream->peer().host, stream->tls_info()->peer_sha256}](
                           net::HttpRequest request, net::HttpAnswer done) {
      // Either copy may run: the task's, or the one that says why there was no task.
      auto reply = std::make_shared<net::HttpAnswer>(std::move(done));
      const bool taken = self->workers.submit(
          [self, &thread, caller, reply, asked = std::move(request)]() mutable {
            auto response = std::make_shared<net::HttpResponse>(self->respond(asked, caller));
            thread.post([reply, response] { (*reply)(std::move(*response)); });
          });
      if (!taken) (*reply)(answer(503, refusal_to_json("The server is busy. Try again.")));
    };
    net::serve_http(std::move(stream), std::move(service), true, std::move(ticket));
  }

  // On a worker.
  net::HttpResponse respond(const net::HttpRequest& request, const Caller& caller) {
    if (request.method == "POST" && request.path() == kJoinPath) return join(request, caller.host);
    if (caller.shown.empty()) {
      return answer(403, refusal_to_json("Only members may ask for this: show a certificate."));
    }
    if (request.method == "POST" && request.path() == kRenewPath) {
      return renew(request, caller.shown);
    }
    if (request.method == "GET" && request.path() == kTrustPath) return answer_with(trust());
    return answer(404, refusal_to_json("There is nothing here."));
  }

  net::HttpResponse join(const net::HttpRequest& request, const std::string& host) {
    if (!options.authority) return not_here();
    auto asked = read_join(request.body);
    if (!asked) return refusal(asked.error());
    const auto member = options.authority->join(asked->token, asked->request_pem, asked->names,
                                                options.member_lifetime);
    if (member) {
      options.log.info("{} joined.", some_of(asked->names));
    } else if (refused_joins.may_log(host, std::chrono::steady_clock::now())) {
      options.log.warn("Somebody at {} who calls himself {} may not join: {}", host,
                       some_of(asked->names), member.error().message());
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
  const std::shared_ptr<Occupancy> occupancy = std::make_shared<Occupancy>();
  net::PeerLogLimit failed_handshakes;
  net::PeerLogLimit refused_joins;
};

class HttpsJoinListener final : public JoinListener {
 public:
  explicit HttpsJoinListener(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
  ~HttpsJoinListener() override {
    shared_->occupancy->close();
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

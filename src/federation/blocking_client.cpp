// SPDX-License-Identifier: Apache-2.0
#include "federation/blocking_client.h"

#include "federation/trust_store.h"

namespace trellis::federation {
namespace {

using value::Value;

// Waits for wakers of polled operations.
class Gate {
 public:
  PollContext context() {
    PollContext out;
    out.waker = [state = state_] {
      MutexLock lock(state->mutex);
      state->woken = true;
      state->changed.notify_all();
    };
    return out;
  }
  void wait() {
    MutexLock lock(state_->mutex);
    while (!state_->woken) state_->changed.wait(state_->mutex);
    state_->woken = false;
  }
  // Polls until ready or failed.
  template <class Operation>
  Result<> finish(Operation operation) {
    while (true) {
      TRELLIS_TRY_ASSIGN(const Poll poll, operation(context()));
      if (poll == Poll::kReady) return {};
      if (poll == Poll::kBlocked) wait();
    }
  }

 private:
  struct State {
    Mutex mutex;
    ConditionVariable changed;
    bool woken GUARDED_BY(mutex) = false;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

std::vector<std::string_view> views(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

class Client final : public BlockingClient {
 public:
  Client(std::unique_ptr<net::EventLoop> loop, std::unique_ptr<BoltClient> bolt)
      : loop_(std::move(loop)), bolt_(std::move(bolt)) {}
  ~Client() override {
    // The last words need the loop: give them a moment, they are one small message.
    bolt_.reset();
    Gate gate;
    loop_->thread(0).post(gate.context().waker);
    gate.wait();
  }

  class RowCursor final : public Cursor {
   public:
    RowCursor(Client& client, std::unique_ptr<BoltResult> result)
        : client_(client), result_(std::move(result)) {}
    ~RowCursor() override { client_.release(*result_); }
    const std::vector<std::string>& columns() const override { return result_->columns(); }
    Result<const cypher::RowBatch*> next() override {
      auto done = client_.gate_.finish([&](const PollContext& c) { return result_->next(c); });
      if (!done) return fail(client_.failed_with(std::move(done).error()));
      return &result_->rows();
    }
    const cypher::Summary& summary() const override { return result_->summary(); }
    const std::string& bookmark() const override { return result_->bookmark(); }
    Result<> open() {
      auto done = client_.gate_.finish([&](const PollContext& c) { return result_->open(c); });
      if (!done) return fail(client_.failed_with(std::move(done).error()));
      return {};
    }

   private:
    Client& client_;
    std::unique_ptr<BoltResult> result_;
  };

  Result<std::unique_ptr<Cursor>> run(std::string_view text, Value parameters,
                                      const StatementSettings& settings) override {
    TRELLIS_TRY(settle());
    const auto bookmarks = views(settings.bookmarks);
    wire::Run run;
    run.query = text;
    run.parameters = parameters;
    if (!in_transaction_) run.extra = extra_of(settings, bookmarks);
    auto cursor = std::make_unique<RowCursor>(
        *this, std::make_unique<BoltResult>(*bolt_, std::move(run), in_transaction_));
    TRELLIS_TRY(cursor->open());
    return std::unique_ptr<Cursor>(std::move(cursor));
  }

  Result<> begin(const StatementSettings& settings) override {
    TRELLIS_TRY(settle());
    const auto bookmarks = views(settings.bookmarks);
    TRELLIS_TRY(ask(wire::Begin{extra_of(settings, bookmarks)}));
    in_transaction_ = true;
    return {};
  }

  Result<std::string> commit() override {
    in_transaction_ = false;
    TRELLIS_TRY_ASSIGN(const auto metadata, ask(wire::Commit{}));
    const Value bookmark = value::map_get(metadata.get().as_map(), "bookmark");
    if (!bookmark.is(value::Type::kString)) return std::string();
    return std::string(bookmark.as_string());
  }

  Result<> rollback() override {
    in_transaction_ = false;
    TRELLIS_TRY(ask(wire::Rollback{}));
    return {};
  }

  bool in_transaction() const override { return in_transaction_; }
  void interrupt() noexcept override { bolt_->interrupt(); }
  const std::string& server_agent() const override { return bolt_->server_agent(); }
  wire::BoltVersion version() const override { return bolt_->version(); }
  const net::Endpoint& endpoint() const override { return bolt_->endpoint(); }

  Result<> connected() {
    return gate_.finish([&](const PollContext& c) { return bolt_->poll_ready(c); });
  }

  Result<RoutingTable> route(const std::string& database) override {
    const std::string address = net::to_string(bolt_->endpoint());
    std::vector<value::MapEntry> context{{"address", Value::string(address)}};
    for (const auto& [key, text] : bolt_->uri().routing_context) {
      context.push_back({key, Value::string(text)});
    }
    wire::Route route;
    route.routing = Value::map(context);
    route.database = database;
    TRELLIS_TRY_ASSIGN(const auto metadata, ask(std::move(route)));
    return routing_table_of(metadata.get().as_map(), std::chrono::steady_clock::now());
  }

 private:
  static wire::TransactionExtra extra_of(const StatementSettings& settings,
                                         std::span<const std::string_view> bookmarks) {
    wire::TransactionExtra extra;
    extra.bookmarks = bookmarks;
    if (settings.timeout.count() > 0) extra.timeout_ms = settings.timeout.count();
    extra.metadata = settings.metadata;
    extra.read = settings.read;
    extra.database = settings.database;
    extra.impersonated_user = settings.impersonated_user;
    return extra;
  }

  Result<value::ValueHolder> ask(wire::Request request) {
    TRELLIS_TRY(settle());
    auto reply = std::make_shared<SimpleReply>();
    bolt_->send(std::move(request), reply);
    TRELLIS_TRY(gate_.finish(
        [&](const PollContext& c) { return bolt_->drive(c, [&] { return reply->done(); }); }));
    auto outcome = reply->outcome();
    if (!outcome) return fail(failed_with(std::move(outcome).error()));
    return value::ValueHolder(*outcome);
  }

  Error failed_with(Error error) {
    in_transaction_ = false;
    return error;
  }

  // Nothing of an earlier statement is on its way, and no failure stands.
  Result<> settle() {
    if (bolt_->failed()) bolt_->reset();
    return gate_.finish(
        [&](const PollContext& c) { return bolt_->drive(c, [&] { return bolt_->settled(); }); });
  }

  // A cursor that goes away before its end: the server is told to drop the rest.
  void release(BoltResult& result) {
    if (result.ended() || bolt_->failed() || !bolt_->is_open()) return;
    (void)gate_.finish([&](const PollContext& c) { return result.discard_rest(c); });
  }

  std::unique_ptr<net::EventLoop> loop_;
  std::unique_ptr<BoltClient> bolt_;
  Gate gate_;
  bool in_transaction_ = false;
};

Result<std::unique_ptr<Client>> dial(const ClientSettings& settings, const BoltUri& uri) {
  BoltClientOptions options;
  options.uri = uri;
  options.connect_to = settings.connect_to;
  TrustStore trust(settings.trusted_dir);
  TRELLIS_TRY_ASSIGN(options.tls, trust.context_for(uri.encryption));
  options.connection_timeout = settings.connection_timeout;
  options.user_agent = settings.user_agent;
  options.user = settings.user;
  options.password = settings.password.clone();
  options.versions = settings.versions;
  auto loop = std::make_unique<net::EventLoop>(1);
  auto bolt = std::make_unique<BoltClient>(loop->thread(0), std::move(options));
  auto client = std::make_unique<Client>(std::move(loop), std::move(bolt));
  TRELLIS_TRY(client->connected());
  return client;
}

}  // namespace

Result<std::unique_ptr<BlockingClient>> BlockingClient::connect(const ClientSettings& settings,
                                                                const std::string& database) {
  TRELLIS_TRY_ASSIGN(BoltUri uri, parse_bolt_uri(settings.uri));
  TRELLIS_TRY_ASSIGN(auto client, dial(settings, uri));
  if (!uri.routing) return std::unique_ptr<BlockingClient>(std::move(client));
  TRELLIS_TRY_ASSIGN(const RoutingTable table, client->route(database));
  const auto& members = table.writers.empty() ? table.readers : table.writers;
  for (const net::Endpoint& member : members) {
    if (member == uri.endpoint) return std::unique_ptr<BlockingClient>(std::move(client));
  }
  Error last = make_error(ErrorCode::ConnectionFailed,
                          "The routing table of {} names no server for this database.",
                          net::to_string(uri.endpoint));
  for (const net::Endpoint& member : members) {
    uri.endpoint = member;
    auto other = dial(settings, uri);
    if (other) return std::unique_ptr<BlockingClient>(std::move(*other));
    last = std::move(other).error();
  }
  return fail(std::move(last));
}

}  // namespace trellis::federation

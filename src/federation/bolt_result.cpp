// SPDX-License-Identifier: Apache-2.0
#include "federation/bolt_result.h"

#include "federation/summary_decoder.h"
#include "wire/pack_reader.h"

namespace trellis::federation {
namespace {

using value::MapEntry;
using value::Type;
using value::Value;

constexpr size_t kBatchBytes = size_t{1} << 20;
constexpr uint32_t kBatchRows = 2048;

struct Rows {
  Arena arena;
  std::vector<Value> values;  // row by row
  uint32_t count = 0;
  size_t bytes = 0;  // of the messages

  void clear() {
    values.clear();
    arena.reset();
    count = 0;
    bytes = 0;
  }
  bool full() const { return count >= kBatchRows || bytes >= kBatchBytes; }
};

}  // namespace

struct BoltResult::State {
  bool running = true;  // RUN is not answered yet
  bool pulling = false;
  bool ended = false;
  bool ignored = false;
  bool dropping = false;
  int64_t qid = wire::kLatestQuery;
  std::optional<Error> error;
  std::vector<std::string> columns;
  std::unique_ptr<Rows> delivered = std::make_unique<Rows>();
  std::unique_ptr<Rows> incoming = std::make_unique<Rows>();
  cypher::Summary summary;
  std::string bookmark;

  void fail_with(const Error& cause) {
    if (!error) error = cause.clone();
    running = pulling = false;
  }
  void ignore() {
    if (!error) {
      error = make_error(ErrorCode::TransactionTerminated,
                         "The statement was not carried out, because the transaction has ended.");
      ignored = true;
    }
    running = pulling = false;
  }
};

class BoltResult::RunReply : public Reply {
 public:
  explicit RunReply(std::shared_ptr<State> state) : state_(std::move(state)) {}
  void success(std::span<const MapEntry> metadata) override {
    state_->running = false;
    const Value fields = value::map_get(metadata, "fields");
    if (fields.is(Type::kList)) {
      for (const Value& field : fields.as_list()) {
        if (field.is(Type::kString)) state_->columns.emplace_back(field.as_string());
      }
    }
    const Value qid = value::map_get(metadata, "qid");
    if (qid.is(Type::kInteger)) state_->qid = qid.as_integer();
    const Value db = value::map_get(metadata, "db");
    if (db.is(Type::kString)) state_->summary.database = db.as_string();
  }
  void failure(const Error& error) override { state_->fail_with(error); }
  void ignored() override { state_->ignore(); }

 private:
  std::shared_ptr<State> state_;
};

class BoltResult::PullReply : public Reply {
 public:
  explicit PullReply(std::shared_ptr<State> state) : state_(std::move(state)) {}

  Result<> record(std::span<const std::byte> message, wire::WireOptions options) override {
    if (state_->dropping) return {};
    Rows& rows = *state_->incoming;
    wire::PackReader reader(message, options);
    TRELLIS_TRY_ASSIGN(const auto head, reader.structure());
    TRELLIS_TRY_ASSIGN(const uint32_t count, reader.list());
    if (head.fields != 1 || count != state_->columns.size()) {
      return fail(ErrorCode::InvalidRequest,
                  "The server sent a record of {} values for {} columns.", count,
                  state_->columns.size());
    }
    for (uint32_t i = 0; i < count; ++i) {
      TRELLIS_TRY_ASSIGN(const Value v, reader.value(rows.arena));
      rows.values.push_back(v);
    }
    if (!reader.at_end()) {
      return fail(ErrorCode::InvalidRequest, "The server sent a record with bytes left over.");
    }
    ++rows.count;
    rows.bytes += message.size();
    return {};
  }

  void success(std::span<const MapEntry> metadata) override {
    state_->pulling = false;
    if (value::map_get(metadata, "has_more").is_true()) return;
    state_->ended = true;
    std::string database = std::move(state_->summary.database);
    state_->summary = summary_of(metadata);
    if (state_->summary.database.empty()) state_->summary.database = std::move(database);
    const Value bookmark = value::map_get(metadata, "bookmark");
    if (bookmark.is(Type::kString)) state_->bookmark = bookmark.as_string();
  }
  void failure(const Error& error) override { state_->fail_with(error); }
  void ignored() override { state_->ignore(); }

 private:
  std::shared_ptr<State> state_;
};

BoltResult::BoltResult(BoltClient& client, wire::Run run, bool in_transaction, int64_t fetch_size)
    : client_(client),
      fetch_size_(fetch_size),
      in_transaction_(in_transaction),
      state_(std::make_shared<State>()) {
  client_.send(std::move(run), std::make_shared<RunReply>(state_));
  pull();
}

BoltResult::~BoltResult() { state_->dropping = true; }

// Only the first PULL may go without naming its statement: it follows its RUN directly.
void BoltResult::pull() {
  state_->pulling = true;
  client_.send(wire::Pull{fetch_size_, in_transaction_ ? state_->qid : wire::kLatestQuery},
               std::make_shared<PullReply>(state_));
}

Result<Poll> BoltResult::open(const PollContext& context) {
  TRELLIS_TRY_ASSIGN(const Poll poll, client_.drive(context, [&] { return !state_->running; }));
  if (poll == Poll::kReady && state_->error) return fail(state_->error->clone());
  return poll;
}

Result<Poll> BoltResult::next(const PollContext& context) {
  State& state = *state_;
  state.delivered->clear();
  batch_ = {};
  while (true) {
    TRELLIS_TRY(client_.drive(
        PollContext{}, [&] { return state.error || !state.pulling || state.incoming->full(); }));
    if (state.error) return fail(state.error->clone());
    if (state.incoming->count != 0) {
      std::swap(state.delivered, state.incoming);
      const auto columns = static_cast<uint32_t>(state.columns.size());
      batch_ = {state.delivered->count, columns, state.delivered->values.data(), columns, 1};
      return Poll::kReady;
    }
    if (state.ended) return Poll::kReady;
    if (!state.pulling) pull();
    TRELLIS_TRY_ASSIGN(const Poll poll, client_.drive(context, [&] {
      return state.error || !state.pulling || state.incoming->count != 0;
    }));
    if (poll != Poll::kReady) return poll;
  }
}

Result<Poll> BoltResult::discard_rest(const PollContext& context) {
  State& state = *state_;
  state.dropping = true;
  state.incoming->clear();
  while (!state.ended) {
    TRELLIS_TRY_ASSIGN(const Poll poll, client_.drive(context, [&] {
      return state.error || (!state.pulling && !state.running);
    }));
    if (poll != Poll::kReady) return poll;
    if (state.error) return fail(state.error->clone());
    if (state.ended) break;
    state.pulling = true;
    client_.send(wire::Discard{wire::kAll, in_transaction_ ? state.qid : wire::kLatestQuery},
                 std::make_shared<PullReply>(state_));
  }
  return Poll::kReady;
}

const std::vector<std::string>& BoltResult::columns() const { return state_->columns; }
bool BoltResult::ended() const { return state_->ended; }
bool BoltResult::pulling() const { return state_->pulling; }
bool BoltResult::ignored() const { return state_->ignored; }
const cypher::Summary& BoltResult::summary() const { return state_->summary; }
const std::string& BoltResult::bookmark() const { return state_->bookmark; }

}  // namespace trellis::federation

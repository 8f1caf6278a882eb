// SPDX-License-Identifier: Apache-2.0
//
// Statements and their rows: RUN, PULL, DISCARD.
#include <algorithm>

#include "server/bolt/machine.h"

namespace trellis::server {
namespace {

int64_t milliseconds_since(PollContext::Clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(PollContext::Clock::now() - start)
      .count();
}

}  // namespace

void BoltMachine::on(wire::Run& run) {
  dbms::StatementRequest statement{std::string(run.query), value::ValueHolder(run.parameters)};
  Result<dbms::StatementRun*> started = nullptr;
  if (state_ == State::kReady) {
    auto request = request_of(run.extra);
    if (!request) return fail_request(request.error());
    started = session_->run(std::move(statement), std::move(*request));
  } else {
    started = session_->run_in_transaction(std::move(statement));
  }
  if (!started) return fail_request(started.error());
  opening_ = OpenResult{};
  opening_.run = *started;
  opening_.qid = (*started)->qid();
  opening_.since = Clock::now();
  activity_ = Activity::kOpen;
}

BoltMachine::Step BoltMachine::open_step(const PollContext& context) {
  if (auto step = pending(opening_.run->open(context))) return *step;
  const bool in_transaction = opening_.qid >= 0;
  MapBuilder map;
  map.add("fields", strings_in(arena_, opening_.run->columns()));
  map.add_integer("t_first", milliseconds_since(opening_.since));
  if (in_transaction) {
    map.add_integer("qid", opening_.qid);
  } else {
    add_home_database(map);
  }
  succeed(map);
  results_.push_back(opening_);
  state_ = in_transaction ? State::kTxStreaming : State::kStreaming;
  return finished();
}

BoltMachine::OpenResult* BoltMachine::result(int64_t qid) {
  if (results_.empty()) return nullptr;
  if (qid == wire::kLatestQuery) return &results_.back();
  const auto found = std::find_if(results_.begin(), results_.end(),
                                  [qid](const OpenResult& r) { return r.qid == qid; });
  return found == results_.end() ? nullptr : &*found;
}

void BoltMachine::fetch(int64_t n, int64_t qid, bool deliver) {
  if (n == 0 || n < wire::kAll) {
    return fail_request(make_error(ErrorCode::InvalidRequest,
                                   "n is {}: ask for at least one record, or for all with -1.", n));
  }
  const OpenResult* r = result(qid);
  if (r == nullptr) {
    return fail_request(
        make_error(ErrorCode::InvalidRequest, "There is no open result with qid {}.", qid));
  }
  fetch_left_ = n;
  fetch_qid_ = r->qid;
  fetch_delivers_ = deliver;
  if (!deliver && n == wire::kAll) r->run->discard_rest();
  activity_ = Activity::kPull;
}

// Sends (or drops) rows of the current batch. False: the output is full and rows are left to send.
bool BoltMachine::take_rows(OpenResult& r) {
  const cypher::RowBatch& batch = r.run->rows();
  while (r.row < batch.rows && fetch_left_ != 0) {
    if (fetch_delivers_) {
      if (out_.size() >= settings_.output_high_water) return false;
      auto& pack = writer_.begin_record(batch.columns);
      for (uint32_t c = 0; c < batch.columns; ++c) pack.value(batch.at(r.row, c));
      writer_.end();
    }
    ++r.row;
    ++r.records;
    if (fetch_left_ > 0) --fetch_left_;
  }
  return true;
}

BoltMachine::Step BoltMachine::fetch_step(const PollContext& context) {
  OpenResult& r = *result(fetch_qid_);
  for (;;) {
    if (interrupted()) {
      writer_.ignored();
      state_ = State::kFailed;
      return finished();
    }
    if (r.batch) {
      if (!take_rows(r)) return Step::kOutputFull;
      if (fetch_left_ == 0 && r.row < r.run->rows().rows) return more_to_come();
    }
    // With nothing left to deliver this only looks whether the result is at its end: if that cannot
    // be told at once, the client hears "more", and the next PULL finds out.
    auto polled = r.run->next(context);
    if (fetch_left_ == 0 && polled && *polled != Poll::kReady) {
      r.batch = false;
      return more_to_come();
    }
    if (polled && *polled != Poll::kReady) r.batch = false;
    if (auto step = pending(std::move(polled))) return *step;
    r.batch = true;
    r.row = 0;
    if (r.run->rows().rows == 0) return end_of_result(r);
    if (fetch_left_ == 0) return more_to_come();
    if (context.slice_over()) return Step::kYielded;
  }
}

BoltMachine::Step BoltMachine::more_to_come() {
  MapBuilder map;
  map.add_boolean("has_more", true);
  succeed(map);
  return finished();
}

BoltMachine::Step BoltMachine::end_of_result(OpenResult& r) {
  SummaryContext context;
  context.version = options_.version;
  context.filter = &filter_;
  context.t_last_ms = milliseconds_since(r.since);
  context.bookmark = r.run->bookmark();
  context.has_columns = !r.run->columns().empty();
  context.records = r.records;
  MapBuilder map;
  add_summary(map, r.run->summary(), context, arena_);
  succeed(map);
  const int64_t qid = r.qid;
  results_.erase(results_.begin() + (&r - results_.data()));
  session_->close_statement(qid);
  if (qid < 0) {
    state_ = State::kReady;
  } else {
    state_ = results_.empty() ? State::kTxReady : State::kTxStreaming;
  }
  return finished();
}

}  // namespace trellis::server

// SPDX-License-Identifier: Apache-2.0
//
// The server side of one Bolt connection as a function of messages: requests in, bytes out. Knows
// no sockets and no threads.
//
//   machine.start(request)          one request; only when the one before is done
//   while (poll(context) != kDone)  drives it; out() fills with whole messages
//   machine.interrupt()             any thread: a RESET was seen behind what runs
//
// Invariants
//   1. Each request but GOODBYE is answered by exactly one SUCCESS, FAILURE or IGNORED (PULL: after
//      its RECORDs), in order.
//   2. Between interrupt() and its RESET everything is IGNORED, the request in progress too unless
//      it had ended before.
//   3. kClose: nothing more is to be started; out() is to be sent, then the connection closed.
//   4. out() holds no more than output_high_water and one record, unless a single answer is larger.
// Source: neo4j.com/docs/bolt, "Server state specification", 4.4 to 5.8.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/arena.h"
#include "base/poll.h"
#include "dbms/session.h"
#include "server/bolt/metadata.h"
#include "server/bolt/notification_filter.h"
#include "server/bolt/settings.h"
#include "wire/message_codec.h"

namespace trellis::server {

class BoltMachine {
 public:
  enum class Step : uint8_t { kDone, kBlocked, kYielded, kOutputFull, kClose };

  // `client` without its user agent, which HELLO tells. `local_address`: where the client came in.
  BoltMachine(const BoltSettings& settings, const SessionFactory& sessions, dbms::ClientInfo client,
              std::string local_address, wire::BoltVersion version, bool by_manifest);
  ~BoltMachine();

  // The request's views need not outlive the call.
  void start(wire::Request&& request);
  // In place of start(): the message could not be decoded.
  void reject(Error error);
  Step poll(const PollContext& context);
  void interrupt() noexcept;
  // Any thread: the client has gone; what runs ends soon.
  void abort() noexcept;

  bool authenticated() const { return state_ >= State::kReady && state_ != State::kDefunct; }
  wire::WireOptions wire_options() const { return options_; }
  wire::ByteBuffer& out() { return out_; }
  // For decoding requests; what is in it goes when the next request starts.
  Arena& arena() { return arena_; }
  // Nothing is going on: gives memory back.
  void trim();
  const std::string& username() const;

 private:
  enum class State : uint8_t {
    kNegotiation,     // HELLO is due
    kAuthentication,  // LOGON is due
    kReady,
    kStreaming,
    kTxReady,
    kTxStreaming,
    kFailed,
    kDefunct,
  };
  enum class Activity : uint8_t {
    kNone,
    kLogOn,
    kOpen,
    kPull,
    kBegin,
    kCommit,
    kRollback,
  };
  using Clock = PollContext::Clock;
  struct OpenResult {
    int64_t qid = -1;
    dbms::StatementRun* run = nullptr;
    uint32_t row = 0;    // of the current batch: the next to go out
    bool batch = false;  // there is a current batch
    bool ended = false;
    uint64_t records = 0;
    Clock::time_point since{};
  };

  bool legal(wire::Tag tag) const;
  bool interrupted() const { return interrupts_.load(std::memory_order_acquire) > 0; }

  // machine.cpp: who, where, transactions
  void on(wire::Hello& hello);
  void on(wire::Logon& logon);
  void on(wire::Logoff& logoff);
  void on(wire::Telemetry& telemetry);
  void on(wire::Goodbye&) {}
  void on(wire::Reset&) {}
  void on(wire::Begin& begin);
  void on(wire::Commit&) { activity_ = Activity::kCommit; }
  void on(wire::Rollback&) { activity_ = Activity::kRollback; }
  void on(wire::Route& route);
  void reset();
  void start_log_on(wire::AuthToken& token);
  Step log_on_step(const PollContext& context);
  Step begin_step(const PollContext& context);
  Step commit_step(const PollContext& context);
  Step rollback_step(const PollContext& context);
  void greet();
  Result<dbms::TransactionRequest> request_of(const wire::TransactionExtra& extra);
  void add_home_database(MapBuilder& map);

  // machine_results.cpp: statements and their rows
  void on(wire::Run& run);
  void on(wire::Pull& pull) { fetch(pull.n, pull.qid, true); }
  void on(wire::Discard& discard) { fetch(discard.n, discard.qid, false); }
  void fetch(int64_t n, int64_t qid, bool deliver);
  OpenResult* result(int64_t qid);
  Step open_step(const PollContext& context);
  Step fetch_step(const PollContext& context);
  bool take_rows(OpenResult& r);
  Step more_to_come();
  Step end_of_result(OpenResult& r);

  void succeed(const MapBuilder& map) { writer_.success(map.entries()); }
  void fail_request(const Error& error);
  void violate(wire::Tag tag);
  Step finished();
  // Nothing when ready.
  std::optional<Step> pending(Result<Poll>&& polled);

  const BoltSettings& settings_;
  const SessionFactory& sessions_;
  dbms::ClientInfo client_;
  std::string route_address_;  // the client's own name for this server
  wire::WireOptions options_;
  const bool by_manifest_;

  State state_ = State::kNegotiation;
  Activity activity_ = Activity::kNone;
  std::atomic<int> interrupts_{0};
  std::unique_ptr<dbms::Session> session_;  // from HELLO on

  NotificationFilter session_filter_;
  NotificationFilter filter_;  // of the transaction or auto-commit statement
  std::vector<OpenResult> results_;
  OpenResult opening_;
  bool home_database_unnamed_ = false;
  std::string impersonated_;
  int64_t fetch_left_ = 0;  // -1: all
  int64_t fetch_qid_ = -1;
  bool fetch_delivers_ = false;

  Arena arena_;
  wire::ByteBuffer out_;
  wire::MessageWriter writer_;
};

}  // namespace trellis::server

// SPDX-License-Identifier: Apache-2.0
//
// A graph that statements can be sent to: a local database (cypher/local_graph.h) or one behind a
// remote alias (room federation). The layer above (room dbms) knows no other difference.
//
// A GraphTransaction belongs to one session, runs statements one at a time or several open streams
// side by side, and ends by commit, rollback or destruction (= rollback). Calls never overlap, save
// for cancel().
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/poll.h"
#include "base/result.h"
#include "cypher/result_stream.h"
#include "value/value.h"

namespace trellis::cypher {

class CompiledStatement;

enum class AccessMode : uint8_t { kRead, kWrite };

struct TransactionOptions {
  AccessMode mode = AccessMode::kWrite;
  bool implicit = false;                 // auto-commit: one statement, committed at its end
  std::chrono::milliseconds timeout{0};  // 0: none; counted from begin
  ErrorCode timeout_reason = ErrorCode::TransactionTimedOutByClient;  // whose timeout it is
  value::ValueHolder metadata;                                        // a map, or null
  std::vector<std::string> bookmarks;                                 // of that graph's DBMS
};

// What one statement needs. The compiled form is what a local graph runs; the text is what a remote
// one is sent (its USE clause blanked out with spaces, so that positions stay right).
struct StatementCall {
  std::string_view text;
  std::shared_ptr<const CompiledStatement> compiled;
  value::Value parameters;       // a map; must live as long as the stream
  value::Value auto_parameters;  // a list: literals that normalisation took out of the text
};

class GraphTransaction {
 public:
  virtual ~GraphTransaction() = default;
  virtual Result<std::unique_ptr<ResultStream>> run(const StatementCall& call) = 0;
  // Until kReady. Streams still open are abandoned. After an error: rolled back.
  virtual Result<Poll> commit(const PollContext& context) = 0;
  virtual Result<Poll> rollback(const PollContext& context) = 0;
  // After commit: what identifies the state reached, opaque outside that graph.
  virtual std::string bookmark() const = 0;
  // Any thread: stops what runs; later calls fail with the given code
  // (TransactionTerminated, TransactionTimedOut, ...).
  virtual void terminate(ErrorCode reason) noexcept = 0;
};

class GraphSession {
 public:
  virtual ~GraphSession() = default;
  // May return before a remote peer has answered; the first run() or commit() reports what failed.
  virtual Result<std::unique_ptr<GraphTransaction>> begin(const TransactionOptions& options) = 0;
};

}  // namespace trellis::cypher

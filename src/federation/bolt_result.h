// SPDX-License-Identifier: Apache-2.0
//
// One statement on a BoltClient and its rows: RUN, then PULL by PULL.
//
// Used by one thread at a time, together with its client.
// Invariants
//   1. Back-pressure: a PULL asks for fetch_size rows, and the next one goes out only when next()
//   is
//      called after all rows of the last were delivered. Rows that have come are delivered at once;
//      a batch is at most 1 MiB more than one record.
//   2. rows() stay valid until next() is called again; answers to other statements on the same
//      connection do not touch them.
//   3. After an error only destruction is allowed; ignored() tells that the cause is another
//      statement's failure.
// Errors: the server's FAILURE; those of BoltClient.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cypher/result_stream.h"
#include "federation/bolt_client.h"

namespace trellis::federation {

inline constexpr int64_t kFetchSize = 1000;

class BoltResult {
 public:
  // Sends RUN and the first PULL.
  BoltResult(BoltClient& client, wire::Run run, bool in_transaction,
             int64_t fetch_size = kFetchSize);
  ~BoltResult();
  BoltResult(const BoltResult&) = delete;
  BoltResult& operator=(const BoltResult&) = delete;

  Result<Poll> open(const PollContext& context);
  const std::vector<std::string>& columns() const;
  Result<Poll> next(const PollContext& context);
  const cypher::RowBatch& rows() const { return batch_; }

  // Tells the server to drop what was not asked for yet (updates are carried out all the same), and
  // drops what comes. next() then goes to the end.
  Result<Poll> discard_rest(const PollContext& context);

  bool ended() const;    // the server has said all
  bool pulling() const;  // rows are on their way
  bool ignored() const;
  const cypher::Summary& summary() const;
  const std::string& bookmark() const;  // auto-commit, after the end

 private:
  struct State;
  class RunReply;
  class PullReply;

  void pull();

  BoltClient& client_;
  const int64_t fetch_size_;
  const bool in_transaction_;
  std::shared_ptr<State> state_;
  cypher::RowBatch batch_;
};

}  // namespace trellis::federation

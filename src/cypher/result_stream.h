// SPDX-License-Identifier: Apache-2.0
//
// The answer to one statement, wherever it comes from: local execution, a remote DBMS, a SHOW
// command. Everything above the graph reads results through this.
//
// Protocol (poll rules of base/poll.h)
//   open() until kReady        columns() are known; nothing has been read yet beyond that need
//   next() until kReady        rows() is the next batch; an empty batch is the end
//   summary()                  valid after the end
//   cancel()                   any thread, any time: a running next() returns an error soon
//                              (TransactionTerminated), at the latest one batch later
// Invariants
//   1. rows() stay valid until the next call of next() or the stream's destruction.
//   2. Rows hold no entity references, only records (value/value.h, invariant 3).
//   3. Back-pressure: nothing is produced beyond the batch that was asked for. Who wants n rows of a
//      batch of m keeps the other m - n where they are and calls next() when they are used up.
//   4. After an error no call but destruction is allowed.
//   5. Destruction abandons what is left (effects of an updating statement are then those of the
//      part that ran; the transaction above decides).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/poll.h"
#include "base/result.h"
#include "cypher/statement_traits.h"
#include "value/value.h"

namespace trellis::cypher {

// A view of rows x columns of values. Strides let both row-major (decoded from the wire) and
// column-major (straight from vectors) data be read without a copy.
struct RowBatch {
  uint32_t rows = 0;
  uint32_t columns = 0;
  const value::Value* values = nullptr;
  uint32_t row_stride = 0;     // in values
  uint32_t column_stride = 0;  // in values
  const value::Value& at(uint32_t row, uint32_t column) const {
    return values[size_t{row} * row_stride + size_t{column} * column_stride];
  }
};

struct Counters {
  uint64_t nodes_created = 0, nodes_deleted = 0;
  uint64_t relationships_created = 0, relationships_deleted = 0;
  uint64_t properties_set = 0;
  uint64_t labels_added = 0, labels_removed = 0;
  uint64_t indexes_added = 0, indexes_removed = 0;
  uint64_t constraints_added = 0, constraints_removed = 0;
  uint64_t system_updates = 0;
  bool contains_updates() const {
    return nodes_created || nodes_deleted || relationships_created || relationships_deleted ||
           properties_set || labels_added || labels_removed || indexes_added || indexes_removed ||
           constraints_added || constraints_removed;
  }
};

struct Notification {
  std::string neo4j_code;  // "Neo.ClientNotification.Statement.CartesianProduct"
  std::string gqlstatus;   // "03N90"
  std::string title;
  std::string description;
  bool warning = true;   // else information
  std::string category;  // "PERFORMANCE", ...
  std::optional<SourcePosition> position;
};

// An operator of EXPLAIN's or PROFILE's tree.
struct PlanDescription {
  std::string operator_type;
  std::vector<std::pair<std::string, value::ValueHolder>> arguments;
  std::vector<std::string> identifiers;
  std::vector<PlanDescription> children;
  bool profiled = false;
  uint64_t rows = 0;
  uint64_t db_hits = 0;
};

struct Summary {
  std::optional<QueryType> type;
  Counters counters;
  std::vector<Notification> notifications;
  std::shared_ptr<const PlanDescription> plan;
  std::string database;  // the real name that the statement ran on
};

class ResultStream {
 public:
  virtual ~ResultStream() = default;
  virtual Result<Poll> open(const PollContext& context) = 0;
  virtual std::span<const std::string> columns() const = 0;
  virtual Result<Poll> next(const PollContext& context) = 0;
  virtual const RowBatch& rows() const = 0;
  virtual const Summary& summary() const = 0;
  virtual void cancel() noexcept = 0;
};

}  // namespace trellis::cypher

// SPDX-License-Identifier: Apache-2.0
//
// Rows that do not come from a graph: procedures, SHOW and TERMINATE commands. Their YIELD, WHERE and
// RETURN tail is an ordinary plan over such a source.
//
//   Procedure       name, signature, and how to make its RowSource for given arguments
//   ProcedureTable  what CALL may name; rooms below contribute entries, the composition root joins
//                   them (no static registration). Immutable once built; thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/poll.h"
#include "base/result.h"
#include "cypher/result_stream.h"
#include "cypher/statement_traits.h"
#include "value/value.h"

namespace trellis::storage {
class Transaction;
class Database;
}  // namespace trellis::storage
namespace trellis::security {
class AccessRules;
}

namespace trellis::cypher {

class RowSource {
 public:
  virtual ~RowSource() = default;
  // Until kReady: `out` is the next batch, at most 2048 rows, empty at the end; valid until the next
  // call. Values live in memory of the source.
  virtual Result<Poll> next(const PollContext& context, RowBatch& out) = 0;
};

struct SourceColumn {
  std::string name;
  std::string type;           // as SHOW PROCEDURES prints it: "STRING", "LIST<STRING>", ...
  bool shown_by_default = true;  // SHOW: without YIELD only these come back
};

// What a procedure may use of the statement that calls it. Pointers are null where there is none.
struct CallEnvironment {
  storage::Transaction* transaction = nullptr;
  storage::Database* database = nullptr;
  const security::AccessRules* access = nullptr;
  std::string_view username;
  std::string_view database_name;
  value::ValueHolder* metadata = nullptr;  // of the transaction: a map, or null
};

struct ProcedureArgument {
  std::string name;
  std::string type;
  std::optional<value::ValueHolder> default_value;
};

struct Procedure {
  std::string name;  // "db.labels"
  std::string description;
  ProcedureMode mode = ProcedureMode::kRead;
  bool admin_only = false;
  bool works_on_system = false;
  std::vector<ProcedureArgument> arguments;
  std::vector<SourceColumn> columns;  // empty: a void procedure
  std::function<Result<std::unique_ptr<RowSource>>(const CallEnvironment& environment,
                                                   std::span<const value::Value> arguments)>
      open;
  // SHOW PROCEDURES: "db.labels() :: (label :: STRING)"
  std::string signature() const;
};

class ProcedureTable {
 public:
  virtual ~ProcedureTable() = default;
  // Names are compared case-sensitively, as Neo4j does.
  virtual const Procedure* find(std::string_view name) const = 0;
  virtual std::span<const Procedure> all() const = 0;
};

}  // namespace trellis::cypher

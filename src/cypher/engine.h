// SPDX-License-Identifier: Apache-2.0
//
// From text to something that can be run: normalisation, the one cache, parsing, semantic analysis,
// planning. One Engine serves all sessions of a DBMS. Thread-safe.
//
//   Engine::prepare(text, session_database)   one lexer pass over the text; on a hit nothing else
//     -> PreparedStatement                    the shared compiled form + this call's literals
//   router (room dbms) looks at compiled->kind(), use_graph(), writes() and picks the graph
//   LocalGraph::begin(...)->run(call)         takes the plan for (schema epoch, access rules) from the
//                                             compiled form, makes it if there is none
//
// Invariants
//   1. Cache key: normalised text + session database. The entry is good for one (database uuid,
//      schema epoch, access-rule hash) stamp each of its plans; when a stamp is stale the whole entry
//      is dropped and the statement is parsed again, once. So `parses` does not move when a statement
//      comes again with other literals, and moves by one after a schema or privilege change.
//   2. A compiled statement is immutable for its users; plans inside are made under its own lock.
//   3. The cache is bounded (server.db.query_cache_size entries), least recently used goes first.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cypher/graph_session.h"
#include "cypher/row_source.h"
#include "value/value.h"

namespace trellis::cypher {

namespace ast {
struct Statement;
}

class PlanProvider;  // cypher/plan/plan_provider.h

class FunctionRegistry;

enum class StatementKind : uint8_t {
  kQuery,           // reads and writes of a graph, procedure calls
  kSchema,          // index and constraint commands, on a graph
  kShowSchema,      // SHOW INDEXES, CONSTRAINTS, FUNCTIONS, PROCEDURES: planned, on a graph
  kAdministration,  // executed by room dbms, on `system`
  kTransactions,    // SHOW and TERMINATE TRANSACTIONS, SHOW SETTINGS, CERTIFICATES: room dbms, any database
};

class CompiledStatement {
 public:
  virtual ~CompiledStatement() = default;
  virtual StatementKind kind() const = 0;
  virtual const ast::Statement& syntax() const = 0;
  // The graph named by USE, dots included, as written; nullopt without USE.
  virtual std::optional<std::string_view> use_graph() const = 0;
  // [begin, end) bytes of the USE clause in the original text's normalised form are blanked by this.
  virtual std::string text_without_use(std::string_view original) const = 0;
  // Names of the parameters that must be given, those that CALL p takes by name included.
  virtual std::span<const std::string> required_parameters() const = 0;
  virtual bool writes() const = 0;   // updates a graph
  virtual bool explain() const = 0;  // EXPLAIN: nothing is to be executed
};

struct PreparedStatement {
  std::shared_ptr<const CompiledStatement> compiled;
  value::ValueHolder auto_parameters;  // a list
};

struct EngineMetrics {
  std::atomic<uint64_t> parses{0};
  std::atomic<uint64_t> plans{0};
  std::atomic<uint64_t> cache_hits{0};
};

class Engine {
 public:
  struct Options {
    size_t cache_entries = 1000;
  };
  // The table must outlive the engine.
  static std::unique_ptr<Engine> create(const Options& options, const ProcedureTable& procedures);
  virtual ~Engine() = default;

  virtual Result<PreparedStatement> prepare(std::string_view text,
                                            std::string_view session_database) = 0;
  // Runs a SHOW tail (YIELD ... WHERE ... RETURN ...) of a command over its source. The statement
  // must be one whose syntax has such a tail; columns are all those of the source, default or not.
  virtual Result<std::unique_ptr<ResultStream>> project(const StatementCall& call,
                                                        std::span<const SourceColumn> columns,
                                                        std::unique_ptr<RowSource> source) = 0;
  // Where local graphs take the plans of compiled statements from; lives as long as the engine.
  virtual PlanProvider& plans() = 0;
  virtual const EngineMetrics& metrics() const = 0;

  virtual const FunctionRegistry& functions() const = 0;
  virtual const ProcedureTable& procedures() const = 0;
};

}  // namespace trellis::cypher

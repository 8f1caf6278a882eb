// SPDX-License-Identifier: Apache-2.0
//
// A graph in memory that statements run on, from text to rows, as text to compare.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cypher/engine.h"
#include "cypher/local_graph.h"
#include "cypher/procedures/built_in.h"
#include "os/memory_file_system.h"
#include "storage/resident_database.h"
#include "value/compare.h"

namespace doctest {
template <>
struct StringMaker<std::vector<std::string>> {
  static String convert(const std::vector<std::string>& rows) {
    std::string text;
    for (const std::string& row : rows) text += "\n    " + row;
    return text.c_str();
  }
};
}  // namespace doctest

namespace trellis::cypher::test {

struct Answer {
  std::vector<std::string> columns;
  std::vector<std::string> rows;  // cells joined by " | "
  Counters counters;
  Summary summary;
  std::optional<ErrorCode> error;
  std::string message;
  SourcePosition position;
};

inline std::string cell_text(const value::Value& v) {
  using value::Type;
  if (v.is(Type::kNode) && v.is_record()) {
    const value::NodeRecord& n = v.as_node_record();
    std::string text = "(";
    for (const std::string_view label : n.labels) text += ":" + std::string(label);
    if (!n.properties.empty()) text += " " + value::to_text(value::Value::map(n.properties));
    return text + ")";
  }
  if (v.is(Type::kRelationship) && v.is_record()) {
    const value::RelationshipRecord& r = v.as_relationship_record();
    std::string text = "[:" + std::string(r.type);
    if (!r.properties.empty()) text += " " + value::to_text(value::Value::map(r.properties));
    return text + "]";
  }
  if (v.is(Type::kList) || v.is(Type::kPath)) {
    std::string text;
    for (const value::Value& e : v.is(Type::kList) ? v.as_list() : v.as_path()) {
      if (!text.empty()) text += v.is(Type::kList) ? ", " : "";
      text += e.is(Type::kString) ? "'" + std::string(e.as_string()) + "'" : cell_text(e);
    }
    return v.is(Type::kList) ? "[" + text + "]" : "<" + text + ">";
  }
  return value::to_text(v);
}

class Graph {
 public:
  explicit Graph(uint32_t rows_per_batch = value::kBatchRows) : rows_per_batch_(rows_per_batch) {
    auto opened = storage::open_resident(files_, "/db", storage::ResidentOptions::in_memory());
    REQUIRE(opened);
    database_ = std::move(*opened);
    procedures_ = make_procedure_table();
    engine_ = Engine::create({}, *procedures_);
    use(security::AccessRules::full());
  }
  ~Graph() { session_.reset(); }

  void use(std::shared_ptr<const security::AccessRules> access) {
    session_ = new_session(std::move(access));
  }

  std::unique_ptr<GraphTransaction> begin(bool implicit = false,
                                          AccessMode mode = AccessMode::kWrite) {
    return begin_in(*session_, implicit, mode);
  }

  // In a transaction of its own.
  Answer run(std::string_view text, const value::Value& parameters = value::Value()) {
    auto transaction = begin(true);
    return run_in(*transaction, text, parameters);
  }

  // As another client: in a session of its own, from any thread.
  Answer run_apart(std::string_view text) {
    auto session = new_session(security::AccessRules::full());
    auto transaction = begin_in(*session, true, AccessMode::kWrite);
    return run_in(*transaction, text);
  }

  Answer run_in(GraphTransaction& transaction, std::string_view text,
                const value::Value& parameters = value::Value()) {
    Answer answer;
    auto prepared = engine_->prepare(text, "neo4j");
    if (!prepared) return failed(std::move(answer), prepared.error());
    StatementCall call;
    call.text = text;
    call.compiled = prepared->compiled;
    call.parameters = parameters;
    call.auto_parameters = prepared->auto_parameters.get();
    auto stream = transaction.run(call);
    if (!stream) return failed(std::move(answer), stream.error());
    return drain(**stream, std::move(answer));
  }

  static Answer drain(ResultStream& stream, Answer answer) {
    if (auto opened = stream.open({}); !opened) return failed(std::move(answer), opened.error());
    answer.columns.assign(stream.columns().begin(), stream.columns().end());
    while (true) {
      auto poll = stream.next({});
      if (!poll) return failed(std::move(answer), poll.error());
      if (*poll != Poll::kReady) continue;
      const RowBatch& rows = stream.rows();
      if (rows.rows == 0) break;
      for (uint32_t r = 0; r < rows.rows; ++r) {
        std::string row;
        for (uint32_t c = 0; c < rows.columns; ++c) {
          if (c > 0) row += " | ";
          row += cell_text(rows.at(r, c));
        }
        answer.rows.push_back(std::move(row));
      }
    }
    answer.summary = stream.summary();
    answer.counters = answer.summary.counters;
    return answer;
  }

  static Answer failed(Answer answer, const Error& error) {
    answer.error = error.code();
    answer.message = error.message();
    answer.position = error.position();
    return answer;
  }

  storage::Database& database() { return *database_; }
  Engine& engine() { return *engine_; }
  uint64_t memory_limit = 0;

 private:
  std::unique_ptr<GraphSession> new_session(std::shared_ptr<const security::AccessRules> access) {
    LocalGraphOptions options;
    options.database_name = "neo4j";
    options.username = "tester";
    options.access = std::move(access);
    options.rows_per_batch = rows_per_batch_;
    options.transaction_memory_limit = memory_limit;
    return make_local_graph(*engine_, *database_, std::move(options));
  }

  static std::unique_ptr<GraphTransaction> begin_in(GraphSession& session, bool implicit,
                                                    AccessMode mode) {
    TransactionOptions options;
    options.implicit = implicit;
    options.mode = mode;
    auto begun = session.begin(options);
    REQUIRE(begun);
    return std::move(*begun);
  }

  const uint32_t rows_per_batch_;
  os::MemoryFileSystem files_;
  std::unique_ptr<storage::Database> database_;
  std::unique_ptr<ProcedureTable> procedures_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<GraphSession> session_;
};

using Rows = std::vector<std::string>;

inline Rows sorted(Rows rows) {
  std::sort(rows.begin(), rows.end());
  return rows;
}

// The rows of a statement that must not fail, in their order.
inline Rows rows_of(Graph& graph, std::string_view text,
                    const value::Value& parameters = value::Value()) {
  const Answer answer = graph.run(text, parameters);
  INFO(text);
  INFO(answer.message);
  CHECK_FALSE(answer.error);
  return answer.rows;
}

// Every test body runs with whole batches, with odd ones, and with vectors of one row.
template <class Body>
void with_batch_sizes(Body body) {
  for (const uint32_t rows : {value::kBatchRows, 3U, 1U}) {
    CAPTURE(rows);
    Graph graph(rows);
    body(graph);
  }
}

}  // namespace trellis::cypher::test

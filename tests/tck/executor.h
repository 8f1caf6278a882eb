// SPDX-License-Identifier: Apache-2.0
//
// Where the TCK's queries run: in this process over an in-memory disk, or (another executor) over
// Bolt. One graph at a time; reset() starts afresh.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "base/result.h"
#include "cypher/row_source.h"
#include "tck/expected_value.h"
#include "value/value.h"

namespace trellis::tck {

// "there exists a procedure test.my.proc(in :: INTEGER?) :: (out :: STRING?):" with its table.
struct MockProcedure {
  std::string signature;
  std::vector<std::vector<std::string>> table;  // header first; cells in the TCK's notation
};

struct Outcome {
  bool failed = false;
  bool at_compile_time = false;
  std::string error_class;  // the TCK's: "SyntaxError", "ProcedureError", ...
  std::string error_detail;
  bool detail_known = true;  // false: the executor cannot see it
  std::string message;
  std::vector<std::string> columns;
  std::vector<std::vector<value::ValueHolder>> rows;
};

// What a graph holds; side effects are the differences of two of these.
struct GraphState {
  std::set<std::string> nodes;          // ids
  std::set<std::string> relationships;  // ids
  std::set<std::string> labels;         // distinct names in use
  std::set<std::tuple<std::string, std::string, std::string>> properties;  // entity, key, value
};

class Executor {
 public:
  virtual ~Executor() = default;
  virtual void reset(const std::vector<MockProcedure>& procedures) = 0;
  // parameters: a map or null; must live until the outcome is read.
  virtual Outcome run(const std::string& query, const value::Value& parameters) = 0;
  GraphState state();
};

// rows_per_batch 1 is the configuration with vectors of one row.
std::unique_ptr<Executor> make_local_executor(uint32_t rows_per_batch);

// Against a running server, as user neo4j.
Result<std::unique_ptr<Executor>> make_bolt_executor(const std::string& uri,
                                                     const std::string& password);

// The TCK's names for an error: class from the status code, detail from the error table.
void describe_error(const Error& error, Outcome& outcome);

}  // namespace trellis::tck

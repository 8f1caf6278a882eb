// SPDX-License-Identifier: Apache-2.0
#include "tck/executor.h"

#include "value/compare.h"

namespace trellis::tck {

void describe_error(const Error& error, Outcome& outcome) {
  outcome.failed = true;
  outcome.message = error.message();
  outcome.error_detail = error.traits().detail;
  const std::string_view code = error.neo4j_code();
  const std::string_view title = code.substr(code.rfind('.') + 1);
  if (code.starts_with("Neo.ClientError.Procedure.")) {
    outcome.error_class = "ProcedureError";
  } else if (title == "ConstraintValidationFailed") {
    outcome.error_class = "ConstraintVerificationFailed";
  } else {
    outcome.error_class = title;
  }
}

GraphState Executor::state() {
  GraphState state;
  const auto add_properties = [&](const std::string& entity,
                                  std::span<const value::MapEntry> properties) {
    for (const auto& [key, v] : properties) {
      state.properties.emplace(entity, std::string(key), value::to_text(v));
    }
  };
  const Outcome nodes = run("MATCH (n) RETURN n", value::Value());
  TRELLIS_ASSERT(!nodes.failed);
  for (const auto& row : nodes.rows) {
    const auto& node = row[0].get().as_node_record();
    const std::string id = "n" + std::to_string(node.id);
    state.nodes.insert(id);
    for (const auto label : node.labels) state.labels.emplace(label);
    add_properties(id, node.properties);
  }
  const Outcome relationships = run("MATCH ()-[r]->() RETURN r", value::Value());
  TRELLIS_ASSERT(!relationships.failed);
  for (const auto& row : relationships.rows) {
    const auto& r = row[0].get().as_relationship_record();
    const std::string id = "r" + std::to_string(r.id);
    state.relationships.insert(id);
    add_properties(id, r.properties);
  }
  return state;
}

}  // namespace trellis::tck

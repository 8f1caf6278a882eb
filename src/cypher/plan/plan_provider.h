// SPDX-License-Identifier: Apache-2.0
//
// Where an execution gets its plan from: declared here for room-internal use by exec/, implemented
// by the engine, which keeps plans inside its compiled statements.
#pragma once

#include <memory>

#include "base/result.h"
#include "cypher/engine.h"
#include "cypher/plan/plan.h"

namespace trellis::security {
class AccessRules;
}

namespace trellis::cypher {

class FunctionRegistry;

class PlanProvider {
 public:
  virtual ~PlanProvider() = default;
  // The plan for this database's present schema and these rules; made if there is none. Statements
  // of kind kQuery, kSchema and kShowSchema have one. Thread-safe.
  virtual Result<std::shared_ptr<const plan::Plan>> plan(const CompiledStatement& statement,
                                                         const storage::Database& database,
                                                         const security::AccessRules& access) = 0;
  // What SHOW FUNCTIONS and SHOW PROCEDURES list; they live as long as the engine.
  virtual const FunctionRegistry& functions() const = 0;
  virtual const ProcedureTable& procedures() const = 0;
};

}  // namespace trellis::cypher

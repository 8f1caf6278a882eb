// SPDX-License-Identifier: Apache-2.0
//
// tx.*: the metadata that a client gave its transaction.
#include "cypher/procedures/built_in.h"
#include "cypher/procedures/row_list.h"

namespace trellis::cypher {

using value::Type;
using value::Value;
using Opened = Result<std::unique_ptr<RowSource>>;

void add_transaction_procedures(std::vector<Procedure>& table) {
  Procedure get;
  get.name = "tx.getMetaData";
  get.description = "Provides attached transaction metadata.";
  get.mode = ProcedureMode::kDbms;
  get.works_on_system = true;
  get.columns = {{"metadata", "MAP"}};
  get.open = [](const CallEnvironment& environment, std::span<const Value>) -> Opened {
    auto rows = std::make_unique<RowList>(1);
    Value metadata = Value::map({});
    if (environment.metadata != nullptr && environment.metadata->get().is(Type::kMap)) {
      metadata = value::copy_into(rows->arena(), environment.metadata->get());
    }
    rows->add({metadata});
    return rows;
  };
  table.push_back(std::move(get));

  Procedure set;
  set.name = "tx.setMetaData";
  set.description =
      "Attaches a map of data to the transaction. The data will be printed when "
      "listing queries, and inserted into the query log.";
  set.mode = ProcedureMode::kDbms;
  set.works_on_system = true;
  set.arguments.push_back({"data", "MAP", std::nullopt});
  set.open = [](const CallEnvironment& environment, std::span<const Value> arguments) -> Opened {
    if (!arguments[0].is(Type::kMap)) {
      return fail(ErrorCode::ProcedureCallFailed, "Transaction metadata must be a map.");
    }
    if (environment.metadata != nullptr) {
      *environment.metadata = value::ValueHolder(arguments[0]);
    }
    return std::make_unique<RowList>(0);
  };
  table.push_back(std::move(set));
}

}  // namespace trellis::cypher

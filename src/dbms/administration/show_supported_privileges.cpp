// SPDX-License-Identifier: Apache-2.0
//
// SHOW SUPPORTED PRIVILEGES: open to all.
#include "dbms/administration/show.h"
#include "dbms/names.h"

namespace trellis::dbms {
namespace {

using security::Action;
using value::Value;

std::string_view qualifier_of(Action action) {
  switch (action) {
    case Action::kRead:
    case Action::kMatch:
    case Action::kMerge:
    case Action::kSetProperty:
      return "property";
    case Action::kSetLabel:
    case Action::kRemoveLabel:
      return "label";
    case Action::kTransactionManagement:
    case Action::kShowTransaction:
    case Action::kTerminateTransaction:
    case Action::kImpersonate:
      return "username";
    case Action::kExecute:
    case Action::kExecuteBoosted:
      return "procedure";
    case Action::kShowSetting:
      return "setting";
    default:
      return "";
  }
}

bool has_elements(Action action) {
  return action == Action::kTraverse || action == Action::kRead || action == Action::kMatch ||
         action == Action::kMerge || action == Action::kCreate || action == Action::kDelete ||
         action == Action::kSetProperty;
}

std::string_view target_of(Action action) {
  switch (security::traits_of(action).target) {
    case security::ActionTarget::kGraph:
      return "graph";
    case security::ActionTarget::kDatabase:
      return "database";
    case security::ActionTarget::kDbms:
      return "dbms";
    case security::ActionTarget::kLoad:
      return "all data";
  }
  TRELLIS_UNREACHABLE();
}

Result<std::unique_ptr<TableSource>> rows(ShowContext&, const ast::ShowCommand& command) {
  auto table = std::make_unique<TableSource>(column_count(command));
  const std::vector<std::string> elements = {"elements", "nodes", "relationships"};
  for (const Action action : security::all_actions()) {
    const std::string words = normalize_database_name(security::traits_of(action).words);
    const std::string_view qualifier = qualifier_of(action);
    table->add_row({table->text(words), qualifier.empty() ? Value::null() : table->text(qualifier),
                    table->text(target_of(action)),
                    has_elements(action) ? table->texts(elements) : Value::null(),
                    table->text("allows " + words)});
  }
  return table;
}

}  // namespace

const ShowTable kShowSupportedPrivileges = {rows};

}  // namespace trellis::dbms

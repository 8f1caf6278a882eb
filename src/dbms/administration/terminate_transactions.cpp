// SPDX-License-Identifier: Apache-2.0
#include "dbms/administration/transaction_selection.h"

namespace trellis::dbms {
namespace {

using value::Value;

Result<std::unique_ptr<TableSource>> rows(ShowContext& context, const ast::ShowCommand& command) {
  TRELLIS_TRY_ASSIGN(const auto ids, context.arguments.strings(command.selection));
  if (ids.empty()) {
    return fail(ErrorCode::InvalidArguments,
                "TERMINATE TRANSACTIONS needs the ids of the transactions to end.");
  }
  auto table = std::make_unique<TableSource>(column_count(command));
  const auto open = context.core.transactions.all();
  for (const std::string& id : ids) {
    Value user = Value::null();
    std::string message = "Transaction not found.";
    for (const auto& record : open) {
      const TransactionRecord::View view = record->view();
      if (view.id() != id) continue;
      // A transaction that may not be ended looks as if it were not there.
      if (!may_touch(context.principal, view, security::Action::kTerminateTransaction)) break;
      record->terminate(ErrorCode::TransactionTerminated);
      user = table->text(view.username);
      message = "Transaction terminated.";
      context.core.options.security_log.info("[{}]: terminated {} of {}",
                                             context.principal.username, id, view.username);
      break;
    }
    table->add_row({table->text(id), user, table->text(message)});
  }
  return table;
}

}  // namespace

const ShowTable kTerminateTransactions = {rows};

}  // namespace trellis::dbms

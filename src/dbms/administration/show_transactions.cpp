// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "dbms/administration/administration_run.h"
#include "dbms/administration/transaction_selection.h"
#include "value/temporal_text.h"

namespace trellis::dbms {
namespace {

using value::Value;
using Wall = TransactionRecord::Wall;

std::string time_text(Wall t) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(t.time_since_epoch());
  value::DateTime time{};
  time.seconds = seconds.count();
  time.nanos =
      static_cast<int32_t>((t.time_since_epoch() - seconds).count() / 1'000'000 * 1'000'000);
  std::string text;
  value::append_text(text, time);
  return text;
}

Value elapsed(TableSource& table, Wall from, Wall to) {
  const auto nanos = std::max<int64_t>(0, (to - from).count());
  return value::make_duration(
      table.arena(), {0, 0, nanos / 1'000'000'000, static_cast<int32_t>(nanos % 1'000'000'000)});
}

std::string status_of(const TransactionRecord::View& view) {
  if (view.terminated) {
    return fmt::format("Terminated with reason: {}", traits_of(*view.terminated).neo4j_code);
  }
  return view.closing ? "Closing" : "Running";
}

void add(TableSource& table, const TransactionRecord::View& view, Wall now) {
  const auto& query = view.query;
  const auto map_of = [&](const value::ValueHolder* holder) {
    return holder != nullptr && holder->get().is(value::Type::kMap)
               ? value::copy_into(table.arena(), holder->get())
               : value::make_map(table.arena(), {});
  };
  const std::string text = query ? without_secrets(query->statement->text) : "";
  const bool show_parameters = query && query->parameters_may_be_shown;
  const Value none = table.text("");
  const Value null;
  const Value no_map = value::make_map(table.arena(), {});
  const Value zero = Value::integer(0);
  table.add_row({table.text(view.database),
                 table.text(view.id()),
                 table.text(view.query_id()),
                 table.text(view.client.connection_id),
                 table.text(view.client.client_address),
                 table.text(view.username),
                 table.text(text),
                 table.text(time_text(view.started)),
                 table.text(status_of(view)),
                 elapsed(table, view.started, now),
                 none,  // outerTransactionId
                 map_of(view.metadata.get()),
                 show_parameters ? map_of(&query->statement->parameters) : no_map,
                 none,  // planner
                 none,  // runtime
                 value::make_list(table.arena(), {}),
                 query ? table.text(time_text(query->started)) : none,
                 table.text(view.client.protocol),
                 none,  // requestUri
                 query ? table.text("running") : none,
                 none,  // statusDetails
                 no_map,
                 zero,  // activeLockCount
                 zero,
                 null,  // cpuTime
                 null,
                 null,
                 query ? elapsed(table, query->started, now) : null,
                 null,  // currentQueryCpuTime
                 null,
                 null,
                 zero,  // currentQueryAllocatedBytes
                 zero,
                 zero,
                 zero,  // pageHits
                 zero,
                 zero,
                 zero,
                 none});
}

Result<std::unique_ptr<TableSource>> rows(ShowContext& context, const ast::ShowCommand& command) {
  TRELLIS_TRY_ASSIGN(const auto wanted, context.arguments.strings(command.selection));
  auto table = std::make_unique<TableSource>(column_count(command));
  const Wall now = context.core.options.clock->wall();
  for (const auto& record : context.core.transactions.all()) {
    const TransactionRecord::View view = record->view();
    const std::string id = view.id();
    if (!command.selection.empty() && std::find(wanted.begin(), wanted.end(), id) == wanted.end()) {
      continue;
    }
    if (!may_touch(context.principal, view, security::Action::kShowTransaction)) continue;
    add(*table, view, now);
  }
  return table;
}

}  // namespace

const ShowTable kShowTransactions = {rows};

}  // namespace trellis::dbms

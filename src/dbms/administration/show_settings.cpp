// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "dbms/administration/show.h"

namespace trellis::dbms {
namespace {

using value::Value;

Result<std::unique_ptr<TableSource>> rows(ShowContext& context, const ast::ShowCommand& command) {
  TRELLIS_TRY_ASSIGN(const auto wanted, context.arguments.strings(command.selection));
  auto table = std::make_unique<TableSource>(column_count(command));
  const auto access = context.principal.access("");
  std::vector<config::SettingView> settings = context.core.config().all->list();
  std::sort(settings.begin(), settings.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  for (const config::SettingView& setting : settings) {
    if (!command.selection.empty() &&
        std::find(wanted.begin(), wanted.end(), setting.name) == wanted.end()) {
      continue;
    }
    if (!access->allows(security::Action::kShowSetting, setting.name)) continue;
    const auto text = [&](const std::optional<std::string>& t) {
      return table->text(t.value_or("No Value"));
    };
    table->add_row({table->text(setting.name), text(setting.value),
                    Value::boolean(setting.is_dynamic), text(setting.default_value),
                    table->text(setting.description), text(setting.startup_value),
                    Value::boolean(setting.is_explicitly_set), table->text(setting.valid_values),
                    Value::boolean(setting.is_deprecated)});
  }
  return table;
}

}  // namespace

const ShowTable kShowSettings = {rows};

}  // namespace trellis::dbms

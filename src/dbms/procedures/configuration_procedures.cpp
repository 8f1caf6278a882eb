// SPDX-License-Identifier: Apache-2.0
//
// dbms.listConfig, dbms.clientConfig, dbms.checkConfigValue.
#include <algorithm>

#include "dbms/core.h"
#include "dbms/names.h"
#include "dbms/procedures/dbms_procedures.h"
#include "dbms/table_source.h"

namespace trellis::dbms {
namespace {

using value::Value;
using Opened = Result<std::unique_ptr<cypher::RowSource>>;

cypher::Procedure procedure(std::string name, std::string description) {
  cypher::Procedure p;
  p.name = std::move(name);
  p.description = std::move(description);
  p.mode = cypher::ProcedureMode::kDbms;
  p.works_on_system = true;
  return p;
}

// Settings whose name contains `search` (any case), sorted by name.
std::vector<config::SettingView> settings_like(const Dbms& dbms, std::string_view search) {
  const std::string wanted = normalize_database_name(search);
  std::vector<config::SettingView> result;
  for (config::SettingView& setting : dbms.configuration().list()) {
    if (normalize_database_name(setting.name).find(wanted) != std::string::npos) {
      result.push_back(std::move(setting));
    }
  }
  std::sort(result.begin(), result.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return result;
}

cypher::Procedure list_config(Dbms* const* dbms) {
  cypher::Procedure p =
      procedure("dbms.listConfig", "List the currently active configuration of Neo4j.");
  p.admin_only = true;
  cypher::ProcedureArgument search{"searchString", "STRING", value::ValueHolder(Value::string(""))};
  p.arguments.push_back(std::move(search));
  p.columns = {{"name", "STRING"},           {"description", "STRING"},  {"value", "STRING"},
               {"dynamic", "BOOLEAN"},       {"defaultValue", "STRING"}, {"startupValue", "STRING"},
               {"explicitlySet", "BOOLEAN"}, {"validValues", "STRING"}};
  p.open = [dbms](const cypher::CallEnvironment&, std::span<const Value> arguments) -> Opened {
    auto table = std::make_unique<TableSource>(8);
    const bool given = !arguments.empty() && arguments[0].is(value::Type::kString);
    for (const auto& s : settings_like(**dbms, given ? arguments[0].as_string() : "")) {
      const auto text = [&](const std::optional<std::string>& t) {
        return table->text(t.value_or("No Value"));
      };
      table->add_row({table->text(s.name), table->text(s.description), text(s.value),
                      Value::boolean(s.is_dynamic), text(s.default_value), text(s.startup_value),
                      Value::boolean(s.is_explicitly_set), table->text(s.valid_values)});
    }
    return table;
  };
  return p;
}

cypher::Procedure client_config(Dbms* const* dbms) {
  cypher::Procedure p = procedure("dbms.clientConfig", "Return client configuration.");
  p.columns = {
      {"name", "STRING"}, {"description", "STRING"}, {"value", "STRING"}, {"dynamic", "BOOLEAN"}};
  p.open = [dbms](const cypher::CallEnvironment&, std::span<const Value>) -> Opened {
    auto table = std::make_unique<TableSource>(4);
    for (const auto& s : settings_like(**dbms, "")) {
      const bool shown = s.name.starts_with("browser.") || s.name.starts_with("client.") ||
                         s.name == "dbms.security.auth_enabled" ||
                         s.name == "server.metrics.prefix";
      if (!shown) continue;
      table->add_row({table->text(s.name), table->text(s.description),
                      table->text(s.value.value_or("No Value")), Value::boolean(s.is_dynamic)});
    }
    return table;
  };
  return p;
}

cypher::Procedure check_config_value() {
  cypher::Procedure p =
      procedure("dbms.checkConfigValue", "Check if a potential config setting value is valid.");
  p.admin_only = true;
  p.arguments.push_back({"setting", "STRING", std::nullopt});
  p.arguments.push_back({"value", "STRING", std::nullopt});
  p.columns = {{"valid", "BOOLEAN"}, {"message", "STRING"}};
  p.open = [](const cypher::CallEnvironment&, std::span<const Value> arguments) -> Opened {
    if (arguments.size() != 2 || !arguments[0].is(value::Type::kString) ||
        !arguments[1].is(value::Type::kString)) {
      return fail(ErrorCode::TypeError, "dbms.checkConfigValue takes two strings.");
    }
    auto table = std::make_unique<TableSource>(2);
    const config::Setting* setting = config::find_setting(arguments[0].as_string());
    if (setting == nullptr) {
      table->add_row({Value::boolean(false), table->text("There is no such setting.")});
      return table;
    }
    const auto checked = config::check_value(*setting, arguments[1].as_string());
    const std::string message = !checked                ? checked.error().message()
                                : setting->is_dynamic() ? ""
                                                        : "requires restart";
    table->add_row({Value::boolean(checked.has_value()), table->text(message)});
    return table;
  };
  return p;
}

}  // namespace

void add_configuration_procedures(std::vector<cypher::Procedure>& table, Dbms* const* dbms) {
  table.push_back(list_config(dbms));
  table.push_back(client_config(dbms));
  table.push_back(check_config_value());
}

}  // namespace trellis::dbms

// SPDX-License-Identifier: Apache-2.0
//
// dbms.* and trellis.*: what can be said of this DBMS without its configuration or users. Clients
// read the version and edition here, so they are Neo4j's; trellis.info says what this is.
#include "cypher/procedures/built_in.h"
#include "cypher/procedures/row_list.h"
#include "storage/storage.h"

namespace trellis::cypher {
namespace {

using value::Value;
using Arguments = std::span<const Value>;
using Opened = Result<std::unique_ptr<RowSource>>;

Procedure dbms(std::string name, std::string description, std::vector<SourceColumn> columns) {
  Procedure p;
  p.name = std::move(name);
  p.description = std::move(description);
  p.mode = ProcedureMode::kDbms;
  p.works_on_system = true;
  p.columns = std::move(columns);
  return p;
}

Procedure components() {
  Procedure p = dbms("dbms.components", "List DBMS components and their versions.",
                     {{"name", "STRING"}, {"versions", "LIST<STRING>"}, {"edition", "STRING"}});
  p.open = [](const CallEnvironment&, Arguments) -> Opened {
    auto rows = std::make_unique<RowList>(3);
    rows->add({rows->text("Neo4j Kernel"), rows->texts({"5.26.0"}), rows->text("enterprise")});
    return rows;
  };
  return p;
}

Procedure info() {
  Procedure p = dbms("dbms.info", "Provides information regarding the DBMS.",
                     {{"id", "STRING"}, {"name", "STRING"}, {"creationDate", "STRING"}});
  p.open = [](const CallEnvironment& environment, Arguments) -> Opened {
    auto rows = std::make_unique<RowList>(3);
    const bool known = environment.database != nullptr;
    rows->add({known ? rows->text(environment.database->uuid()) : Value(),
               rows->text(environment.database_name), Value()});
    return rows;
  };
  return p;
}

Procedure client_config() {
  Procedure p = dbms(
      "dbms.clientConfig", "Return client configuration.",
      {{"name", "STRING"}, {"description", "STRING"}, {"value", "STRING"}, {"dynamic", "BOOLEAN"}});
  p.open = [](const CallEnvironment&, Arguments) -> Opened {
    auto rows = std::make_unique<RowList>(4);
    const std::pair<std::string_view, std::string_view> settings[] = {
        {"browser.allow_outgoing_connections", "false"},
        {"browser.credential_timeout", "0s"},
        {"browser.post_connect_cmd", ""},
        {"browser.remote_content_hostname_whitelist", "guides.neo4j.com,localhost"},
        {"browser.retain_connection_credentials", "true"},
        {"browser.retain_editor_history", "true"},
        {"client.allow_telemetry", "false"},
        {"dbms.security.auth_enabled", "true"},
        {"server.metrics.prefix", "trellis"},
    };
    for (const auto& [name, setting] : settings) {
      rows->add({rows->text(name), rows->text("Configuration that clients read."),
                 rows->text(setting), Value::boolean(false)});
    }
    return rows;
  };
  return p;
}

Procedure license() {
  Procedure p =
      dbms("dbms.licenseAgreementDetails", "Returns details about the license.",
           {{"status", "STRING"}, {"daysLeftOnTrial", "INTEGER"}, {"totalTrialDays", "INTEGER"}});
  p.open = [](const CallEnvironment&, Arguments) -> Opened {
    auto rows = std::make_unique<RowList>(3);
    rows->add({rows->text("yes"), Value::integer(0), Value::integer(0)});
    return rows;
  };
  return p;
}

Procedure show_current_user() {
  Procedure p =
      dbms("dbms.showCurrentUser", "Show the current user.",
           {{"username", "STRING"}, {"roles", "LIST<STRING>"}, {"flags", "LIST<STRING>"}});
  p.open = [](const CallEnvironment& environment, Arguments) -> Opened {
    auto rows = std::make_unique<RowList>(3);
    rows->add({rows->text(environment.username), rows->texts({}), rows->texts({})});
    return rows;
  };
  return p;
}

Procedure query_jmx() {
  Procedure p = dbms("dbms.queryJmx", "Query JMX management data by domain and name.",
                     {{"name", "STRING"}, {"description", "STRING"}, {"attributes", "MAP"}});
  p.arguments.push_back({"query", "STRING", std::nullopt});
  p.open = [](const CallEnvironment&, Arguments) -> Opened {
    return std::make_unique<RowList>(3);  // there is no Java here, and so no bean
  };
  return p;
}

Procedure trellis_info() {
  Procedure p = dbms("trellis.info", "What this DBMS is, and which Neo4j it is compatible with.",
                     {{"name", "STRING"}, {"version", "STRING"}, {"compatibleWith", "STRING"}});
  p.open = [](const CallEnvironment&, Arguments) -> Opened {
    auto rows = std::make_unique<RowList>(3);
    rows->add({rows->text("Trellis"), rows->text("0.1.0"), rows->text("Neo4j/5.26.0")});
    return rows;
  };
  return p;
}

}  // namespace

void add_dbms_procedures(std::vector<Procedure>& table) {
  table.push_back(components());
  table.push_back(info());
  table.push_back(client_config());
  table.push_back(license());
  table.push_back(show_current_user());
  table.push_back(query_jmx());
  table.push_back(trellis_info());
}

}  // namespace trellis::cypher

// SPDX-License-Identifier: Apache-2.0
#include "server/bolt/metadata.h"

#include <vector>

namespace trellis::server {
namespace {

using value::Value;

const char* type_text(cypher::QueryType type) {
  switch (type) {
    case cypher::QueryType::kRead:
      return "r";
    case cypher::QueryType::kReadWrite:
      return "rw";
    case cypher::QueryType::kWrite:
      return "w";
    case cypher::QueryType::kSchema:
      return "s";
  }
  TRELLIS_UNREACHABLE();
}

void add_stats(MapBuilder& map, const cypher::Counters& counters, Arena& arena) {
  MapBuilder stats;
  const auto count = [&](std::string_view key, uint64_t n) {
    if (n != 0) stats.add_integer(key, static_cast<int64_t>(n));
  };
  count("nodes-created", counters.nodes_created);
  count("nodes-deleted", counters.nodes_deleted);
  count("relationships-created", counters.relationships_created);
  count("relationships-deleted", counters.relationships_deleted);
  count("properties-set", counters.properties_set);
  count("labels-added", counters.labels_added);
  count("labels-removed", counters.labels_removed);
  count("indexes-added", counters.indexes_added);
  count("indexes-removed", counters.indexes_removed);
  count("constraints-added", counters.constraints_added);
  count("constraints-removed", counters.constraints_removed);
  count("system-updates", counters.system_updates);
  if (counters.contains_updates()) stats.add_boolean("contains-updates", true);
  if (counters.system_updates != 0) stats.add_boolean("contains-system-updates", true);
  if (!stats.empty()) map.add("stats", stats.in(arena));
}

Value plan_value(const cypher::PlanDescription& plan, Arena& arena) {
  MapBuilder map;
  map.add("operatorType", plan.operator_type);
  std::vector<value::MapEntry> arguments;
  for (const auto& [key, argument] : plan.arguments) arguments.push_back({key, argument.get()});
  map.add("args", value::make_map(arena, arguments));
  map.add("identifiers", strings_in(arena, plan.identifiers));
  std::vector<Value> children;
  for (const auto& child : plan.children) children.push_back(plan_value(child, arena));
  map.add("children", value::make_list(arena, children));
  if (plan.profiled) {
    map.add_integer("dbHits", static_cast<int64_t>(plan.db_hits));
    map.add_integer("rows", static_cast<int64_t>(plan.rows));
    map.add_integer("pageCacheHits", 0);
    map.add_integer("pageCacheMisses", 0);
    map.add("pageCacheHitRatio", Value::real(0));
    map.add_integer("time", 0);
  }
  return map.in(arena);
}

Value position_value(const SourcePosition& position, Arena& arena) {
  MapBuilder map;
  map.add_integer("offset", position.offset);
  map.add_integer("line", position.line);
  map.add_integer("column", position.column);
  return map.in(arena);
}

std::string_view severity_text(const cypher::Notification& n) {
  return n.warning ? "WARNING" : "INFORMATION";
}

Value notification_value(const cypher::Notification& n, Arena& arena) {
  MapBuilder map;
  map.add("code", n.neo4j_code);
  map.add("title", n.title);
  map.add("description", n.description);
  map.add("severity", severity_text(n));
  map.add("category", n.category);
  if (n.position) map.add("position", position_value(*n.position, arena));
  return map.in(arena);
}

// -- statuses, from 5.6 --

void add_record_defaults(MapBuilder& record) {
  record.add("OPERATION", "");
  record.add("OPERATION_CODE", "0");
  record.add("CURRENT_SCHEMA", "/");
}

Value outcome_status(std::string_view status, std::string_view description, Arena& arena) {
  MapBuilder record;
  add_record_defaults(record);
  MapBuilder map;
  map.add("gql_status", status);
  map.add("status_description", description);
  map.add("diagnostic_record", record.in(arena));
  return map.in(arena);
}

Value notification_status(const cypher::Notification& n, Arena& arena) {
  MapBuilder record;
  add_record_defaults(record);
  record.add("_classification", n.category);
  record.add("_severity", severity_text(n));
  if (n.position) record.add("_position", position_value(*n.position, arena));
  MapBuilder map;
  map.add("gql_status", n.gqlstatus);
  map.add("status_description",
          arena.copy((n.warning ? "warn: " : "info: ") + n.title + ". " + n.description));
  map.add("neo4j_code", n.neo4j_code);
  map.add("title", n.title);
  map.add("description", n.description);
  map.add("diagnostic_record", record.in(arena));
  return map.in(arena);
}

// GQL's order of precedence: no data, warnings, success, information.
Value statuses(const cypher::Summary& summary, const SummaryContext& context, Arena& arena) {
  std::vector<Value> list;
  const bool no_data = context.has_columns && context.records == 0;
  if (no_data) list.push_back(outcome_status("02000", "note: no data", arena));
  const auto add_notifications = [&](bool warning) {
    for (const auto& n : summary.notifications) {
      if (n.warning == warning && context.filter->passes(n)) {
        list.push_back(notification_status(n, arena));
      }
    }
  };
  add_notifications(true);
  if (!context.has_columns) {
    list.push_back(outcome_status("00001", "note: successful completion - omitted result", arena));
  } else if (!no_data) {
    list.push_back(outcome_status("00000", "note: successful completion", arena));
  }
  add_notifications(false);
  return value::make_list(arena, list);
}

}  // namespace

Value strings_in(Arena& arena, std::span<const std::string> texts) {
  std::vector<Value> values;
  values.reserve(texts.size());
  for (const auto& text : texts) values.push_back(Value::string(text));
  return value::make_list(arena, values);
}

void add_summary(MapBuilder& map, const cypher::Summary& summary, const SummaryContext& context,
                 Arena& arena) {
  if (!context.bookmark.empty()) map.add("bookmark", context.bookmark);
  if (summary.type) map.add("type", type_text(*summary.type));
  map.add_integer("t_last", context.t_last_ms);
  if (!summary.database.empty()) map.add("db", summary.database);
  add_stats(map, summary.counters, arena);
  if (summary.plan) {
    map.add(summary.plan->profiled ? "profile" : "plan", plan_value(*summary.plan, arena));
  }
  if (context.version.has_gql_statuses()) {
    map.add("statuses", statuses(summary, context, arena));
    return;
  }
  std::vector<Value> list;
  for (const auto& n : summary.notifications) {
    if (context.filter->passes(n)) list.push_back(notification_value(n, arena));
  }
  if (!list.empty()) map.add("notifications", value::make_list(arena, list));
}

Value routing_table(std::string_view address, std::string_view database, std::chrono::seconds ttl,
                    Arena& arena) {
  const Value addresses[] = {Value::string(address)};
  const Value address_list = value::make_list(arena, addresses);
  Value servers[3];
  const char* const roles[] = {"WRITE", "READ", "ROUTE"};
  for (size_t i = 0; i < std::size(roles); ++i) {
    MapBuilder server;
    server.add("addresses", address_list);
    server.add("role", roles[i]);
    servers[i] = server.in(arena);
  }
  MapBuilder table;
  table.add_integer("ttl", ttl.count());
  table.add("db", database);
  table.add("servers", value::make_list(arena, servers));
  return table.in(arena);
}

}  // namespace trellis::server

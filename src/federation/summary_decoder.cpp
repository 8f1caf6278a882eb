// SPDX-License-Identifier: Apache-2.0
#include "federation/summary_decoder.h"

#include <array>

namespace trellis::federation {
namespace {

using value::MapEntry;
using value::Type;
using value::Value;
using Map = std::span<const MapEntry>;

constexpr int kMaxPlanDepth = 200;

Map map_in(Map map, std::string_view key) {
  const Value v = value::map_get(map, key);
  return v.is(Type::kMap) ? v.as_map() : Map();
}

std::span<const Value> list_in(Map map, std::string_view key) {
  const Value v = value::map_get(map, key);
  return v.is(Type::kList) ? v.as_list() : std::span<const Value>();
}

std::string text_in(Map map, std::string_view key) {
  const Value v = value::map_get(map, key);
  return v.is(Type::kString) ? std::string(v.as_string()) : std::string();
}

uint64_t count_in(Map map, std::string_view key) {
  const Value v = value::map_get(map, key);
  return v.is(Type::kInteger) && v.as_integer() > 0 ? static_cast<uint64_t>(v.as_integer()) : 0;
}

std::optional<cypher::QueryType> type_of(std::string_view text) {
  if (text == "r") return cypher::QueryType::kRead;
  if (text == "rw") return cypher::QueryType::kReadWrite;
  if (text == "w") return cypher::QueryType::kWrite;
  if (text == "s") return cypher::QueryType::kSchema;
  return std::nullopt;
}

cypher::Counters counters_of(Map stats) {
  cypher::Counters c;
  c.nodes_created = count_in(stats, "nodes-created");
  c.nodes_deleted = count_in(stats, "nodes-deleted");
  c.relationships_created = count_in(stats, "relationships-created");
  c.relationships_deleted = count_in(stats, "relationships-deleted");
  c.properties_set = count_in(stats, "properties-set");
  c.labels_added = count_in(stats, "labels-added");
  c.labels_removed = count_in(stats, "labels-removed");
  c.indexes_added = count_in(stats, "indexes-added");
  c.indexes_removed = count_in(stats, "indexes-removed");
  c.constraints_added = count_in(stats, "constraints-added");
  c.constraints_removed = count_in(stats, "constraints-removed");
  c.system_updates = count_in(stats, "system-updates");
  return c;
}

std::optional<SourcePosition> position_of(Map position) {
  if (position.empty()) return std::nullopt;
  return SourcePosition{static_cast<uint32_t>(count_in(position, "offset")),
                        static_cast<uint32_t>(count_in(position, "line")),
                        static_cast<uint32_t>(count_in(position, "column"))};
}

// Up to 5.5.
cypher::Notification notification_of(Map map) {
  cypher::Notification n;
  n.neo4j_code = text_in(map, "code");
  n.title = text_in(map, "title");
  n.description = text_in(map, "description");
  n.warning = text_in(map, "severity") == "WARNING";
  n.category = text_in(map, "category");
  n.gqlstatus = n.warning ? "01N42" : "03N42";
  n.position = position_of(map_in(map, "position"));
  return n;
}

// From 5.6: only statuses with a Neo4j code are notifications; the others tell the outcome.
std::optional<cypher::Notification> notification_of_status(Map map) {
  cypher::Notification n;
  n.neo4j_code = text_in(map, "neo4j_code");
  if (n.neo4j_code.empty()) return std::nullopt;
  const Map record = map_in(map, "diagnostic_record");
  n.gqlstatus = text_in(map, "gql_status");
  n.title = text_in(map, "title");
  n.description = text_in(map, "description");
  n.warning = text_in(record, "_severity") == "WARNING";
  n.category = text_in(record, "_classification");
  n.position = position_of(map_in(record, "_position"));
  return n;
}

cypher::PlanDescription plan_of(Map map, bool profiled, int depth) {
  cypher::PlanDescription plan;
  plan.operator_type = text_in(map, "operatorType");
  for (const MapEntry& argument : map_in(map, "args")) {
    plan.arguments.emplace_back(argument.key, value::ValueHolder(argument.value));
  }
  for (const Value& identifier : list_in(map, "identifiers")) {
    if (identifier.is(Type::kString)) plan.identifiers.emplace_back(identifier.as_string());
  }
  plan.profiled = profiled;
  plan.rows = count_in(map, "rows");
  plan.db_hits = count_in(map, "dbHits");
  if (depth == kMaxPlanDepth) return plan;
  for (const Value& child : list_in(map, "children")) {
    if (child.is(Type::kMap)) plan.children.push_back(plan_of(child.as_map(), profiled, depth + 1));
  }
  return plan;
}

}  // namespace

cypher::Summary summary_of(Map metadata) {
  cypher::Summary summary;
  summary.type = type_of(text_in(metadata, "type"));
  summary.counters = counters_of(map_in(metadata, "stats"));
  summary.database = text_in(metadata, "db");
  for (const Value& v : list_in(metadata, "notifications")) {
    if (v.is(Type::kMap)) summary.notifications.push_back(notification_of(v.as_map()));
  }
  for (const Value& v : list_in(metadata, "statuses")) {
    if (!v.is(Type::kMap)) continue;
    if (auto n = notification_of_status(v.as_map())) summary.notifications.push_back(std::move(*n));
  }
  const Map profile = map_in(metadata, "profile");
  const Map plan = profile.empty() ? map_in(metadata, "plan") : profile;
  if (!plan.empty()) {
    summary.plan = std::make_shared<cypher::PlanDescription>(plan_of(plan, !profile.empty(), 0));
  }
  return summary;
}

}  // namespace trellis::federation

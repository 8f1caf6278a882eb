// SPDX-License-Identifier: Apache-2.0
//
// Functions of nodes, relationships and paths.
#include "cypher/functions/table.h"

namespace trellis::cypher::functions {
namespace {

using value::Type;
using value::Value;
using Arguments = std::span<const Value>;

constexpr std::string_view kNodeOrRelationship = "a NODE or a RELATIONSHIP";

Value string_list(Arena& arena, std::span<const std::string_view> texts) {
  Value* out = arena.alloc_array<Value>(texts.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    new (&out[i]) Value(value::make_string(arena, texts[i]));
  }
  return Value::list({out, texts.size()});
}

Result<Value> labels(const FunctionContext& context, Arguments args) {
  if (!args[0].is(Type::kNode)) return wrong_argument("labels", "a NODE", args[0]);
  TRELLIS_TRY_ASSIGN(const auto names,
                     labels_of(context.environment.entities, args[0], context.arena));
  return string_list(context.arena, names);
}

Result<Value> type(const FunctionContext& context, Arguments args) {
  if (!args[0].is(Type::kRelationship)) return wrong_argument("type", "a RELATIONSHIP", args[0]);
  TRELLIS_TRY_ASSIGN(const std::string_view name,
                     type_of(context.environment.entities, args[0], context.arena));
  return value::make_string(context.arena, name);
}

Result<Value> keys(const FunctionContext& context, Arguments args) {
  std::span<const value::MapEntry> entries;
  if (args[0].is(Type::kMap)) {
    entries = args[0].as_map();
  } else if (args[0].is_entity()) {
    TRELLIS_TRY_ASSIGN(entries,
                       properties_of(context.environment.entities, args[0], context.arena));
  } else {
    return wrong_argument("keys", "a NODE, a RELATIONSHIP or a MAP", args[0]);
  }
  Value* out = context.arena.alloc_array<Value>(entries.size());
  for (size_t i = 0; i < entries.size(); ++i) new (&out[i]) Value(Value::string(entries[i].key));
  return Value::list({out, entries.size()});
}

Result<Value> properties(const FunctionContext& context, Arguments args) {
  if (args[0].is(Type::kMap)) return args[0];
  if (!args[0].is_entity()) {
    return wrong_argument("properties", "a NODE, a RELATIONSHIP or a MAP", args[0]);
  }
  TRELLIS_TRY_ASSIGN(const auto entries,
                     properties_of(context.environment.entities, args[0], context.arena));
  return Value::map(entries);
}

Result<Value> id(const FunctionContext&, Arguments args) {
  if (!args[0].is_entity()) return wrong_argument("id", kNodeOrRelationship, args[0]);
  return Value::integer(static_cast<int64_t>(args[0].entity_id()));
}

Result<Value> element_id(const FunctionContext& context, Arguments args) {
  const Value& entity = args[0];
  if (!entity.is_entity()) return wrong_argument("elementId", kNodeOrRelationship, entity);
  if (entity.is_record()) {
    return Value::string(entity.is(Type::kNode) ? entity.as_node_record().element_id
                                                : entity.as_relationship_record().element_id);
  }
  TRELLIS_ASSERT(context.environment.entities != nullptr);
  TRELLIS_TRY_ASSIGN(const std::string_view text,
                     context.environment.entities->element_id(entity, context.arena));
  return value::make_string(context.arena, text);
}

Result<Value> start_node(const FunctionContext& context, Arguments args) {
  if (!args[0].is(Type::kRelationship)) {
    return wrong_argument("startNode", "a RELATIONSHIP", args[0]);
  }
  TRELLIS_TRY_ASSIGN(const EntityReader::Ends ends,
                     ends_of(context.environment.entities, args[0], context.arena));
  return ends.start;
}

Result<Value> end_node(const FunctionContext& context, Arguments args) {
  if (!args[0].is(Type::kRelationship)) {
    return wrong_argument("endNode", "a RELATIONSHIP", args[0]);
  }
  TRELLIS_TRY_ASSIGN(const EntityReader::Ends ends,
                     ends_of(context.environment.entities, args[0], context.arena));
  return ends.end;
}

// Every second element of a path, from the first or the second on.
Value every_second(Arena& arena, std::span<const Value> path, size_t first) {
  const size_t count = (path.size() + 1 - first) / 2;
  Value* out = arena.alloc_array<Value>(count);
  for (size_t i = 0; i < count; ++i) new (&out[i]) Value(path[first + 2 * i]);
  return Value::list({out, count});
}

Result<Value> nodes(const FunctionContext& context, Arguments args) {
  if (!args[0].is(Type::kPath)) return wrong_argument("nodes", "a PATH", args[0]);
  return every_second(context.arena, args[0].as_path(), 0);
}

Result<Value> relationships(const FunctionContext& context, Arguments args) {
  if (!args[0].is(Type::kPath)) return wrong_argument("relationships", "a PATH", args[0]);
  return every_second(context.arena, args[0].as_path(), 1);
}

Result<Value> length(const FunctionContext&, Arguments args) {
  if (!args[0].is(Type::kPath)) return wrong_argument("length", "a PATH", args[0]);
  return Value::integer(static_cast<int64_t>(args[0].as_path().size() / 2));
}

}  // namespace

void add_entity(Table& table) {
  const StaticType string = StaticType::of(kStringType);
  const StaticType node = StaticType::of(kNodeType);
  add_rows(table, FunctionCategory::kScalar,
           {
               {.signature = "type(input :: RELATIONSHIP) :: STRING",
                .arguments = {kRelationshipType},
                .result = string,
                .description = "The type of a relationship.",
                .call = type},
               {.signature = "properties(input :: NODE | RELATIONSHIP | MAP) :: MAP",
                .arguments = {kEntityType | kMapType},
                .result = StaticType::of(kMapType),
                .description = "All properties of an entity as a map; a map as it is.",
                .call = properties},
               {.signature = "id(input :: NODE | RELATIONSHIP) :: INTEGER",
                .arguments = {kEntityType},
                .result = StaticType::of(kIntegerType),
                .description = "The internal number of an entity.",
                .call = id,
                .deprecated_by = "elementId"},
               {.signature = "elementId(input :: NODE | RELATIONSHIP) :: STRING",
                .arguments = {kEntityType},
                .result = string,
                .description = "What identifies an entity, during a transaction.",
                .call = element_id},
               {.signature = "startNode(input :: RELATIONSHIP) :: NODE",
                .arguments = {kRelationshipType},
                .result = node,
                .description = "The node that a relationship starts at.",
                .call = start_node},
               {.signature = "endNode(input :: RELATIONSHIP) :: NODE",
                .arguments = {kRelationshipType},
                .result = node,
                .description = "The node that a relationship ends at.",
                .call = end_node},
               {.signature = "length(input :: PATH) :: INTEGER",
                .arguments = {kPathType},
                .result = StaticType::of(kIntegerType),
                .description = "How many relationships a path has.",
                .call = length},
           });
  add_rows(table, FunctionCategory::kList,
           {
               {.signature = "labels(input :: NODE) :: LIST<STRING>",
                .arguments = {kNodeType},
                .result = StaticType::list_of(kStringType),
                .description = "The labels of a node.",
                .call = labels},
               {.signature = "keys(input :: NODE | RELATIONSHIP | MAP) :: LIST<STRING>",
                .arguments = {kEntityType | kMapType},
                .result = StaticType::list_of(kStringType),
                .description = "The property keys of an entity, or the keys of a map.",
                .call = keys},
               {.signature = "nodes(input :: PATH) :: LIST<NODE>",
                .arguments = {kPathType},
                .result = StaticType::list_of(kNodeType),
                .description = "The nodes of a path, in its order.",
                .call = nodes},
               {.signature = "relationships(input :: PATH) :: LIST<RELATIONSHIP>",
                .arguments = {kPathType},
                .result = StaticType::list_of(kRelationshipType),
                .description = "The relationships of a path, in its order.",
                .call = relationships},
           });
}

}  // namespace trellis::cypher::functions

// SPDX-License-Identifier: Apache-2.0
#include "cypher/functions/entity_reader.h"

#include <new>

namespace trellis::cypher {
namespace {

using value::NodeRecord;
using value::RelationshipRecord;
using value::Type;
using value::Value;

Value bare_node(Arena& arena, uint64_t id, std::string_view element_id) {
  return Value::node(new (arena.alloc(sizeof(NodeRecord), alignof(NodeRecord)))
                         NodeRecord{id, element_id, {}, {}});
}

}  // namespace

Result<std::span<const std::string_view>> labels_of(const EntityReader* reader, const Value& node,
                                                    Arena& arena) {
  if (node.is_record()) return node.as_node_record().labels;
  TRELLIS_ASSERT(reader != nullptr);
  return reader->labels(node, arena);
}

Result<std::string_view> type_of(const EntityReader* reader, const Value& relationship,
                                 Arena& arena) {
  if (relationship.is_record()) return relationship.as_relationship_record().type;
  TRELLIS_ASSERT(reader != nullptr);
  return reader->type(relationship, arena);
}

Result<EntityReader::Ends> ends_of(const EntityReader* reader, const Value& relationship,
                                   Arena& arena) {
  if (relationship.is_record()) {
    const RelationshipRecord& record = relationship.as_relationship_record();
    return EntityReader::Ends{bare_node(arena, record.start_id, record.start_element_id),
                              bare_node(arena, record.end_id, record.end_element_id)};
  }
  TRELLIS_ASSERT(reader != nullptr);
  return reader->ends(relationship);
}

Result<std::span<const value::MapEntry>> properties_of(const EntityReader* reader,
                                                       const Value& entity, Arena& arena) {
  if (entity.is_record()) {
    return entity.is(Type::kNode) ? entity.as_node_record().properties
                                  : entity.as_relationship_record().properties;
  }
  TRELLIS_ASSERT(reader != nullptr);
  return reader->properties(entity, arena);
}

Result<Value> property_of(const EntityReader* reader, const Value& entity, std::string_view key,
                          Arena& arena) {
  if (entity.is_record()) {
    TRELLIS_TRY_ASSIGN(const auto properties, properties_of(nullptr, entity, arena));
    return value::map_get(properties, key);
  }
  TRELLIS_ASSERT(reader != nullptr);
  return reader->property(entity, key, arena);
}

}  // namespace trellis::cypher

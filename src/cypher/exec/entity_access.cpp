// SPDX-License-Identifier: Apache-2.0
#include "cypher/exec/entity_access.h"

#include <charconv>

namespace trellis::cypher::exec {

using storage::TokenKind;
using value::MapEntry;
using value::Type;
using value::Value;

Result<std::span<const std::string_view>> EntityAccess::labels(const Value& node,
                                                               Arena& arena) const {
  TRELLIS_TRY_ASSIGN(const auto ids, reader_.node_labels(node.entity_id(), arena));
  auto* names = arena.alloc_array<std::string_view>(ids.size());
  for (size_t i = 0; i < ids.size(); ++i) {
    names[i] = reader_.tokens().name(TokenKind::kLabel, ids[i]);
  }
  return std::span<const std::string_view>(names, ids.size());
}

Result<std::string_view> EntityAccess::type(const Value& relationship, Arena&) const {
  const uint64_t id = relationship.entity_id();
  storage::RelationshipEnds ends;
  TRELLIS_TRY(reader_.relationship_ends({&id, 1}, &ends));
  return reader_.tokens().name(TokenKind::kType, ends.type);
}

Result<EntityReader::Ends> EntityAccess::ends(const Value& relationship) const {
  const uint64_t id = relationship.entity_id();
  storage::RelationshipEnds ends;
  TRELLIS_TRY(reader_.relationship_ends({&id, 1}, &ends));
  return Ends{Value::node(ends.start, relationship.graph()),
              Value::node(ends.end, relationship.graph())};
}

std::span<const MapEntry> EntityAccess::entries(std::span<const storage::Property> properties,
                                                Arena& arena) const {
  auto* result = arena.alloc_array<MapEntry>(properties.size());
  for (size_t i = 0; i < properties.size(); ++i) {
    result[i] = {reader_.tokens().name(TokenKind::kKey, properties[i].key), properties[i].value};
  }
  return {result, properties.size()};
}

Result<std::span<const MapEntry>> EntityAccess::properties(const Value& entity,
                                                           Arena& arena) const {
  const uint64_t id = entity.entity_id();
  if (entity.is(Type::kNode)) {
    TRELLIS_TRY_ASSIGN(const auto all, reader_.all_node_properties(id, arena));
    return entries(all, arena);
  }
  TRELLIS_TRY_ASSIGN(const auto all, reader_.all_relationship_properties(id, arena));
  return entries(all, arena);
}

Result<Value> EntityAccess::property(const Value& entity, std::string_view key,
                                     Arena& arena) const {
  const auto token = reader_.tokens().find(TokenKind::kKey, key);
  if (!token) return Value();
  const uint64_t id = entity.entity_id();
  Value out;
  if (entity.is(Type::kNode)) {
    TRELLIS_TRY(reader_.node_properties({&id, 1}, *token, arena, &out));
  } else {
    TRELLIS_TRY(reader_.relationship_properties({&id, 1}, *token, arena, &out));
  }
  return out;
}

std::string_view EntityAccess::element_id_text(char kind, uint64_t id, Arena& arena) const {
  const std::string& uuid = reader_.database().uuid();
  char* text = static_cast<char*>(arena.alloc(uuid.size() + 24, 1));
  text[0] = kind;
  text[1] = ':';
  std::memcpy(text + 2, uuid.data(), uuid.size());
  text[2 + uuid.size()] = ':';
  const auto end = std::to_chars(text + 3 + uuid.size(), text + uuid.size() + 24, id);
  return {text, static_cast<size_t>(end.ptr - text)};
}

Result<std::string_view> EntityAccess::element_id(const Value& entity, Arena& arena) const {
  return element_id_text(entity.is(Type::kNode) ? '4' : '5', entity.entity_id(), arena);
}

Result<Value> EntityAccess::node_record(uint64_t id, Arena& arena) const {
  auto* record = arena.alloc_array<value::NodeRecord>(1);
  *record = value::NodeRecord{id, element_id_text('4', id, arena), {}, {}};
  auto names = labels(Value::node(id), arena);
  if (!names) {
    if (names.error().code() == ErrorCode::EntityNotFound) return Value::node(record);
    return fail(std::move(names).error());
  }
  record->labels = *names;
  TRELLIS_TRY_ASSIGN(const auto all, reader_.all_node_properties(id, arena));
  record->properties = entries(all, arena);
  return Value::node(record);
}

Result<Value> EntityAccess::relationship_record(uint64_t id, Arena& arena) const {
  storage::RelationshipEnds ends;
  TRELLIS_TRY(reader_.relationship_ends({&id, 1}, &ends));
  auto* record = arena.alloc_array<value::RelationshipRecord>(1);
  *record = value::RelationshipRecord{id,
                                      ends.start,
                                      ends.end,
                                      element_id_text('5', id, arena),
                                      element_id_text('4', ends.start, arena),
                                      element_id_text('4', ends.end, arena),
                                      reader_.tokens().name(TokenKind::kType, ends.type),
                                      {}};
  auto all = reader_.all_relationship_properties(id, arena);
  if (!all) {
    if (all.error().code() == ErrorCode::EntityNotFound) return Value::relationship(record);
    return fail(std::move(all).error());
  }
  record->properties = entries(*all, arena);
  return Value::relationship(record);
}

Result<Value> EntityAccess::materialize(const Value& value, Arena& arena) const {
  switch (value.type()) {
    case Type::kNode:
      return value.is_record() ? Result<Value>(value) : node_record(value.entity_id(), arena);
    case Type::kRelationship:
      return value.is_record() ? Result<Value>(value)
                               : relationship_record(value.entity_id(), arena);
    case Type::kList:
    case Type::kPath: {
      const auto from = value.is(Type::kList) ? value.as_list() : value.as_path();
      auto* elements = arena.alloc_array<Value>(from.size());
      for (size_t i = 0; i < from.size(); ++i) {
        TRELLIS_TRY_ASSIGN(elements[i], materialize(from[i], arena));
      }
      const std::span<const Value> made(elements, from.size());
      return value.is(Type::kList) ? Value::list(made) : Value::path(made);
    }
    case Type::kMap: {
      const auto from = value.as_map();
      auto* made = arena.alloc_array<MapEntry>(from.size());
      for (size_t i = 0; i < from.size(); ++i) {
        made[i].key = from[i].key;
        TRELLIS_TRY_ASSIGN(made[i].value, materialize(from[i].value, arena));
      }
      return Value::map({made, from.size()});
    }
    default:
      return value;
  }
}

std::optional<uint64_t> parse_element_id(const storage::Database& database, char kind,
                                         std::string_view text) {
  const std::string& uuid = database.uuid();
  if (text.size() < uuid.size() + 4 || text[0] != kind || text[1] != ':' ||
      text.substr(2, uuid.size()) != uuid || text[2 + uuid.size()] != ':') {
    return std::nullopt;
  }
  uint64_t id = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + 3 + uuid.size(), end, id);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return id;
}

}  // namespace trellis::cypher::exec

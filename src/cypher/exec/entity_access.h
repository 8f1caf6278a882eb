// SPDX-License-Identifier: Apache-2.0
//
// Labels, types, properties and element ids of entity references, for functions and for results.
// Not thread-safe (the reader is not).
#pragma once

#include "cypher/exec/graph_reader.h"
#include "cypher/functions/entity_reader.h"

namespace trellis::cypher::exec {

class EntityAccess final : public EntityReader {
 public:
  explicit EntityAccess(GraphReader& reader) : reader_(reader) {}

  Result<std::span<const std::string_view>> labels(const value::Value& node,
                                                   Arena& arena) const override;
  Result<std::string_view> type(const value::Value& relationship, Arena& arena) const override;
  Result<Ends> ends(const value::Value& relationship) const override;
  Result<std::span<const value::MapEntry>> properties(const value::Value& entity,
                                                      Arena& arena) const override;
  Result<value::Value> property(const value::Value& entity, std::string_view key,
                                Arena& arena) const override;
  Result<std::string_view> element_id(const value::Value& entity, Arena& arena) const override;

  // Every reference in the value, to any depth, as a record. Entities deleted in this transaction
  // have no labels and no properties then.
  Result<value::Value> materialize(const value::Value& value, Arena& arena) const;

 private:
  Result<value::Value> node_record(uint64_t id, Arena& arena) const;
  Result<value::Value> relationship_record(uint64_t id, Arena& arena) const;
  std::string_view element_id_text(char kind, uint64_t id, Arena& arena) const;
  std::span<const value::MapEntry> entries(std::span<const storage::Property> properties,
                                           Arena& arena) const;

  GraphReader& reader_;
};

// The number in an element id of this database's nodes ('4') or relationships ('5'); nullopt when
// the text is not one.
std::optional<uint64_t> parse_element_id(const storage::Database& database, char kind,
                                         std::string_view text);

}  // namespace trellis::cypher::exec

// SPDX-License-Identifier: Apache-2.0
//
// How functions read nodes and relationships that are references. The executor implements it over
// its transaction, access rules applied: labels, types and properties that the user may not see
// are not there. Entities that were deleted give EntityNotFound. Results live in the arena.
//
// Records need no reader; the functions below read both forms (reader may be null for records).
#pragma once

#include <span>
#include <string_view>

#include "base/arena.h"
#include "base/result.h"
#include "value/value.h"

namespace trellis::cypher {

class EntityReader {
 public:
  virtual ~EntityReader() = default;
  struct Ends {
    value::Value start;
    value::Value end;
  };
  // `node` and `relationship` are references.
  virtual Result<std::span<const std::string_view>> labels(const value::Value& node,
                                                           Arena& arena) const = 0;
  // Also of a relationship that this transaction deleted.
  virtual Result<std::string_view> type(const value::Value& relationship, Arena& arena) const = 0;
  virtual Result<Ends> ends(const value::Value& relationship) const = 0;
  virtual Result<std::span<const value::MapEntry>> properties(const value::Value& entity,
                                                              Arena& arena) const = 0;
  // Null when the entity lacks it.
  virtual Result<value::Value> property(const value::Value& entity, std::string_view key,
                                        Arena& arena) const = 0;
  virtual Result<std::string_view> element_id(const value::Value& entity, Arena& arena) const = 0;
};

// Of references and records alike.
Result<std::span<const std::string_view>> labels_of(const EntityReader* reader,
                                                    const value::Value& node, Arena& arena);
Result<std::string_view> type_of(const EntityReader* reader, const value::Value& relationship,
                                 Arena& arena);
// Ends of a record are records that know their ids alone.
Result<EntityReader::Ends> ends_of(const EntityReader* reader, const value::Value& relationship,
                                   Arena& arena);
Result<std::span<const value::MapEntry>> properties_of(const EntityReader* reader,
                                                       const value::Value& entity, Arena& arena);
Result<value::Value> property_of(const EntityReader* reader, const value::Value& entity,
                                 std::string_view key, Arena& arena);

}  // namespace trellis::cypher

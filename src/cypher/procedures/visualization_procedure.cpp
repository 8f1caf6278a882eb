// SPDX-License-Identifier: Apache-2.0
//
// db.schema.visualization: a node per label and a relationship per (label, type, label) that
// occurs, as virtual entities with negative ids.
#include <array>
#include <map>
#include <memory>
#include <set>
#include <tuple>

#include "cypher/exec/graph_reader.h"
#include "cypher/procedures/built_in.h"
#include "cypher/procedures/row_list.h"

namespace trellis::cypher {
namespace {

using exec::GraphReader;
using storage::LabelId;
using storage::TokenKind;
using value::MapEntry;
using value::Value;

// Relationships looked at: enough to know a schema, and bounded.
constexpr uint64_t kMostRelationships = 500'000;

class Visualization {
 public:
  Visualization(const CallEnvironment& environment, RowList& rows)
      : environment_(environment),
        rows_(rows),
        reader_(*environment.database, *environment.transaction, *environment.access),
        tokens_(environment.database->tokens()) {}

  Result<> build() {
    std::vector<Value> nodes;
    for (LabelId label = 0; label < tokens_.size(TokenKind::kLabel); ++label) {
      const std::string_view name = tokens_.name(TokenKind::kLabel, label);
      const bool used = environment_.transaction->has_writes() ||
                        environment_.database->statistics().node_count(label) > 0;
      if (used && environment_.access->node_visible({&name, 1})) nodes.push_back(node(label));
    }
    TRELLIS_TRY(scan());
    std::vector<Value> relationships;
    for (const auto& [start, type, end] : triples_) {
      relationships.push_back(relationship(start, type, end));
    }
    rows_.add({value::make_list(arena(), nodes), value::make_list(arena(), relationships)});
    return {};
  }

 private:
  using Triple = std::tuple<LabelId, storage::TypeId, LabelId>;
  Arena& arena() { return rows_.arena(); }

  Value node(LabelId label) {
    const uint64_t id = ~uint64_t{nodes_.size()};  // -1, -2, ...
    auto* record = arena().alloc_array<value::NodeRecord>(1);
    auto* name = arena().alloc_array<std::string_view>(1);
    *name = tokens_.name(TokenKind::kLabel, label);
    std::vector<Value> indexes;
    std::vector<Value> constraints;
    const auto schema = environment_.database->schema();
    for (const storage::IndexDescriptor& index : schema->indexes) {
      if (index.entity != storage::EntityKind::kNode || index.token != label) continue;
      for (const storage::KeyId key : index.keys) {
        indexes.push_back(Value::string(tokens_.name(TokenKind::kKey, key)));
      }
    }
    for (const storage::ConstraintDescriptor& constraint : schema->constraints) {
      if (constraint.label == label) constraints.push_back(rows_.text(constraint.name));
    }
    const std::array<MapEntry, 3> properties{
        MapEntry{"name", Value::string(*name)},
        MapEntry{"indexes", value::make_list(arena(), indexes)},
        MapEntry{"constraints", value::make_list(arena(), constraints)}};
    *record = value::NodeRecord{
        id, element_id(id), {name, 1}, value::make_map(arena(), properties).as_map()};
    const Value made = Value::node(record);
    nodes_.emplace(label, record);
    return made;
  }

  Value relationship(LabelId start, storage::TypeId type, LabelId end) {
    const uint64_t id = ~uint64_t{made_relationships_++};
    const value::NodeRecord& from = *nodes_.at(start);
    const value::NodeRecord& to = *nodes_.at(end);
    const std::string_view name = tokens_.name(TokenKind::kType, type);
    const std::array<MapEntry, 1> properties{MapEntry{"name", Value::string(name)}};
    auto* record = arena().alloc_array<value::RelationshipRecord>(1);
    *record = value::RelationshipRecord{id,
                                        from.id,
                                        to.id,
                                        element_id(id),
                                        from.element_id,
                                        to.element_id,
                                        name,
                                        value::make_map(arena(), properties).as_map()};
    return Value::relationship(record);
  }

  std::string_view element_id(uint64_t id) {
    return arena().copy(std::to_string(static_cast<int64_t>(id)));
  }

  Result<> scan() {
    const exec::TypeFilter types = reader_.type_filter({});
    std::vector<storage::RelationshipId> ids(storage::kSegmentRows);
    std::vector<storage::RelationshipEnds> ends(storage::kSegmentRows);
    uint64_t seen = 0;
    for (uint32_t s = 0; s < reader_.relationship_segment_count() && seen < kMostRelationships;
         ++s) {
      const uint32_t found = reader_.scan_relationships(s, types, ids.data());
      seen += found;
      TRELLIS_TRY(reader_.relationship_ends({ids.data(), found}, ends.data()));
      Arena scratch;
      for (uint32_t i = 0; i < found; ++i) {
        TRELLIS_TRY_ASSIGN(const auto from, reader_.node_labels(ends[i].start, scratch));
        TRELLIS_TRY_ASSIGN(const auto to, reader_.node_labels(ends[i].end, scratch));
        for (const LabelId a : from) {
          for (const LabelId b : to) {
            if (nodes_.contains(a) && nodes_.contains(b)) triples_.insert({a, ends[i].type, b});
          }
        }
      }
    }
    return {};
  }

  const CallEnvironment& environment_;
  RowList& rows_;
  GraphReader reader_;
  const storage::TokenCatalog& tokens_;
  std::map<LabelId, const value::NodeRecord*> nodes_;
  std::set<Triple> triples_;
  uint64_t made_relationships_ = 0;
};

}  // namespace

void add_visualization_procedure(std::vector<Procedure>& table) {
  Procedure p;
  p.name = "db.schema.visualization";
  p.description =
      "Visualizes the schema of the data based on available statistics. A new node is "
      "returned for each label, and a relationship for each type between two labels.";
  p.columns = {{"nodes", "LIST<NODE>"}, {"relationships", "LIST<RELATIONSHIP>"}};
  p.open = [](const CallEnvironment& environment,
              std::span<const Value>) -> Result<std::unique_ptr<RowSource>> {
    if (environment.transaction == nullptr) {
      return fail(ErrorCode::ProcedureCallFailed, "This procedure needs a database to run in.");
    }
    auto rows = std::make_unique<RowList>(2);
    TRELLIS_TRY(Visualization(environment, *rows).build());
    return rows;
  };
  table.push_back(std::move(p));
}

}  // namespace trellis::cypher

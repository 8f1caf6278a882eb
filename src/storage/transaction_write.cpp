// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "storage/resident_transaction.h"
#include "storage/storable.h"
#include "value/compare.h"

namespace trellis::storage {
namespace {

tl::unexpected<Error> no_such(std::string_view kind, uint64_t id) {
  return fail(ErrorCode::EntityNotFound,
              "{} {} does not exist, or has been deleted in this transaction.", kind, id);
}

// Setting what is there already changes nothing; 1 and 1.0 are not the same thing to store.
bool same_stored(const value::Value* before, const value::Value& after) {
  if (!before) return after.is_null();
  return before->type() == after.type() && value::equivalent(*before, after);
}

}  // namespace

Result<> ResidentTransaction::begin_write() {
  TRELLIS_ASSERT(stage_ == Stage::kActive);
  TRELLIS_TRY(check_interrupt());
  if (!set().schema.empty()) {
    return fail(ErrorCode::MixedTransaction,
                "Data cannot be changed in a transaction that changes the schema. Use two "
                "transactions.");
  }
  if (!writing_) {
    TRELLIS_TRY(engine_.check_open());
    engine_.writers.add(set().id);
    writing_ = true;
  }
  return {};
}

Result<> ResidentTransaction::check_relationship_current(const RelationshipSlot& slot) const {
  const bool newer = (slot.deleted != kNever && !view_.sees(slot.deleted)) ||
                     (slot.properties && !view_.sees(slot.properties->stamp));
  if (newer) return outdated();
  return {};
}

Result<const Version*> ResidentTransaction::writable_node(NodeId id, LockMode mode) {
  const Version* head = engine_.graph.nodes.head(id);
  if (!head) return no_such("Node", id);
  if (head->stamp != view_.mark) {
    TRELLIS_TRY(take_lock({LockSpace::kNode, id}, mode));
    if (mode == LockMode::kExclusive && !view_.sees(head->stamp)) return outdated();
    if (!engine_.graph.nodes.visible(id, view_)) return no_such("Node", id);
    if (head->deleted()) return outdated();
  }
  return head->deleted() ? nullptr : head;
}

Result<RelationshipSlot*> ResidentTransaction::writable_relationship(RelationshipId id) {
  const RelationshipSlot* slot = engine_.graph.relationships.find(id);
  if (!slot || !view_.sees(slot->created)) return no_such("Relationship", id);
  if (slot->created != view_.mark) {
    TRELLIS_TRY(take_lock({LockSpace::kRelationship, id}, LockMode::kExclusive));
    TRELLIS_TRY(check_relationship_current(*slot));
  }
  if (view_.sees(slot->deleted) && slot->deleted != view_.mark) return no_such("Relationship", id);
  return &engine_.graph.relationships.at(id);
}

Result<> ResidentTransaction::check_unique(const Version& version, std::optional<NodeId> self) {
  for (const auto& index : engine_.graph.indexes.all()) {
    if (!index->unique || !engine_.graph.label_sets.has(version.label_set, index->label)) continue;
    const value::Value* v = version.find(index->key);
    if (!v) continue;
    const uint64_t key = lock_key_of(index->label, index->key, *v);
    TRELLIS_TRY(take_lock({LockSpace::kKey, key}, LockMode::kExclusive));
    if (const auto other = engine_.graph.indexes.holder(*index, *v, view_.mark, self)) {
      return fail(ErrorCode::ConstraintValidationFailed,
                  "Node({}) already exists with label `{}` and property `{}` = {}", *other,
                  engine_.tokens.name(TokenKind::kLabel, index->label),
                  engine_.tokens.name(TokenKind::kKey, index->key), value::to_text(*v));
    }
  }
  return {};
}

void ResidentTransaction::put_node(NodeId id, VersionPtr version) {
  Graph& graph = engine_.graph;
  const Version& put = *version;
  if (graph.nodes.head(id)->stamp == view_.mark) {
    // The own version before is replaced. On top first: a slot that is empty for a moment could
    // cost its whole segment.
    graph.nodes.push(id, std::move(version));
    const VersionPtr replaced = graph.nodes.take_second(id);
    graph.indexes.added(id, put);
    graph.indexes.removed(id, replaced.get());
    return;
  }
  graph.nodes.push(id, std::move(version));
  graph.indexes.added(id, put);
  set().nodes.push_back(id);
}

Result<uint32_t> ResidentTransaction::make_token(TokenKind kind, std::string_view name) {
  return engine_.tokens.make(kind, name);
}

Result<NodeId> ResidentTransaction::create_node(std::span<const LabelId> labels,
                                                std::span<const Property> properties) {
  TRELLIS_TRY(begin_write());
  TRELLIS_TRY(check_storable(properties));
  const std::vector<Property> sorted = in_key_order(properties);
  VersionPtr version = make_version(view_.mark, 0, sorted);
  NodeId id = 0;
  {
    WriteLatch hold(engine_.latch);
    version->label_set = engine_.graph.label_sets.intern({labels.begin(), labels.end()});
    TRELLIS_TRY(check_unique(*version, std::nullopt));
    const Version& put = *version;
    id = engine_.graph.nodes.append(std::move(version));
    engine_.graph.indexes.added(id, put);
  }
  set().nodes.push_back(id);
  set().ops.create_node(id, labels, sorted);
  return id;
}

Result<RelationshipId> ResidentTransaction::create_relationship(
    NodeId start, NodeId end, TypeId type, std::span<const Property> properties) {
  TRELLIS_TRY(begin_write());
  TRELLIS_TRY(check_storable(properties));
  const std::vector<Property> sorted = in_key_order(properties);
  VersionPtr version = sorted.empty() ? nullptr : make_version(view_.mark, 0, sorted);
  RelationshipId id = 0;
  {
    WriteLatch hold(engine_.latch);
    for (const NodeId node : {start, end}) {
      TRELLIS_TRY_ASSIGN(const Version* head, writable_node(node, LockMode::kShared));
      if (!head) return no_such("Node", node);
    }
    Graph& graph = engine_.graph;
    id = graph.relationships.append(start, end, type, view_.mark, std::move(version));
    graph.nodes.make_adjacency(start, Direction::kOutgoing).add(type, {id, end}, view_.mark);
    graph.nodes.make_adjacency(end, Direction::kIncoming).add(type, {id, start}, view_.mark);
  }
  set().created.push_back(id);
  set().ops.create_relationship(id, start, end, type, sorted);
  return id;
}

Result<bool> ResidentTransaction::set_node_property(NodeId id, KeyId key,
                                                    const value::Value& value) {
  TRELLIS_TRY(begin_write());
  TRELLIS_TRY(check_storable(value));
  {
    WriteLatch hold(engine_.latch);
    TRELLIS_TRY_ASSIGN(const Version* head, writable_node(id, LockMode::kExclusive));
    if (!head) return no_such("Node", id);
    if (same_stored(head->find(key), value)) return false;
    VersionPtr version = make_version_with(view_.mark, head->label_set, head, key, value);
    TRELLIS_TRY(check_unique(*version, id));
    put_node(id, std::move(version));
  }
  set().ops.set_node_property(id, key, value);
  return true;
}

Result<bool> ResidentTransaction::set_relationship_property(RelationshipId id, KeyId key,
                                                            const value::Value& value) {
  TRELLIS_TRY(begin_write());
  TRELLIS_TRY(check_storable(value));
  TRELLIS_TRY(check_storable(value));
  {
    WriteLatch hold(engine_.latch);
    TRELLIS_TRY_ASSIGN(RelationshipSlot * slot, writable_relationship(id));
    if (slot->deleted == view_.mark) return no_such("Relationship", id);
    Version* head = slot->properties;
    if (same_stored(head ? head->find(key) : nullptr, value)) return false;
    VersionPtr version = make_version_with(view_.mark, 0, head, key, value);
    if (head && head->stamp == view_.mark) {
      version->older = head->older;
      head->older = nullptr;
      VersionDeleter()(head);
    } else {
      version->older = head;
      // A relationship made here is undone as a whole.
      if (slot->created != view_.mark) set().changed.push_back(id);
    }
    slot->properties = version.release();
  }
  set().ops.set_relationship_property(id, key, value);
  return true;
}

Result<bool> ResidentTransaction::change_label(NodeId id, LabelId label, bool present) {
  TRELLIS_TRY(begin_write());
  WriteLatch hold(engine_.latch);
  TRELLIS_TRY_ASSIGN(const Version* head, writable_node(id, LockMode::kExclusive));
  if (!head) return no_such("Node", id);
  LabelSets& label_sets = engine_.graph.label_sets;
  if (label_sets.has(head->label_set, label) == present) return false;
  const uint32_t changed = present ? label_sets.with(head->label_set, label)
                                   : label_sets.without(head->label_set, label);
  VersionPtr version = make_version_like(view_.mark, changed, head);
  if (present) TRELLIS_TRY(check_unique(*version, id));
  put_node(id, std::move(version));
  return true;
}

Result<bool> ResidentTransaction::add_label(NodeId id, LabelId label) {
  TRELLIS_TRY_ASSIGN(const bool changed, change_label(id, label, true));
  if (changed) set().ops.add_label(id, label);
  return changed;
}

Result<bool> ResidentTransaction::remove_label(NodeId id, LabelId label) {
  TRELLIS_TRY_ASSIGN(const bool changed, change_label(id, label, false));
  if (changed) set().ops.remove_label(id, label);
  return changed;
}

Result<bool> ResidentTransaction::delete_node(NodeId id) {
  TRELLIS_TRY(begin_write());
  {
    WriteLatch hold(engine_.latch);
    TRELLIS_TRY_ASSIGN(const Version* head, writable_node(id, LockMode::kExclusive));
    if (!head) return false;
    put_node(id, make_tombstone(view_.mark));
  }
  set().deleted_nodes.push_back(id);
  set().ops.delete_node(id);
  return true;
}

Result<bool> ResidentTransaction::delete_relationship(RelationshipId id) {
  TRELLIS_TRY(begin_write());
  {
    WriteLatch hold(engine_.latch);
    TRELLIS_TRY_ASSIGN(RelationshipSlot * slot, writable_relationship(id));
    if (slot->deleted == view_.mark) return false;
    slot->deleted = view_.mark;
    NodeStore& nodes = engine_.graph.nodes;
    nodes.make_adjacency(slot->start, Direction::kOutgoing).mark_dead(slot->type);
    nodes.make_adjacency(slot->end, Direction::kIncoming).mark_dead(slot->type);
  }
  set().deleted.push_back(id);
  set().ops.delete_relationship(id);
  return true;
}

bool ResidentTransaction::has_writes() const { return !set().ops.empty(); }

}  // namespace trellis::storage

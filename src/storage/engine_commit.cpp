// SPDX-License-Identifier: Apache-2.0
//
// Publishing and undoing. Both walk the write set in steps, so that readers wait for no long hold
// of the latch: nothing that is half done is visible, since stamps above every snapshot hide it.
#include <algorithm>

#include "storage/engine.h"

namespace trellis::storage {
namespace {
constexpr size_t kStep = 512;

// Calls work(begin, end) with ranges that cover 0 .. count.
template <class Work>
void in_steps(size_t count, Work&& work) {
  for (size_t begin = 0; begin < count; begin += kStep) work(begin, std::min(count, begin + kStep));
}
}  // namespace

uint64_t Engine::commit(const std::shared_ptr<CommitState>& state) {
  WriteSet& set = state->set;
  LogOpWriter head;
  const TokenCounts logged = tokens.logged();
  set.tokens = tokens.sizes();
  for (uint32_t kind = 0; kind < kTokenKinds; ++kind) {
    for (uint32_t id = logged[kind]; id < set.tokens[kind]; ++id) {
      head.new_token(static_cast<TokenKind>(kind), id,
                     tokens.name(static_cast<TokenKind>(kind), id));
    }
  }
  LogEntry entry;
  entry.op_count = head.count() + set.ops.count();
  entry.ops = head.take();
  if (entry.ops.empty()) {
    entry.ops = set.ops.take();
  } else {
    entry.ops.insert(entry.ops.end(), set.ops.bytes().begin(), set.ops.bytes().end());
  }
  // The log is drained before the engine goes, so a plain pointer holds.
  entry.done = [this, state](Result<uint64_t> outcome) {
    if (outcome) {
      publish(state->set, *outcome);
    } else {
      if (outcome.error().code() == ErrorCode::StorageFailure) stop_with(outcome.error());
      undo(state->set);
    }
    state->answer(std::move(outcome));
  };
  return log_->append(std::move(entry));
}

void Engine::settle_nodes(const WriteSet& set, uint64_t index, CountChanges& changes) {
  in_steps(set.nodes.size(), [&](size_t begin, size_t end) {
    WriteLatch hold(latch);
    for (size_t i = begin; i < end; ++i) {
      const Version* now = graph.nodes.head(set.nodes[i]);
      const Version* before = now->older;
      if (before && !before->deleted()) {
        changes.add_node(graph.label_sets.labels(before->label_set), -1);
      }
      if (!now->deleted()) changes.add_node(graph.label_sets.labels(now->label_set), 1);
      graph.nodes.settle(set.nodes[i], index);
    }
  });
}

void Engine::settle_relationships(const WriteSet& set, uint64_t index, CountChanges& changes) {
  in_steps(set.created.size(), [&](size_t begin, size_t end) {
    WriteLatch hold(latch);
    for (size_t i = begin; i < end; ++i) {
      RelationshipSlot& slot = graph.relationships.at(set.created[i]);
      slot.created = index;
      if (slot.properties) slot.properties->stamp = index;
      graph.nodes.make_adjacency(slot.start, Direction::kOutgoing).settle(slot.type, index);
      graph.nodes.make_adjacency(slot.end, Direction::kIncoming).settle(slot.type, index);
      changes.add_relationship(slot.type, 1);
    }
  });
  in_steps(set.deleted.size(), [&](size_t begin, size_t end) {
    WriteLatch hold(latch);
    for (size_t i = begin; i < end; ++i) {
      RelationshipSlot& slot = graph.relationships.at(set.deleted[i]);
      slot.deleted = index;
      changes.add_relationship(slot.type, -1);
    }
  });
  in_steps(set.changed.size(), [&](size_t begin, size_t end) {
    WriteLatch hold(latch);
    for (size_t i = begin; i < end; ++i) {
      graph.relationships.at(set.changed[i]).properties->stamp = index;
    }
  });
}

void Engine::publish_schema(const WriteSet& set) {
  if (set.schema.empty()) return;
  schema.publish(set.schema);
  for (const SchemaChange& change : set.schema) {
    if (change.kind != SchemaChange::Kind::kDropIndex) continue;
    WriteLatch hold(latch);
    graph.indexes.drop(change.id);
  }
}

void Engine::add_garbage(const WriteSet& set, uint64_t index) {
  std::vector<GarbageItem> items;
  for (const RelationshipId id : set.deleted) {
    items.push_back({index, id, GarbageItem::Kind::kRelationship});
  }
  for (const RelationshipId id : set.changed) {
    items.push_back({index, id, GarbageItem::Kind::kRelationshipProperties});
  }
  in_steps(set.nodes.size(), [&](size_t begin, size_t end) {
    ReadLatch hold(latch);
    for (size_t i = begin; i < end; ++i) {
      const Version* head = graph.nodes.head(set.nodes[i]);
      if (head->older || head->deleted()) {
        items.push_back({index, set.nodes[i], GarbageItem::Kind::kNode});
      }
    }
  });
  if (items.empty()) return;
  const size_t count = items.size();
  const bool first = garbage_.size() == 0;
  garbage_.add(std::move(items));
  // The log's thread pays for twice what it adds, so that versions cannot outgrow the writers.
  for (size_t done = 0; done < 2 * count + 16 && collect_garbage(kStep); done += kStep) {
  }
  if (first) wake_upkeep();
}

void Engine::note_keys(const WriteSet& set, uint64_t index) {
  const bool first = key_commits.size() == 0;
  bool any = false;
  for (const auto& [name, mode] : set.locks) {
    if (name.space != LockSpace::kKey) continue;
    key_commits.note(name.id, index);
    any = true;
  }
  if (!any) return;
  key_commits.forget_until(snapshots.oldest());
  if (first) wake_upkeep();
}

void Engine::publish(WriteSet& set, uint64_t index) {
  CountChanges changes;
  settle_nodes(set, index, changes);
  settle_relationships(set, index, changes);
  publish_schema(set);
  counts.apply(changes);
  tokens.set_logged(set.tokens);
  note_keys(set, index);
  snapshots.advance(index);
  add_garbage(set, index);
  release(set);
  commit_waiters.reached(index);
  if (checkpoint_due()) wake_upkeep();
}

void Engine::undo_relationships(WriteSet& set) {
  // Newest first: their adjacency entries are the last ones.
  in_steps(set.changed.size(), [&](size_t begin, size_t end) {
    WriteLatch hold(latch);
    for (size_t i = begin; i < end; ++i) {
      RelationshipSlot& slot = graph.relationships.at(set.changed[i]);
      VersionPtr own(slot.properties);
      slot.properties = own->older;
      own->older = nullptr;
    }
  });
  in_steps(set.deleted.size(), [&](size_t begin, size_t end) {
    WriteLatch hold(latch);
    for (size_t i = begin; i < end; ++i) {
      RelationshipSlot& slot = graph.relationships.at(set.deleted[i]);
      slot.deleted = kNever;
      graph.nodes.make_adjacency(slot.start, Direction::kOutgoing).revive(slot.type);
      graph.nodes.make_adjacency(slot.end, Direction::kIncoming).revive(slot.type);
    }
  });
  std::ranges::reverse(set.created);
  in_steps(set.created.size(), [&](size_t begin, size_t end) {
    WriteLatch hold(latch);
    for (size_t i = begin; i < end; ++i) {
      const RelationshipId id = set.created[i];
      const RelationshipSlot slot = graph.relationships.at(id);
      graph.nodes.make_adjacency(slot.start, Direction::kOutgoing).remove(slot.type, id);
      graph.nodes.make_adjacency(slot.end, Direction::kIncoming).remove(slot.type, id);
      graph.relationships.erase(id);
    }
  });
}

void Engine::undo_nodes(WriteSet& set) {
  in_steps(set.nodes.size(), [&](size_t begin, size_t end) {
    WriteLatch hold(latch);
    for (size_t i = begin; i < end; ++i) {
      const VersionPtr own = graph.nodes.pop(set.nodes[i]);
      graph.indexes.removed(set.nodes[i], own.get());
    }
  });
}

void Engine::undo(WriteSet& set) {
  undo_relationships(set);
  undo_nodes(set);
  if (!set.schema.empty()) {
    schema.forget(set.schema);
    WriteLatch hold(latch);
    for (const SchemaChange& change : set.schema) {
      if (change.kind == SchemaChange::Kind::kCreateIndex) graph.indexes.drop(change.id);
    }
  }
  release(set);
}

void Engine::release(WriteSet& set) {
  std::vector<LockName> names;
  names.reserve(set.locks.size());
  for (const auto& [name, mode] : set.locks) names.push_back(name);
  set.locks.clear();
  locks.release(set.id, names);
  writers.remove(set.id);
}

}  // namespace trellis::storage

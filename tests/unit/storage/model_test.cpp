// SPDX-License-Identifier: Apache-2.0
//
// Random transactions, several open at once, against a model that copies the whole graph for each
// snapshot. Every view must be equal to its copy in every way of reading, also after restarts.
#include <algorithm>
#include <map>
#include <set>

#include "os/random.h"
#include "storage_fixture.h"

using namespace trellis;
using namespace trellis::storage;
using value::Value;

namespace {

struct ModelNode {
  std::set<LabelId> labels;
  std::map<KeyId, int64_t> properties;
};
struct ModelRelationship {
  NodeId start, end;
  TypeId type;
  std::map<KeyId, int64_t> properties;
};
struct Model {
  std::map<NodeId, ModelNode> nodes;
  std::map<RelationshipId, ModelRelationship> relationships;
};
using Change = std::function<void(Model&)>;

struct Open {
  std::unique_ptr<Transaction> transaction;
  Model view;
  std::vector<Change> changes;

  void apply(const Change& change) {
    change(view);
    changes.push_back(change);
  }
};

class Machine : public Fixture {
 public:
  explicit Machine(uint64_t seed) : random_(seed) {
    auto t = begin_transaction();
    IndexDescriptor index;
    index.name = "i";
    index.token = user;
    index.keys = {age};
    index_ = *t->create_index(index);
    REQUIRE(commit(*t));
  }

  void run(int steps) {
    for (int i = 0; i < steps; ++i) {
      if (open_.size() < 4 && (open_.empty() || pick(6) == 0)) {
        open_.push_back({begin_transaction(), committed_, {}});
      }
      const size_t at = pick(open_.size());
      switch (pick(30)) {
        case 0:
          finish(at, true);
          break;
        case 1:
          finish(at, false);
          break;
        case 2:
          compare(open_[at]);
          break;
        case 3:
          if (pick(10) == 0) restart();
          break;
        default:
          // Whatever cannot have its lock ends, as a client would.
          if (!write(open_[at])) finish(at, false);
          break;
      }
    }
    while (!open_.empty()) finish(0, true);
    restart();
  }

 private:
  uint64_t pick(uint64_t below) { return random_.next() % below; }

  template <class Map>
  std::optional<uint64_t> any_of(const Map& map) {
    if (map.empty()) return std::nullopt;
    return std::next(map.begin(), static_cast<ptrdiff_t>(pick(map.size())))->first;
  }

  void finish(size_t at, bool keep) {
    Open open = std::move(open_[at]);
    open_.erase(open_.begin() + static_cast<ptrdiff_t>(at));
    compare(open);
    if (!keep || !commit(*open.transaction)) return;
    for (const Change& change : open.changes) change(committed_);
  }

  void restart() {
    open_.clear();
    if (pick(2) == 0) REQUIRE(database->checkpoint());
    const LabelId user_before = user;
    open();
    REQUIRE(user == user_before);
    Open now{begin_transaction(), committed_, {}};
    compare(now);
    CHECK(database->statistics().node_count() == committed_.nodes.size());
    CHECK(database->statistics().relationship_count() == committed_.relationships.size());
    size_t users = 0;
    for (const auto& [id, node] : committed_.nodes) users += node.labels.count(user);
    CHECK(database->statistics().node_count(user) == users);
  }

  bool lock(Open& open, std::vector<NodeId> ids, LockMode mode) {
    auto poll = poll_lock(*open.transaction, std::move(ids), mode);
    return poll && *poll == Poll::kReady;
  }
  bool lock_relationship(Open& open, RelationshipId id) {
    auto poll = open.transaction->lock_relationships(std::span(&id, 1), PollContext{[] {}});
    return poll && *poll == Poll::kReady;
  }

  bool write(Open& open) {
    Transaction& t = *open.transaction;
    const auto number = static_cast<int64_t>(pick(5));
    const auto node = any_of(open.view.nodes);
    const auto relationship = any_of(open.view.relationships);
    const uint64_t what = pick(9);
    if (what <= 1 || !node) {
      const Property property{age, Value::integer(number)};
      auto id = t.create_node(std::span(&user, 1), std::span(&property, 1));
      REQUIRE(id);
      open.apply([id = *id, number, this](Model& m) { m.nodes[id] = {{user}, {{age, number}}}; });
      return true;
    }
    if (what <= 3) return write_relationship(open, *node);
    if (what == 4 && relationship) return change_relationship(open, *relationship);
    if (!lock(open, {*node}, LockMode::kExclusive)) return false;
    if (what == 5) {
      const bool present = pick(2) == 0;
      auto changed = present ? t.add_label(*node, admin) : t.remove_label(*node, admin);
      REQUIRE(changed);
      CHECK(*changed == (open.view.nodes[*node].labels.contains(admin) != present));
      open.apply([id = *node, present, this](Model& m) {
        present ? (void)m.nodes[id].labels.insert(admin) : (void)m.nodes[id].labels.erase(admin);
      });
      return true;
    }
    if (what == 6) return delete_node(open, *node);
    const KeyId key = pick(2) == 0 ? age : name;
    const bool remove = pick(4) == 0;
    auto set = t.set_node_property(*node, key, remove ? Value() : Value::integer(number));
    REQUIRE(set);
    open.apply([id = *node, key, remove, number](Model& m) {
      if (remove) {
        m.nodes[id].properties.erase(key);
      } else {
        m.nodes[id].properties[key] = number;
      }
    });
    return true;
  }

  bool write_relationship(Open& open, NodeId from) {
    const NodeId to = *any_of(open.view.nodes);
    if (!lock(open, {from, to}, LockMode::kShared)) return false;
    const TypeId type = pick(2) == 0 ? knows : likes;
    auto id = open.transaction->create_relationship(from, to, type, {});
    REQUIRE(id);
    open.apply(
        [id = *id, from, to, type](Model& m) { m.relationships[id] = {from, to, type, {}}; });
    return true;
  }

  bool change_relationship(Open& open, RelationshipId id) {
    if (!lock_relationship(open, id)) return false;
    if (pick(2) == 0) {
      REQUIRE(*open.transaction->delete_relationship(id));
      open.apply([id](Model& m) { m.relationships.erase(id); });
    } else {
      const auto number = static_cast<int64_t>(pick(100));
      REQUIRE(open.transaction->set_relationship_property(id, age, Value::integer(number)));
      open.apply([id, number, this](Model& m) { m.relationships[id].properties[age] = number; });
    }
    return true;
  }

  bool delete_node(Open& open, NodeId id) {
    std::vector<RelationshipId> attached;
    for (const auto& [r, relationship] : open.view.relationships) {
      if (relationship.start == id || relationship.end == id) attached.push_back(r);
    }
    for (const RelationshipId r : attached) {
      if (!lock_relationship(open, r)) return false;
      REQUIRE(*open.transaction->delete_relationship(r));
      open.apply([r](Model& m) { m.relationships.erase(r); });
    }
    REQUIRE(*open.transaction->delete_node(id));
    open.apply([id](Model& m) { m.nodes.erase(id); });
    return true;
  }

  void compare(Open& open) {
    const Transaction& t = *open.transaction;
    compare_scans(t, open.view);
    Arena arena;
    for (const auto& [id, node] : open.view.nodes) {
      auto labels = t.node_labels(id, arena);
      REQUIRE(labels);
      CHECK(std::ranges::equal(*labels, node.labels));
      auto properties = t.all_node_properties(id, arena);
      REQUIRE(properties);
      REQUIRE(properties->size() == node.properties.size());
      for (const Property& p : *properties)
        CHECK(p.value.as_integer() == node.properties.at(p.key));
      compare_neighbours(t, open.view, id);
    }
    for (const auto& [id, relationship] : open.view.relationships) {
      Value out;
      REQUIRE(t.relationship_properties(std::span(&id, 1), age, arena, &out));
      const auto found = relationship.properties.find(age);
      CHECK(out.is_null() == (found == relationship.properties.end()));
      if (!out.is_null()) CHECK(out.as_integer() == found->second);
    }
    for (int64_t number = 0; number < 5; ++number) {
      std::vector<NodeId> found;
      REQUIRE(t.seek_nodes(index_, Value::integer(number), std::nullopt, 1'000'000, found));
      std::vector<NodeId> wanted;
      for (const auto& [id, node] : open.view.nodes) {
        const auto p = node.properties.find(age);
        if (node.labels.contains(user) && p != node.properties.end() && p->second == number) {
          wanted.push_back(id);
        }
      }
      CHECK(found == wanted);
    }
  }

  void compare_scans(const Transaction& t, const Model& view) {
    std::vector<NodeId> all, admins;
    for (const auto& [id, node] : view.nodes) {
      all.push_back(id);
      if (node.labels.contains(admin)) admins.push_back(id);
    }
    CHECK(scan(t) == all);
    CHECK(scan(t, admin) == admins);
    std::vector<RelationshipId> relationships, likings;
    for (const auto& [id, relationship] : view.relationships) {
      relationships.push_back(id);
      if (relationship.type == likes) likings.push_back(id);
    }
    CHECK(scan_relationships(t) == relationships);
    CHECK(scan_relationships(t, likes) == likings);
  }

  void compare_neighbours(const Transaction& t, const Model& view, NodeId id) {
    std::multiset<NodeId> out, in, both_likes;
    for (const auto& [r, relationship] : view.relationships) {
      const bool starts = relationship.start == id;
      const bool ends = relationship.end == id;
      if (starts) out.insert(relationship.end);
      if (ends) in.insert(relationship.start);
      if (relationship.type != likes) continue;
      if (starts) both_likes.insert(relationship.end);
      if (ends && !starts) both_likes.insert(relationship.start);
    }
    const auto sorted = [](std::vector<NodeId> ids) {
      return std::multiset<NodeId>(ids.begin(), ids.end());
    };
    CHECK(sorted(neighbours(t, id)) == out);
    CHECK(sorted(neighbours(t, id, Direction::kIncoming)) == in);
    CHECK(sorted(neighbours(t, id, Direction::kBoth, {likes})) == both_likes);
    uint64_t degree = 0;
    t.degrees(std::span(&id, 1), Direction::kBoth, std::span(&likes, 1), &degree);
    CHECK(degree == both_likes.size());
  }

  os::SeededRandom random_;
  SchemaId index_ = 0;
  Model committed_;
  std::vector<Open> open_;
};

}  // namespace

TEST_CASE("random transactions agree with a model of whole copies") {
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    Machine machine(seed);
    machine.run(1500);
  }
}

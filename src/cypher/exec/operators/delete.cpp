// SPDX-License-Identifier: Apache-2.0
//
// Delete: nodes, relationships, and all of a path's. With DETACH the relationships of the nodes
// too, also those that the user may not see. A node without DETACH that keeps relationships fails
// the statement at its end.
#include <algorithm>
#include <memory>
#include <vector>

#include "cypher/exec/operators/factory.h"
#include "cypher/exec/operators/update.h"
#include "value/compare.h"

namespace trellis::cypher::exec {
namespace {

void make_distinct(std::vector<uint64_t>& ids) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
}

class DeleteInstance final : public OperatorInstance {
 public:
  DeleteInstance(Execution& x, const plan::Delete& op)
      : OperatorInstance(x), op_(op), evaluator_(x) {}

  Result<Step> step(const PollContext& context) override {
    if (in_ == nullptr || done_) return need_input();
    if (!started_) TRELLIS_TRY(start());
    TRELLIS_TRY_ASSIGN(
        Poll poll, x_.writer().lock_nodes(targets_.nodes, storage::LockMode::kExclusive, context));
    if (poll != Poll::kReady) return to_step(poll);
    if (!attached_) {
      // Under the nodes' locks: nobody attaches more.
      attached_ = true;
      if (op_.detach) add_attached();
      make_distinct(targets_.relationships);
    }
    TRELLIS_TRY_ASSIGN(poll, x_.writer().lock_relationships(targets_.relationships, context));
    if (poll != Poll::kReady) return to_step(poll);
    for (const uint64_t id : targets_.relationships) {
      TRELLIS_TRY(x_.writer().delete_relationship(id));
    }
    for (const uint64_t id : targets_.nodes) {
      TRELLIS_TRY(x_.writer().delete_node(id, op_.detach));
    }
    done_ = true;
    out_.select(*in_, nullptr, in_->rows, arena_);
    return Step::kOutput;
  }

 protected:
  void on_input() override { started_ = attached_ = done_ = false; }

 private:
  Result<> start() {
    started_ = true;
    begin_output();
    targets_ = {};
    for (const plan::ExpressionPtr& e : op_.expressions) {
      TRELLIS_TRY_ASSIGN(const Vector v, evaluator_.evaluate(*e, *in_, arena_));
      for (uint32_t i = 0; i < in_->rows; ++i) {
        auto added = add(v.get(i));
        if (!added) return fail(std::move(added.error()).at(e->position));
      }
    }
    make_distinct(targets_.nodes);
    keep_existing();
    return {};
  }

  Result<> add(const Value& v) {
    if (!v.is(value::Type::kPath)) return targets_.collect(Vector::constant(v), 0, 1, "DELETE");
    for (const Value& element : v.as_path()) {
      TRELLIS_TRY(targets_.collect(Vector::constant(element), 0, 1, "DELETE"));
    }
    return {};
  }

  // What an earlier row or statement deleted already needs no lock and no further deletion.
  void keep_existing() {
    const auto keep = [](std::vector<uint64_t>& ids, auto exist) {
      auto flags = std::make_unique<bool[]>(storage::kSegmentRows);
      size_t kept = 0;
      for (size_t at = 0; at < ids.size(); at += storage::kSegmentRows) {
        const size_t n = std::min<size_t>(storage::kSegmentRows, ids.size() - at);
        exist(std::span<const uint64_t>(ids.data() + at, n), flags.get());
        for (size_t i = 0; i < n; ++i) {
          if (flags[i]) ids[kept++] = ids[at + i];
        }
      }
      ids.resize(kept);
    };
    const storage::Transaction& transaction = x_.writer().transaction();
    keep(targets_.nodes, [&](auto ids, bool* out) { transaction.nodes_exist(ids, out); });
    keep(targets_.relationships,
         [&](auto ids, bool* out) { transaction.relationships_exist(ids, out); });
  }

  void add_attached() {
    auto found = std::make_unique_for_overwrite<storage::ExpandBatch>();
    const storage::Transaction& transaction = x_.writer().transaction();
    for (size_t at = 0; at < targets_.nodes.size(); at += storage::kSegmentRows) {
      const size_t n = std::min<size_t>(storage::kSegmentRows, targets_.nodes.size() - at);
      storage::ExpandCursor cursor;
      bool exhausted = false;
      while (!exhausted) {
        found->size = 0;
        exhausted = transaction.expand({targets_.nodes.data() + at, n}, storage::Direction::kBoth,
                                       {}, cursor, *found);
        targets_.relationships.insert(targets_.relationships.end(), found->relationship.begin(),
                                      found->relationship.begin() + found->size);
      }
    }
  }

  const plan::Delete& op_;
  ExpressionEvaluator evaluator_;
  Targets targets_;
  bool started_ = false, attached_ = false, done_ = false;
};

}  // namespace

Result<OperatorInstancePtr> make_instance(Execution& x, const plan::Delete& op) {
  return std::make_unique<DeleteInstance>(x, op);
}

}  // namespace trellis::cypher::exec

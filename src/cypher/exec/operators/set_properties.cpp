// SPDX-License-Identifier: Apache-2.0
//
// SetProperties: n = map (all others go) and n += map. The map may be an entity's properties. Rows
// are taken one by one when a row's map may depend on what an earlier row wrote.
#include <algorithm>
#include <vector>

#include "cypher/exec/operators/creation.h"
#include "cypher/exec/operators/factory.h"
#include "cypher/exec/operators/update.h"
#include "value/access.h"
#include "value/compare.h"

namespace trellis::cypher::exec {
namespace {

class SetPropertiesInstance final : public OperatorInstance {
 public:
  SetPropertiesInstance(Execution& x, const plan::SetProperties& op)
      : OperatorInstance(x), op_(op), evaluator_(x), names_(x.writer()) {}

  Result<Step> step(const PollContext& context) override {
    if (in_ == nullptr || done_) return need_input();
    if (!started_) {
      started_ = true;
      begin_output();
      position_ = 0;
      targets_ = {};
      entities_ = in_->slot(op_.entity);
      TRELLIS_TRY(targets_.collect(entities_, 0, in_->rows, "SET"));
      chunk_ = must_see_earlier_rows(*op_.value, *in_, entities_) ? 1 : in_->rows;
    }
    TRELLIS_TRY_ASSIGN(Poll poll, targets_.lock(x_.writer(), context));
    if (poll != Poll::kReady) return to_step(poll);
    while (position_ < in_->rows) {
      if (!evaluated_) TRELLIS_TRY(evaluate_chunk());
      TRELLIS_TRY_ASSIGN(poll, x_.writer().lock_keys(locks_, context));
      if (poll != Poll::kReady) return to_step(poll);
      for (uint32_t i = 0; i < chunk_; ++i) TRELLIS_TRY(write(i));
      position_ += chunk_;
      evaluated_ = false;
    }
    done_ = true;
    out_.select(*in_, nullptr, in_->rows, arena_);
    return Step::kOutput;
  }

 protected:
  void on_input() override { started_ = done_ = evaluated_ = false; }

 private:
  Result<> evaluate_chunk() {
    evaluated_ = true;
    auto* numbers = arena_.alloc_array<uint16_t>(chunk_);
    for (uint32_t i = 0; i < chunk_; ++i) numbers[i] = static_cast<uint16_t>(position_ + i);
    const Rows all = Rows::of(*in_);
    TRELLIS_TRY_ASSIGN(const Vector v,
                       evaluator_.evaluate(*op_.value, Rows::chosen(all, numbers, chunk_), arena_));
    maps_.assign(chunk_, {});
    locks_.clear();
    for (uint32_t i = 0; i < chunk_; ++i) {
      const Value entity = entities_.get(position_ + i);
      if (entity.is_null()) continue;
      auto entries = entries_of(v.get(i));
      if (!entries) return fail(std::move(entries.error()).at(op_.value->position));
      maps_[i] = *entries;
      if (entity.is(value::Type::kNode) && x_.writer().has_uniqueness()) {
        TRELLIS_TRY_ASSIGN(const auto labels, x_.reader().node_labels(entity.entity_id(), arena_));
        for (const storage::Property& property : maps_[i]) {
          x_.writer().unique_keys(labels, property.key, property.value, locks_);
        }
      }
    }
    return {};
  }

  // The entries with nulls kept: with += they remove.
  Result<std::span<const storage::Property>> entries_of(const Value& v) {
    std::span<const value::MapEntry> entries;
    if (v.is(value::Type::kMap)) {
      entries = v.as_map();
    } else {
      TRELLIS_TRY_ASSIGN(entries, evaluator_.properties_of_entity(v, arena_));
    }
    auto* properties = arena_.alloc_array<storage::Property>(entries.size());
    for (size_t i = 0; i < entries.size(); ++i) {
      TRELLIS_TRY_ASSIGN(properties[i].key, names_.id(entries[i].key));
      properties[i].value = Value();
      if (entries[i].value.is_null()) continue;
      TRELLIS_TRY_ASSIGN(properties[i].value, value::to_property(arena_, entries[i].value));
    }
    return std::span<const storage::Property>(properties, entries.size());
  }

  Result<> set(const Value& entity, storage::KeyId key, const Value& v) {
    if (entity.is(value::Type::kNode)) {
      return x_.writer().set_node_property(entity.entity_id(), key, v);
    }
    return x_.writer().set_relationship_property(entity.entity_id(), key, v);
  }

  Result<> write(uint32_t row) {
    const Value entity = entities_.get(position_ + row);
    if (entity.is_null()) return {};
    const auto entries = maps_[row];
    if (op_.replace) {
      const storage::Transaction& transaction = x_.writer().transaction();
      std::span<const storage::Property> present;
      if (entity.is(value::Type::kNode)) {
        TRELLIS_TRY_ASSIGN(present, transaction.all_node_properties(entity.entity_id(), arena_));
      } else {
        TRELLIS_TRY_ASSIGN(present,
                           transaction.all_relationship_properties(entity.entity_id(), arena_));
      }
      for (const storage::Property& old : present) {
        const bool stays = std::any_of(entries.begin(), entries.end(),
                                       [&](const auto& entry) { return entry.key == old.key; });
        if (!stays) TRELLIS_TRY(set(entity, old.key, Value()));
      }
    }
    for (const storage::Property& entry : entries) {
      TRELLIS_TRY(set(entity, entry.key, entry.value));
    }
    return {};
  }

  const plan::SetProperties& op_;
  ExpressionEvaluator evaluator_;
  KeyNames names_;
  Targets targets_;
  Vector entities_;
  bool started_ = false, done_ = false, evaluated_ = false;
  uint32_t position_ = 0;
  uint32_t chunk_ = 0;
  std::vector<std::span<const storage::Property>> maps_;
  std::vector<uint64_t> locks_;
};

}  // namespace

Result<OperatorInstancePtr> make_instance(Execution& x, const plan::SetProperties& op) {
  return std::make_unique<SetPropertiesInstance>(x, op);
}

}  // namespace trellis::cypher::exec

// SPDX-License-Identifier: Apache-2.0
//
// SetProperty and RemoveProperty: one property of each row's entity. Lock, then write.
#include <vector>

#include "cypher/exec/operators/creation.h"
#include "cypher/exec/operators/factory.h"
#include "cypher/exec/operators/update.h"
#include "value/access.h"
#include "value/compare.h"

namespace trellis::cypher::exec {
namespace {

class SetPropertyInstance final : public OperatorInstance {
 public:
  // value null: remove.
  SetPropertyInstance(Execution& x, const plan::Expression& entity, plan::TokenRef key,
                      const plan::Expression* dynamic_key, const plan::Expression* value)
      : OperatorInstance(x),
        evaluator_(x),
        names_(x.writer()),
        entity_(entity),
        key_(std::move(key)),
        dynamic_key_(dynamic_key),
        value_(value) {}

  Result<Step> step(const PollContext& context) override {
    if (in_ == nullptr || done_) return need_input();
    if (!started_) TRELLIS_TRY(start());
    TRELLIS_TRY_ASSIGN(Poll poll, targets_.lock(x_.writer(), context));
    if (poll != Poll::kReady) return to_step(poll);
    while (position_ < in_->rows) {
      if (!evaluated_) TRELLIS_TRY(evaluate_chunk());
      TRELLIS_TRY_ASSIGN(poll, x_.writer().lock_keys(locks_, context));
      if (poll != Poll::kReady) return to_step(poll);
      TRELLIS_TRY(write_chunk());
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
  Result<> start() {
    started_ = true;
    begin_output();
    position_ = 0;
    targets_ = {};
    TRELLIS_TRY_ASSIGN(entities_, evaluator_.evaluate(entity_, *in_, arena_));
    TRELLIS_TRY(targets_.collect(entities_, 0, in_->rows, value_ != nullptr ? "SET" : "REMOVE"));
    const bool by_row = value_ != nullptr && must_see_earlier_rows(*value_, *in_, entities_);
    chunk_ = by_row ? 1 : in_->rows;
    return {};
  }

  Result<> evaluate_chunk() {
    evaluated_ = true;
    auto* numbers = arena_.alloc_array<uint16_t>(chunk_);
    for (uint32_t i = 0; i < chunk_; ++i) numbers[i] = static_cast<uint16_t>(position_ + i);
    const Rows all = Rows::of(*in_);
    const Rows rows = Rows::chosen(all, numbers, chunk_);
    values_.assign(chunk_, Value());
    keys_.assign(chunk_, storage::kNoToken);
    if (value_ != nullptr) {
      TRELLIS_TRY_ASSIGN(const Vector v, evaluator_.evaluate(*value_, rows, arena_));
      for (uint32_t i = 0; i < chunk_; ++i) {
        if (entities_.get(position_ + i).is_null() || v.get(i).is_null()) continue;
        auto stored = value::to_property(arena_, v.get(i));
        if (!stored) return fail(std::move(stored.error()).at(value_->position));
        values_[i] = *stored;
      }
    }
    Vector dynamic;
    if (dynamic_key_ != nullptr) {
      TRELLIS_TRY_ASSIGN(dynamic, evaluator_.evaluate(*dynamic_key_, rows, arena_));
    }
    for (uint32_t i = 0; i < chunk_; ++i) {
      if (entities_.get(position_ + i).is_null()) continue;
      TRELLIS_TRY_ASSIGN(keys_[i], key_of(dynamic, i));
    }
    return collect_locks();
  }

  Result<storage::KeyId> key_of(const Vector& dynamic, uint32_t row) {
    const bool removes = values_[row].is_null();
    if (dynamic_key_ == nullptr) {
      if (removes) return key_->resolve(x_.reader().tokens());
      return x_.writer().token(*key_);
    }
    const Value name = dynamic.get(row);
    if (!name.is(value::Type::kString)) {
      return fail(make_error(ErrorCode::MapElementAccessByNonString,
                             "The name of a property must be a string, but got: {}",
                             value::to_text(name))
                      .at(dynamic_key_->position));
    }
    return names_.id(name.as_string());
  }

  Result<> collect_locks() {
    locks_.clear();
    if (!x_.writer().has_uniqueness() || value_ == nullptr) return {};
    for (uint32_t i = 0; i < chunk_; ++i) {
      const Value entity = entities_.get(position_ + i);
      if (!entity.is(value::Type::kNode) || values_[i].is_null()) continue;
      TRELLIS_TRY_ASSIGN(const auto labels, x_.reader().node_labels(entity.entity_id(), arena_));
      x_.writer().unique_keys(labels, keys_[i], values_[i], locks_);
    }
    return {};
  }

  Result<> write_chunk() {
    for (uint32_t i = 0; i < chunk_; ++i) {
      const Value entity = entities_.get(position_ + i);
      if (entity.is_null() || keys_[i] == storage::kNoToken) continue;
      if (entity.is(value::Type::kNode)) {
        TRELLIS_TRY(x_.writer().set_node_property(entity.entity_id(), keys_[i], values_[i]));
      } else {
        TRELLIS_TRY(
            x_.writer().set_relationship_property(entity.entity_id(), keys_[i], values_[i]));
      }
    }
    return {};
  }

  ExpressionEvaluator evaluator_;
  KeyNames names_;
  const plan::Expression& entity_;
  const plan::TokenRef key_;
  const plan::Expression* dynamic_key_;
  const plan::Expression* value_;
  Targets targets_;
  Vector entities_;
  bool started_ = false, done_ = false, evaluated_ = false;
  uint32_t position_ = 0;  // rows before it are written
  uint32_t chunk_ = 0;     // rows that are evaluated together
  std::vector<Value> values_;
  std::vector<storage::KeyId> keys_;
  std::vector<uint64_t> locks_;
};

}  // namespace

Result<OperatorInstancePtr> make_instance(Execution& x, const plan::SetProperty& op) {
  return std::make_unique<SetPropertyInstance>(x, *op.entity, op.key, op.dynamic_key.get(),
                                               op.value.get());
}
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::RemoveProperty& op) {
  return std::make_unique<SetPropertyInstance>(x, *op.entity, op.key, op.dynamic_key.get(),
                                               nullptr);
}

}  // namespace trellis::cypher::exec

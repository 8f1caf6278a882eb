// SPDX-License-Identifier: Apache-2.0
//
// Merge: row by row, since a row finds what the rows before it made. For a row: run `match`; with
// results, run the ON MATCH chain over them; without, lock the pattern's keys, create it, and run
// the ON CREATE chain. Results are kept until the input batch is done and then go on together.
#include <algorithm>
#include <optional>
#include <vector>

#include "cypher/exec/chain.h"
#include "cypher/exec/operators/creation.h"
#include "cypher/exec/operators/factory.h"
#include "cypher/exec/operators/update.h"
#include "cypher/exec/row_store.h"
#include "value/compare.h"

namespace trellis::cypher::exec {
namespace {

struct MergeChains {
  Chain match;
  std::optional<Chain> on_match, on_create;
};

class MergeInstance final : public OperatorInstance {
 public:
  MergeInstance(Execution& x, const plan::Merge& op, MergeChains chains)
      : OperatorInstance(x),
        op_(op),
        chains_(std::move(chains)),
        evaluator_(x),
        names_(x.writer()),
        creator_(x, op.nodes, op.relationships),
        row_arena_(&x.memory()),
        row_batch_(x.slot_count()),
        matched_(x.slot_count(), x.memory()),
        results_(x.slot_count(), x.memory()) {}

  Result<Step> step(const PollContext& context) override {
    while (in_ != nullptr && row_ < in_->rows) {
      TRELLIS_TRY(x_.check());
      TRELLIS_TRY_ASSIGN(const Step step, advance(context));
      if (step != Step::kOutput) return step;
      if (context.slice_over()) return Step::kYielded;
    }
    if (in_ == nullptr || emitted_ == results_.size()) return need_input();
    emit();
    return Step::kOutput;
  }

 protected:
  void on_input() override {
    row_ = 0;
    phase_ = Phase::kStart;
    results_.clear();
    outer_.clear();
    emitted_ = 0;
  }

 private:
  enum class Phase : uint8_t { kStart, kMatch, kOnMatch, kLock, kCreate, kOnCreate };

  // One move of the row at hand; kOutput: call again.
  Result<Step> advance(const PollContext& context) {
    switch (phase_) {
      case Phase::kStart:
        TRELLIS_TRY(start_row());
        return Step::kOutput;
      case Phase::kMatch:
        return match(context);
      case Phase::kOnMatch:
        return set(*chains_.on_match, context);
      case Phase::kLock: {
        TRELLIS_TRY_ASSIGN(const Poll poll, x_.writer().lock_keys(locks_, context));
        if (poll != Poll::kReady) return to_step(poll);
        creator_.start(row_batch_, row_arena_);
        phase_ = Phase::kCreate;
        return Step::kOutput;
      }
      case Phase::kCreate: {
        TRELLIS_TRY_ASSIGN(const Poll poll, creator_.run(context));
        if (poll != Poll::kReady) return to_step(poll);
        if (chains_.on_create) {
          chains_.on_create->start(row_batch_);
          phase_ = Phase::kOnCreate;
        } else {
          keep(row_batch_);
          finish_row();
        }
        return Step::kOutput;
      }
      case Phase::kOnCreate:
        return set(*chains_.on_create, context);
    }
    TRELLIS_UNREACHABLE();
  }

  Result<> start_row() {
    row_arena_.reset();
    slice(*in_, row_, 1, row_arena_, row_batch_);
    row_batch_.argument = nullptr;
    locks_.clear();
    for (const plan::NodeCreation& node : op_.nodes) {
      TRELLIS_TRY(check_properties(node.properties.get(), node.labels));
    }
    for (const plan::RelationshipCreation& relationship : op_.relationships) {
      TRELLIS_TRY(check_properties(relationship.properties.get(), {}));
      TRELLIS_TRY(lock_between(relationship));
    }
    matched_.clear();
    set_position_ = 0;
    chains_.match.start(row_batch_);
    phase_ = Phase::kMatch;
    return {};
  }

  // Refuses nulls; adds the locks under which a node with these properties is looked for and made.
  Result<> check_properties(const plan::Expression* e, const std::vector<plan::TokenRef>& labels) {
    std::span<const storage::Property> properties;
    if (e != nullptr) {
      TRELLIS_TRY_ASSIGN(const Vector maps, evaluator_.evaluate(*e, row_batch_, row_arena_));
      auto checked = properties_to_store(names_, maps.get(0), true, row_arena_);
      if (!checked) return fail(std::move(checked.error()).at(e->position));
      properties = *checked;
    }
    for (const plan::TokenRef& label : labels) {
      TRELLIS_TRY_ASSIGN(const storage::LabelId id, x_.writer().token(*label));
      if (properties.empty()) {
        locks_.push_back(storage::lock_key_of(id, storage::kNoToken, Value()));
      }
      for (const storage::Property& property : properties) {
        locks_.push_back(storage::lock_key_of(id, property.key, property.value));
      }
    }
    return {};
  }

  // Two transactions do not both make the relationship between two nodes that are there already.
  Result<> lock_between(const plan::RelationshipCreation& relationship) {
    const Value start = row_batch_.slot(relationship.start).get(0);
    const Value end = row_batch_.slot(relationship.end).get(0);
    if (!start.is_entity() || !end.is_entity()) return {};
    TRELLIS_TRY_ASSIGN(const storage::TypeId type, x_.writer().token(*relationship.type));
    const uint64_t low = std::min(start.entity_id(), end.entity_id());
    const uint64_t high = std::max(start.entity_id(), end.entity_id());
    const auto pair = static_cast<int64_t>(low * 0x9E37'79B9'7F4A'7C15U ^ high);
    locks_.push_back(storage::lock_key_of(type, storage::kNoToken - 1, Value::integer(pair)));
    return {};
  }

  Result<Step> match(const PollContext& context) {
    TRELLIS_TRY_ASSIGN(const Step step, chains_.match.next(context));
    if (step == Step::kOutput) {
      matched_.append(chains_.match.batch());
      return Step::kOutput;
    }
    if (step != Step::kDone) return step;
    if (matched_.size() == 0) {
      phase_ = Phase::kLock;
    } else if (chains_.on_match) {
      start_setting();
    } else {
      for (uint32_t at = 0; at < matched_.size(); at += capacity()) {
        read_matched(at);
        keep(row_batch_);
      }
      finish_row();
    }
    return Step::kOutput;
  }

  void read_matched(uint32_t at) {
    matched_.read(nullptr, at, std::min(capacity(), matched_.size() - at), row_arena_, row_batch_);
    row_batch_.argument = nullptr;
  }

  void start_setting() {
    read_matched(set_position_);
    set_position_ += row_batch_.rows;
    chains_.on_match->start(row_batch_);
    phase_ = Phase::kOnMatch;
  }

  Result<Step> set(Chain& chain, const PollContext& context) {
    TRELLIS_TRY_ASSIGN(const Step step, chain.next(context));
    if (step == Step::kOutput) {
      keep(chain.batch());
      return Step::kOutput;
    }
    if (step != Step::kDone) return step;
    if (phase_ == Phase::kOnMatch && set_position_ < matched_.size()) {
      start_setting();
    } else {
      finish_row();
    }
    return Step::kOutput;
  }

  void keep(const Batch& rows) {
    results_.append(rows);
    outer_.insert(outer_.end(), rows.rows, static_cast<uint16_t>(row_));
  }

  void finish_row() {
    ++row_;
    phase_ = Phase::kStart;
  }

  void emit() {
    begin_output();
    const uint32_t rows = std::min(capacity(), results_.size() - emitted_);
    results_.read(nullptr, emitted_, rows, arena_, out_);
    if (in_->argument == nullptr) {
      out_.argument = nullptr;
    } else {
      auto* arguments = arena_.alloc_array<uint16_t>(rows);
      for (uint32_t i = 0; i < rows; ++i) arguments[i] = in_->argument_of(outer_[emitted_ + i]);
      out_.argument = arguments;
    }
    emitted_ += rows;
  }

  const plan::Merge& op_;
  MergeChains chains_;
  ExpressionEvaluator evaluator_;
  KeyNames names_;
  PatternCreator creator_;
  Phase phase_ = Phase::kStart;
  uint32_t row_ = 0;
  Arena row_arena_;
  Batch row_batch_;  // the row, with what was created; or rows that were found
  std::vector<uint64_t> locks_;
  RowStore matched_;  // of the row
  uint32_t set_position_ = 0;
  RowStore results_;  // of the batch
  std::vector<uint16_t> outer_;
  uint32_t emitted_ = 0;
};

}  // namespace

Result<OperatorInstancePtr> make_instance(Execution& x, const plan::Merge& op) {
  TRELLIS_TRY_ASSIGN(Chain match, Chain::make(x, *op.match));
  MergeChains chains{std::move(match), std::nullopt, std::nullopt};
  if (op.on_match != nullptr) {
    TRELLIS_TRY_ASSIGN(Chain set, Chain::make(x, *op.on_match));
    chains.on_match = std::move(set);
  }
  if (op.on_create != nullptr) {
    TRELLIS_TRY_ASSIGN(Chain set, Chain::make(x, *op.on_create));
    chains.on_create = std::move(set);
  }
  return std::make_unique<MergeInstance>(x, op, std::move(chains));
}

}  // namespace trellis::cypher::exec

// SPDX-License-Identifier: Apache-2.0
//
// count, collect, min and max: aggregates that take any value.
#include "cypher/functions/aggregates.h"
#include "value/compare.h"

namespace trellis::cypher::functions {
namespace {

using value::Type;
using value::Value;

class CountRows final : public GroupedAggregation<int64_t> {
 public:
  using GroupedAggregation::GroupedAggregation;
  Result<> update(std::span<const uint32_t> groups, std::span<const Value* const>) override {
    for (const uint32_t group : groups) ++states_[group];
    return {};
  }
  Result<Value> result(uint32_t group, Arena&) const override {
    return Value::integer(states_[group]);
  }
};

class Count final : public GroupedAggregation<int64_t> {
 public:
  using GroupedAggregation::GroupedAggregation;
  Result<> update(std::span<const uint32_t> groups,
                  std::span<const Value* const> arguments) override {
    for (size_t i = 0; i < groups.size(); ++i) {
      states_[groups[i]] += arguments[0][i].is_null() ? 0 : 1;
    }
    return {};
  }
  Result<Value> result(uint32_t group, Arena&) const override {
    return Value::integer(states_[group]);
  }
};

class Collect final : public GroupedAggregation<ArenaArray<Value>> {
 public:
  using GroupedAggregation::GroupedAggregation;
  Result<> update(std::span<const uint32_t> groups,
                  std::span<const Value* const> arguments) override {
    for (size_t i = 0; i < groups.size(); ++i) {
      const Value& value = arguments[0][i];
      if (!value.is_null()) states_[groups[i]].push(arena_, value::copy_into(arena_, value));
    }
    return {};
  }
  Result<Value> result(uint32_t group, Arena&) const override {
    return Value::list({states_[group].data, states_[group].size});
  }
};

struct ExtremeState {
  Value value;           // null: nothing yet
  char* text = nullptr;  // room for a string, used again and again
  uint32_t capacity = 0;
};

// kSign -1: the lowest, 1: the highest, in the order of ORDER BY.
template <int kSign>
class Extreme final : public GroupedAggregation<ExtremeState> {
 public:
  using GroupedAggregation::GroupedAggregation;
  Result<> update(std::span<const uint32_t> groups,
                  std::span<const Value* const> arguments) override {
    for (size_t i = 0; i < groups.size(); ++i) {
      const Value& value = arguments[0][i];
      if (value.is_null()) continue;
      ExtremeState& state = states_[groups[i]];
      const auto order = value::order(value, state.value);
      const bool better = kSign < 0 ? order < 0 : order > 0;
      if (state.value.is_null() || better) keep(state, value);
    }
    return {};
  }
  Result<Value> result(uint32_t group, Arena& out) const override {
    return value::copy_into(out, states_[group].value);
  }

 private:
  void keep(ExtremeState& state, const Value& value) {
    if (!value.is(Type::kString)) {
      state.value = value::copy_into(arena_, value);
      return;
    }
    const std::string_view text = value.as_string();
    if (text.size() > state.capacity) {
      state.capacity = static_cast<uint32_t>(text.size() * 2);
      state.text = static_cast<char*>(arena_.alloc(state.capacity, 1));
    }
    if (!text.empty()) std::memcpy(state.text, text.data(), text.size());
    state.value = Value::string({state.text, text.size()});
  }
};

}  // namespace

std::unique_ptr<Aggregation> make_count_rows(Arena& arena) {
  return std::make_unique<CountRows>(arena);
}
std::unique_ptr<Aggregation> make_count(Arena& arena) { return std::make_unique<Count>(arena); }
std::unique_ptr<Aggregation> make_collect(Arena& arena) { return std::make_unique<Collect>(arena); }
std::unique_ptr<Aggregation> make_min(Arena& arena) { return std::make_unique<Extreme<-1>>(arena); }
std::unique_ptr<Aggregation> make_max(Arena& arena) { return std::make_unique<Extreme<1>>(arena); }

}  // namespace trellis::cypher::functions

// SPDX-License-Identifier: Apache-2.0
//
// percentileCont and percentileDisc: all numbers of a group are kept and sorted at the end. The
// percentile is that of the group's first row.
#include <algorithm>
#include <cmath>
#include <vector>

#include "cypher/functions/aggregates.h"
#include "cypher/functions/table.h"
#include "value/compare.h"

namespace trellis::cypher::functions {
namespace {

using value::Value;

struct PercentileState {
  ArenaArray<Value> numbers;
  double percentile = -1;  // not known yet
};

class Percentile : public GroupedAggregation<PercentileState> {
 public:
  Percentile(Arena& arena, std::string_view name) : GroupedAggregation(arena), name_(name) {}

  Result<> update(std::span<const uint32_t> groups,
                  std::span<const Value* const> arguments) override {
    for (size_t i = 0; i < groups.size(); ++i) {
      PercentileState& state = states_[groups[i]];
      if (state.percentile < 0) {
        TRELLIS_TRY_ASSIGN(state.percentile, percentile_of(arguments[1][i]));
      }
      const Value& value = arguments[0][i];
      if (value.is_null()) continue;
      if (!value.is_number()) return wrong_argument(name_, "numbers", value);
      state.numbers.push(arena_, value);
    }
    return {};
  }

 protected:
  std::vector<Value> sorted(uint32_t group) const {
    const ArenaArray<Value>& numbers = states_[group].numbers;
    std::vector<Value> out(numbers.data, numbers.data + numbers.size);
    std::ranges::sort(out, [](const Value& a, const Value& b) { return value::order(a, b) < 0; });
    return out;
  }

 private:
  Result<double> percentile_of(const Value& value) const {
    if (!value.is_number()) return wrong_argument(name_, "a number as percentile", value);
    const double p = value.as_number();
    if (p >= 0 && p <= 1) return p;
    return fail(ErrorCode::NumberOutOfRange, "The percentile of {}() must lie in 0 to 1, not {}.",
                name_, value::to_text(value));
  }

  std::string_view name_;
};

class PercentileCont final : public Percentile {
 public:
  explicit PercentileCont(Arena& arena) : Percentile(arena, "percentileCont") {}
  Result<Value> result(uint32_t group, Arena&) const override {
    const std::vector<Value> numbers = sorted(group);
    if (numbers.empty()) return Value();
    const double position = states_[group].percentile * static_cast<double>(numbers.size() - 1);
    const auto below = static_cast<size_t>(std::floor(position));
    const auto above = static_cast<size_t>(std::ceil(position));
    const double low = numbers[below].as_number();
    if (below == above) return Value::real(low);
    return Value::real(low * (static_cast<double>(above) - position) +
                       numbers[above].as_number() * (position - static_cast<double>(below)));
  }
};

class PercentileDisc final : public Percentile {
 public:
  explicit PercentileDisc(Arena& arena) : Percentile(arena, "percentileDisc") {}
  Result<Value> result(uint32_t group, Arena&) const override {
    const std::vector<Value> numbers = sorted(group);
    if (numbers.empty()) return Value();
    const double rank = std::ceil(states_[group].percentile * static_cast<double>(numbers.size()));
    const auto at = static_cast<size_t>(std::max(rank, 1.0));
    return numbers[std::min(at, numbers.size()) - 1];
  }
};

}  // namespace

std::unique_ptr<Aggregation> make_percentile_cont(Arena& arena) {
  return std::make_unique<PercentileCont>(arena);
}
std::unique_ptr<Aggregation> make_percentile_disc(Arena& arena) {
  return std::make_unique<PercentileDisc>(arena);
}

}  // namespace trellis::cypher::functions

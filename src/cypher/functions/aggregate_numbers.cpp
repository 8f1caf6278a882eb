// SPDX-License-Identifier: Apache-2.0
//
// sum, avg, stDev, stDevP: aggregates that keep a few numbers per group.
#include <cmath>

#include "cypher/functions/aggregates.h"
#include "cypher/functions/table.h"
#include "value/compare.h"
#include "value/temporal.h"

namespace trellis::cypher::functions {
namespace {

using value::Duration;
using value::Type;
using value::Value;

enum class Kind : uint8_t { kNone, kIntegers, kFloats, kDurations };

tl::unexpected<Error> mixed(std::string_view function) {
  return fail(ErrorCode::TypeInvalidValue, "{}() cannot mix numbers and durations.", function);
}

struct SumState {
  Kind kind = Kind::kNone;
  int64_t integer = 0;
  double real = 0;
  Duration duration{0, 0, 0, 0};
};

class Sum final : public GroupedAggregation<SumState> {
 public:
  using GroupedAggregation::GroupedAggregation;
  Result<> update(std::span<const uint32_t> groups,
                  std::span<const Value* const> arguments) override {
    for (size_t i = 0; i < groups.size(); ++i) {
      const Value& value = arguments[0][i];
      if (value.is_null()) continue;
      SumState& state = states_[groups[i]];
      if (value.is(Type::kInteger) && state.kind <= Kind::kIntegers) {
        state.kind = Kind::kIntegers;
        if (__builtin_add_overflow(state.integer, value.as_integer(), &state.integer)) {
          return fail(ErrorCode::ArithmeticOverflow,
                      "The sum does not fit into a 64-bit INTEGER. Sum FLOATs instead.");
        }
      } else {
        TRELLIS_TRY(add_other(state, value));
      }
    }
    return {};
  }
  Result<Value> result(uint32_t group, Arena& out) const override {
    const SumState& state = states_[group];
    if (state.kind == Kind::kFloats) return Value::real(state.real);
    if (state.kind == Kind::kDurations) return value::make_duration(out, state.duration);
    return Value::integer(state.integer);
  }

 private:
  static Result<> add_other(SumState& state, const Value& value) {
    if (value.is(Type::kDuration)) {
      if (state.kind != Kind::kNone && state.kind != Kind::kDurations) return mixed("sum");
      state.kind = Kind::kDurations;
      TRELLIS_TRY_ASSIGN(state.duration, value::plus(state.duration, value.as_duration()));
      return {};
    }
    if (!value.is_number()) return wrong_argument("sum", "numbers or durations", value);
    if (state.kind == Kind::kDurations) return mixed("sum");
    if (state.kind == Kind::kIntegers) state.real = static_cast<double>(state.integer);
    state.kind = Kind::kFloats;
    state.real += value.as_number();
    return {};
  }
};

struct AverageState {
  Kind kind = Kind::kNone;
  int64_t count = 0;
  double mean = 0;
  Duration sum{0, 0, 0, 0};
};

// A running mean: sums that would overflow do no harm.
class Average final : public GroupedAggregation<AverageState> {
 public:
  using GroupedAggregation::GroupedAggregation;
  Result<> update(std::span<const uint32_t> groups,
                  std::span<const Value* const> arguments) override {
    for (size_t i = 0; i < groups.size(); ++i) {
      const Value& value = arguments[0][i];
      if (value.is_null()) continue;
      AverageState& state = states_[groups[i]];
      const bool duration = value.is(Type::kDuration);
      if (!duration && !value.is_number()) {
        return wrong_argument("avg", "numbers or durations", value);
      }
      const Kind kind = duration ? Kind::kDurations : Kind::kFloats;
      if (state.kind != Kind::kNone && state.kind != kind) return mixed("avg");
      state.kind = kind;
      ++state.count;
      if (duration) {
        TRELLIS_TRY_ASSIGN(state.sum, value::plus(state.sum, value.as_duration()));
      } else {
        state.mean += (value.as_number() - state.mean) / static_cast<double>(state.count);
      }
    }
    return {};
  }
  Result<Value> result(uint32_t group, Arena& out) const override {
    const AverageState& state = states_[group];
    if (state.kind == Kind::kNone) return Value();
    if (state.kind == Kind::kFloats) return Value::real(state.mean);
    TRELLIS_TRY_ASSIGN(const Duration mean,
                       value::quotient(state.sum, static_cast<double>(state.count)));
    return value::make_duration(out, mean);
  }
};

struct DeviationState {
  int64_t count = 0;
  double mean = 0;
  double squares = 0;  // sum of the squared differences from the mean
};

// Welford, "Note on a method for calculating corrected sums of squares and products", 1962.
template <bool kPopulation>
class Deviation final : public GroupedAggregation<DeviationState> {
 public:
  using GroupedAggregation::GroupedAggregation;
  Result<> update(std::span<const uint32_t> groups,
                  std::span<const Value* const> arguments) override {
    for (size_t i = 0; i < groups.size(); ++i) {
      const Value& value = arguments[0][i];
      if (value.is_null()) continue;
      if (!value.is_number()) {
        return wrong_argument(kPopulation ? "stDevP" : "stDev", "numbers", value);
      }
      DeviationState& state = states_[groups[i]];
      ++state.count;
      const double delta = value.as_number() - state.mean;
      state.mean += delta / static_cast<double>(state.count);
      state.squares += delta * (value.as_number() - state.mean);
    }
    return {};
  }
  Result<Value> result(uint32_t group, Arena&) const override {
    const DeviationState& state = states_[group];
    const int64_t divisor = kPopulation ? state.count : state.count - 1;
    if (divisor <= 0) return Value::real(0.0);
    return Value::real(std::sqrt(state.squares / static_cast<double>(divisor)));
  }
};

}  // namespace

std::unique_ptr<Aggregation> make_sum(Arena& arena) { return std::make_unique<Sum>(arena); }
std::unique_ptr<Aggregation> make_avg(Arena& arena) { return std::make_unique<Average>(arena); }
std::unique_ptr<Aggregation> make_sample_deviation(Arena& arena) {
  return std::make_unique<Deviation<false>>(arena);
}
std::unique_ptr<Aggregation> make_population_deviation(Arena& arena) {
  return std::make_unique<Deviation<true>>(arena);
}

}  // namespace trellis::cypher::functions

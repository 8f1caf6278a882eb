// SPDX-License-Identifier: Apache-2.0
#include "cypher/functions/aggregation.h"

#include <vector>

#include "cypher/functions/aggregates.h"
#include "cypher/functions/table.h"
#include "value/compare.h"

namespace trellis::cypher {

namespace functions {
namespace {

// Lets a row through when its value is new in its group.
class DistinctAggregation final : public Aggregation {
 public:
  DistinctAggregation(std::unique_ptr<Aggregation> inner, Arena& arena)
      : inner_(std::move(inner)), arena_(arena) {}

  void grow(uint32_t groups) override { inner_->grow(groups); }

  Result<> update(std::span<const uint32_t> groups,
                  std::span<const value::Value* const> arguments) override {
    new_groups_.clear();
    new_arguments_.resize(arguments.size());
    for (auto& column : new_arguments_) column.clear();
    for (size_t row = 0; row < groups.size(); ++row) {
      if (arguments[0][row].is_null() || !insert(groups[row], arguments[0][row])) continue;
      new_groups_.push_back(groups[row]);
      for (size_t a = 0; a < arguments.size(); ++a) {
        new_arguments_[a].push_back(arguments[a][row]);
      }
    }
    if (new_groups_.empty()) return {};
    columns_.clear();
    for (const auto& column : new_arguments_) columns_.push_back(column.data());
    return inner_->update(new_groups_, columns_);
  }

  Result<value::Value> result(uint32_t group, Arena& out) const override {
    return inner_->result(group, out);
  }

 private:
  struct Entry {
    uint64_t hash = 0;
    uint32_t group = 0;
    bool used = false;
    value::Value value;
  };

  bool insert(uint32_t group, const value::Value& value) {
    if ((entries_ + 1) * 4 > table_.size * 3) rehash();
    const uint64_t hash = value::hash(value) ^ (group * 0x9E3779B97F4A7C15ULL);
    const uint32_t mask = table_.size - 1;
    uint32_t at = static_cast<uint32_t>(hash ^ (hash >> 32)) & mask;
    for (; table_[at].used; at = (at + 1) & mask) {
      const Entry& entry = table_[at];
      if (entry.hash == hash && entry.group == group && value::equivalent(entry.value, value)) {
        return false;
      }
    }
    table_[at] = {hash, group, true, value::copy_into(arena_, value)};
    ++entries_;
    return true;
  }

  void rehash() {
    ArenaArray<Entry> bigger;
    bigger.grow(arena_, table_.size == 0 ? 16 : table_.size * 2);
    const uint32_t mask = bigger.size - 1;
    for (uint32_t i = 0; i < table_.size; ++i) {
      if (!table_[i].used) continue;
      uint32_t at = static_cast<uint32_t>(table_[i].hash ^ (table_[i].hash >> 32)) & mask;
      while (bigger[at].used) at = (at + 1) & mask;
      bigger[at] = table_[i];
    }
    table_ = bigger;
  }

  std::unique_ptr<Aggregation> inner_;
  Arena& arena_;
  ArenaArray<Entry> table_;  // open addressing; a power of two
  uint32_t entries_ = 0;
  // One batch at a time.
  std::vector<uint32_t> new_groups_;
  std::vector<std::vector<value::Value>> new_arguments_;
  std::vector<const value::Value*> columns_;
};

void add_aggregate(Table& table, std::string_view signature, std::vector<TypeMask> arguments,
                   StaticType result, std::string_view description, AggregateFunction::Make make) {
  AggregateFunction f;
  f.name = name_in(signature);
  f.min_arguments = f.max_arguments = static_cast<uint8_t>(arguments.size());
  f.aggregating = true;
  f.argument_types = std::move(arguments);
  f.result = result;
  f.make = make;
  f.text = {.category = FunctionCategory::kAggregating,
            .description = description,
            .signature = signature,
            .deprecated_by = {},
            .deprecated = false};
  table.aggregates.push_back(std::move(f));
}

}  // namespace

void add_aggregating(Table& table) {
  const StaticType real = StaticType::of(kFloatType);
  add_aggregate(table, "count(input :: ANY) :: INTEGER", {kAnyType}, StaticType::of(kIntegerType),
                "How many values are not null, or how many rows.", make_count);
  add_aggregate(table, "collect(input :: ANY) :: LIST<ANY>", {kAnyType}, StaticType::of(kListType),
                "All values that are not null, as a list.", make_collect);
  add_aggregate(table, "min(input :: ANY) :: ANY", {kAnyType}, {}, "The lowest value.", make_min);
  add_aggregate(table, "max(input :: ANY) :: ANY", {kAnyType}, {}, "The highest value.", make_max);
  add_aggregate(table, "sum(input :: INTEGER | FLOAT | DURATION) :: INTEGER | FLOAT | DURATION",
                {kNumberType | kDurationType}, StaticType::of(kNumberType | kDurationType),
                "The sum of numbers or durations.", make_sum);
  add_aggregate(table, "avg(input :: INTEGER | FLOAT | DURATION) :: INTEGER | FLOAT | DURATION",
                {kNumberType | kDurationType}, StaticType::of(kNumberType | kDurationType),
                "The average of numbers or durations.", make_avg);
  add_aggregate(table, "stDev(input :: FLOAT) :: FLOAT", {kNumberType}, real,
                "The standard deviation of a sample.", make_sample_deviation);
  add_aggregate(table, "stDevP(input :: FLOAT) :: FLOAT", {kNumberType}, real,
                "The standard deviation of a whole population.", make_population_deviation);
  add_aggregate(table, "percentileCont(input :: FLOAT, percentile :: FLOAT) :: FLOAT",
                {kNumberType, kNumberType}, real,
                "The value at a percentile (0 to 1), interpolated.", make_percentile_cont);
  add_aggregate(table,
                "percentileDisc(input :: INTEGER | FLOAT, percentile :: FLOAT) :: INTEGER | FLOAT",
                {kNumberType, kNumberType}, StaticType::of(kNumberType),
                "The value nearest to a percentile (0 to 1).", make_percentile_disc);
}

}  // namespace functions

std::unique_ptr<Aggregation> make_aggregation(const AggregateFunction* function, bool distinct,
                                              Arena& arena) {
  if (function == nullptr) return functions::make_count_rows(arena);
  auto made = function->make(arena);
  if (!distinct) return made;
  return std::make_unique<functions::DistinctAggregation>(std::move(made), arena);
}

}  // namespace trellis::cypher

// SPDX-License-Identifier: Apache-2.0
//
// A RowSource over rows that are all made beforehand: what most procedures and SHOW commands are.
#pragma once

#include <initializer_list>
#include <memory>
#include <string_view>
#include <vector>

#include "cypher/row_source.h"
#include "value/value.h"

namespace trellis::cypher {

class RowList final : public RowSource {
 public:
  explicit RowList(uint32_t columns) : columns_(columns) {}

  // Values must live in arena(), or be static.
  Arena& arena() { return arena_; }
  void add(std::initializer_list<value::Value> row);
  void add(const std::vector<value::Value>& row);
  value::Value text(std::string_view s) { return value::make_string(arena_, s); }
  // null for empty text.
  value::Value text_or_null(std::string_view s) { return s.empty() ? value::Value() : text(s); }
  value::Value texts(const std::vector<std::string_view>& list);

  Result<Poll> next(const PollContext& context, RowBatch& out) override;

 private:
  const uint32_t columns_;
  Arena arena_;
  std::vector<value::Value> values_;  // row-major
  uint32_t next_row_ = 0;
};

}  // namespace trellis::cypher

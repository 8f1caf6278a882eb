// SPDX-License-Identifier: Apache-2.0
//
// A whole table as a RowSource: SHOW commands and procedures whose rows are few.
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "cypher/row_source.h"
#include "value/value.h"

namespace trellis::dbms {

class TableSource final : public cypher::RowSource {
 public:
  explicit TableSource(uint32_t columns) : columns_(columns) {}

  // As many values as there are columns; they must live in arena() or for ever.
  void add_row(std::span<const value::Value> row);
  void add_row(std::initializer_list<value::Value> row) {
    add_row(std::span(row.begin(), row.size()));
  }
  Arena& arena() { return arena_; }
  uint32_t row_count() const {
    return columns_ == 0 ? 0 : static_cast<uint32_t>(cells_.size() / columns_);
  }

  // Makers of cells.
  value::Value text(std::string_view s) { return value::make_string(arena_, s); }
  value::Value text_or_null(const std::optional<std::string>& s) {
    return s ? text(*s) : value::Value::null();
  }
  value::Value texts(std::span<const std::string> list);
  value::Value date_time_ms(int64_t ms_since_epoch);  // UTC; 0: null

  Result<Poll> next(const PollContext& context, cypher::RowBatch& out) override;

 private:
  const uint32_t columns_;
  Arena arena_;
  std::vector<value::Value> cells_;
  uint32_t next_row_ = 0;
};

}  // namespace trellis::dbms

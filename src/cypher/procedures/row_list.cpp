// SPDX-License-Identifier: Apache-2.0
#include "cypher/procedures/row_list.h"

#include <algorithm>

#include "value/batch.h"

namespace trellis::cypher {

using value::Value;

void RowList::add(std::initializer_list<Value> row) {
  TRELLIS_ASSERT(row.size() == columns_);
  values_.insert(values_.end(), row.begin(), row.end());
}

void RowList::add(const std::vector<Value>& row) {
  TRELLIS_ASSERT(row.size() == columns_);
  values_.insert(values_.end(), row.begin(), row.end());
}

Value RowList::texts(const std::vector<std::string_view>& list) {
  std::vector<Value> values;
  for (const std::string_view s : list) values.push_back(text(s));
  return value::make_list(arena_, values);
}

Result<Poll> RowList::next(const PollContext&, RowBatch& out) {
  const auto rows = static_cast<uint32_t>(values_.size() / std::max(columns_, 1U));
  const uint32_t n = std::min(rows - next_row_, value::kBatchRows);
  out = RowBatch{n, columns_, values_.data() + size_t{next_row_} * columns_, columns_, 1};
  next_row_ += n;
  return Poll::kReady;
}

}  // namespace trellis::cypher

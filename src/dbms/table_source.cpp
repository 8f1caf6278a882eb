// SPDX-License-Identifier: Apache-2.0
#include "dbms/table_source.h"

#include <algorithm>

namespace trellis::dbms {

void TableSource::add_row(std::span<const value::Value> row) {
  TRELLIS_ASSERT(row.size() == columns_);
  cells_.insert(cells_.end(), row.begin(), row.end());
}

value::Value TableSource::texts(std::span<const std::string> list) {
  std::vector<value::Value> values;
  for (const std::string& item : list) values.push_back(text(item));
  return value::copy_into(arena_, value::Value::list(values));
}

value::Value TableSource::date_time_ms(int64_t ms_since_epoch) {
  if (ms_since_epoch == 0) return value::Value::null();
  value::DateTime t{};
  t.seconds = ms_since_epoch / 1000;
  t.nanos = static_cast<int32_t>(ms_since_epoch % 1000) * 1'000'000;
  return value::make_date_time(arena_, t);
}

Result<Poll> TableSource::next(const PollContext&, cypher::RowBatch& out) {
  constexpr uint32_t kBatchRows = 2048;
  const uint32_t rows = std::min(row_count() - next_row_, kBatchRows);
  out.rows = rows;
  out.columns = columns_;
  out.values = cells_.data() + size_t{next_row_} * columns_;
  out.row_stride = columns_;
  out.column_stride = 1;
  next_row_ += rows;
  return Poll::kReady;
}

}  // namespace trellis::dbms

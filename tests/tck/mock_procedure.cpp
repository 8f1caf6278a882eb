// SPDX-License-Identifier: Apache-2.0
#include "tck/mock_procedure.h"

#include "value/compare.h"

namespace trellis::tck {
namespace {

struct Field {
  std::string name;
  std::string type;
};

// "in :: INTEGER?, other :: STRING" -> fields.
std::vector<Field> parse_fields(std::string_view text) {
  std::vector<Field> fields;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    std::string_view field = text.substr(0, comma);
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
    const size_t colons = field.find("::");
    if (colons == std::string_view::npos) continue;
    const auto trim = [](std::string_view s) {
      const size_t first = s.find_first_not_of(" ?");
      return first == std::string_view::npos
                 ? std::string()
                 : std::string(s.substr(first, s.find_last_not_of(" ?") - first + 1));
    };
    fields.push_back({trim(field.substr(0, colons)), trim(field.substr(colons + 2))});
  }
  return fields;
}

struct MockTable {
  Arena arena;
  size_t arguments = 0;
  size_t outputs = 0;
  std::vector<std::vector<value::Value>> rows;
};

class MockSource final : public cypher::RowSource {
 public:
  MockSource(std::shared_ptr<const MockTable> table, std::span<const value::Value> arguments)
      : table_(std::move(table)) {
    for (const auto& row : table_->rows) {
      bool same = true;
      for (size_t i = 0; i < table_->arguments; ++i) {
        same &= value::equivalent(row[i], arguments[i]);
      }
      if (!same) continue;
      rows_.insert(rows_.end(), row.begin() + static_cast<ptrdiff_t>(table_->arguments),
                   row.end());
      ++count_;
    }
  }
  Result<Poll> next(const PollContext&, cypher::RowBatch& out) override {
    out = {};
    if (!done_) {
      const auto columns = static_cast<uint32_t>(table_->outputs);
      out = {count_, columns, rows_.data(), columns, 1};
    }
    done_ = true;
    return Poll::kReady;
  }

 private:
  std::shared_ptr<const MockTable> table_;
  std::vector<value::Value> rows_;
  uint32_t count_ = 0;
  bool done_ = false;
};

// The table may name its columns in another order than the signature; missing ones are null.
std::shared_ptr<const MockTable> read_table(const MockProcedure& mock,
                                            const std::vector<Field>& inputs,
                                            const std::vector<Field>& outputs) {
  auto table = std::make_shared<MockTable>();
  table->arguments = inputs.size();
  table->outputs = outputs.size();
  for (size_t r = 1; r < mock.table.size(); ++r) {
    std::vector<value::Value> row;
    for (const auto* fields : {&inputs, &outputs}) {
      for (const Field& field : *fields) {
        value::Value cell;
        for (size_t c = 0; c < mock.table[0].size(); ++c) {
          if (mock.table[0][c] != field.name) continue;
          const auto expected = parse_expected(mock.table[r][c]);
          TRELLIS_ASSERT(expected);
          cell = to_value(*expected, table->arena);
        }
        row.push_back(cell);
      }
    }
    table->rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace

cypher::Procedure make_mock_procedure(const MockProcedure& mock) {
  const std::string& s = mock.signature;
  const size_t open = s.find('(');
  const size_t close = s.find(')', open);
  const size_t open_out = s.find('(', close);
  const size_t close_out = s.rfind(')');
  const auto inputs = parse_fields(std::string_view(s).substr(open + 1, close - open - 1));
  const auto outputs =
      parse_fields(std::string_view(s).substr(open_out + 1, close_out - open_out - 1));
  cypher::Procedure procedure;
  procedure.name = s.substr(0, open);
  for (const Field& field : inputs) {
    cypher::ProcedureArgument argument;
    argument.name = field.name;
    argument.type = field.type;
    procedure.arguments.push_back(std::move(argument));
  }
  for (const Field& field : outputs) procedure.columns.push_back({field.name, field.type, true});
  procedure.open = [table = read_table(mock, inputs, outputs)](
                       const cypher::CallEnvironment&,
                       std::span<const value::Value> arguments)
      -> Result<std::unique_ptr<cypher::RowSource>> {
    return std::make_unique<MockSource>(table, arguments);
  };
  return procedure;
}

}  // namespace trellis::tck

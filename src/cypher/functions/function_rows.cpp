// SPDX-License-Identifier: Apache-2.0
#include "cypher/functions/function_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

namespace trellis::cypher {
namespace {

using value::MapEntry;
using value::Value;

constexpr uint32_t kColumns = 12;
constexpr uint32_t kRowsPerBatch = 2048;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// Calls `take` for each part between commas that stand outside brackets.
template <class Take>
void split_arguments(std::string_view text, Take take) {
  int depth = 0;
  size_t start = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '<' || c == '(' || c == '[') ++depth;
    if (c == '>' || c == ')' || c == ']') --depth;
    if (c == ',' && depth == 0) {
      take(trimmed(text.substr(start, i - start)));
      start = i + 1;
    }
  }
  if (const auto rest = trimmed(text.substr(start)); !rest.empty()) take(rest);
}

// name(arguments) :: result
struct SignatureText {
  std::string_view arguments;
  std::string_view result;
};
SignatureText parts_of(std::string_view signature) {
  const size_t open = signature.find('(');
  const size_t close = signature.rfind(") :: ");
  TRELLIS_ASSERT(open != std::string_view::npos && close != std::string_view::npos);
  return {signature.substr(open + 1, close - open - 1), signature.substr(close + 5)};
}

// "fields = null :: MAP" as {name, type, description, isDeprecated[, default]}.
Value describe_argument(Arena& arena, std::string_view text) {
  const size_t colons = text.find(" :: ");
  std::string_view name = text.substr(0, colons);
  const std::string_view type = colons == std::string_view::npos ? "ANY" : text.substr(colons + 4);
  std::vector<MapEntry> entries;
  if (const size_t equals = name.find(" = "); equals != std::string_view::npos) {
    entries.push_back(
        {"default",
         value::make_string(arena, fmt::format("DefaultParameterValue{{value={}, type={}}}",
                                               name.substr(equals + 3), type))});
    name = name.substr(0, equals);
  }
  entries.push_back({"isDeprecated", Value::boolean(false)});
  entries.push_back({"name", Value::string(name)});
  entries.push_back({"description", Value::string(text)});
  entries.push_back({"type", Value::string(type)});
  return value::make_map(arena, entries);
}

Value describe_arguments(Arena& arena, std::string_view arguments) {
  std::vector<Value> out;
  split_arguments(arguments,
                  [&](std::string_view one) { out.push_back(describe_argument(arena, one)); });
  return value::make_list(arena, out);
}

class FunctionRows final : public RowSource {
 public:
  void add(std::string_view name, const FunctionDescription& text, bool aggregating) {
    const SignatureText signature = parts_of(text.signature);
    const Value row[kColumns] = {
        Value::string(name),
        Value::string(to_string(text.category)),
        Value::string(text.description),
        Value::string(text.signature),
        Value::boolean(true),
        describe_arguments(arena_, signature.arguments),
        Value::string(signature.result),
        Value::boolean(aggregating),
        Value(),
        Value(),
        Value::boolean(text.deprecated),
        text.deprecated_by.empty() ? Value() : Value::string(text.deprecated_by),
    };
    values_.insert(values_.end(), std::begin(row), std::end(row));
  }

  Result<Poll> next(const PollContext&, RowBatch& out) override {
    const auto all = static_cast<uint32_t>(values_.size() / kColumns);
    out.rows = std::min(all - at_, kRowsPerBatch);
    out.columns = kColumns;
    out.values = values_.data() + size_t{at_} * kColumns;
    out.row_stride = kColumns;
    out.column_stride = 1;
    at_ += out.rows;
    return Poll::kReady;
  }

 private:
  Arena arena_;
  std::vector<Value> values_;
  uint32_t at_ = 0;
};

}  // namespace

std::span<const SourceColumn> function_columns() {
  static const SourceColumn columns[kColumns] = {
      {"name", "STRING", true},
      {"category", "STRING", true},
      {"description", "STRING", true},
      {"signature", "STRING", false},
      {"isBuiltIn", "BOOLEAN", false},
      {"argumentDescription", "LIST<MAP>", false},
      {"returnDescription", "STRING", false},
      {"aggregating", "BOOLEAN", false},
      {"rolesExecution", "LIST<STRING>", false},
      {"rolesBoostedExecution", "LIST<STRING>", false},
      {"isDeprecated", "BOOLEAN", false},
      {"deprecatedBy", "STRING", false},
  };
  return columns;
}

std::unique_ptr<RowSource> make_function_rows(
    const FunctionRegistry& registry,
    const std::function<bool(std::string_view name)>& executable) {
  struct Entry {
    std::string_view name;
    const FunctionDescription* text;
    bool aggregating;
  };
  std::vector<Entry> entries;
  for (const Function& f : registry.scalars()) entries.push_back({f.name, &f.text, false});
  for (const AggregateFunction& f : registry.aggregates()) {
    entries.push_back({f.name, &f.text, true});
  }
  std::ranges::sort(entries, {}, &Entry::name);
  auto rows = std::make_unique<FunctionRows>();
  for (const Entry& entry : entries) {
    if (executable && !executable(entry.name)) continue;
    rows->add(entry.name, *entry.text, entry.aggregating);
  }
  return rows;
}

}  // namespace trellis::cypher

// SPDX-License-Identifier: Apache-2.0
#include "cli/demo/csv.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "value/number_text.h"

namespace trellis::cli::demo {
namespace {

using value::Value;

bool among(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Value field_value(const std::string& field, bool text, Arena& arena) {
  if (field == "NULL") return Value();
  const bool numeric =
      !text && !field.empty() && field.find_first_not_of("0123456789.-") == std::string::npos;
  if (numeric) {
    if (auto integer = value::parse_integer(field)) return Value::integer(*integer);
    if (auto real = value::parse_float(field)) return Value::real(*real);
  }
  return value::make_string(arena, field);
}

}  // namespace

Result<std::vector<std::vector<std::string>>> parse_csv(std::string_view text) {
  std::vector<std::vector<std::string>> lines;
  std::vector<std::string> line;
  std::string field;
  bool quoted = false;
  auto end_line = [&] {
    line.push_back(std::exchange(field, {}));
    if (line.size() > 1 || !line.front().empty()) lines.push_back(std::move(line));
    line.clear();
  };
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c != '"') {
        field += c;
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        field += '"';
        ++i;
      } else {
        quoted = false;
      }
    } else if (c == '"' && field.empty()) {
      quoted = true;
    } else if (c == ',') {
      line.push_back(std::exchange(field, {}));
    } else if (c == '\n') {
      end_line();
    } else if (c != '\r') {
      field += c;
    }
  }
  if (quoted) return fail(ErrorCode::InvalidArguments, "a quote is never closed");
  if (!line.empty() || !field.empty()) end_line();
  return lines;
}

Result<std::vector<Value>> read_csv(const std::filesystem::path& file, const CsvOptions& options,
                                    Arena& arena) {
  std::ifstream in(file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in) return fail(ErrorCode::IoError, "Cannot read {}.", file.string());
  auto lines = parse_csv(text);
  if (!lines || lines->empty()) {
    return fail(ErrorCode::InvalidArguments, "{} is no CSV file with a heading{}.", file.string(),
                lines ? "" : ": " + lines.error().message());
  }
  const std::vector<std::string>& heading = lines->front();
  std::vector<std::string_view> keys;
  for (const std::string& name : heading) {
    keys.push_back(value::make_string(arena, name).as_string());
  }
  std::vector<Value> rows;
  for (size_t n = 1; n < lines->size(); ++n) {
    const std::vector<std::string>& line = (*lines)[n];
    std::vector<value::MapEntry> entries;
    // As LOAD CSV WITH HEADERS reads it: Northwind has names with commas and no quotes.
    for (size_t c = 0; c < std::min(line.size(), heading.size()); ++c) {
      if (among(options.dropped, heading[c])) continue;
      entries.push_back({keys[c], field_value(line[c], among(options.texts, heading[c]), arena)});
    }
    rows.push_back(value::make_map(arena, entries));
  }
  return rows;
}

}  // namespace trellis::cli::demo

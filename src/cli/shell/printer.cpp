// SPDX-License-Identifier: Apache-2.0
#include "cli/shell/printer.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include "cli/shell/value_text.h"

namespace trellis::cli::shell {
namespace {

struct Glyph {
  size_t bytes;
  size_t width;
};

Glyph glyph_at(std::string_view text) {
  utf8proc_int32_t code = 0;
  auto size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                               static_cast<utf8proc_ssize_t>(text.size()), &code);
  if (size <= 0) return {1, 1};
  if (code < 0x20) return {static_cast<size_t>(size), 1};  // shown as a blank
  return {static_cast<size_t>(size), static_cast<size_t>(utf8proc_charwidth(code))};
}

// How many bytes fit into so many columns, up to a line break; at least one glyph, so that wrapping
// ends.
size_t bytes_that_fit(std::string_view text, size_t width) {
  size_t bytes = 0;
  size_t used = 0;
  while (bytes < text.size() && text[bytes] != '\n') {
    Glyph glyph = glyph_at(text.substr(bytes));
    if (used + glyph.width > width && bytes > 0) break;
    bytes += glyph.bytes;
    used += glyph.width;
  }
  return std::min(bytes, text.size());
}

// Control characters would break the frame; lines are split by print_row.
std::string framed(std::string text) {
  for (char& c : text) {
    if (c == '\r' || c == '\t') c = ' ';
  }
  return text;
}

void count(std::string& out, std::string_view verb, uint64_t number, std::string_view noun) {
  if (number == 0) return;
  out += fmt::format("{}{} {} {}", out.empty() ? "" : ", ", verb, number, noun);
}

std::string updates_text(const cypher::Counters& c) {
  std::string out;
  count(out, "Added", c.nodes_created, "nodes");
  count(out, "Deleted", c.nodes_deleted, "nodes");
  count(out, "Created", c.relationships_created, "relationships");
  count(out, "Deleted", c.relationships_deleted, "relationships");
  count(out, "Set", c.properties_set, "properties");
  count(out, "Added", c.labels_added, "labels");
  count(out, "Removed", c.labels_removed, "labels");
  count(out, "Added", c.indexes_added, "indexes");
  count(out, "Removed", c.indexes_removed, "indexes");
  count(out, "Added", c.constraints_added, "constraints");
  count(out, "Removed", c.constraints_removed, "constraints");
  return out;
}

std::string argument_of(const cypher::PlanDescription& plan, std::string_view name) {
  for (const auto& [key, held] : plan.arguments) {
    if (key != name) continue;
    const value::Value& v = held.get();
    return v.is(value::Type::kString) ? std::string(v.as_string()) : shown(v);
  }
  return {};
}

void collect_plan(const cypher::PlanDescription& plan, size_t depth,
                  std::vector<std::vector<std::string>>& rows) {
  std::string name = plan.operator_type;
  if (size_t at = name.find('@'); at != std::string::npos) name.resize(at);
  std::string lines;
  for (size_t i = 0; i < depth; ++i) lines += "| ";
  std::vector<std::string> row = {lines + "+" + name, argument_of(plan, "Id"),
                                  argument_of(plan, "Details"), argument_of(plan, "EstimatedRows")};
  if (plan.profiled) {
    row.push_back(std::to_string(plan.rows));
    row.push_back(std::to_string(plan.db_hits));
  }
  rows.push_back(std::move(row));
  // The first child stands below its parent, the others are branches.
  for (size_t i = plan.children.size(); i-- > 1;) collect_plan(plan.children[i], depth + 1, rows);
  if (!plan.children.empty()) collect_plan(plan.children.front(), depth, rows);
}

std::string statement_kind(const cypher::Summary& summary) {
  if (!summary.type) return "UNKNOWN";
  switch (*summary.type) {
    case cypher::QueryType::kRead:
      return "READ_ONLY";
    case cypher::QueryType::kReadWrite:
      return "READ_WRITE";
    case cypher::QueryType::kWrite:
      return "WRITE_ONLY";
    case cypher::QueryType::kSchema:
      return "SCHEMA_WRITE";
  }
  return "UNKNOWN";
}

uint64_t total_hits(const cypher::PlanDescription& plan) {
  uint64_t hits = plan.db_hits;
  for (const auto& child : plan.children) hits += total_hits(child);
  return hits;
}

}  // namespace

size_t display_width(std::string_view text) {
  size_t width = 0;
  while (!text.empty()) {
    Glyph glyph = glyph_at(text);
    width += glyph.width;
    text.remove_prefix(std::min(text.size(), glyph.bytes));
  }
  return width;
}

void ResultPrinter::begin(const std::vector<std::string>& columns) {
  columns_ = columns;
  widths_.clear();
  for (const std::string& column : columns_) widths_.push_back(display_width(column));
  sampled_.clear();
  started_ = false;
  count_ = 0;
}

void ResultPrinter::print_heading() {
  std::string line;
  for (size_t c = 0; c < columns_.size(); ++c) line += (c == 0 ? "" : ", ") + columns_[c];
  fmt::print(out_, "{}\n", line);
}

void ResultPrinter::rows(const cypher::RowBatch& batch) {
  for (uint32_t r = 0; r < batch.rows; ++r) {
    if (count_++ == 0 && !options_.table) print_heading();
    if (!options_.table) {
      std::string line;
      for (uint32_t c = 0; c < batch.columns; ++c) {
        if (c > 0) line += ", ";
        append_shown(line, batch.at(r, c));
      }
      fmt::print(out_, "{}\n", line);
      continue;
    }
    Row row;
    for (uint32_t c = 0; c < batch.columns; ++c) row.push_back(framed(shown(batch.at(r, c))));
    if (started_) {
      print_row(row);
      continue;
    }
    sampled_.push_back(std::move(row));
    if (sampled_.size() >= std::max<size_t>(1, options_.sample_rows)) print_sampled();
  }
}

void ResultPrinter::print_rule() {
  size_t width = columns_.size() * 3 + 1;
  for (size_t w : widths_) width += w;
  fmt::print(out_, "+{}+\n", std::string(width - 2, '-'));
}

void ResultPrinter::print_sampled() {
  for (const Row& row : sampled_) {
    for (size_t c = 0; c < row.size(); ++c) {
      widths_[c] = std::max(widths_[c], display_width(row[c]));
    }
  }
  started_ = true;
  print_rule();
  print_row(columns_);
  print_rule();
  for (const Row& row : sampled_) print_row(row);
  sampled_.clear();
}

void ResultPrinter::print_row(const Row& row) {
  std::vector<std::string_view> left(row.begin(), row.end());
  bool more = true;
  char edge = '|';
  while (more) {
    more = false;
    std::string line(1, edge);
    for (size_t c = 0; c < left.size(); ++c) {
      const size_t bytes = bytes_that_fit(left[c], widths_[c]);
      std::string_view part = left[c].substr(0, bytes);
      std::string cell(part);
      left[c].remove_prefix(bytes);
      if (left[c].starts_with('\n')) left[c].remove_prefix(1);
      if (!left[c].empty() && !options_.wrap) {
        cell = std::string(part.substr(0, bytes_that_fit(part, widths_[c] - 1))) + "…";
        left[c] = {};
      }
      more = more || !left[c].empty();
      const size_t width = display_width(cell);
      line += " " + cell + std::string(widths_[c] > width ? widths_[c] - width : 0, ' ') + " |";
    }
    fmt::print(out_, "{}\n", line);
    edge = '\\';  // the row goes on
  }
}

void ResultPrinter::print_plan(const cypher::Summary& summary, std::chrono::milliseconds took) {
  const cypher::PlanDescription& plan = *summary.plan;
  const std::vector<std::pair<std::string, std::string>> facts = {
      {"Plan", plan.profiled ? "\"PROFILE\"" : "\"EXPLAIN\""},
      {"Statement", "\"" + statement_kind(summary) + "\""},
      {"Version", "\"" + argument_of(plan, "version") + "\""},
      {"Planner", "\"" + argument_of(plan, "planner") + "\""},
      {"Runtime", "\"" + argument_of(plan, "runtime") + "\""},
      {"Time", std::to_string(took.count())}};
  if (!options_.table) {
    for (const auto& [name, text] : facts) fmt::print(out_, "{}: {}\n", name, text);
    return;
  }
  Row names;
  Row texts;
  for (const auto& [name, text] : facts) {
    names.push_back(name);
    texts.push_back(text);
  }
  begin(names);
  sampled_.push_back(std::move(texts));
  print_sampled();
  print_rule();
  fmt::print(out_, "\n");
  Row columns = {"Operator", "Id", "Details", "Estimated Rows"};
  if (plan.profiled) {
    columns.emplace_back("Rows");
    columns.emplace_back("DB Hits");
  }
  begin(columns);
  collect_plan(plan, 0, sampled_);
  print_sampled();
  print_rule();
  fmt::print(out_, "\nTotal database accesses: {}\n\n",
             plan.profiled ? std::to_string(total_hits(plan)) : "?");
}

void ResultPrinter::end(const cypher::Summary& summary, std::chrono::milliseconds until_first,
                        std::chrono::milliseconds after) {
  const uint64_t rows = count_;
  // EXPLAIN has columns and no rows to show.
  const bool explained = summary.plan && !summary.plan->profiled;
  if (options_.table && !columns_.empty() && !explained) {
    if (!started_) print_sampled();
    print_rule();
    fmt::print(out_, "\n");
  }
  if (summary.plan) print_plan(summary, until_first + after);
  if (options_.table) {
    fmt::print(out_,
               "{} row{}\nready to start consuming query after {} ms, results consumed after "
               "another {} ms\n",
               rows, rows == 1 ? "" : "s", until_first.count(), after.count());
    std::string updates = updates_text(summary.counters);
    if (!updates.empty()) fmt::print(out_, "{}\n", updates);
  }
  if (options_.notifications) {
    for (const cypher::Notification& n : summary.notifications) {
      fmt::print(out_, "\n{}: {}\n{} ({})\n", n.warning ? "warn" : "info", n.title, n.description,
                 n.neo4j_code);
    }
  }
  std::fflush(out_);
}

}  // namespace trellis::cli::shell

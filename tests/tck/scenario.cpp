// SPDX-License-Identifier: Apache-2.0
#include "tck/scenario.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

#include "value/compare.h"

namespace trellis::tck {
namespace {

using std::string_view;

class Scenario {
 public:
  Scenario(Executor& executor, const std::filesystem::path& graphs)
      : executor_(executor), graphs_(graphs) {}

  Verdict play(const Run& run) {
    executor_.reset(procedures_of(run));
    for (const Step& step : run.steps) {
      if (!play(step)) return {false, step.text + ": " + reason_};
    }
    return {};
  }

 private:
  static std::vector<MockProcedure> procedures_of(const Run& run) {
    constexpr string_view kPrefix = "there exists a procedure ";
    std::vector<MockProcedure> procedures;
    for (const Step& step : run.steps) {
      if (!step.text.starts_with(kPrefix)) continue;
      std::string signature = step.text.substr(kPrefix.size());
      if (signature.ends_with(':')) signature.pop_back();
      procedures.push_back({signature, step.table});
    }
    return procedures;
  }

  bool fail(std::string reason) {
    reason_ = std::move(reason);
    return false;
  }

  bool play(const Step& step) {
    const string_view text = step.text;
    if (text == "an empty graph" || text == "any graph") return true;
    if (text.starts_with("there exists a procedure ")) return true;
    if (text.starts_with("the ") && text.ends_with(" graph")) {
      return named_graph(std::string(text.substr(4, text.size() - 4 - 6)));
    }
    if (text == "having executed:") return setup(step.doc_string);
    if (text == "parameters are:") return parameters(step);
    if (text == "executing query:" || text == "executing control query:") {
      before_ = executor_.state();
      outcome_ = executor_.run(step.doc_string, parameters_);
      return true;
    }
    if (text.starts_with("the result should be")) return result(step);
    if (text == "no side effects") return side_effects({});
    if (text == "the side effects should be:") return side_effects(step.table);
    if (text.find(" should be raised at ") != string_view::npos) return error(text);
    return fail("unknown step");
  }

  bool named_graph(const std::string& name) {
    std::ifstream in(graphs_ / name / (name + ".cypher"));
    std::ostringstream text;
    text << in.rdbuf();
    return setup(text.str());
  }

  bool setup(const std::string& query) {
    const Outcome outcome = executor_.run(query, parameters_);
    return !outcome.failed || fail(outcome.message);
  }

  bool parameters(const Step& step) {
    std::vector<value::MapEntry> entries;
    for (const auto& row : step.table) {
      const auto expected = parse_expected(row.at(1));
      if (!expected) return fail("cannot read parameter " + row[1]);
      entries.push_back({arena_.copy(row[0]), to_value(*expected, arena_)});
    }
    parameters_ = value::make_map(arena_, entries);
    return true;
  }

  bool result(const Step& step) {
    if (outcome_.failed) return fail("failed with " + described(outcome_));
    const string_view text = step.text;
    if (text == "the result should be empty") {
      return outcome_.rows.empty() || fail("has rows");
    }
    const bool ordered = text.find("in order") != string_view::npos;
    const bool ignore_lists = text.find("ignoring element order") != string_view::npos;
    return columns(step.table.at(0)) && rows(step.table, ordered, ignore_lists);
  }

  // Expected columns may stand in another order: column i of the table is where_[i] of the result.
  bool columns(const TableRow& header) {
    where_.clear();
    if (header.size() != outcome_.columns.size()) return fail("another number of columns");
    for (const auto& name : header) {
      const auto it = std::ranges::find(outcome_.columns, name);
      if (it == outcome_.columns.end()) return fail("no column " + name);
      where_.push_back(static_cast<size_t>(it - outcome_.columns.begin()));
    }
    return true;
  }

  bool row_matches(const std::vector<Expected>& expected, size_t row, bool ignore_lists) const {
    for (size_t i = 0; i < expected.size(); ++i) {
      if (!matches(expected[i], outcome_.rows[row][where_[i]].get(), ignore_lists)) return false;
    }
    return true;
  }

  bool rows(const std::vector<TableRow>& table, bool ordered, bool ignore_lists) {
    if (table.size() - 1 != outcome_.rows.size()) {
      return fail("expected " + std::to_string(table.size() - 1) + " rows, got " +
                  std::to_string(outcome_.rows.size()) + shown_rows());
    }
    std::vector<bool> used(outcome_.rows.size());
    for (size_t r = 1; r < table.size(); ++r) {
      std::vector<Expected> expected;
      for (const auto& cell : table[r]) {
        auto parsed = parse_expected(cell);
        if (!parsed) return fail("cannot read expected value " + cell);
        expected.push_back(std::move(*parsed));
      }
      size_t found = outcome_.rows.size();
      const size_t first = ordered ? r - 1 : 0;
      const size_t last = ordered ? r : outcome_.rows.size();
      for (size_t i = first; i < last && found == outcome_.rows.size(); ++i) {
        if (!used[i] && row_matches(expected, i, ignore_lists)) found = i;
      }
      if (found == outcome_.rows.size()) {
        std::string wanted;
        for (const auto& cell : table[r]) wanted += " | " + cell;
        return fail("no row" + wanted + shown_rows());
      }
      used[found] = true;
    }
    return true;
  }

  std::string shown_rows() const {
    std::string text = "; got";
    for (size_t r = 0; r < std::min<size_t>(outcome_.rows.size(), 5); ++r) {
      text += "\n       ";
      for (const auto& cell : outcome_.rows[r]) text += " | " + value::to_text(cell.get());
    }
    return text;
  }

  static std::string described(const Outcome& outcome) {
    return outcome.error_class + "(" + outcome.error_detail + ") at " +
           (outcome.at_compile_time ? "compile time" : "runtime") + ": " + outcome.message;
  }

  // "a SyntaxError should be raised at compile time: UndefinedVariable"
  bool error(string_view text) {
    if (!outcome_.failed) return fail("did not fail" + shown_rows());
    const size_t class_begin = text.find(' ') + 1;
    const size_t class_end = text.find(' ', class_begin);
    const size_t phase_begin = text.find(" raised at ") + 11;
    const size_t phase_end = text.find(':', phase_begin);
    const string_view error_class = text.substr(class_begin, class_end - class_begin);
    const string_view phase = text.substr(phase_begin, phase_end - phase_begin);
    string_view detail = text.substr(phase_end + 1);
    detail.remove_prefix(std::min(detail.find_first_not_of(' '), detail.size()));
    const bool right_phase =
        phase == "any time" || outcome_.at_compile_time == (phase == "compile time");
    const bool right = outcome_.error_class == error_class && right_phase &&
                       (detail == "*" || !outcome_.detail_known || outcome_.error_detail == detail);
    return right || fail("raised " + described(outcome_));
  }

  bool side_effects(const std::vector<TableRow>& table) {
    const GraphState after = executor_.state();
    const auto added = [](const auto& a, const auto& b) {  // in b, not in a
      return std::ranges::count_if(b, [&](const auto& x) { return !a.contains(x); });
    };
    std::map<std::string, long> actual{
        {"+nodes", added(before_.nodes, after.nodes)},
        {"-nodes", added(after.nodes, before_.nodes)},
        {"+relationships", added(before_.relationships, after.relationships)},
        {"-relationships", added(after.relationships, before_.relationships)},
        {"+labels", added(before_.labels, after.labels)},
        {"-labels", added(after.labels, before_.labels)},
        {"+properties", added(before_.properties, after.properties)},
        {"-properties", added(after.properties, before_.properties)},
    };
    for (const auto& row : table) {
      const long expected = std::stol(row.at(1));
      if (actual.at(row[0]) != expected) {
        return fail(row[0] + " is " + std::to_string(actual[row[0]]) + ", not " + row[1]);
      }
      actual.erase(row[0]);
    }
    for (const auto& [name, count] : actual) {
      if (count != 0) return fail(name + " is " + std::to_string(count) + ", not 0");
    }
    return true;
  }

  Executor& executor_;
  const std::filesystem::path& graphs_;
  Arena arena_;
  value::Value parameters_;
  GraphState before_;
  Outcome outcome_;
  std::vector<size_t> where_;
  std::string reason_;
};

bool alter_cell(Step& step) {
  if (!step.text.starts_with("the result should be") || step.table.size() < 2) return false;
  step.table[1].at(0) = "'a value that nobody returns'";
  return true;
}

bool alter_row_count(Step& step) {
  if (!step.text.starts_with("the result should be") || step.table.size() < 2) return false;
  step.table.push_back(step.table.back());
  return true;
}

bool alter_error_detail(Step& step) {
  if (step.text.find(" should be raised at ") == std::string::npos) return false;
  if (step.text.ends_with("*")) return false;
  step.text += "Not";
  return true;
}

bool alter_side_effect(Step& step) {
  if (step.text != "the side effects should be:" || step.table.empty()) return false;
  step.table[0].at(1) = std::to_string(std::stol(step.table[0][1]) + 1);
  return true;
}

}  // namespace

Verdict run_scenario(const Run& run, Executor& executor, const std::filesystem::path& graphs) {
  return Scenario(executor, graphs).play(run);
}

std::optional<Run> altered(const Run& run, Alteration alteration) {
  Run copy = run;
  for (Step& step : copy.steps) {
    bool changed = false;
    switch (alteration) {
      case Alteration::kNone:
        return copy;
      case Alteration::kCell:
        changed = alter_cell(step);
        break;
      case Alteration::kRowCount:
        changed = alter_row_count(step);
        break;
      case Alteration::kErrorDetail:
        changed = alter_error_detail(step);
        break;
      case Alteration::kSideEffect:
        changed = alter_side_effect(step);
        break;
    }
    if (changed) return copy;
  }
  return std::nullopt;
}

}  // namespace trellis::tck

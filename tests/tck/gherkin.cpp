// SPDX-License-Identifier: Apache-2.0
#include "tck/gherkin.h"

#include <algorithm>
#include <fstream>
#include <sstream>

namespace trellis::tck {
namespace {

std::string_view trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

TableRow parse_row(std::string_view line) {
  TableRow row;
  std::string cell;
  for (size_t i = 1; i < line.size(); ++i) {
    if (line[i] == '\\' && i + 1 < line.size() && (line[i + 1] == '|' || line[i + 1] == '\\')) {
      cell += line[++i];
    } else if (line[i] == '\\' && i + 1 < line.size() && line[i + 1] == 'n') {
      cell += '\n';
      ++i;
    } else if (line[i] == '|') {
      row.emplace_back(trim(cell));
      cell.clear();
    } else {
      cell += line[i];
    }
  }
  return row;
}

std::string substitute(std::string text, const TableRow& names, const TableRow& values) {
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string placeholder = "<" + names[i] + ">";
    size_t at = 0;
    while ((at = text.find(placeholder, at)) != std::string::npos) {
      text.replace(at, placeholder.size(), values[i]);
      at += values[i].size();
    }
  }
  return text;
}

struct Scenario {
  std::string name;
  bool outline = false;
  std::vector<Step> steps;
  std::vector<TableRow> examples;  // header first
};

class FeatureParser {
 public:
  explicit FeatureParser(const std::string& text) {
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines_.push_back(line);
  }

  void parse() {
    for (; at_ < lines_.size(); ++at_) {
      const std::string_view line = trim(lines_[at_]);
      if (line.empty() || line.starts_with('#') || line.starts_with('@')) continue;
      if (line.starts_with("Feature:")) continue;
      if (line.starts_with("Background:")) {
        target_ = &background;
      } else if (line.starts_with("Scenario Outline:")) {
        start(line.substr(17), true);
      } else if (line.starts_with("Scenario:")) {
        start(line.substr(9), false);
      } else if (line.starts_with("Examples:")) {
        in_examples_ = true;
      } else if (line.starts_with('|')) {
        row(parse_row(line));
      } else if (line.starts_with("\"\"\"")) {
        doc_string();
      } else {
        step(line);
      }
    }
  }

  Scenario background;
  std::vector<Scenario> scenarios;

 private:
  void start(std::string_view name, bool outline) {
    scenarios.emplace_back();
    scenarios.back().name = trim(name);
    scenarios.back().outline = outline;
    target_ = nullptr;
    in_examples_ = false;
  }
  Scenario& target() { return target_ ? *target_ : scenarios.back(); }
  void row(TableRow row) {
    if (in_examples_) {
      target().examples.push_back(std::move(row));
    } else {
      target().steps.back().table.push_back(std::move(row));
    }
  }
  void doc_string() {
    const std::string& opening = lines_[at_];
    const size_t indent = opening.find('"');
    std::string text;
    for (++at_; at_ < lines_.size() && !trim(lines_[at_]).starts_with("\"\"\""); ++at_) {
      const std::string& line = lines_[at_];
      const size_t skip = std::min(indent, line.find_first_not_of(' '));
      if (!text.empty()) text += '\n';
      text += line.substr(std::min(skip, line.size()));
    }
    target().steps.back().doc_string = text;
  }
  void step(std::string_view line) {
    for (const std::string_view keyword : {"Given ", "When ", "Then ", "And ", "But "}) {
      if (line.starts_with(keyword)) {
        line.remove_prefix(keyword.size());
        break;
      }
    }
    target().steps.push_back({std::string(trim(line)), "", {}});
  }

  std::vector<std::string> lines_;
  size_t at_ = 0;
  Scenario* target_ = nullptr;  // the background, while it is read
  bool in_examples_ = false;
};

}  // namespace

std::vector<Run> parse_feature(const std::string& text, const std::string& folder,
                               const std::string& feature) {
  FeatureParser parser(text);
  parser.parse();
  std::vector<Run> runs;
  for (const Scenario& scenario : parser.scenarios) {
    const auto add = [&](const TableRow& names, const TableRow& values, const std::string& suffix) {
      Run run{folder, feature, scenario.name + suffix, parser.background.steps};
      for (Step step : scenario.steps) {
        step.text = substitute(step.text, names, values);
        step.doc_string = substitute(step.doc_string, names, values);
        for (auto& row : step.table) {
          for (auto& cell : row) cell = substitute(cell, names, values);
        }
        run.steps.push_back(std::move(step));
      }
      runs.push_back(std::move(run));
    };
    if (!scenario.outline) {
      add({}, {}, "");
      continue;
    }
    for (size_t i = 1; i < scenario.examples.size(); ++i) {
      if (scenario.examples[i] == scenario.examples[0]) continue;  // a second Examples header
      add(scenario.examples[0], scenario.examples[i], " (example " + std::to_string(i) + ")");
    }
  }
  return runs;
}

std::vector<Run> load_runs(const std::filesystem::path& root) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.path().extension() == ".feature") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  std::vector<Run> runs;
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    auto more = parse_feature(text.str(),
                              std::filesystem::relative(file.parent_path(), root).string(),
                              file.stem().string());
    std::ranges::move(more, std::back_inserter(runs));
  }
  return runs;
}

}  // namespace trellis::tck

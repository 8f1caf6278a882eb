// SPDX-License-Identifier: Apache-2.0
#include "unit/cypher/tck_scan.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace trellis::tck {
namespace {

namespace fs = std::filesystem;

std::string trimmed(const std::string& line) {
  const size_t from = line.find_first_not_of(" \t\r");
  if (from == std::string::npos) return {};
  return line.substr(from, line.find_last_not_of(" \t\r") - from + 1);
}

std::vector<std::string> cells(const std::string& row) {
  std::vector<std::string> result;
  std::string cell;
  for (size_t i = 1; i < row.size(); ++i) {
    if (row[i] == '\\' && i + 1 < row.size()) {
      const char next = row[i + 1];
      if (next == '|' || next == '\\') {
        cell += next;
        ++i;
        continue;
      }
      if (next == 'n') {
        cell += '\n';
        ++i;
        continue;
      }
    }
    if (row[i] == '|') {
      result.push_back(trimmed(cell));
      cell.clear();
    } else {
      cell += row[i];
    }
  }
  return result;
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

class FileScan {
 public:
  explicit FileScan(const fs::path& path) : feature_(path.stem().string()) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) lines_.push_back(line);
  }

  void run(std::vector<Scenario>& out) {
    Scenario background;
    Scenario* current = nullptr;
    Scenario scenario;
    const auto finish = [&] {
      if (current == &scenario) emit(scenario, out);
      examples_.clear();
    };
    for (at_ = 0; at_ < lines_.size(); ++at_) {
      const std::string line = trimmed(lines_[at_]);
      if (line.empty() || line[0] == '#') continue;
      if (line.starts_with("Background:")) {
        current = &background;
      } else if (line.starts_with("Scenario")) {
        finish();
        scenario = background;
        scenario.feature = feature_;
        scenario.name = trimmed(line.substr(line.find(':') + 1));
        current = &scenario;
      } else if (line.starts_with("Examples:")) {
        examples_.push_back(table());
      } else if (current) {
        step(line, *current);
      }
    }
    finish();
  }

 private:
  using Table = std::vector<std::vector<std::string>>;

  Table table() {
    Table rows;
    while (at_ + 1 < lines_.size()) {
      const std::string next = trimmed(lines_[at_ + 1]);
      if (!next.empty() && next[0] != '|' && next[0] != '#') break;
      ++at_;
      if (!next.empty() && next[0] == '|') rows.push_back(cells(next));
    }
    return rows;
  }

  std::string doc_string() {
    std::string text;
    ++at_;  // the opening quotes
    while (++at_ < lines_.size() && trimmed(lines_[at_]) != "\"\"\"") {
      if (!text.empty()) text += '\n';
      text += lines_[at_];
    }
    return trimmed(text);
  }

  void step(const std::string& line, Scenario& scenario) {
    const auto has = [&](const char* text) { return line.find(text) != std::string::npos; };
    if (has("having executed:")) {
      scenario.setup.push_back(doc_string());
    } else if (has("executing query:") || has("executing control query:")) {
      scenario.queries.push_back(doc_string());
    } else if (const size_t at = line.find("there exists a procedure "); at != std::string::npos) {
      std::string signature = line.substr(at + 25);
      signature.pop_back();  // the colon
      scenario.procedures.push_back(signature);
    } else if (has("parameters are:")) {
      for (const auto& row : table()) scenario.parameters.push_back(row.front());
    } else if (const size_t raised = line.find(" should be raised at "); raised != line.npos) {
      const std::string tail = line.substr(raised + 21);
      scenario.error_class = line.substr(line.find(" a") + 1, raised - line.find(" a") - 1);
      scenario.error_phase = tail.substr(0, tail.find(" time"));
      scenario.error_detail = trimmed(tail.substr(tail.find(':') + 1));
    }
  }

  void emit(const Scenario& scenario, std::vector<Scenario>& out) const {
    if (examples_.empty()) {
      out.push_back(scenario);
      return;
    }
    for (const Table& table : examples_) {
      for (size_t row = 1; row < table.size(); ++row) {
        Scenario copy = scenario;
        for (size_t i = 0; i < table[0].size() && i < table[row].size(); ++i) {
          const std::string place = "<" + table[0][i] + ">";
          for (auto* list : {&copy.setup, &copy.queries, &copy.parameters}) {
            for (auto& text : *list) replace_all(text, place, table[row][i]);
          }
          replace_all(copy.error_detail, place, table[row][i]);
        }
        out.push_back(std::move(copy));
      }
    }
  }

  std::string feature_;
  std::vector<std::string> lines_;
  std::vector<Table> examples_;
  size_t at_ = 0;
};

}  // namespace

std::string directory() {
  std::error_code error;
  if (const char* given = std::getenv("TRELLIS_TCK_DIR")) {
    const fs::path path = fs::path(given) / "features";
    return fs::is_directory(path, error) ? path.string() : std::string();
  }
  // A folder `shared` beside the source folder, or beside any folder above the test program.
  for (fs::path at = fs::read_symlink("/proc/self/exe", error); at.has_relative_path();
       at = at.parent_path()) {
    const fs::path path = at.parent_path() / "shared/data/tck/features";
    if (fs::is_directory(path, error)) return path.string();
  }
  return {};
}

std::vector<Scenario> scan(const std::string& directory) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.path().extension() == ".feature") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<Scenario> scenarios;
  for (const auto& file : files) FileScan(file).run(scenarios);
  return scenarios;
}

}  // namespace trellis::tck

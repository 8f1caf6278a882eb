// SPDX-License-Identifier: Apache-2.0
//
// Counts per folder, the list of excused runs, and the floor below which no number may fall.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tck/scenario.h"

namespace trellis::tck {

struct Count {
  int passed = 0, failed = 0, excused = 0;
};

class Report {
 public:
  // Lines "folder/Feature [n] name  # reason": runs that Neo4j 5 itself does not pass.
  void load_excused(const std::filesystem::path& file);
  void add(const Run& run, const Verdict& verdict);
  void print(bool with_failures) const;
  const Count& total() const { return total_; }
  // Lines "folder passed". Prints what fell below; true when nothing did.
  bool meets_floor(const std::filesystem::path& file) const;
  void write_floor(const std::filesystem::path& file) const;

 private:
  std::set<std::string> excused_;
  std::map<std::string, Count> folders_;
  std::vector<std::pair<std::string, std::string>> failures_;
  Count total_;
};

}  // namespace trellis::tck

// SPDX-License-Identifier: Apache-2.0
#include "tck/report.h"

#include <fmt/format.h>

#include <fstream>
#include <sstream>

namespace trellis::tck {

void Report::load_excused(const std::filesystem::path& file) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    const size_t reason = line.find("  # ");
    excused_.insert(line.substr(0, reason));
  }
}

void Report::add(const Run& run, const Verdict& verdict) {
  Count& folder = folders_[run.folder];
  if (verdict.passed) {
    ++folder.passed, ++total_.passed;
  } else if (excused_.contains(run.id())) {
    ++folder.excused, ++total_.excused;
  } else {
    ++folder.failed, ++total_.failed;
    failures_.emplace_back(run.id(), verdict.reason);
  }
}

void Report::print(bool with_failures) const {
  if (with_failures) {
    for (const auto& [id, reason] : failures_) fmt::print("FAILED {}\n    {}\n", id, reason);
  }
  fmt::print("{:<40} {:>7} {:>7} {:>8}\n", "folder", "passed", "failed", "excused");
  for (const auto& [name, count] : folders_) {
    fmt::print("{:<40} {:>7} {:>7} {:>8}\n", name, count.passed, count.failed, count.excused);
  }
}

bool Report::meets_floor(const std::filesystem::path& file) const {
  std::ifstream in(file);
  bool met = true;
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string folder;
    int floor = 0;
    if (!(words >> folder >> floor)) continue;
    const auto it = folders_.find(folder);
    const int passed = it == folders_.end() ? 0 : it->second.passed;
    if (passed < floor) {
      fmt::print("{}: {} passed, but {} did before\n", folder, passed, floor);
      met = false;
    }
  }
  return met;
}

void Report::write_floor(const std::filesystem::path& file) const {
  std::ofstream out(file);
  for (const auto& [name, count] : folders_) out << name << ' ' << count.passed << '\n';
}

}  // namespace trellis::tck

// SPDX-License-Identifier: Apache-2.0
//
// The part of Gherkin that the openCypher TCK uses: features with an optional background, scenarios,
// scenario outlines with example tables (expanded to one run each), doc strings and tables.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace trellis::tck {

using TableRow = std::vector<std::string>;

struct Step {
  std::string text;  // without Given / When / Then / And
  std::string doc_string;
  std::vector<TableRow> table;
};

// One run: a scenario, or one example row of an outline, background steps first.
struct Run {
  std::string folder;  // "clauses/match"
  std::string feature;
  std::string name;  // "[3] Fail when ..." and, for an outline, "(example 2)"
  std::vector<Step> steps;
  std::string id() const { return folder + "/" + feature + " " + name; }
};

// Every run of every .feature file below the root, in path order.
std::vector<Run> load_runs(const std::filesystem::path& root);
std::vector<Run> parse_feature(const std::string& text, const std::string& folder,
                               const std::string& feature);

}  // namespace trellis::tck

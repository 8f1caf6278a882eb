// SPDX-License-Identifier: Apache-2.0
//
// A plain scan of the openCypher TCK's feature files: what is executed, and which error is
// expected when. Outlines are expanded. Not a Gherkin parser.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace trellis::tck {

struct Scenario {
  std::string feature;
  std::string name;
  std::vector<std::string> setup;       // having executed
  std::vector<std::string> queries;     // executing (control) query
  std::vector<std::string> procedures;  // "test.proc(a :: INTEGER?) :: (b :: STRING?)"
  std::vector<std::string> parameters;  // names
  // Of the expected error; empty: none.
  std::string error_class;
  std::string error_phase;
  std::string error_detail;
};

// TRELLIS_TCK_DIR, or shared/data/tck beside a folder above the program. Empty when there is none.
std::string directory();
std::vector<Scenario> scan(const std::string& directory);

}  // namespace trellis::tck

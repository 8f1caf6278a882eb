// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "cypher/syntax/parser.h"
#include "unit/cypher/tck_scan.h"

using namespace trellis;

TEST_CASE("every query that the TCK expects to get past the parser parses") {
  const std::string directory = tck::directory();
  if (directory.empty()) {
    MESSAGE("no TCK here (TRELLIS_TCK_DIR): nothing checked");
    return;
  }
  size_t parsed = 0;
  size_t failed = 0;
  for (const tck::Scenario& scenario : tck::scan(directory)) {
    auto queries = scenario.setup;
    if (scenario.error_phase != "compile") {
      queries.insert(queries.end(), scenario.queries.begin(), scenario.queries.end());
    }
    for (const std::string& query : queries) {
      const auto result = cypher::parse(query);
      if (result) {
        ++parsed;
      } else {
        ++failed;
        MESSAGE(scenario.feature << " " << scenario.name << ": " << result.error().message() << "\n"
                                 << query);
      }
    }
  }
  MESSAGE("TCK queries parsed: " << parsed << ", failed: " << failed);
  CHECK(parsed > 4000);
  CHECK(failed == 0);
}

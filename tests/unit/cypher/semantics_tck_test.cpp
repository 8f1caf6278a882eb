// SPDX-License-Identifier: Apache-2.0
//
// The openCypher TCK's queries through parser and semantics: those that must work must pass, those
// that must fail at compile time must fail with the detail that the TCK names.
#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <map>

#include "cypher/functions/registry.h"
#include "cypher/semantics/analyze.h"
#include "cypher/syntax/parser.h"
#include "unit/cypher/tck_scan.h"

using namespace trellis;
using namespace trellis::cypher;

namespace {

// "test.proc(a :: INTEGER?, b :: STRING?) :: (c :: STRING?)"
class DeclaredProcedures final : public ProcedureCatalog {
 public:
  explicit DeclaredProcedures(const std::vector<std::string>& declarations) {
    for (const std::string& text : declarations) declare(text);
  }
  const ProcedureSignature* find_procedure(std::string_view name) const override {
    const auto found = signatures_.find(std::string(name));
    return found == signatures_.end() ? nullptr : &found->second;
  }

 private:
  void declare(const std::string& text) {
    const size_t open = text.find('(');
    const size_t close = text.find(')', open);
    const size_t output = text.find('(', close);
    ProcedureSignature signature;
    signature.name = keep(text.substr(0, open));
    signature.inputs = fields(text.substr(open + 1, close - open - 1));
    if (output != std::string::npos) {
      signature.outputs = fields(text.substr(output + 1, text.rfind(')') - output - 1));
    }
    signatures_[std::string(signature.name)] = signature;
  }
  std::vector<ProcedureField> fields(const std::string& list) {
    std::vector<ProcedureField> result;
    for (size_t at = 0; at < list.size();) {
      const size_t comma = std::min(list.find(',', at), list.size());
      std::string field = list.substr(at, comma - at);
      at = comma + 1;
      const size_t colons = field.find("::");
      if (colons == std::string::npos) continue;
      std::string name = field.substr(0, colons);
      name.erase(0, name.find_first_not_of(' '));
      name.erase(name.find_last_not_of(' ') + 1);
      const bool integer = field.find("INTEGER") != std::string::npos;
      const bool real = field.find("FLOAT") != std::string::npos;
      const bool number = field.find("NUMBER") != std::string::npos;
      const bool text = field.find("STRING") != std::string::npos;
      ProcedureField made;
      made.name = keep(name);
      if (integer) made.type = StaticType::of(kIntegerType);
      if (real) made.type = StaticType::of(kFloatType);
      if (number) made.type = StaticType::of(kNumberType);
      if (text) made.type = StaticType::of(kStringType);
      result.push_back(made);
    }
    return result;
  }
  std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }

  std::deque<std::string> texts_;
  std::map<std::string, ProcedureSignature> signatures_;
};

// The detail of what goes wrong with a query before execution; empty: nothing.
std::string detail_of(const tck::Scenario& scenario, const std::string& query,
                      std::string* message) {
  static const FunctionRegistry functions;
  const DeclaredProcedures procedures(scenario.procedures);
  const auto describe = [&](const Error& error) {
    *message = error.message();
    return std::string(error.traits().detail.empty() ? error.traits().name : error.traits().detail);
  };
  const auto statement = parse(query);
  if (!statement) return describe(statement.error());
  const auto info = analyze(**statement, {&functions, &procedures});
  if (!info) return describe(info.error());
  auto wanted = (*statement)->parameters;
  for (auto& name : implicit_parameters(**statement, **info)) wanted.push_back(std::move(name));
  for (const std::string& name : wanted) {
    if (std::find(scenario.parameters.begin(), scenario.parameters.end(), name) ==
        scenario.parameters.end()) {
      return "MissingParameter";
    }
  }
  return {};
}

}  // namespace

TEST_CASE("compile time errors of the TCK, and none where there must be none") {
  const std::string directory = tck::directory();
  if (directory.empty()) {
    MESSAGE("no TCK here (TRELLIS_TCK_DIR): nothing checked");
    return;
  }
  size_t good = 0;
  size_t bad = 0;
  for (const tck::Scenario& scenario : tck::scan(directory)) {
    for (const std::string& query : scenario.queries) {
      std::string message;
      const std::string detail = detail_of(scenario, query, &message);
      const std::string expected =
          scenario.error_phase == "compile" ? scenario.error_detail : std::string();
      // "any time": found now or later, both are right.
      const bool same = detail == expected || (scenario.error_phase == "any" && !detail.empty());
      same ? ++good : ++bad;
      if (!same) {
        MESSAGE(scenario.feature << " " << scenario.name << "\n  expected [" << expected
                                 << "], got [" << detail << "] " << message << "\n"
                                 << query);
      }
    }
  }
  MESSAGE("TCK queries judged as the TCK does: " << good << ", otherwise: " << bad);
  CHECK(good > 3800);
  CHECK(bad == 0);
}

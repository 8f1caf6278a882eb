// SPDX-License-Identifier: Apache-2.0
//
// Damaged statements: whatever text comes, the front end answers with a statement or with an error
// that points into the text.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "cypher/functions/registry.h"
#include "cypher/syntax/lexer.h"
#include "support/front_end.h"
#include "unit/cypher/tck_scan.h"

using namespace trellis;
using namespace trellis::cypher;

namespace {

class NoProcedures final : public ProcedureCatalog {
 public:
  const ProcedureSignature* find_procedure(std::string_view) const override { return nullptr; }
};

const char* const kCommands[] = {
    "CREATE USER a SET PASSWORD 'x' CHANGE REQUIRED SET AUTH 'o' { SET ID 'i' } SET STATUS ACTIVE",
    "GRANT MATCH {a, b} ON GRAPHS g, h.i NODES A, B TO r, $s",
    "REVOKE DENY READ {*} ON GRAPH * FOR (n:A|B) WHERE n.p IS NOT NULL FROM r",
    "GRANT EXECUTE PROCEDURE apoc.*, db.cre?te ON DBMS TO r",
    "CREATE ALIAS a.b IF NOT EXISTS FOR DATABASE c AT 'u' USER x PASSWORD $p DRIVER {a: 1}",
    "ALTER DATABASE d SET ACCESS READ ONLY SET TOPOLOGY 1 PRIMARY 2 SECONDARIES WAIT 3 SECONDS",
    "SHOW TRANSACTIONS 'a' YIELD transactionId AS t ORDER BY t SKIP 1 LIMIT 2 WHERE t = 'x' "
    "TERMINATE TRANSACTIONS t YIELD message RETURN count(*) AS c",
    "CREATE CONSTRAINT c IF NOT EXISTS FOR ()-[r:T]-() REQUIRE r.p IS :: LIST<STRING NOT NULL> | "
    "INT",
    "CREATE FULLTEXT INDEX i FOR (n:A|B) ON EACH [n.p, n.q] OPTIONS {a: {b: 1}}",
    "MATCH p = SHORTEST 2 PATHS ((a:A WHERE a.x)-[r:T|!U*1..3]->(b)){1,3} (c) RETURN p",
    "CALL (a) { USE graph.byName('x') MATCH (n) RETURN n } IN 2 CONCURRENT TRANSACTIONS OF 3 ROWS "
    "ON ERROR RETRY FOR 3 SECONDS THEN CONTINUE REPORT STATUS AS s",
};

std::string damaged(const std::string& text, const std::string& other, std::mt19937& random) {
  const auto tokens = tokenize(text);
  const auto pick = [&](size_t size) { return size == 0 ? 0 : random() % size; };
  const Token& a = tokens[pick(tokens.size())];
  const Token& b = tokens[pick(tokens.size())];
  const auto piece = [&](const Token& token) {
    return text.substr(token.begin, token.end - token.begin);
  };
  std::string result = text;
  switch (random() % 7) {
    case 0:  // cut off
      return result.substr(0, pick(result.size()));
    case 1:  // without a token
      return result.erase(a.begin, a.end - a.begin);
    case 2:  // a token twice
      return result.insert(a.begin, piece(b) + " ");
    case 3:  // one token for another
      return result.replace(a.begin, a.end - a.begin, piece(b));
    case 4:  // the first half of one, the second half of another
      return result.substr(0, a.begin) + other.substr(pick(other.size()));
    case 5:  // any byte
      if (!result.empty()) result[pick(result.size())] = static_cast<char>(random());
      return result;
    default:  // a long middle gone
      return result.substr(0, std::min(a.begin, b.begin)) + result.substr(std::max(a.end, b.end));
  }
}

}  // namespace

TEST_CASE("damaged statements are answered") {
  std::vector<std::string> queries(std::begin(kCommands), std::end(kCommands));
  if (const std::string directory = tck::directory(); !directory.empty()) {
    std::string last;
    for (const auto& scenario : tck::scan(directory)) {
      for (const auto& query : scenario.queries) {
        if (query != last && query.size() < 2000) queries.push_back(query);
        last = query;
      }
    }
  }
  const FunctionRegistry functions;
  const NoProcedures procedures;
  const uint32_t seed = 20250101;
  MESSAGE("seed " << seed << ", statements " << queries.size());
  std::mt19937 random(seed);
  size_t accepted = 0;
  for (size_t i = 0; i < queries.size(); ++i) {
    const size_t rounds = i < std::size(kCommands) ? 200 : 4;
    std::string text = queries[i];
    for (size_t round = 0; round < rounds; ++round) {
      text =
          damaged(round % 4 == 0 ? queries[i] : text, queries[random() % queries.size()], random);
      const auto normalized = normalize(text);
      for (const auto& literal : normalized.literals) REQUIRE(literal.byte_offset < text.size());
      const auto result = test::parse_and_analyze(text, normalized, {&functions, &procedures});
      if (result) {
        ++accepted;
        CHECK(result->info != nullptr);
      } else {
        const SourcePosition position = result.error().position();
        INFO(text);
        INFO(result.error().message());
        CHECK(position.line >= 1);
        CHECK(position.offset <= text.size());
      }
    }
  }
  MESSAGE("accepted all the same: " << accepted);
}

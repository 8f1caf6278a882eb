// SPDX-License-Identifier: Apache-2.0
//
// Transactions, streams and access rules of a local graph.
#include <atomic>
#include <thread>

#include "unit/cypher/exec_fixture.h"

namespace trellis::cypher::test {
namespace {

struct Prepared {
  PreparedStatement statement;
  std::unique_ptr<ResultStream> stream;
};

Prepared start(Graph& g, GraphTransaction& transaction, std::string_view text) {
  Prepared p;
  auto prepared = g.engine().prepare(text, "neo4j");
  REQUIRE(prepared);
  p.statement = std::move(*prepared);
  StatementCall call;
  call.text = text;
  call.compiled = p.statement.compiled;
  call.auto_parameters = p.statement.auto_parameters.get();
  auto stream = transaction.run(call);
  REQUIRE(stream);
  p.stream = std::move(*stream);
  REQUIRE(p.stream->open({}));
  return p;
}

security::Privilege grant(security::Action action, security::Segment segment,
                          std::optional<std::string> qualifier = std::nullopt,
                          std::optional<std::string> resource = std::nullopt) {
  security::Privilege p;
  p.action = action;
  p.segment = segment;
  p.qualifier = std::move(qualifier);
  p.resource = std::move(resource);
  return p;
}

}  // namespace

TEST_CASE("explicit transactions commit, roll back and keep several streams open") {
  Graph g;
  {
    auto tx = g.begin();
    CHECK_FALSE(g.run_in(*tx, "CREATE (:A)").error);
    CHECK(g.run_in(*tx, "MATCH (n:A) RETURN count(*) AS c").rows == Rows{"1"});
  }
  CHECK(rows_of(g, "MATCH (n) RETURN count(*) AS c") == Rows{"0"});
  auto tx = g.begin();
  CHECK_FALSE(g.run_in(*tx, "UNWIND range(1, 5000) AS i CREATE (:A {i: i})").error);
  Prepared one = start(g, *tx, "MATCH (n:A) RETURN n.i AS i");
  Prepared two = start(g, *tx, "MATCH (n:A) RETURN n.i * 2 AS i");
  size_t counts[2] = {0, 0};
  for (int round = 0; round < 4; ++round) {
    REQUIRE(one.stream->next({}));
    counts[0] += one.stream->rows().rows;
    REQUIRE(two.stream->next({}));
    counts[1] += two.stream->rows().rows;
  }
  CHECK(counts[0] == 5000);
  CHECK(counts[1] == 5000);
  while (*tx->commit({}) != Poll::kReady) {
  }
  CHECK(rows_of(g, "MATCH (n) RETURN count(*) AS c") == Rows{"5000"});
  CHECK_FALSE(tx->bookmark().empty());
  CHECK(g.run_in(*tx, "RETURN 1").error.has_value());
}

TEST_CASE("a failed statement ends its transaction") {
  Graph g;
  auto tx = g.begin();
  CHECK_FALSE(g.run_in(*tx, "CREATE (:A)").error);
  CHECK(g.run_in(*tx, "RETURN 1 / 0").error == ErrorCode::DivisionByZero);
  CHECK(g.run_in(*tx, "RETURN 1").error.has_value());
  CHECK_FALSE(tx->commit({}));
  CHECK(rows_of(g, "MATCH (n) RETURN count(*) AS c") == Rows{"0"});
}

TEST_CASE("read mode refuses writes; terminate and timeout stop") {
  Graph g;
  auto reader = g.begin(true, AccessMode::kRead);
  CHECK(g.run_in(*reader, "CREATE (:A)").error == ErrorCode::WriteInReadMode);
  auto tx = g.begin();
  Prepared p = start(g, *tx, "UNWIND range(1, 1000000000) AS i RETURN i");
  REQUIRE(p.stream->next({}));
  tx->terminate(ErrorCode::TransactionTerminated);
  auto after = p.stream->next({});
  REQUIRE_FALSE(after);
  CHECK(after.error().code() == ErrorCode::TransactionTerminated);
  auto cancelled = g.begin();
  Prepared q = start(g, *cancelled, "UNWIND range(1, 1000000000) AS i RETURN count(*) AS c");
  std::thread canceller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    q.stream->cancel();
  });
  auto stopped = q.stream->next({});
  canceller.join();
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().code() == ErrorCode::TransactionTerminated);
}

TEST_CASE("a write waits for another transaction's lock without a thread") {
  Graph g;
  rows_of(g, "CREATE (:C {n: 0})");
  auto first = g.begin();
  CHECK_FALSE(g.run_in(*first, "MATCH (c:C) SET c.n = 1").error);
  std::atomic<int> woken{0};
  const PollContext context{[&] { ++woken; }, PollContext::Clock::time_point::max()};
  const auto blocked = [&](GraphTransaction& tx) {
    Prepared p = start(g, tx, "MATCH (c:C) SET c.n = c.n + 10");
    auto poll = p.stream->next(context);
    REQUIRE(poll);
    CHECK(*poll == Poll::kBlocked);
    return p;
  };
  SUBCASE("and fails with Outdated when the other commits") {
    auto second = g.begin();
    Prepared p = blocked(*second);
    CHECK(woken == 0);
    while (*first->commit({}) != Poll::kReady) {
    }
    CHECK(woken == 1);
    auto after = p.stream->next(context);
    REQUIRE_FALSE(after);
    CHECK(after.error().code() == ErrorCode::Outdated);
  }
  SUBCASE("but is run again when it is an auto-commit statement") {
    auto second = g.begin(true);
    Prepared p = blocked(*second);
    while (*first->commit({}) != Poll::kReady) {
    }
    while (true) {
      auto poll = p.stream->next({});
      REQUIRE(poll);
      if (*poll == Poll::kReady) break;
    }
    CHECK(rows_of(g, "MATCH (c:C) RETURN c.n") == Rows{"11"});
  }
  SUBCASE("and goes on when the other rolls back") {
    auto second = g.begin();
    Prepared p = blocked(*second);
    REQUIRE(first->rollback({}));
    auto poll = p.stream->next(context);
    REQUIRE(poll);
    CHECK(*poll == Poll::kReady);
    while (*second->commit({}) != Poll::kReady) {
    }
    CHECK(rows_of(g, "MATCH (c:C) RETURN c.n") == Rows{"10"});
  }
  SUBCASE("and can be terminated while it waits") {
    auto second = g.begin();
    Prepared p = blocked(*second);
    second->terminate(ErrorCode::TransactionTimedOut);
    CHECK(woken == 1);
    auto after = p.stream->next(context);
    REQUIRE_FALSE(after);
    CHECK(after.error().code() == ErrorCode::TransactionTimedOut);
  }
}

TEST_CASE("deadlocks are found") {
  Graph g;
  rows_of(g, "CREATE (:A {n: 0}), (:B {n: 0})");
  auto one = g.begin();
  auto two = g.begin();
  CHECK_FALSE(g.run_in(*one, "MATCH (a:A) SET a.n = 1").error);
  CHECK_FALSE(g.run_in(*two, "MATCH (b:B) SET b.n = 1").error);
  Prepared waiting = start(g, *one, "MATCH (b:B) SET b.n = 2");
  auto poll = waiting.stream->next({[] {}, PollContext::Clock::time_point::max()});
  REQUIRE(poll);
  CHECK(*poll == Poll::kBlocked);
  CHECK(g.run_in(*two, "MATCH (a:A) SET a.n = 2").error == ErrorCode::DeadlockDetected);
  while (true) {
    auto after = waiting.stream->next({});
    REQUIRE(after);
    if (*after == Poll::kReady) break;
  }
}

TEST_CASE("updates below a limit run to their end") {
  with_batch_sizes([](Graph& g) {
    rows_of(g, "UNWIND range(1, 10) AS i CREATE (:L {i: i})");
    CHECK(rows_of(g, "MATCH (l:L) SET l.seen = true RETURN l.seen LIMIT 1") == Rows{"true"});
    CHECK(rows_of(g, "MATCH (l:L) WHERE l.seen RETURN count(*) AS c") == Rows{"10"});
    CHECK(rows_of(g, "MATCH (l:L) WITH l LIMIT 3 SET l.few = true RETURN count(*) AS c") ==
          Rows{"3"});
  });
}

TEST_CASE("a slice that is over yields") {
  Graph g;
  auto tx = g.begin();
  Prepared p = start(g, *tx, "UNWIND range(1, 100000000) AS i RETURN count(*) AS c");
  PollContext context;
  context.yield_at = PollContext::Clock::now() + std::chrono::milliseconds(2);
  auto poll = p.stream->next(context);
  REQUIRE(poll);
  CHECK(*poll == Poll::kYielded);
}

TEST_CASE("memory limits stop a statement, and aggregation alone does not reach them") {
  Graph g;
  g.memory_limit = 8 << 20;
  g.use(security::AccessRules::full());
  CHECK(g.run("UNWIND range(1, 10000000) AS i RETURN collect(i) AS l").error ==
        ErrorCode::MemoryLimitReached);
  CHECK(g.run("UNWIND range(1, 1000000) AS i WITH i ORDER BY i % 7 RETURN count(*) AS c").error ==
        ErrorCode::MemoryLimitReached);
  // Values that would take everything at once are refused before they are made.
  for (const std::string_view text :
       {"RETURN size(range(1, 2000000000)) AS n",
        "RETURN size(reduce(s = 'x', i IN range(1, 45) | s + s)) AS n",
        "RETURN size(reduce(l = [1], i IN range(1, 45) | l + l)) AS n",
        "RETURN size(reduce(s = 'x', i IN range(1, 45) | replace(s, 'x', 'xx'))) AS n",
        "RETURN size([i IN range(1, 400000) | [i, i]]) AS n"}) {
    CAPTURE(text);
    CHECK(g.run(text).error == ErrorCode::MemoryLimitReached);
  }
  CHECK(rows_of(g, "UNWIND range(1, 1000000) AS i RETURN sum(i) AS s") == Rows{"500000500000"});
}

TEST_CASE("conflicting auto-commit writes are run again") {
  Graph g;
  rows_of(g, "CREATE (:Counter {n: 0})");
  constexpr int kThreads = 4;
  constexpr int kEach = 25;
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) {
        if (g.run_apart("MATCH (c:Counter) SET c.n = c.n + 1").error) ++failures;
      }
    });
  }
  for (std::thread& t : threads) t.join();
  CHECK(failures == 0);
  CHECK(rows_of(g, "MATCH (c:Counter) RETURN c.n AS n") == Rows{"100"});
}

TEST_CASE("concurrent MERGE makes one node") {
  Graph g;
  std::vector<std::thread> threads;
  std::atomic<int> failures{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10; ++i) {
        if (g.run_apart("UNWIND range(1, 5) AS i MERGE (:M {i: i})").error) ++failures;
      }
    });
  }
  for (std::thread& t : threads) t.join();
  CHECK(failures == 0);
  CHECK(rows_of(g, "MATCH (m:M) RETURN count(*) AS c") == Rows{"5"});
}

TEST_CASE("access rules hide data and refuse writes") {
  using security::Action;
  using security::Segment;
  with_batch_sizes([](Graph& g) {
    rows_of(g, "CREATE INDEX FOR (n:Secret) ON (n.id)");
    rows_of(g,
            "CREATE (a:Open {name: 'a', pin: 1})-[:SEES]->(b:Open {name: 'b'}), "
            "(a)-[:SEES]->(:Secret {id: 7}), (a)-[:HIDES]->(b)");
    const std::vector<security::Privilege> privileges{
        grant(Action::kAccess, Segment::kDatabase),
        grant(Action::kExecute, Segment::kProcedures, "*"),
        grant(Action::kTraverse, Segment::kNodes, "Open"),
        grant(Action::kTraverse, Segment::kRelationships, "SEES"),
        grant(Action::kRead, Segment::kNodes, "Open", "name"),
    };
    g.use(security::AccessRules::compile(privileges, "neo4j", false));
    CHECK(rows_of(g, "MATCH (n) RETURN count(*) AS c") == Rows{"2"});
    CHECK(rows_of(g, "MATCH (n:Secret) RETURN count(*) AS c") == Rows{"0"});
    CHECK(rows_of(g, "MATCH (n:Secret {id: 7}) RETURN count(*) AS c") == Rows{"0"});
    CHECK(rows_of(g, "MATCH ()-[r]->() RETURN type(r) AS t, count(*) AS c") == Rows{"SEES | 1"});
    CHECK(rows_of(g, "MATCH (n:Open {name: 'a'})-[]->(m) RETURN n, m.name") ==
          Rows{"(:Open {name: 'a'}) | b"});
    CHECK(rows_of(g, "MATCH (n:Open {name: 'a'}) RETURN n.pin AS p, keys(n) AS k") ==
          Rows{"null | ['name']"});
    CHECK(rows_of(g, "CALL db.labels()") == Rows{"Open"});
    CHECK(g.run("CREATE (:Open)").error == ErrorCode::Forbidden);
    CHECK(g.run("MATCH (n:Open) SET n.name = 'x'").error == ErrorCode::Forbidden);
    CHECK(g.run("MATCH (n:Open) DETACH DELETE n").error == ErrorCode::Forbidden);
    CHECK(g.run("CREATE INDEX FOR (n:Open) ON (n.q)").error == ErrorCode::Forbidden);
    g.use(security::AccessRules::full());
    CHECK(rows_of(g, "MATCH (n) RETURN count(*) AS c") == Rows{"3"});
  });
}

TEST_CASE("a statement is parsed once for all its literals, again after a schema change") {
  Graph g;
  rows_of(g, "MATCH (n:P {id: 1}) RETURN n");
  const uint64_t before = g.engine().metrics().parses;
  rows_of(g, "MATCH (n:P {id: 2}) RETURN n");
  CHECK(g.engine().metrics().parses == before);
  rows_of(g, "CREATE INDEX FOR (n:P) ON (n.id)");
  const uint64_t middle = g.engine().metrics().parses;
  rows_of(g, "MATCH (n:P {id: 3}) RETURN n");
  rows_of(g, "MATCH (n:P {id: 4}) RETURN n");
  CHECK(g.engine().metrics().parses == middle + 1);
}

}  // namespace trellis::cypher::test

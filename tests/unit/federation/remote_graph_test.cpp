// SPDX-License-Identifier: Apache-2.0
#include "federation/remote_graph.h"

#include <doctest/doctest.h>

#include <array>
#include <future>
#include <thread>

#include "federation/connection_pool.h"
#include "unit/federation/bolt_peer.h"

using namespace trellis;
using namespace trellis::federation;
using testing::BoltPeer;
using value::MapEntry;
using value::Value;
using namespace std::chrono_literals;

namespace {

// Polls an operation to its end on this thread; false in `ready` after the limit.
template <class Operation>
Result<Poll> finish(Operation operation, std::chrono::milliseconds limit = 10s) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (true) {
    auto woken = std::make_shared<std::promise<void>>();
    auto once = std::make_shared<std::atomic<bool>>(false);
    PollContext context;
    context.waker = [woken, once] {
      if (!once->exchange(true)) woken->set_value();
    };
    auto poll = operation(context);
    if (!poll || *poll == Poll::kReady) return poll;
    if (woken->get_future().wait_until(deadline) != std::future_status::ready)
      return Poll::kBlocked;
  }
}

struct Alias {
  explicit Alias(std::string url) {
    target.alias = "a";
    target.url = std::move(url);
    target.user = "neo4j";
    target.password = Secret("secret");
    target.database = "db1";
    target.driver.ssl_enforced = false;
    target.driver.connection_timeout = 3s;
  }

  dbms::RemoteTarget copy() const {
    dbms::RemoteTarget out;
    out.alias = target.alias;
    out.url = target.url;
    out.user = target.user;
    out.password = target.password.clone();
    out.database = target.database;
    out.driver = target.driver;
    out.version = target.version;
    return out;
  }

  std::unique_ptr<cypher::GraphTransaction> begin(cypher::TransactionOptions options = {}) {
    auto session = graphs->open(copy());
    if (!session) FAIL(session.error().message());
    auto transaction = (*session)->begin(options);
    REQUIRE(transaction.has_value());
    return std::move(*transaction);
  }
  std::unique_ptr<cypher::GraphTransaction> implicit() {
    cypher::TransactionOptions options;
    options.implicit = true;
    return begin(std::move(options));
  }

  net::EventLoop loop{1};
  std::unique_ptr<dbms::RemoteGraphs> graphs = make_remote_graphs(loop, {});
  dbms::RemoteTarget target;
};

std::unique_ptr<cypher::ResultStream> run(cypher::GraphTransaction& transaction,
                                          std::string_view text, Value parameters = {}) {
  auto stream = transaction.run({text, nullptr, parameters, {}});
  if (!stream) FAIL(stream.error().message());
  return std::move(*stream);
}

Result<Poll> open(cypher::ResultStream& stream) {
  return finish([&](const PollContext& c) { return stream.open(c); });
}
Result<Poll> next(cypher::ResultStream& stream) {
  return finish([&](const PollContext& c) { return stream.next(c); });
}

Result<int64_t> count_rows(cypher::ResultStream& stream) {
  int64_t count = 0;
  while (true) {
    TRELLIS_TRY(next(stream));
    if (stream.rows().rows == 0) return count;
    count += stream.rows().rows;
  }
}

Result<Poll> commit(cypher::GraphTransaction& transaction) {
  return finish([&](const PollContext& c) { return transaction.commit(c); });
}
Result<Poll> rollback(cypher::GraphTransaction& transaction) {
  return finish([&](const PollContext& c) { return transaction.rollback(c); });
}

// The error of a statement, wherever it comes.
Error failure(Alias& alias, const std::string& text, bool implicit = true) {
  cypher::TransactionOptions options;
  options.implicit = implicit;
  auto transaction = alias.begin(std::move(options));
  auto stream = run(*transaction, text);
  auto opened = open(*stream);
  if (!opened) return std::move(opened).error();
  auto counted = count_rows(*stream);
  REQUIRE(!counted.has_value());
  return std::move(counted).error();
}

}  // namespace

TEST_CASE("an implicit statement is one RUN and its PULLs, on a pooled connection") {
  BoltPeer peer;
  Alias alias(peer.uri());
  for (int i = 0; i < 3; ++i) {
    auto transaction = alias.implicit();
    auto stream = run(*transaction, "RANGE 1500");
    REQUIRE(open(*stream).has_value());
    CHECK(stream->columns()[0] == "i");
    CHECK(*count_rows(*stream) == 1500);
    CHECK(stream->summary().counters.nodes_created == 3);
    CHECK(stream->summary().database == "real");
    CHECK(*commit(*transaction) == Poll::kReady);
    CHECK(transaction->bookmark() == "bm:auto");
  }
  CHECK(peer.log() == "HELLO LOGON RUN PULL PULL RUN PULL PULL RUN PULL PULL");
  CHECK(peer.accepted() == 1);
  CHECK(peer.last_run_database() == "db1");
}

TEST_CASE("parameters, bookmarks and timeout go over") {
  BoltPeer peer;
  Alias alias(peer.uri());
  cypher::TransactionOptions options;
  options.timeout = 5s;
  options.bookmarks = {"b1", "b2"};
  auto transaction = alias.begin(std::move(options));
  const std::array<MapEntry, 1> map{MapEntry{"x", Value::string("text")}};
  auto stream = run(*transaction, "ECHO $x", Value::map(map));
  REQUIRE(open(*stream).has_value());
  REQUIRE(next(*stream).has_value());
  CHECK(value::map_get(stream->rows().at(0, 0).as_map(), "x").as_string() == "text");
  CHECK(peer.last_query() == "ECHO $x");
  CHECK(peer.last_bookmarks() == std::vector<std::string>{"b1", "b2"});
  REQUIRE(peer.last_timeout().has_value());
  CHECK(*peer.last_timeout() > 3000);
  CHECK(*peer.last_timeout() <= 5000);
}

TEST_CASE("explicit transactions begin with their first statement, and end as told") {
  BoltPeer peer;
  Alias alias(peer.uri());
  {
    auto transaction = alias.begin();
    CHECK(*commit(*transaction) == Poll::kReady);  // nothing was done: nothing goes over
    CHECK(peer.accepted() == 0);
  }
  {
    auto transaction = alias.begin();
    auto one = run(*transaction, "RANGE 1500");
    REQUIRE(open(*one).has_value());
    auto two = run(*transaction, "RANGE 5");
    REQUIRE(open(*two).has_value());
    CHECK(*count_rows(*two) == 5);
    REQUIRE(next(*one).has_value());
    CHECK(one->rows().rows > 0);
    // What was not read of `one` is discarded over there, then COMMIT.
    CHECK(*commit(*transaction) == Poll::kReady);
    CHECK(transaction->bookmark() == "bm:committed");
    CHECK(!next(*one).has_value());
  }
  CHECK(peer.log() == "HELLO LOGON BEGIN RUN PULL RUN PULL DISCARD COMMIT");
  peer.clear_log();
  {
    auto transaction = alias.begin();
    auto stream = run(*transaction, "RANGE 5");
    REQUIRE(open(*stream).has_value());
    CHECK(*count_rows(*stream) == 5);
    CHECK(*rollback(*transaction) == Poll::kReady);
  }
  CHECK(peer.log() == "BEGIN RUN PULL ROLLBACK");
  CHECK(peer.accepted() == 1);
}

TEST_CASE("a reader that stops keeps the other side from going on") {
  BoltPeer peer;
  Alias alias(peer.uri());
  auto transaction = alias.implicit();
  auto stream = run(*transaction, "RANGE 10000000");
  REQUIRE(open(*stream).has_value());
  REQUIRE(next(*stream).has_value());
  std::this_thread::sleep_for(50ms);
  CHECK(peer.records_sent() == 1000);
}

TEST_CASE("large rows come in small batches") {
  BoltPeer peer;
  Alias alias(peer.uri());
  auto transaction = alias.implicit();
  auto stream = run(*transaction, "BIG 200 100000");
  REQUIRE(open(*stream).has_value());
  int64_t rows = 0;
  while (true) {
    REQUIRE(next(*stream).has_value());
    if (stream->rows().rows == 0) break;
    CHECK(stream->rows().rows <= 12);  // 1 MiB and one
    rows += stream->rows().rows;
  }
  CHECK(rows == 200);
}

TEST_CASE("an abandoned transaction is reset over there") {
  BoltPeer peer;
  Alias alias(peer.uri());
  {
    auto transaction = alias.begin();
    auto stream = run(*transaction, "RANGE 5000");
    REQUIRE(open(*stream).has_value());
    REQUIRE(next(*stream).has_value());
  }
  CHECK(peer.eventually([&] { return peer.count(wire::Tag::kReset) == 1; }));
  {
    // In the middle of rows that flow: reset, and the connection is given up.
    auto transaction = alias.implicit();
    auto stream = run(*transaction, "SLOW");
    REQUIRE(open(*stream).has_value());
  }
  CHECK(peer.eventually([&] { return peer.connections() == 0; }));
  CHECK(peer.count(wire::Tag::kReset) == 2);
}

TEST_CASE("terminate and cancel stop at once, from another thread") {
  BoltPeer peer;
  Alias alias(peer.uri());
  for (const bool by_stream : {false, true}) {
    auto transaction = alias.begin();
    auto stream = run(*transaction, "SLOW");
    REQUIRE(open(*stream).has_value());
    REQUIRE(next(*stream).has_value());
    std::thread other([&] {
      std::this_thread::sleep_for(100ms);
      if (by_stream) {
        stream->cancel();
      } else {
        transaction->terminate(ErrorCode::TransactionTimedOut);
      }
    });
    const auto began = std::chrono::steady_clock::now();
    const auto stopped = next(*stream);
    CHECK(std::chrono::steady_clock::now() - began < 1s);
    other.join();
    REQUIRE(!stopped.has_value());
    CHECK(stopped.error().code() ==
          (by_stream ? ErrorCode::TransactionTerminated : ErrorCode::TransactionTimedOut));
    CHECK(peer.eventually([&] { return peer.count(wire::Tag::kReset) >= 1; }));
    CHECK(!commit(*transaction).has_value());
    peer.clear_log();
  }
  // While the connection is still being made: nobody answers there.
  Alias nowhere("bolt://10.255.255.1:7687");
  nowhere.target.driver.connection_timeout = 0s;
  auto transaction = nowhere.begin();
  auto stream = run(*transaction, "RANGE 1");
  std::thread other([&] {
    std::this_thread::sleep_for(50ms);
    transaction->terminate(ErrorCode::TransactionTerminated);
  });
  const auto opened = open(*stream);
  other.join();
  CHECK(!opened.has_value());
}

TEST_CASE("failures of the remote statement keep their codes, with the chain") {
  BoltPeer peer;
  Alias alias(peer.uri());
  for (const char* how : {"FAIL ", "FAILAT 3 "}) {
    for (const bool implicit : {true, false}) {
      const auto of = [&](const char* code) {
        return failure(alias, std::string(how) + code, implicit);
      };
      const Error syntax = of("Neo.ClientError.Statement.SyntaxError");
      CHECK(syntax.neo4j_code() == "Neo.ClientError.Statement.SyntaxError");
      CHECK(syntax.gqlstatus() == "08N16");
      REQUIRE(syntax.cause() != nullptr);
      CHECK(syntax.cause()->message() == syntax.message());
      CHECK(of("Neo.ClientError.Future.Unknown").neo4j_code() == "Neo.ClientError.Future.Unknown");
      const Error deadlock = of("Neo.TransientError.Transaction.DeadlockDetected");
      CHECK(deadlock.neo4j_code() == "Neo.TransientError.Transaction.DeadlockDetected");
      CHECK(deadlock.gqlstatus() == "08N17");
      CHECK(of("Neo.DatabaseError.General.UnknownError").gqlstatus() == "08N18");
      // Codes that would make a driver act against this server.
      CHECK(of("Neo.ClientError.Cluster.NotALeader").code() == ErrorCode::RemoteClientError);
      CHECK(of("Neo.TransientError.General.DatabaseUnavailable").code() ==
            ErrorCode::RemoteTransientError);
    }
  }
  CHECK(peer.accepted() == 1);  // reset and used again
}

TEST_CASE("failures on the way to the statement") {
  BoltPeer peer;
  Alias wrong(peer.uri());
  wrong.target.password = Secret("wrong");
  const Error unauthorized = failure(wrong, "RANGE 1");
  CHECK(unauthorized.code() == ErrorCode::RemoteClientError);
  CHECK(unauthorized.neo4j_code() == traits_of(ErrorCode::RemoteClientError).neo4j_code);
  Alias missing(peer.uri());
  missing.target.database = "missing";
  CHECK(failure(missing, "RANGE 1", false).neo4j_code() ==
        "Neo.ClientError.Database.DatabaseNotFound");
  Alias nobody("bolt://127.0.0.1:1");
  const Error unreachable = failure(nobody, "RANGE 1");
  CHECK(unreachable.classification() == Classification::kTransientError);
  CHECK(unreachable.message().find("127.0.0.1:1") != std::string::npos);
  Alias enforced(peer.uri());
  enforced.target.driver.ssl_enforced = true;
  const auto refused = enforced.graphs->open(enforced.copy());
  REQUIRE(!refused.has_value());
  CHECK(refused.error().code() == ErrorCode::InvalidAliasUrl);
}

TEST_CASE("a connection lost at COMMIT leaves the outcome open, and says so") {
  BoltPeer peer({.dies_at_commit = true});
  Alias alias(peer.uri());
  auto transaction = alias.begin();
  auto stream = run(*transaction, "RANGE 1");
  REQUIRE(open(*stream).has_value());
  CHECK(*count_rows(*stream) == 1);
  const auto committed = commit(*transaction);
  REQUIRE(!committed.has_value());
  CHECK(committed.error().code() == ErrorCode::RemoteDatabaseError);
}

TEST_CASE("a changed or forgotten alias gets new connections") {
  BoltPeer peer;
  Alias alias(peer.uri());
  const auto once = [&] {
    auto transaction = alias.implicit();
    auto stream = run(*transaction, "RANGE 1");
    REQUIRE(open(*stream).has_value());
    CHECK(*count_rows(*stream) == 1);
    CHECK(*commit(*transaction) == Poll::kReady);
  };
  once();
  once();
  CHECK(peer.accepted() == 1);
  alias.target.version = 2;
  once();
  CHECK(peer.accepted() == 2);
  CHECK(peer.eventually([&] { return peer.connections() == 1; }));
  alias.graphs->forget("a");
  CHECK(peer.eventually([&] { return peer.connections() == 0; }));
}

TEST_CASE("routing: reads and writes go to their members, a dead one is passed over") {
  BoltPeer reader;
  BoltPeer writer;
  BoltPeer router({.table = {{"ROUTE", "127.0.0.1:1"},
                             {"READ", "127.0.0.1:1"},
                             {"READ", reader.address()},
                             {"WRITE", writer.address()}}});
  Alias alias(router.uri("neo4j"));
  for (int i = 0; i < 4; ++i) {
    for (const auto mode : {cypher::AccessMode::kRead, cypher::AccessMode::kWrite}) {
      cypher::TransactionOptions options;
      options.implicit = true;
      options.mode = mode;
      auto transaction = alias.begin(std::move(options));
      auto stream = run(*transaction, "RANGE 1");
      const auto opened = open(*stream);
      if (!opened) FAIL(opened.error().message());
      CHECK(*count_rows(*stream) == 1);
      CHECK(*commit(*transaction) == Poll::kReady);
    }
  }
  CHECK(reader.count(wire::Tag::kRun) == 4);
  CHECK(writer.count(wire::Tag::kRun) == 4);
  CHECK(router.count(wire::Tag::kRun) == 0);
  CHECK(router.count(wire::Tag::kRoute) == 1);
}

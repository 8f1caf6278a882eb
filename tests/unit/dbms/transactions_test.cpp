// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <thread>

#include "dbms/administration/administration_run.h"
#include "dbms/bookmark.h"
#include "dbms/deadline_timer.h"
#include "unit/dbms/fixture.h"

using namespace trellis;
using namespace trellis::dbms;
using namespace trellis::dbms::test;
using Texts = std::vector<std::string>;

namespace {
constexpr const char* kCount = "MATCH (n) RETURN count(n) AS count";
TransactionRequest in(const std::string& database) {
  TransactionRequest request;
  request.database = database;
  return request;
}
}  // namespace

TEST_CASE("commit keeps, rollback and a lost session do not") {
  Fixture fixture;
  Client one = fixture.admin();
  Client two = fixture.admin();
  REQUIRE_FALSE(one.begin());
  CHECK(one.run_in_transaction("CREATE ()").ok());
  CHECK(one.run_in_transaction(kCount).rows.at(0).at(0) == "1");
  CHECK(two.run(kCount).rows.at(0).at(0) == "0");
  CHECK_FALSE(one.commit());
  CHECK(two.run(kCount).rows.at(0).at(0) == "1");
  REQUIRE_FALSE(one.begin());
  CHECK(one.run_in_transaction("CREATE ()").ok());
  CHECK_FALSE(one.rollback());
  {
    Client lost = fixture.admin();
    REQUIRE_FALSE(lost.begin());
    CHECK(lost.run_in_transaction("CREATE ()").ok());
  }
  CHECK(two.run(kCount).rows.at(0).at(0) == "1");
  CHECK(fixture.dbms->open_transactions() == 0);
}

TEST_CASE("the wrong order of calls is refused") {
  Fixture fixture;
  Client client = fixture.admin();
  CHECK(client.commit() == ErrorCode::InvalidRequest);
  CHECK(client.run_in_transaction(kCount).error == ErrorCode::InvalidRequest);
  REQUIRE_FALSE(client.begin());
  CHECK(client.begin() == ErrorCode::InvalidRequest);
  CHECK(client.run(kCount).error == ErrorCode::InvalidRequest);
  CHECK_FALSE(client.rollback());
  CHECK(client.begin(in("nope")) == ErrorCode::DatabaseNotFound);
  CHECK_FALSE(client.begin());
}

TEST_CASE("several results are open side by side in a transaction") {
  Fixture fixture;
  Client client = fixture.admin();
  REQUIRE_FALSE(client.begin());
  auto first = client.session().run_in_transaction({kCount, {}});
  auto second = client.session().run_in_transaction({kCount, {}});
  REQUIRE(first);
  REQUIRE(second);
  CHECK((*first)->qid() == 0);
  CHECK((*second)->qid() == 1);
  const PollContext context{[] {}};
  for (StatementRun* run : {*first, *second}) {
    REQUIRE(*run->open(context) == Poll::kReady);
  }
  for (StatementRun* run : {*second, *first}) {
    REQUIRE(*run->next(context) == Poll::kReady);
    CHECK(run->rows().rows == 1);
  }
  CHECK(client.session().statement(-1) == *second);
  CHECK(client.session().statement(0) == *first);
  client.session().close_statement(0);
  CHECK(client.session().statement(0) == nullptr);
  CHECK_FALSE(client.rollback());
}

TEST_CASE("after an error only rollback helps") {
  Fixture fixture;
  Client client = fixture.admin();
  REQUIRE_FALSE(client.begin());
  CHECK(client.run_in_transaction("CREATE ()").ok());
  CHECK_FALSE(client.run_in_transaction("THIS IS NO CYPHER").ok());
  CHECK_FALSE(client.run_in_transaction(kCount).ok());
  CHECK(client.commit() == ErrorCode::TransactionTerminated);
  CHECK(client.run(kCount).rows.at(0).at(0) == "0");
}

TEST_CASE("bookmarks: given, taken back, and refused when they are garbage") {
  Fixture fixture;
  Client client = fixture.admin();
  const Answer written = client.run("CREATE ()");
  REQUIRE_FALSE(written.bookmark.empty());
  TransactionRequest after;
  after.bookmarks = {written.bookmark};
  CHECK(client.run(kCount, std::move(after)).rows.at(0).at(0) == "1");
  const Answer administration = client.run("CREATE ROLE r");
  CHECK_FALSE(administration.bookmark.empty());
  TransactionRequest both;
  both.bookmarks = {written.bookmark, administration.bookmark};
  CHECK(client.run(kCount, std::move(both)).ok());
  for (const char* bad : {"", "garbage", "TB:L123:4", "FB:kcwQ"}) {
    TransactionRequest request;
    request.bookmarks = {bad};
    CAPTURE(bad);
    CHECK(client.run(kCount, std::move(request)).error == ErrorCode::InvalidBookmark);
  }
}

TEST_CASE("a bookmark that is not reached in time is a transient error") {
  Fixture fixture(FixtureOptions{{{"db.transaction.bookmark_ready_timeout", "1s"}}, false});
  Client client = fixture.admin();
  const std::string bookmark = client.run("CREATE ()").bookmark;
  std::vector<std::string> texts = {bookmark};
  BookmarkSet parsed = *parse_bookmarks(texts);
  REQUIRE(parsed.local.size() == 1);
  parsed.local[0].commit_index += 1000;
  TransactionRequest request;
  request.bookmarks = {print_bookmark(parsed)};
  CHECK(client.run(kCount, std::move(request)).error == ErrorCode::BookmarkTimeout);
}

TEST_CASE("bookmarks print and parse") {
  BookmarkSet set;
  set.local.push_back({"01234567-89ab-cdef-0123-456789abcdef", 42});
  set.remote.push_back({"far.away", "FB:\x01,:x"});
  const std::vector<std::string> texts = {print_bookmark(set), "TB:"};
  const auto parsed = parse_bookmarks(texts);
  REQUIRE(parsed);
  CHECK(parsed->local.at(0).commit_index == 42);
  CHECK(parsed->remote.at(0).alias == "far.away");
  CHECK(parsed->remote.at(0).bookmark == "FB:\x01,:x");
}

TEST_CASE("transactions are listed and terminated") {
  Fixture fixture;
  Client ann = fixture.user("ann");
  Client admin = fixture.admin();
  REQUIRE_FALSE(ann.begin());
  CHECK(ann.run_in_transaction(kCount).ok());
  const Answer listed = admin.run("SHOW TRANSACTIONS");
  const auto row = listed.row("username", "ann");
  REQUIRE_FALSE(row.empty());
  CHECK(row.at("database") == "neo4j");
  CHECK(row.at("connectionId") == "test-1");
  const std::string id = row.at("transactionId");
  CHECK(id.starts_with("neo4j-transaction-"));
  const Answer ended = admin.run("TERMINATE TRANSACTIONS '" + id + "', 'neo4j-transaction-9999'");
  CHECK(ended.column("username") == Texts{"ann", "null"});
  CHECK(ended.rows.at(0).at(2) == "Transaction terminated.");
  CHECK(ann.run_in_transaction(kCount).error == ErrorCode::TransactionTerminated);
  CHECK(ann.commit() == ErrorCode::TransactionTerminated);
}

TEST_CASE("others' transactions are neither seen nor ended without the privilege") {
  Fixture fixture;
  Client admin = fixture.admin();
  REQUIRE_FALSE(admin.begin());
  CHECK(admin.run_in_transaction(kCount).ok());
  Client ann = fixture.user("ann");
  const Answer listed = ann.run("SHOW TRANSACTIONS");
  CHECK(listed.column("username") == Texts{"ann"});
  CHECK(ann.run("TERMINATE TRANSACTION 'neo4j-transaction-1'").rows.at(0).at(2) ==
        "Transaction not found.");
  CHECK_FALSE(admin.commit());
}

TEST_CASE("a transaction ends by its timeout") {
  Fixture fixture;
  Client client = fixture.admin();
  TransactionRequest request;
  request.timeout = std::chrono::milliseconds(50);
  REQUIRE_FALSE(client.begin(std::move(request)));
  std::this_thread::sleep_for(std::chrono::milliseconds(150));
  CHECK(client.run_in_transaction(kCount).error == ErrorCode::TransactionTimedOutByClient);
  CHECK_FALSE(client.rollback());
}

TEST_CASE("cancel stops what runs, reset makes the session whole") {
  Fixture fixture;
  Client client = fixture.admin();
  REQUIRE_FALSE(client.begin());
  CHECK(client.run_in_transaction("CREATE ()").ok());
  client.session().cancel();
  CHECK_FALSE(client.run_in_transaction(kCount).ok());
  client.session().reset();
  CHECK_FALSE(client.session().in_transaction());
  CHECK(client.run(kCount).rows.at(0).at(0) == "0");
}

TEST_CASE("the number of open transactions is limited") {
  Fixture fixture(FixtureOptions{{{"db.transaction.concurrent.maximum", "2"}}, false});
  Client one = fixture.admin(), two = fixture.admin(), three = fixture.admin();
  REQUIRE_FALSE(one.begin());
  REQUIRE_FALSE(two.begin());
  CHECK(three.begin() == ErrorCode::MaximumTransactionLimitReached);
  CHECK_FALSE(two.rollback());
  CHECK_FALSE(three.begin());
}

TEST_CASE("administration commands take part in explicit transactions") {
  Fixture fixture;
  Client admin = fixture.admin();
  Client other = fixture.admin();
  REQUIRE_FALSE(admin.begin(in("system")));
  CHECK(admin.run_in_transaction("CREATE ROLE r1").ok());
  CHECK(admin.run_in_transaction("GRANT ROLE r1 TO neo4j").ok());
  CHECK(admin.run_in_transaction("SHOW ROLES").column("role").size() == 7);
  CHECK(other.run("SHOW ROLES").column("role").size() == 6);
  CHECK_FALSE(admin.rollback());
  CHECK(other.run("SHOW ROLES").column("role").size() == 6);
  REQUIRE_FALSE(admin.begin(in("system")));
  CHECK(admin.run_in_transaction("CREATE ROLE r1").ok());
  CHECK_FALSE(admin.commit());
  CHECK(other.run("SHOW ROLES").column("role").size() == 7);
}

TEST_CASE("one transaction writes to one graph") {
  Fixture fixture;
  Client admin = fixture.admin();
  CHECK(admin.run("CREATE DATABASE db1 WAIT").ok());
  REQUIRE_FALSE(admin.begin());
  CHECK(admin.run_in_transaction("CREATE ()").ok());
  CHECK(admin.run_in_transaction(std::string("USE db1 ") + kCount).ok());
  CHECK(admin.run_in_transaction("USE db1 CREATE ()").error == ErrorCode::MultipleGraphsWritten);
  CHECK_FALSE(admin.rollback());
  REQUIRE_FALSE(admin.begin());
  CHECK(admin.run_in_transaction("CREATE ()").ok());
  CHECK(admin.run_in_transaction("CREATE ROLE r").error == ErrorCode::MultipleGraphsWritten);
}

TEST_CASE("read mode refuses administration that writes") {
  Fixture fixture;
  Client admin = fixture.admin();
  TransactionRequest request;
  request.mode = cypher::AccessMode::kRead;
  CHECK(admin.run("CREATE ROLE r", std::move(request)).error == ErrorCode::WriteInReadMode);
}

TEST_CASE("stopping a database ends its transactions") {
  Fixture fixture;
  Client admin = fixture.admin();
  Client other = fixture.admin();
  CHECK(admin.run("CREATE DATABASE db1 WAIT").ok());
  REQUIRE_FALSE(other.begin(in("db1")));
  CHECK(other.run_in_transaction("CREATE ()").ok());
  CHECK(admin.run("STOP DATABASE db1 WAIT").rows.at(0).at(3) == "true");
  CHECK_FALSE(other.run_in_transaction(kCount).ok());
  CHECK(other.commit() == ErrorCode::TransactionTerminated);
  CHECK(admin.run("START DATABASE db1 WAIT").ok());
  CHECK(admin.on("db1", kCount).rows.at(0).at(0) == "0");
}

TEST_CASE("concurrent administrators wait for each other and all succeed") {
  Fixture fixture;
  std::vector<std::thread> threads;
  std::atomic<int> failures{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&fixture, &failures, t] {
      Client client = fixture.connect();
      if (client.log_on("neo4j", kPassword)) ++failures;
      for (int i = 0; i < 5; ++i) {
        const Answer answer = client.run(fmt::format("CREATE ROLE r{}x{}", t, i));
        if (!answer.ok()) ++failures;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(failures == 0);
  CHECK(fixture.admin().run("SHOW ROLES").rows.size() == 6 + 20);
}

TEST_CASE("who waits for an administrator can be timed out, and the next one goes on") {
  Fixture fixture;
  Client first = fixture.admin(), second = fixture.admin(), third = fixture.admin();
  REQUIRE_FALSE(first.begin(in("system")));
  CHECK(first.run_in_transaction("CREATE ROLE r1").ok());
  TransactionRequest impatient;
  impatient.timeout = std::chrono::milliseconds(50);
  CHECK(second.run("CREATE ROLE r2", std::move(impatient)).error ==
        ErrorCode::TransactionTimedOutByClient);
  std::thread waiting([&third] { CHECK(third.run("CREATE ROLE r3").ok()); });
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  CHECK_FALSE(first.commit());
  waiting.join();
  CHECK(second.run("SHOW ROLES").rows.size() == 6 + 2);
}

TEST_CASE("the security log never shows what may be secret") {
  CHECK(without_secrets("CREATE USER a SET PASSWORD 'se\\'cret' CHANGE REQUIRED") ==
        "CREATE USER a SET PASSWORD '******' CHANGE REQUIRED");
  CHECK(without_secrets("ALTER CURRENT USER SET password FROM \"a\" TO 'b'") ==
        "ALTER CURRENT USER SET password FROM '******' TO '******'");
  CHECK(without_secrets("SHOW TRANSACTIONS 'x'") == "SHOW TRANSACTIONS 'x'");
}

TEST_CASE("the deadline timer calls in time, and not when cancelled") {
  DeadlineTimer timer;
  std::atomic<int> calls{0};
  const auto now = DeadlineTimer::Clock::now();
  auto first = timer.at(now + std::chrono::milliseconds(20), [&] { calls += 1; });
  auto second = timer.at(now + std::chrono::milliseconds(10), [&] { calls += 10; });
  auto third = timer.at(now + std::chrono::milliseconds(15), [&] { calls += 100; });
  third.cancel();
  for (int i = 0; i < 200 && calls != 11; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  CHECK(calls == 11);
}

// SPDX-License-Identifier: Apache-2.0
#include "server/bolt/machine.h"

#include <doctest/doctest.h>

#include "unit/server/bolt_text.h"
#include "unit/server/fake_session.h"

using namespace trellis;
using namespace trellis::server;
using namespace trellis::testing;

namespace {

constexpr wire::BoltVersion kVersions[] = {{4, 4}, {5, 0}, {5, 1}, {5, 2}, {5, 3},
                                           {5, 4}, {5, 6}, {5, 7}, {5, 8}};

struct Bench {
  explicit Bench(wire::BoltVersion v = {5, 8})
      : version(v),
        machine(settings, sessions, {"bolt-7", "10.0.0.1:5", "bolt", ""}, "10.0.0.9:7687", v,
                false),
        reader({v, false}) {}

  // Sends one request and drives it to its end; the answers.
  std::vector<std::string> send(wire::Request request) {
    machine.start(std::move(request));
    return drive();
  }
  std::vector<std::string> drive() {
    std::vector<std::string> answers;
    PollContext context;
    do {
      last = machine.poll(context);
      for (auto& answer : reader.read(machine.out().bytes())) answers.push_back(std::move(answer));
      machine.out().clear();
    } while (last == BoltMachine::Step::kOutputFull);
    return answers;
  }
  void log_on() {
    send(hello(version));
    if (version.has_logon()) send(logon());
    REQUIRE(machine.authenticated());
  }
  bool closes() const { return last == BoltMachine::Step::kClose; }

  wire::BoltVersion version;
  BoltSettings settings;
  std::shared_ptr<FakeLog> log = std::make_shared<FakeLog>();
  SessionFactory sessions = [this](dbms::ClientInfo client) {
    CHECK(client.user_agent == "test/1.0");
    return std::make_unique<FakeSession>(log);
  };
  BoltMachine machine;
  AnswerReader reader;
  BoltMachine::Step last = BoltMachine::Step::kDone;
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}
using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("every version logs on, runs, pulls and ends in READY") {
  for (const wire::BoltVersion version : kVersions) {
    CAPTURE(wire::to_string(version));
    Bench bench(version);
    auto answers = bench.send(hello(version));
    REQUIRE(answers.size() == 1);
    CHECK(has(answers[0], "server: 'Neo4j/5.26.0'"));
    CHECK(has(answers[0], "connection_id: 'bolt-7'"));
    CHECK(has(answers[0], "connection.recv_timeout_seconds"));
    CHECK(bench.machine.authenticated() == !version.has_logon());
    if (version.has_logon()) CHECK(bench.send(logon()) == Texts{"SUCCESS {}"});

    answers = bench.send(run("ROWS 2"));
    REQUIRE(answers.size() == 1);
    CHECK(has(answers[0], "fields: ['n']"));
    CHECK(has(answers[0], "t_first: "));
    CHECK_FALSE(has(answers[0], "qid"));
    CHECK(has(answers[0], "db: 'neo4j'") == version.has_home_database_reply());

    answers = bench.send(pull());
    REQUIRE(answers.size() == 3);
    CHECK(answers[0] == "RECORD [1]");
    CHECK(answers[1] == "RECORD [2]");
    CHECK(has(answers[2], "type: 'r'"));
    CHECK(has(answers[2], "t_last: "));
    CHECK(has(answers[2], "db: 'neo4j'"));
    CHECK(has(answers[2], "bookmark: 'FB:1'"));
    CHECK(has(answers[2], "statuses: ") == version.has_gql_statuses());
    CHECK_FALSE(has(answers[2], "has_more"));
    CHECK(has(bench.send(run("NOTHING"))[0], "fields: []"));
    answers = bench.send(pull());
    CHECK(has(answers[0], "stats: {"));
    CHECK(has(answers[0], "type: 'w'"));
  }
}

TEST_CASE("a 4.4 client is granted utc, and hears of it") {
  Bench bench({4, 4});
  wire::Request request = hello({4, 4});
  std::get<wire::Hello>(request).utc_patch = true;
  CHECK(has(bench.send(std::move(request))[0], "patch_bolt: ['utc']"));
  CHECK(bench.machine.wire_options().utc_date_times());
}

TEST_CASE("PULL n delivers n and says whether there is more") {
  Bench bench;
  bench.log_on();
  bench.send(run("ROWS 250"));
  auto answers = bench.send(pull(120));
  REQUIRE(answers.size() == 121);
  CHECK(answers[119] == "RECORD [120]");
  CHECK(answers[120] == "SUCCESS {has_more: true}");
  CHECK(bench.send(discard(30)) == Texts{"SUCCESS {has_more: true}"});
  answers = bench.send(pull(100));
  REQUIRE(answers.size() == 101);
  CHECK(answers[0] == "RECORD [151]");
  CHECK(has(answers[100], "bookmark"));  // exactly used up: the end is known
  bench.send(run("ROWS 1000"));
  answers = bench.send(discard());
  REQUIRE(answers.size() == 1);
  CHECK(has(answers[0], "bookmark"));
}

TEST_CASE("results stay open side by side in a transaction") {
  Bench bench;
  bench.log_on();
  auto begun = bench.send(wire::Request(wire::Begin{}));
  CHECK(begun == Texts{"SUCCESS {db: 'neo4j'}"});
  CHECK(has(bench.send(run("ROWS 3"))[0], "qid: 0"));
  CHECK(has(bench.send(run("ROWS 5"))[0], "qid: 1"));
  CHECK(bench.send(pull(1, 0))[0] == "RECORD [1]");
  CHECK(bench.send(pull(1))[0] == "RECORD [1]");  // the latest
  CHECK(bench.send(pull(1, 0))[0] == "RECORD [2]");
  CHECK(bench.send(pull(-1, 1)).size() == 5);
  CHECK(bench.send(pull(-1, 0)).size() == 2);
  CHECK(bench.send(wire::Request(wire::Commit{})) == Texts{"SUCCESS {bookmark: 'FB:2'}"});
  CHECK(bench.log->commits == 1);
  CHECK(bench.send(wire::Request(wire::Begin{})).size() == 1);
  bench.send(run("ROWS 3"));
  CHECK(bench.send(pull(1, 7)) == Texts{"FAILURE Neo.ClientError.Request.Invalid"});
}

TEST_CASE("a failure is followed by IGNORED until RESET") {
  Bench bench;
  bench.log_on();
  CHECK(bench.send(run("FAIL")) == Texts{"FAILURE Neo.ClientError.Statement.SyntaxError"});
  CHECK(bench.send(pull()) == Texts{"IGNORED"});
  CHECK(bench.send(run("ROWS 1")) == Texts{"IGNORED"});
  CHECK(bench.send(wire::Request(wire::Reset{})) == Texts{"SUCCESS {}"});
  bench.send(run("FAIL LATE"));
  CHECK(bench.send(pull()) == Texts{"RECORD [1]", "FAILURE Neo.ClientError.Statement.TypeError"});
  CHECK_FALSE(bench.closes());
  CHECK(bench.send(wire::Request(wire::Reset{})) == Texts{"SUCCESS {}"});
  CHECK(bench.send(run("ROWS 1")).size() == 1);
}

TEST_CASE("an interrupt ends what runs and ignores what waits") {
  Bench bench;
  bench.log_on();
  bench.send(run("SPIN"));
  CHECK(bench.send(pull()).empty());
  CHECK(bench.last == BoltMachine::Step::kYielded);
  bench.machine.interrupt();
  CHECK(bench.drive() == Texts{"IGNORED"});
  CHECK(bench.send(run("ROWS 1")) == Texts{"IGNORED"});
  CHECK(bench.send(wire::Request(wire::Reset{})) == Texts{"SUCCESS {}"});
  CHECK(bench.log->resets == 1);
  CHECK(bench.send(run("ROWS 1")).size() == 1);
}

TEST_CASE("a refused log-on is answered, then the connection ends") {
  for (const wire::BoltVersion version : {wire::BoltVersion{4, 4}, wire::BoltVersion{5, 8}}) {
    Bench bench(version);
    auto answers = bench.send(hello(version, "wrong"));
    if (version.has_logon()) answers = bench.send(logon("wrong"));
    CHECK(answers == Texts{"FAILURE Neo.ClientError.Security.Unauthorized"});
    CHECK(bench.closes());
  }
}

TEST_CASE("messages out of turn are refused, then the connection ends") {
  const auto refused = [](std::function<void(Bench&)> prepare, wire::Request request) {
    Bench bench;
    prepare(bench);
    CHECK(bench.send(std::move(request)) == Texts{"FAILURE Neo.ClientError.Request.Invalid"});
    CHECK(bench.closes());
  };
  const auto fresh = [](Bench&) {};
  const auto ready = [](Bench& bench) { bench.log_on(); };
  refused(fresh, run("ROWS 1"));
  refused(fresh, wire::Request(wire::Reset{}));
  refused([](Bench& b) { b.send(hello({5, 8})); }, run("ROWS 1"));
  refused(ready, pull());
  refused(ready, logon());
  refused(ready, wire::Request(wire::Commit{}));
  refused([](Bench& b) { b.log_on(), b.send(run("ROWS 1")); }, run("ROWS 1"));
  refused([](Bench& b) { b.log_on(), b.send(wire::Request(wire::Begin{})); }, pull());
}

TEST_CASE("log-off and log-on again, telemetry, goodbye") {
  Bench bench;
  bench.log_on();
  CHECK(bench.send(wire::Request(wire::Telemetry{2})) == Texts{"SUCCESS {}"});
  CHECK(bench.send(wire::Request(wire::Logoff{})) == Texts{"SUCCESS {}"});
  CHECK_FALSE(bench.machine.authenticated());
  CHECK(bench.send(logon()) == Texts{"SUCCESS {}"});
  CHECK(bench.send(wire::Request(wire::Telemetry{9})) ==
        Texts{"FAILURE Neo.ClientError.Request.Invalid"});
  CHECK(bench.send(wire::Request(wire::Goodbye{})).empty());
  CHECK(bench.closes());
}

TEST_CASE("ROUTE answers with the client's own address and the asked name") {
  Bench bench;
  const value::MapEntry own[] = {{"address", value::Value::string("db.example.org:7687")}};
  wire::Request request = hello({5, 8});
  std::get<wire::Hello>(request).routing = value::Value::map(own);
  bench.send(std::move(request));
  bench.send(logon());
  wire::Route route;
  route.routing = value::Value::map({});
  auto answers = bench.send(wire::Request(route));
  CHECK(has(answers[0], "db: 'neo4j'"));
  CHECK(has(answers[0], "{addresses: ['db.example.org:7687'], role: 'WRITE'}"));
  CHECK(has(answers[0], "role: 'READ'"));
  CHECK(has(answers[0], "role: 'ROUTE'"));
  route.database = "SYSTEM";
  CHECK(has(bench.send(wire::Request(route))[0], "db: 'SYSTEM'"));
  route.database = "missing";
  CHECK(bench.send(wire::Request(route)) ==
        Texts{"FAILURE Neo.ClientError.Database.DatabaseNotFound"});
}

TEST_CASE("output stops at the high-water mark and goes on after it") {
  Bench bench;
  bench.log_on();
  bench.send(run("ROWS 200000"));
  bench.machine.start(pull());
  PollContext context;
  CHECK(bench.machine.poll(context) == BoltMachine::Step::kOutputFull);
  CHECK(bench.machine.out().size() < bench.settings.output_high_water + 1000);
  size_t records = bench.reader.read(bench.machine.out().bytes()).size();
  bench.machine.out().clear();
  records += bench.drive().size();
  CHECK(records == 200'001);
}

TEST_CASE("numbers of records that make no sense are refused") {
  for (const int64_t n : {int64_t{0}, int64_t{-2}}) {
    Bench bench;
    bench.log_on();
    bench.send(run("ROWS 1"));
    CHECK(bench.send(pull(n)) == Texts{"FAILURE Neo.ClientError.Request.Invalid"});
    CHECK_FALSE(bench.closes());
  }
}

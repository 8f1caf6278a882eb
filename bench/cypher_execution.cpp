// SPDX-License-Identifier: Apache-2.0
//
// What statements cost from text to rows, in this process, over the resident engine in memory:
// nanoseconds of CPU per row looked at, and microseconds per point read. One line per figure.
#include <fmt/format.h>
#include <time.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "cypher/engine.h"
#include "cypher/local_graph.h"
#include "cypher/procedures/built_in.h"
#include "os/memory_file_system.h"
#include "storage/resident_database.h"

using namespace trellis;
using namespace trellis::cypher;

namespace {

constexpr uint64_t kNodes = 1'000'000;

double cpu_nanos() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

class Bench {
 public:
  Bench() : procedures_(make_procedure_table()), engine_(Engine::create({}, *procedures_)) {
    database_ = std::move(*storage::open_resident(files_, "/bench"));
    LocalGraphOptions options;
    options.database_name = "neo4j";
    options.access = security::AccessRules::full();
    session_ = make_local_graph(*engine_, *database_, std::move(options));
  }

  // Rows that came back; the first integer of the last row in `value`.
  uint64_t run(std::string_view text, const value::Value& parameters = {}) {
    auto prepared = engine_->prepare(text, "neo4j");
    check(prepared);
    TransactionOptions options;
    options.implicit = true;
    auto transaction = session_->begin(options);
    check(transaction);
    StatementCall call;
    call.text = text;
    call.compiled = prepared->compiled;
    call.parameters = parameters;
    call.auto_parameters = prepared->auto_parameters.get();
    auto stream = (*transaction)->run(call);
    check(stream);
    check((*stream)->open({}));
    uint64_t rows = 0;
    while (true) {
      auto poll = (*stream)->next({});
      check(poll);
      if (*poll != Poll::kReady) continue;
      const RowBatch& batch = (*stream)->rows();
      if (batch.rows == 0) return rows;
      rows += batch.rows;
      const value::Value& last = batch.at(batch.rows - 1, 0);
      value = last.is(value::Type::kInteger) ? last.as_integer() : -1;
    }
  }

  // The best of three, per row that the statement looks at.
  void measure(std::string_view what, std::string_view text, uint64_t looked_at) {
    double best = 1e30;
    for (int i = 0; i < 3; ++i) {
      const double start = cpu_nanos();
      run(text);
      best = std::min(best, cpu_nanos() - start);
    }
    fmt::print("{:<44} {:>9.2f} ns a row   ({} -> {})\n", what,
               best / static_cast<double>(looked_at), looked_at, value);
  }

  int64_t value = 0;

 private:
  template <class R>
  static void check(const R& result) {
    if (result) return;
    fmt::print(stderr, "failed: {}\n", result.error().message());
    std::exit(1);
  }

  os::MemoryFileSystem files_;
  std::unique_ptr<storage::Database> database_;
  std::unique_ptr<ProcedureTable> procedures_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<GraphSession> session_;
};

}  // namespace

int main(int argc, char** argv) {
  Bench bench;
  bench.run("CREATE INDEX FOR (u:User) ON (u.id)");
  double start = cpu_nanos();
  for (uint64_t at = 0; at < kNodes; at += 100'000) {
    bench.run(
        fmt::format("UNWIND range({}, {}) AS i CREATE (:User {{id: i, age: i % 100, name: "
                    "'user ' + i}})",
                    at, at + 99'999));
  }
  fmt::print("{:<44} {:>9.2f} ns a node\n", "UNWIND CREATE", (cpu_nanos() - start) / kNodes);
  start = cpu_nanos();
  bench.run(
      "UNWIND range(0, 199999) AS i MATCH (a:User {id: i}), (b:User {id: (i * 7919) % "
      "1000000}) CREATE (a)-[:KNOWS]->(b)");
  fmt::print("{:<44} {:>9.2f} ns each\n", "two seeks and CREATE relationship",
             (cpu_nanos() - start) / 200'000);

  bench.measure("MATCH (n) RETURN count(*)", "MATCH (n) RETURN count(*) AS c", kNodes);
  bench.measure("scan, filter, count", "MATCH (n:User) WHERE n.age > 90 RETURN count(*) AS c",
                kNodes);
  bench.measure("scan, filter by text, count",
                "MATCH (n:User) WHERE n.name ENDS WITH '77' RETURN count(*) AS c", kNodes);
  bench.measure("group by", "MATCH (n:User) RETURN n.age AS age, count(*) AS c", kNodes);
  bench.measure("sum", "MATCH (n:User) RETURN sum(n.age) AS s", kNodes);
  bench.measure("top 10", "MATCH (n:User) RETURN n.id AS id ORDER BY n.age, id LIMIT 10", kNodes);
  bench.measure("return a column", "MATCH (n:User) RETURN n.id AS id", kNodes);
  bench.measure("expand", "MATCH (a:User)-[:KNOWS]->(b) RETURN count(*) AS c", 1'200'000);
  bench.measure("UNWIND range", "UNWIND range(1, 10000000) AS i RETURN count(i) AS c", 10'000'000);

  const int kReads = argc > 1 ? std::atoi(argv[1]) : 100'000;
  start = cpu_nanos();
  for (int i = 0; i < kReads; ++i) {
    const value::MapEntry id{"id", value::Value::integer((i * 7919) % 1'000'000)};
    bench.run("MATCH (u:User {id: $id}) RETURN u", value::Value::map({&id, 1}));
  }
  fmt::print("{:<44} {:>9.2f} us each\n", "point read, text to record",
             (cpu_nanos() - start) / kReads / 1000);
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
//
// The promise of a commit over the worst disk: every acknowledged transaction is whole after a
// crash, and no other is half there.
#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "os/hostile_file_system.h"
#include "storage_fixture.h"

using namespace trellis;
using namespace trellis::storage;
using os::CrashModel;
using os::HostileFileSystem;
using value::Value;

namespace {

ResidentOptions tiny() {
  ResidentOptions options;
  options.first_segment_bytes = 16 * 1024;
  options.segment_bytes = 16 * 1024;
  options.checkpoint_log_bytes = 40 * 1024;  // checkpoints happen all the time
  return options;
}

struct Tokens {
  LabelId left, right;
  TypeId pair;
  KeyId number;
};

Tokens tokens_of(Transaction& t) {
  return {*t.make_token(TokenKind::kLabel, "Left"), *t.make_token(TokenKind::kLabel, "Right"),
          *t.make_token(TokenKind::kType, "PAIR"), *t.make_token(TokenKind::kKey, "number")};
}

// Two nodes and a relationship, all with the same number. True: acknowledged.
bool write_pair(Database& database, int64_t number) {
  auto begun = database.begin();
  if (!begun) return false;
  Transaction& t = **begun;
  const Tokens tokens = tokens_of(t);
  const Property property{tokens.number, Value::integer(number)};
  auto left = t.create_node(std::span(&tokens.left, 1), std::span(&property, 1));
  if (!left) return false;
  auto right = t.create_node(std::span(&tokens.right, 1), std::span(&property, 1));
  if (!right) return false;
  if (!t.create_relationship(*left, *right, tokens.pair, std::span(&property, 1))) return false;
  return commit(t).has_value();
}

// The numbers whose pair is there; aborts the test when any pair is not whole.
std::set<int64_t> whole_pairs(Database& database) {
  auto t = begin(database);
  const Tokens tokens = tokens_of(*t);
  std::set<int64_t> numbers;
  Arena arena;
  const auto lefts = scan(*t, tokens.left);
  CHECK(scan(*t, tokens.right).size() == lefts.size());
  CHECK(scan_relationships(*t).size() == lefts.size());
  for (const NodeId left : lefts) {
    const auto rights = neighbours(*t, left, Direction::kOutgoing, {tokens.pair});
    REQUIRE(rights.size() == 1);
    CHECK(neighbours(*t, rights[0], Direction::kIncoming) == std::vector<NodeId>{left});
    const int64_t number = get_int(*t, left, tokens.number);
    CHECK(get_int(*t, rights[0], tokens.number) == number);
    CHECK(numbers.insert(number).second);
  }
  CHECK(database.statistics().node_count() == 2 * lefts.size());
  CHECK(database.statistics().relationship_count(tokens.pair) == lefts.size());
  return numbers;
}

std::unique_ptr<Database> reopen(HostileFileSystem& files) {
  auto opened = open_resident(files, "/db", tiny());
  if (!opened) MESSAGE(opened.error().message());
  REQUIRE(opened);
  return std::move(*opened);
}

}  // namespace

TEST_CASE("crash loop: eight writers, the power cut anywhere, every model of loss") {
  for (const CrashModel model :
       {CrashModel::kDropAll, CrashModel::kAnySectors, CrashModel::kKeepAll}) {
    CAPTURE(static_cast<int>(model));
    HostileFileSystem files(77 + static_cast<uint64_t>(model));
    os::SeededRandom random(5);
    std::set<int64_t> acknowledged;
    std::atomic<int64_t> next{0};
    for (int round = 0; round < 12; ++round) {
      CAPTURE(round);
      {
        auto database = reopen(files);
        files.cut_power_at(files.calls() + 1 + random.next() % 400);
        std::vector<std::vector<int64_t>> written(8);
        std::vector<std::thread> writers;
        for (auto& mine : written) {
          writers.emplace_back([&] {
            while (true) {
              const int64_t number = next++;
              if (!write_pair(*database, number)) return;
              mine.push_back(number);
            }
          });
        }
        for (auto& writer : writers) writer.join();
        CHECK(database->failure());
        for (const auto& mine : written) acknowledged.insert(mine.begin(), mine.end());
      }
      files.crash(model);
      auto database = reopen(files);
      const auto there = whole_pairs(*database);
      CHECK(std::ranges::includes(there, acknowledged));
      // Those that came back without having been acknowledged stay from now on.
      acknowledged = there;
    }
    CHECK(acknowledged.size() > 100);
  }
}

TEST_CASE("the power cut at each single call of a life, creation included") {
  uint64_t calls = 0;
  {
    HostileFileSystem files(1);
    auto database = reopen(files);
    for (int64_t i = 0; i < 20; ++i) REQUIRE(write_pair(*database, i));
    REQUIRE(database->checkpoint());
    for (int64_t i = 20; i < 25; ++i) REQUIRE(write_pair(*database, i));
    REQUIRE(database->close());
    calls = files.calls();
  }
  for (const CrashModel model : {CrashModel::kDropAll, CrashModel::kAnySectors}) {
    for (uint64_t at = 1; at <= calls; ++at) {
      CAPTURE(at);
      HostileFileSystem files(at);
      files.cut_power_at(at);
      std::set<int64_t> acknowledged;
      if (auto opened = open_resident(files, "/db", tiny())) {
        for (int64_t i = 0; i < 25; ++i) {
          if (i == 20) (void)(*opened)->checkpoint();
          if (write_pair(**opened, i)) acknowledged.insert(i);
        }
      }
      files.crash(model);
      auto database = reopen(files);
      const auto there = whole_pairs(*database);
      CHECK(std::ranges::includes(there, acknowledged));
      CHECK(there.size() <= acknowledged.size() + 1);  // one commit at a time was in doubt
    }
  }
}

TEST_CASE("each call fails once: a failure is answered, and what was acknowledged stays") {
  for (const ErrorCode code : {ErrorCode::IoError, ErrorCode::DiskFull}) {
    for (uint64_t at = 1; at <= 70; ++at) {
      CAPTURE(at);
      CAPTURE(static_cast<int>(code));
      HostileFileSystem files(at);
      files.fail_at(at, code);
      std::set<int64_t> acknowledged;
      {
        auto opened = open_resident(files, "/db", tiny());
        if (!opened) CHECK(opened.error().code() == code);
        for (int64_t i = 0; opened && i < 40; ++i) {
          if (i == 20) (void)(*opened)->checkpoint();
          if (write_pair(**opened, i)) acknowledged.insert(i);
        }
        // Reads go on whatever happened.
        if (opened && !(*opened)->failure()) CHECK(whole_pairs(**opened) == acknowledged);
      }
      files.crash(CrashModel::kDropAll);
      auto database = reopen(files);
      const auto there = whole_pairs(*database);
      CHECK(std::ranges::includes(there, acknowledged));
      CHECK(write_pair(*database, 1000));
    }
  }
}

TEST_CASE("a failed sync stops the database, and it alone") {
  HostileFileSystem files(9);
  auto database = reopen(files);
  REQUIRE(write_pair(*database, 1));
  auto reader = begin(*database);
  files.fail_at(files.calls() + 2);  // the write goes through, its sync does not
  auto t = begin(*database);
  REQUIRE(t->create_node({}, {}));
  CHECK(code_of(commit(*t)) == ErrorCode::StorageFailure);
  REQUIRE(database->failure());
  CHECK(database->failure()->code() == ErrorCode::StorageFailure);
  CHECK(code_of(database->begin()) == ErrorCode::StorageFailure);
  CHECK(scan(*reader).size() == 2);
  // The next process finds clean pages of lost writes in the cache; it must not trust them.
  database.reset();
  reader.reset();
  t.reset();
  files.crash(CrashModel::kKeepAll);
  {
    auto again = reopen(files);
    const size_t seen = scan(*begin(*again)).size();
    files.cut_power_at(files.calls() + 1);
    again.reset();
    files.crash(CrashModel::kDropAll);
    CHECK(scan(*begin(*reopen(files))).size() == seen);
  }
}

TEST_CASE("a full disk fails writers, reads go on, and space lets writes go on") {
  HostileFileSystem files(4);
  auto database = reopen(files);
  files.set_full(true);
  int64_t number = 0;
  std::set<int64_t> acknowledged;
  ErrorCode code = ErrorCode::Unknown;
  while (code == ErrorCode::Unknown) {
    auto t = begin(*database);
    const Tokens tokens = tokens_of(*t);
    const Property property{tokens.number, Value::integer(number)};
    auto left = t->create_node(std::span(&tokens.left, 1), std::span(&property, 1));
    auto right = t->create_node(std::span(&tokens.right, 1), std::span(&property, 1));
    REQUIRE(t->create_relationship(*left, *right, tokens.pair, {}));
    if (auto done = commit(*t)) {
      acknowledged.insert(number++);
    } else {
      code = done.error().code();
    }
  }
  CHECK(code == ErrorCode::DiskFull);
  CHECK_FALSE(database->failure());
  CHECK(whole_pairs(*database) == acknowledged);
  files.set_full(false);
  CHECK(write_pair(*database, 5000));
  acknowledged.insert(5000);
  database.reset();
  CHECK(whole_pairs(*reopen(files)) == acknowledged);
}

TEST_CASE("eight writers share syncs") {
  HostileFileSystem files(2);
  auto database = reopen(files);
  const uint64_t before = files.syncs();
  constexpr int kEach = 50;
  std::vector<std::thread> writers;
  for (int64_t w = 0; w < 8; ++w) {
    writers.emplace_back([&, w] {
      for (int64_t i = 0; i < kEach; ++i) {
        if (!write_pair(*database, w * kEach + i)) std::abort();
      }
    });
  }
  for (auto& writer : writers) writer.join();
  const uint64_t syncs = files.syncs() - before;
  MESSAGE("syncs for ", 8 * kEach, " commits: ", syncs);
  CHECK(syncs >= 1);
  CHECK(syncs < 8 * kEach);
  CHECK(database->last_commit_index() == 8 * kEach);
}

// SPDX-License-Identifier: Apache-2.0
//
// The kill -9 loop at storage level: eight writers commit pairs (two nodes and a relationship with
// one number) and report each acknowledged one through a pipe; the process is killed; a new one
// must find every reported pair whole and no other half there.
//   storage_pairs DIRECTORY ROUNDS [SEED]
// Prints the seed, one line a round, and exits 0 only when every round held.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "os/file_system.h"
#include "os/random.h"
#include "storage/resident_database.h"

using namespace trellis;
using namespace trellis::storage;
using value::Value;

namespace {

constexpr int kWriters = 8;

struct Tokens {
  explicit Tokens(Transaction& t)
      : left(*t.make_token(TokenKind::kLabel, "Left")),
        right(*t.make_token(TokenKind::kLabel, "Right")),
        pair(*t.make_token(TokenKind::kType, "PAIR")),
        number(*t.make_token(TokenKind::kKey, "number")) {}
  LabelId left, right;
  TypeId pair;
  KeyId number;
};

[[noreturn]] void give_up(const Error& error) {
  fmt::print(stderr, "{}\n", error.message());
  std::_Exit(1);
}

std::unique_ptr<Database> open(os::FileSystem& files, const std::string& directory) {
  ResidentOptions options;
  options.first_segment_bytes = 64 * 1024;
  options.segment_bytes = 256 * 1024;
  options.checkpoint_log_bytes = 512 * 1024;
  auto database = open_resident(files, directory, options);
  if (!database) give_up(database.error());
  return std::move(*database);
}

Result<> commit(Transaction& t) {
  struct Signal {
    std::mutex mutex;
    std::condition_variable condition;
    bool woken = false;
  };
  auto signal = std::make_shared<Signal>();
  const PollContext context{[signal] {
    std::lock_guard lock(signal->mutex);
    signal->woken = true;
    signal->condition.notify_one();
  }};
  while (true) {
    TRELLIS_TRY_ASSIGN(const Poll poll, t.commit(context));
    if (poll == Poll::kReady) return {};
    std::unique_lock lock(signal->mutex);
    signal->condition.wait(lock, [&] { return signal->woken; });
    signal->woken = false;
  }
}

Result<> write_pair(Database& database, int64_t number) {
  TRELLIS_TRY_ASSIGN(auto t, database.begin());
  const Tokens tokens(*t);
  const Property property{tokens.number, Value::integer(number)};
  const std::span properties(&property, 1);
  TRELLIS_TRY_ASSIGN(const NodeId left, t->create_node(std::span(&tokens.left, 1), properties));
  TRELLIS_TRY_ASSIGN(const NodeId right, t->create_node(std::span(&tokens.right, 1), properties));
  TRELLIS_TRY(t->create_relationship(left, right, tokens.pair, properties));
  return commit(*t);
}

// In the child: writes until it is killed.
[[noreturn]] void write_forever(const std::string& directory, int64_t first, int report) {
  os::PosixFileSystem files;
  auto database = open(files, directory);
  std::atomic<int64_t> next{first};
  std::vector<std::thread> writers;
  for (int i = 0; i < kWriters; ++i) {
    writers.emplace_back([&] {
      while (true) {
        const int64_t number = next++;
        if (auto written = write_pair(*database, number); !written) give_up(written.error());
        if (::write(report, &number, sizeof number) != sizeof number) std::_Exit(1);
      }
    });
  }
  for (auto& writer : writers) writer.join();
  std::_Exit(0);
}

int64_t number_of(Transaction& t, NodeId node, KeyId key) {
  Arena arena;
  Value value;
  if (auto read = t.node_properties(std::span(&node, 1), key, arena, &value); !read) {
    give_up(read.error());
  }
  return value.is(value::Type::kInteger) ? value.as_integer() : -1;
}

// The numbers of whole pairs; nullopt when something is half there.
std::optional<std::set<int64_t>> read_pairs(Database& database) {
  auto t = *database.begin();
  const Tokens tokens(*t);
  std::set<int64_t> numbers;
  std::vector<NodeId> rows(kSegmentRows);
  auto batch = std::make_unique<ExpandBatch>();
  for (uint32_t s = 0; s < t->node_segment_count(); ++s) {
    const uint32_t count = t->scan_nodes(s, tokens.left, rows.data());
    ExpandCursor cursor;
    batch->size = 0;
    const bool all =
        t->expand(std::span(rows).first(count), Direction::kOutgoing, {}, cursor, *batch);
    if (!all || batch->size != count) return std::nullopt;
    for (uint32_t i = 0; i < count; ++i) {
      const int64_t number = number_of(*t, rows[i], tokens.number);
      if (batch->source[i] != i || number_of(*t, batch->neighbour[i], tokens.number) != number ||
          !numbers.insert(number).second) {
        return std::nullopt;
      }
    }
  }
  if (database.statistics().node_count(tokens.right) != numbers.size() ||
      database.statistics().relationship_count() != numbers.size()) {
    return std::nullopt;
  }
  return numbers;
}

std::vector<int64_t> kill_after(pid_t child, int report, useconds_t micros) {
  ::usleep(micros);
  ::kill(child, SIGKILL);
  std::vector<int64_t> acknowledged;
  int64_t number = 0;
  while (::read(report, &number, sizeof number) == sizeof number) acknowledged.push_back(number);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!WIFSIGNALED(status)) {
    fmt::print(stderr, "the writers ended by themselves\n");
    std::exit(1);
  }
  return acknowledged;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    fmt::print(stderr, "usage: storage_pairs DIRECTORY ROUNDS [SEED]\n");
    return 2;
  }
  const std::string directory = argv[1];
  const int rounds = std::atoi(argv[2]);
  os::SecureRandom secure;
  const uint64_t seed = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : secure.next() % 1'000'000;
  os::SeededRandom random(seed);
  fmt::print("seed {}\n", seed);
  std::set<int64_t> expected;
  int64_t first = 0;
  for (int round = 1; round <= rounds; ++round) {
    int ends[2];
    if (::pipe(ends) != 0) return 1;
    const pid_t child = ::fork();
    if (child < 0) return 1;
    if (child == 0) {
      ::close(ends[0]);
      write_forever(directory, first, ends[1]);
    }
    ::close(ends[1]);
    const auto acknowledged =
        kill_after(child, ends[0], static_cast<useconds_t>(20'000 + random.next() % 300'000));
    ::close(ends[0]);
    expected.insert(acknowledged.begin(), acknowledged.end());

    os::PosixFileSystem files;
    auto database = open(files, directory);
    const auto found = read_pairs(*database);
    if (!found || !std::ranges::includes(*found, expected)) {
      fmt::print("round {}: {}\n", round,
                 found ? "an acknowledged pair is lost" : "a pair is torn");
      return 1;
    }
    fmt::print("round {}: {} acknowledged, {} there in all\n", round, acknowledged.size(),
               found->size());
    expected = *found;
    // Far beyond what the killed writers can have used.
    first = found->empty() ? first : *found->rbegin() + 1000;
  }
  fmt::print("{} rounds, {} pairs, none lost, none torn\n", rounds, expected.size());
  return expected.empty() ? 1 : 0;
}

// SPDX-License-Identifier: Apache-2.0
//
// What storage costs by itself: nanoseconds per row of a filtered scan, of an expansion, of a point
// read; commits per second; restart after a million writes. One line per figure.
//   bench_storage [DIRECTORY]    default: a new folder below /tmp
#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "os/file_system.h"
#include "storage/resident_database.h"

using namespace trellis;
using namespace trellis::storage;
using value::Value;
using BenchClock = std::chrono::steady_clock;

namespace {

constexpr uint64_t kNodes = 1'000'000;
constexpr uint64_t kBatch = 10'000;

// CPU time of this thread: what is asked of a busy machine.
struct CpuClock {
  static double now() {
    timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
  }
};

double nanos_since(BenchClock::time_point start) {
  return std::chrono::duration<double, std::nano>(BenchClock::now() - start).count();
}

void commit(Transaction& t) {
  std::mutex mutex;
  std::condition_variable condition;
  bool woken = false;
  PollContext context{[&] {
    std::lock_guard lock(mutex);
    woken = true;
    condition.notify_one();
  }};
  while (true) {
    auto poll = t.commit(context);
    if (!poll) {
      fmt::print(stderr, "commit: {}\n", poll.error().message());
      std::exit(1);
    }
    if (*poll == Poll::kReady) return;
    std::unique_lock lock(mutex);
    condition.wait(lock, [&] { return woken; });
    woken = false;
  }
}

struct Bench {
  Database& database;
  LabelId user;
  KeyId id, age, name;
  TypeId knows;
  SchemaId index = 0;

  explicit Bench(Database& db) : database(db) {
    auto t = *database.begin();
    user = *t->make_token(TokenKind::kLabel, "User");
    id = *t->make_token(TokenKind::kKey, "id");
    age = *t->make_token(TokenKind::kKey, "age");
    name = *t->make_token(TokenKind::kKey, "name");
    knows = *t->make_token(TokenKind::kType, "KNOWS");
  }

  void load() {
    {
      auto t = *database.begin();
      IndexDescriptor descriptor;
      descriptor.name = "user_id";
      descriptor.token = user;
      descriptor.keys = {id};
      index = *t->create_index(descriptor);
      commit(*t);
    }
    const auto start = BenchClock::now();
    const double cpu = CpuClock::now();
    for (uint64_t done = 0; done < kNodes; done += kBatch) {
      auto t = *database.begin();
      for (uint64_t i = done; i < done + kBatch; ++i) {
        const std::string text = fmt::format("user number {}", i);
        const Property properties[3] = {{id, Value::integer(static_cast<int64_t>(i))},
                                        {age, Value::integer(static_cast<int64_t>(i * 7919 % 80))},
                                        {name, Value::string(text)}};
        (void)*t->create_node(std::span(&user, 1), properties);
      }
      commit(*t);
    }
    fmt::print("load nodes            {:8.1f} ns/node, cpu {:.1f}\n", nanos_since(start) / kNodes,
               (CpuClock::now() - cpu) / kNodes);
    const auto related = BenchClock::now();
    const double related_cpu = CpuClock::now();
    constexpr uint64_t kRelationships = 2 * kNodes;
    for (uint64_t done = 0; done < kRelationships; done += kBatch) {
      auto t = *database.begin();
      for (uint64_t i = done; i < done + kBatch; ++i) {
        (void)*t->create_relationship(i % kNodes, i * 2'654'435'761 % kNodes, knows, {});
      }
      commit(*t);
    }
    fmt::print("load relationships    {:8.1f} ns/relationship, cpu {:.1f}\n",
               nanos_since(related) / kRelationships,
               (CpuClock::now() - related_cpu) / kRelationships);
  }

  void scan() {
    auto t = *database.begin();
    std::vector<NodeId> ids(kSegmentRows);
    std::vector<Value> values(kSegmentRows);
    auto has = std::make_unique<bool[]>(kSegmentRows);
    for (int round = 0; round < 4; ++round) {
      Arena arena;
      uint64_t matches = 0;
      double only_scan = 0, label = 0, property = 0;
      const uint32_t segments = t->node_segment_count();
      const auto start = BenchClock::now();
      const double cpu = CpuClock::now();
      for (uint32_t s = 0; s < segments; ++s) {
        auto at = BenchClock::now();
        const uint32_t count = t->scan_nodes(s, user, ids.data());
        only_scan += nanos_since(at);
        at = BenchClock::now();
        t->nodes_have_label(std::span(ids).first(count), user, has.get());
        label += nanos_since(at);
        at = BenchClock::now();
        (void)t->node_properties(std::span(ids).first(count), age, arena, values.data());
        property += nanos_since(at);
        for (uint32_t i = 0; i < count; ++i) {
          matches += values[i].is(value::Type::kInteger) && values[i].as_integer() > 30;
        }
      }
      const double all = nanos_since(start);
      fmt::print(
          "scan-filter-count     {:8.2f} ns/row, cpu {:.2f} (scan {:.2f}, label {:.2f}, property "
          "{:.2f}; {} of {})\n",
          all / kNodes, (CpuClock::now() - cpu) / kNodes, only_scan / kNodes, label / kNodes,
          property / kNodes, matches, kNodes);
    }
  }

  void expand() {
    auto t = *database.begin();
    std::vector<NodeId> ids(kSegmentRows);
    auto out = std::make_unique<ExpandBatch>();
    uint64_t total = 0;
    const double start = CpuClock::now();
    for (uint32_t s = 0; s < t->node_segment_count(); ++s) {
      const uint32_t count = t->scan_nodes(s, user, ids.data());
      ExpandCursor cursor;
      bool done = false;
      while (!done) {
        out->size = 0;
        done = t->expand(std::span(ids).first(count), Direction::kOutgoing, std::span(&knows, 1),
                         cursor, *out);
        total += out->size;
      }
    }
    fmt::print("expand all            {:8.2f} ns/relationship cpu ({})\n",
               (CpuClock::now() - start) / static_cast<double>(total), total);
  }

  void point_reads() {
    constexpr int kReads = 300'000;
    const KeyId keys[3] = {id, age, name};
    std::vector<NodeId> found;
    uint64_t state = 1;
    uint64_t checks = 0;
    Arena arena;
    const double start = CpuClock::now();
    for (int i = 0; i < kReads; ++i) {
      state = state * 6'364'136'223'846'793'005 + 1;
      const auto wanted = static_cast<int64_t>((state >> 33) % kNodes);
      auto t = *database.begin();
      found.clear();
      (void)t->seek_nodes(index, Value::integer(wanted), std::nullopt, 10, found);
      arena.reset();
      auto labels = t->node_labels(found[0], arena);
      auto all = t->all_node_properties(found[0], arena);
      checks += labels->size() + all->size() + keys[0];
    }
    fmt::print("point read            {:8.1f} ns cpu (begin, seek, labels, properties; {})\n",
               (CpuClock::now() - start) / kReads, checks);
  }

  void empty_transactions() {
    constexpr int kTransactions = 300'000;
    const double start = CpuClock::now();
    for (int i = 0; i < kTransactions; ++i) {
      auto t = *database.begin();
      commit(*t);
    }
    fmt::print("empty transaction     {:8.1f} ns cpu\n", (CpuClock::now() - start) / kTransactions);
  }

  void commits(int writers) {
    constexpr int kTotal = 4000;
    std::vector<std::thread> threads;
    const auto start = BenchClock::now();
    for (int w = 0; w < writers; ++w) {
      threads.emplace_back([&] {
        for (int i = 0; i < kTotal / writers; ++i) {
          auto t = *database.begin();
          (void)*t->create_node({}, {});
          commit(*t);
        }
      });
    }
    for (auto& thread : threads) thread.join();
    const double nanos = nanos_since(start);
    fmt::print("commits, {:2} writers   {:8.0f} /s ({:.1f} us each)\n", writers,
               kTotal / nanos * 1e9, nanos / kTotal * writers / 1e3);
  }
};

std::unique_ptr<Database> open(os::FileSystem& files, const std::string& directory,
                               uint64_t checkpoint_log_bytes) {
  ResidentOptions options;
  options.checkpoint_log_bytes = checkpoint_log_bytes;
  const auto start = BenchClock::now();
  const double cpu = CpuClock::now();
  auto opened = open_resident(files, directory, options);
  if (!opened) {
    fmt::print(stderr, "open: {}\n", opened.error().message());
    std::exit(1);
  }
  fmt::print("open                  {:8.1f} ms, cpu {:.1f}\n", nanos_since(start) / 1e6,
             (CpuClock::now() - cpu) / 1e6);
  return std::move(*opened);
}

}  // namespace

int main(int argc, char** argv) {
  char made[] = "/tmp/trellis-bench-XXXXXX";
  const std::string directory = argc > 1 ? argv[1] : mkdtemp(made);
  os::PosixFileSystem files;
  {
    auto database = open(files, directory, uint64_t{1} << 40);
    Bench bench(*database);
    bench.load();
    bench.scan();
    bench.expand();
    bench.point_reads();
    bench.empty_transactions();
    for (const int writers : {1, 8, 32}) bench.commits(writers);
    // The log alone, as kill -9 leaves it, elsewhere.
    (void)files.make_directory(directory + "/log-only");
    auto names = files.list(directory);
    for (const auto& name : *names) {
      if (name == "log-only") continue;
      auto bytes = os::read_file(files, directory + "/" + name);
      auto out = files.open(directory + "/log-only/" + name, os::OpenMode::kCreate);
      (void)(*out)->write_at(0, *bytes);
    }
    const auto start = BenchClock::now();
    (void)database->checkpoint();
    fmt::print("checkpoint            {:8.1f} ms\n", nanos_since(start) / 1e6);
  }
  fmt::print("restart from the image (3M entities):\n");
  open(files, directory, uint64_t{1} << 40).reset();
  fmt::print("restart from the log (3M operations):\n");
  open(files, directory + "/log-only", uint64_t{1} << 40).reset();
  (void)files.remove_tree(directory);
  return 0;
}

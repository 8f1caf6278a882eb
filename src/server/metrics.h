// SPDX-License-Identifier: Apache-2.0
//
// Figures that other programs read: counters that are counted as things happen, and samples that
// are taken when somebody looks. Text: Prometheus' exposition format 0.0.4.
//
// Names: those of Neo4j's manual ("Metrics reference") where it has the figure, else Trellis' own;
// server.metrics.prefix comes first, dots become underscores, counters end in _total. The HELP line
// has the name with dots. server.metrics.filter chooses among Neo4j's; Trellis' own are always
// there.
//
// Thread-safe. Bounded: at most kMostLabels values of one label; what comes after is "other".
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trellis::server {

enum class Counted : uint8_t {
  kAcmeAttempts,  // acme_attempts_total{result}
};

struct Sample {
  std::string name;  // "dbms.bolt.connections_opened", without prefix
  std::string help;  // one sentence
  bool counter = false;
  bool own = false;  // Trellis' own: not filtered
  std::vector<std::pair<std::string, std::string>> labels;
  double value = 0;
};
using Samples = std::vector<Sample>;

class Metrics {
 public:
  static constexpr size_t kMostLabels = 64;

  Metrics(std::string prefix, std::vector<std::string> filter);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // One more. `label`: "success", "failure".
  void count(Counted what, std::string_view label);
  // Asked by every text(), on its thread, until forget_sources().
  void add_source(std::function<void(Samples&)> source);
  void forget_sources();

  std::string text() const;

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

}  // namespace trellis::server

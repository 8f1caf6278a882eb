// SPDX-License-Identifier: Apache-2.0
#include "server/metrics.h"

#include <fmt/format.h>
#include <prometheus/counter.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <sstream>

#include "base/mutex.h"
#include "security/privilege.h"

namespace trellis::server {
namespace {

struct CountedTraits {
  std::string_view name;
  std::string_view label;
  std::string_view help;
};
constexpr std::array<CountedTraits, 1> kCounted = {{
    {"acme.attempts", "result", "Attempts to obtain a certificate, by result."},
}};

std::string exposed(std::string_view prefix, std::string_view name, bool counter) {
  std::string full = prefix.empty() ? std::string(name) : fmt::format("{}.{}", prefix, name);
  for (char& c : full) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!fits) c = '_';
  }
  if (!full.empty() && full[0] >= '0' && full[0] <= '9') full.insert(0, 1, '_');
  return counter ? full + "_total" : full;
}

std::string explained(std::string_view prefix, std::string_view name, std::string_view help) {
  return fmt::format("{}{}{}: {}", prefix, prefix.empty() ? "" : ".", name, help);
}

}  // namespace

struct Metrics::State {
  State(std::string p, std::vector<std::string> f) : prefix(std::move(p)), filter(std::move(f)) {
    for (size_t n = 0; n < kCounted.size(); ++n) {
      families[n] = &prometheus::BuildCounter()
                         .Name(exposed(prefix, kCounted[n].name, true))
                         .Help(explained(prefix, kCounted[n].name, kCounted[n].help))
                         .Register(registry);
    }
  }

  bool wanted(const Sample& sample) const {
    if (sample.own) return true;
    const std::string full = prefix.empty() ? sample.name : prefix + "." + sample.name;
    return std::any_of(filter.begin(), filter.end(),
                       [&](const std::string& glob) { return security::glob_matches(glob, full); });
  }

  const std::string prefix;
  const std::vector<std::string> filter;
  prometheus::Registry registry;
  std::array<prometheus::Family<prometheus::Counter>*, kCounted.size()> families{};
  Mutex mutex;
  std::array<std::set<std::string, std::less<>>, kCounted.size()> labels GUARDED_BY(mutex);
  // Held while sources run, so that none runs after forget_sources().
  Mutex sampling;
  std::vector<std::function<void(Samples&)>> sources GUARDED_BY(sampling);
};

Metrics::Metrics(std::string prefix, std::vector<std::string> filter)
    : state_(std::make_unique<State>(std::move(prefix), std::move(filter))) {}
Metrics::~Metrics() = default;

void Metrics::count(Counted what, std::string_view label) {
  const auto index = static_cast<size_t>(what);
  std::string value(label);
  {
    const MutexLock lock(state_->mutex);
    auto& known = state_->labels[index];
    if (!known.contains(value)) {
      if (known.size() >= kMostLabels) value = "other";
      known.insert(value);
    }
  }
  state_->families[index]
      ->Add({{std::string(kCounted[index].label), std::move(value)}})
      .Increment();
}

void Metrics::add_source(std::function<void(Samples&)> source) {
  const MutexLock lock(state_->sampling);
  state_->sources.push_back(std::move(source));
}

void Metrics::forget_sources() {
  const MutexLock lock(state_->sampling);
  state_->sources.clear();
}

std::string Metrics::text() const {
  Samples samples;
  {
    const MutexLock lock(state_->sampling);
    for (const auto& source : state_->sources) source(samples);
  }
  std::vector<prometheus::MetricFamily> families = state_->registry.Collect();
  std::map<std::string, size_t> places;
  for (const Sample& sample : samples) {
    if (!state_->wanted(sample)) continue;
    const std::string name = exposed(state_->prefix, sample.name, sample.counter);
    const auto [place, is_new] = places.try_emplace(name, families.size());
    if (is_new) {
      prometheus::MetricFamily family;
      family.name = name;
      family.help = explained(state_->prefix, sample.name, sample.help);
      family.type =
          sample.counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
      families.push_back(std::move(family));
    }
    prometheus::ClientMetric metric;
    for (const auto& [label, value] : sample.labels) metric.label.push_back({label, value});
    metric.counter.value = metric.gauge.value = sample.value;
    families[place->second].metric.push_back(std::move(metric));
  }
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, families);
  return std::move(text).str();
}

}  // namespace trellis::server

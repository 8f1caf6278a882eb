// SPDX-License-Identifier: Apache-2.0
#include "tls/policy_store.h"

#include <algorithm>
#include <array>
#include <map>
#include <thread>

#include "tls/findings/clock_findings.h"
#include "tls/findings/finding_log.h"
#include "tls/findings/server_findings.h"
#include "tls/scope_policy.h"

namespace trellis::tls {
namespace {

// Between two judgements of what has not changed: what only time changes is told by the day.
constexpr std::chrono::hours kJudgeAgainAfter{1};

class FilePolicyStore final : public PolicyStore {
 public:
  explicit FilePolicyStore(PolicyStoreOptions options)
      : options_(std::move(options)), findings_(options_.log) {}

  ~FilePolicyStore() override {
    {
      const MutexLock lock(watching_);
      ending_ = true;
    }
    wake_.notify_all();
    if (watch_.joinable()) watch_.join();
  }

  Result<> open() {
    for (const auto& policy : options_.config->ssl.by_scope) {
      if (!policy.enabled) continue;
      TRELLIS_TRY_ASSIGN(scopes_[static_cast<size_t>(policy.scope)],
                         ScopePolicy::open(policy, options_));
    }
    const MutexLock lock(loading_);
    judge();
    return {};
  }

  std::shared_ptr<const ServedPolicy> of(config::SslScope scope) const override {
    return scopes_[static_cast<size_t>(scope)];
  }

  void start_watching() override {
    const MutexLock lock(watching_);
    if (watch_.joinable() || ending_) return;
    watch_ = std::thread([this] { watch(); });
  }

  std::vector<ScopeReload> look() override { return load_again(false); }
  std::vector<ScopeReload> reload() override { return load_again(true); }

  void offer(PairPtr obtained, std::optional<os::Clock::Wall> next_renewal) override {
    const MutexLock lock(loading_);
    for (const auto& scope : scopes_) {
      if (!scope || !scope->obtained()) continue;
      count(scope->take(obtained, next_renewal) ? ScopePolicy::Reload::kChanged
                                                : ScopePolicy::Reload::kUnchanged);
    }
    judge();
  }

  void acme_failed(std::string reason) override {
    const MutexLock lock(loading_);
    for (const auto& scope : scopes_) {
      if (scope && scope->obtained()) scope->note_failure(reason);
    }
    judge();
  }

  void clock_seen(const std::string& source, os::Clock::Wall elsewhere) override {
    const MutexLock lock(loading_);
    Findings seen = clock_findings(source, elsewhere, options_.clock->wall());
    // One that stands is told once, though the difference is not the same from second to second.
    Findings& known = clocks_[source];
    if (seen.empty() == known.empty()) return;
    known = std::move(seen);
    judge();
  }

  void renewal(config::SslScope scope, std::optional<os::Clock::Wall> next,
               std::string failure) override {
    if (const auto& meant = scopes_[static_cast<size_t>(scope)]) {
      meant->note_renewal(next, std::move(failure));
    }
  }

  std::vector<CertificateStatus> status() const override {
    std::vector<CertificateStatus> rows;
    for (const auto& scope : scopes_) {
      if (!scope) continue;
      for (auto& row : scope->status()) rows.push_back(std::move(row));
    }
    return rows;
  }

  ReloadCounts counts() const override {
    const MutexLock lock(counting_);
    return counts_;
  }

 private:
  std::vector<ScopeReload> load_again(bool asked) EXCLUDES(loading_) {
    const MutexLock lock(loading_);
    std::vector<ScopeReload> all;
    bool changed = asked;
    for (const auto& scope : scopes_) {
      if (!scope) continue;
      auto outcome = scope->load_again(asked);
      if (!asked) scope->look_after();
      count(outcome.what);
      changed = changed || outcome.news;
      all.push_back(std::move(outcome.told));
    }
    if (changed || options_.clock->monotonic() - judged_ >= kJudgeAgainAfter) judge();
    return all;
  }

  void count(ScopePolicy::Reload what) EXCLUDES(counting_) {
    const MutexLock lock(counting_);
    if (what == ScopePolicy::Reload::kChanged) ++counts_.changed;
    if (what == ScopePolicy::Reload::kUnchanged) ++counts_.unchanged;
    if (what == ScopePolicy::Reload::kFailed) ++counts_.failed;
  }

  // Says what is wrong with what is in force, once for each change.
  void judge() REQUIRES(loading_) {
    judged_ = options_.clock->monotonic();
    std::vector<ServedChain> chains;
    for (const auto& scope : scopes_) {
      if (!scope) continue;
      for (ServedChain& chain : scope->chains()) chains.push_back(std::move(chain));
    }
    Findings all = findings_of(*options_.config, chains, *options_.clock);
    for (const auto& [source, seen] : clocks_) append(all, seen);
    findings_.report(all);
  }

  void watch() EXCLUDES(watching_) {
    const MutexLock lock(watching_);
    while (!ending_) {
      wake_.wait_for(watching_, options_.config->tls.poll_interval);
      if (ending_) break;
      watching_.unlock();
      look();
      watching_.lock();
    }
  }

  const PolicyStoreOptions options_;
  std::array<std::shared_ptr<ScopePolicy>, config::kSslScopeNames.size()> scopes_;

  mutable Mutex loading_;
  // Apart from loading_, which is held while files are read: whoever scrapes must not wait for
  // them.
  mutable Mutex counting_;
  ReloadCounts counts_ GUARDED_BY(counting_);
  os::Clock::Monotonic judged_ GUARDED_BY(loading_){};
  std::map<std::string, Findings> clocks_ GUARDED_BY(loading_);  // by authority
  FindingLog findings_;

  Mutex watching_;
  ConditionVariable wake_;
  bool ending_ GUARDED_BY(watching_) = false;
  std::thread watch_ GUARDED_BY(watching_);
};

}  // namespace

Result<std::unique_ptr<PolicyStore>> PolicyStore::open(PolicyStoreOptions options) {
  auto store = std::make_unique<FilePolicyStore>(std::move(options));
  TRELLIS_TRY(store->open());
  return store;
}

}  // namespace trellis::tls

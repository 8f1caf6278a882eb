// SPDX-License-Identifier: Apache-2.0
//
// One scope of the store: its files, what they held when they were last good, and what handshakes
// use. Loading is for one thread at a time (the store's lock); current() and status() for any.
// Private to room `tls`.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tls/file_stamp.h"
#include "tls/findings/server_findings.h"
#include "tls/policy_material.h"
#include "tls/policy_store.h"

namespace trellis::tls {

class ScopePolicy final : public ServedPolicy {
 public:
  static Result<std::shared_ptr<ScopePolicy>> open(const config::SslPolicySettings& policy,
                                                   const PolicyStoreOptions& options);

  config::SslScope scope() const override { return policy_.scope; }
  std::shared_ptr<const ServerContext> current() const override EXCLUDES(mutex_);
  std::vector<CertificateStatus> status() const EXCLUDES(mutex_);

  enum class Reload : uint8_t { kIdle, kUnchanged, kChanged, kFailed, kStillFailed };
  struct Outcome {
    Reload what = Reload::kIdle;
    ScopeReload told;
    bool news = false;  // another pair, another failure, or none any more
  };
  // `asked`: reads the files even when nothing points to a change, and logs the result.
  Outcome load_again(bool asked) EXCLUDES(mutex_);
  bool obtained() const { return policy_.obtained; }
  bool take(PairPtr pair, std::optional<os::Clock::Wall> next_renewal) EXCLUDES(mutex_);
  void note_failure(std::string reason) EXCLUDES(mutex_);
  void note_renewal(std::optional<os::Clock::Wall> next, std::string failure) EXCLUDES(mutex_);
  // What is in force, for the findings; valid until the next load.
  std::vector<ServedChain> chains() const EXCLUDES(mutex_);
  void look_after();  // ticket keys

 private:
  // What is served, or should be, as one row each: the main pair (with what is wrong with trust),
  // then those of sni/.
  struct Part {
    PairPtr pair;
    std::string error;
    bool main;
    std::string place;  // where it should come from
  };

  ScopePolicy(const config::SslPolicySettings& policy, const PolicyStoreOptions& options);
  Result<> put_in_force(PolicyMaterial next) EXCLUDES(mutex_);
  std::vector<Part> parts() const;
  ScopeReload told(bool changed, const std::string& failure) const;
  void log_served() const;

  const config::SslPolicySettings& policy_;
  const PolicyStoreOptions& options_;
  const std::shared_ptr<ServedPairs> pairs_ = std::make_shared<ServedPairs>();

  // Of the loading thread.
  PolicyMaterial material_;
  FileStamp stamp_;
  std::shared_ptr<TicketKeys> tickets_;
  std::string last_failure_;

  mutable Mutex mutex_;
  std::shared_ptr<const ServerContext> current_ GUARDED_BY(mutex_);
  std::vector<CertificateStatus> status_ GUARDED_BY(mutex_);
  std::map<std::string, os::Clock::Wall> in_force_since_ GUARDED_BY(mutex_);  // by SHA-256
  std::optional<os::Clock::Wall> next_renewal_ GUARDED_BY(mutex_);
  std::string renewal_failure_ GUARDED_BY(mutex_);
};

}  // namespace trellis::tls

// SPDX-License-Identifier: Apache-2.0
//
// The one implementation of CertificateRenewal. Private to tls/acme.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <thread>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "tls/acme/order_run.h"
#include "tls/acme/renewal.h"

namespace trellis::tls::acme {

class RenewalLoop final : public CertificateRenewal {
 public:
  explicit RenewalLoop(Options options);
  ~RenewalLoop() override;
  Result<> load();
  void start() override;

  RenewalStatus status() const override EXCLUDES(mutex_);
  uint64_t begin(RenewalCommand command) override EXCLUDES(mutex_);
  std::optional<CommandOutcome> outcome(uint64_t number) const override EXCLUDES(mutex_);

 private:
  // A connection to one authority, for a few requests.
  struct Line {
    std::unique_ptr<AcmeTransport> transport;
    std::unique_ptr<Client> client;
  };

  AcmeStore& store() { return *options_.store; }
  struct Loaded {
    SavedCertificate saved;
    PairPtr pair;
  };

  void work();
  void step();
  Result<> load_certificate();
  Result<std::optional<SavedCertificate>> newest_saved();
  std::optional<Loaded> nearest_saved();
  std::string saved_versions();
  bool is_wanted() const;
  void follow_storage();
  void follow_challenges();
  void check_window(Wall now);
  Attempt plan(Wall now);
  Wall renewal_at() const;
  Result<> try_order(Attempt attempt, bool by_person);
  Result<bool> begin_attempt(Attempt& attempt, bool by_person);
  Result<> storage_failed(Error error);
  void tell_failure(const std::string& text, Wall now, bool log) EXCLUDES(mutex_);
  Answer<Obtained> order(const Attempt& attempt, const StoreLock& lock);
  Answer<Obtained> order_at(const config::AcmeIssuer& issuer, bool staging, const StoreLock& lock);
  Result<> settle(const Attempt& attempt, Answer<Obtained> obtained, const StoreLock& lock);
  void serve(SavedCertificate certificate, PairPtr pair);
  void offer();
  Line line_to(const config::AcmeIssuer& issuer);
  const config::AcmeIssuer* issuer_of(const std::string& directory) const;
  void run_command() EXCLUDES(mutex_);
  Result<std::string> perform(const RenewalCommand& command);
  Result<std::string> revoke(std::optional<RevocationReason> reason);
  Result<> read_failures();
  void look_for_open_order();
  RenewalState exchange_state(RenewalState state) EXCLUDES(mutex_);
  void show(const Attempt& next, Wall now) EXCLUDES(mutex_);

  Options options_;
  const config::AcmeConfig& config_;
  const std::shared_ptr<StopSignal> stop_ = std::make_shared<StopSignal>();
  const Names names_;
  const Issuers issuers_;
  const Surroundings around_;
  config::AcmeIssuer staging_issuer_;

  // The thread's own.
  std::optional<SavedCertificate> certificate_;
  PairPtr pair_;
  std::optional<Wall> offered_renewal_;
  SavedWindow window_;
  SavedFailures failures_;
  std::string certificate_version_;
  std::string challenges_version_;
  std::vector<SavedChallenge> foreign_;
  bool foreign_open_ = false;
  bool unfinished_ = false;  // an order was placed and is to be taken up, whatever the date
  std::optional<std::chrono::steady_clock::time_point> presence_;
  std::string told_;  // the last complaint about the storage, logged once

  mutable Mutex mutex_;
  RenewalStatus status_ GUARDED_BY(mutex_);
  std::deque<std::pair<uint64_t, RenewalCommand>> commands_ GUARDED_BY(mutex_);
  std::map<uint64_t, CommandOutcome> outcomes_ GUARDED_BY(mutex_);
  uint64_t last_number_ GUARDED_BY(mutex_) = 0;
  std::thread thread_;
};

}  // namespace trellis::tls::acme

// SPDX-License-Identifier: Apache-2.0
#include "cluster/member_rotation.h"

#include <thread>

#include "base/mutex.h"
#include "tls/private_ca.h"
#include "tls/readable_file.h"

namespace trellis::cluster {
namespace {

Result<bool> is_due(const MemberRotation::Options& options) {
  TRELLIS_TRY_ASSIGN(const Secret chain,
                     tls::read_small_file(options.files.certificate, "certificate"));
  TRELLIS_TRY_ASSIGN(const tls::IssuedFacts facts, tls::facts_of(chain.reveal()));
  const auto third = (facts.not_after - facts.not_before) / 3;
  return options.clock->wall() >= facts.not_after - third;
}

Result<> renew(const MemberRotation::Options& options) {
  TRELLIS_TRY_ASSIGN(const tls::KeyAndRequest made,
                     tls::new_key_and_request(options.membership.names.front()));
  TRELLIS_TRY_ASSIGN(const tls::MemberCertificate member,
                     options.authority->renew(made.request_pem));
  // Trust first: the new chain may end at an authority that we do not know yet.
  TRELLIS_TRY(options.files.write_trust(member.trust));
  return options.files.write_pair(made.key_pem, member.chain);
}

class RotationThread final : public MemberRotation {
 public:
  explicit RotationThread(Options options) : options_(std::move(options)) {
    thread_ = std::thread([this] { run(); });
  }
  ~RotationThread() override {
    {
      const MutexLock lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }

 private:
  void run() {
    do {
      tell(rotate_once(options_));
    } while (rest());
  }

  void tell(const Result<bool>& round) {
    if (round) {
      if (failing_) options_.log.info("The cluster's authority answers again.");
      if (*round) options_.log.info("The cluster's authority has renewed our certificate.");
      failing_ = false;
      return;
    }
    if (!failing_) {
      options_.log.warn("Our certificate cannot be looked after: {}", round.error().message());
    }
    failing_ = true;
  }

  bool rest() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    const auto until = std::chrono::steady_clock::now() + options_.poll_interval;
    for (auto now = std::chrono::steady_clock::now(); !stopping_ && now < until;
         now = std::chrono::steady_clock::now()) {
      wake_.wait_for(mutex_, until - now);
    }
    return !stopping_;
  }

  Options options_;
  bool failing_ = false;
  Mutex mutex_;
  ConditionVariable wake_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace

Result<bool> rotate_once(MemberRotation::Options& options) {
  TRELLIS_TRY_ASSIGN(const tls::TrustBundle trust, options.authority->trust());
  TRELLIS_TRY_ASSIGN(const bool trust_changed, options.files.write_trust(trust));
  TRELLIS_TRY_ASSIGN(const bool due, is_due(options));
  if (due) TRELLIS_TRY(renew(options));
  if ((trust_changed || due) && options.changed) options.changed();
  return due;
}

std::unique_ptr<MemberRotation> MemberRotation::start(Options options) {
  return std::make_unique<RotationThread>(std::move(options));
}

}  // namespace trellis::cluster

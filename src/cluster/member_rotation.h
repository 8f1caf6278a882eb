// SPDX-License-Identifier: Apache-2.0
//
// Keeps a member's certificate young and its trust current: asks the authority every poll_interval
// for what it trusts and revokes, and for a new certificate when two thirds of the life of the
// present one are over. What it gets it writes to the policy's files, where the watch finds it.
//
// What fails is tried again at the next poll; the log says so when it begins, when the reason
// changes and when it is over. Where the authority is, it says in time that this ends. One thread
// of its own, ended by the destructor, which does not wait for the network.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/log.h"
#include "cluster/authority_access.h"
#include "cluster/member_files.h"
#include "os/clock.h"

namespace trellis::cluster {

class MemberRotation {
 public:
  struct Options {
    MemberFiles files;
    Membership membership;
    std::unique_ptr<AuthorityAccess> authority;
    std::chrono::nanoseconds poll_interval{std::chrono::seconds(5)};
    const os::Clock* clock = nullptr;
    std::function<void()> changed;  // after files were written; may be null
    // After each round: when the certificate is to be renewed next, and why the round failed
    // (empty: it did not). May be null.
    std::function<void(std::optional<os::Clock::Wall> next, std::string failure)> told;
    // Ends what the authority is asked, too.
    std::shared_ptr<tls::StopSignal> stop = std::make_shared<tls::StopSignal>();
    Logger log;
  };
  static std::unique_ptr<MemberRotation> start(Options options);
  virtual ~MemberRotation() = default;
};

// One round of it, for the thread and for tests. True when a certificate was renewed.
Result<bool> rotate_once(MemberRotation::Options& options);

}  // namespace trellis::cluster

// SPDX-License-Identifier: Apache-2.0
//
// One log-on: throttled, looked up, verified off the thread, remembered. Not thread-safe.
#pragma once

#include <optional>
#include <string>

#include "base/poll.h"
#include "base/result.h"
#include "dbms/core.h"
#include "dbms/session.h"
#include "security/hasher.h"

namespace trellis::dbms {

class LogOn {
 public:
  LogOn(Core& core, ClientInfo client, AuthToken token);
  // Unauthorized, AuthenticationRateLimit, ResourceExhausted.
  Result<Poll> poll(const PollContext& context);
  // After kReady. Empty when authentication is disabled.
  const std::string& username() const { return username_; }

 private:
  Result<> begin();
  Result<Poll> finish(bool matched);
  void log_failure(std::string_view reason) const;

  Core& core_;
  const ClientInfo client_;
  AuthToken token_;
  std::string username_;
  std::string credential_;  // that was verified against; empty: unknown user
  bool begun_ = false;
  bool done_ = false;
  std::optional<security::PasswordJob> job_;
};

}  // namespace trellis::dbms

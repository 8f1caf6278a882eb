// SPDX-License-Identifier: Apache-2.0
#include "dbms/authenticator.h"

namespace trellis::dbms {
namespace {

tl::unexpected<Error> unauthorized() {
  return fail(ErrorCode::Unauthorized,
              "The client is unauthorized due to authentication failure. Check user name and "
              "password.");
}

}  // namespace

LogOn::LogOn(Core& core, ClientInfo client, AuthToken token)
    : core_(core), client_(std::move(client)), token_(std::move(token)) {}

void LogOn::log_failure(std::string_view reason) const {
  core_.options.security_log.warn("[{}]: failed to log in from {}: {}", token_.principal,
                                  client_.client_address, reason);
}

Result<> LogOn::begin() {
  begun_ = true;
  if (!core_.config().security.auth_enabled) {
    done_ = true;
    return {};
  }
  if (token_.scheme != "basic") {
    log_failure("unsupported scheme");
    return fail(ErrorCode::Unauthorized,
                "Unsupported authentication scheme '{}'. This server wants user name and password "
                "(scheme 'basic').",
                token_.scheme);
  }
  const auto now = core_.options.clock->monotonic();
  if (!core_.throttle.may_attempt(token_.principal, now)) {
    log_failure("too many failed attempts");
    return fail(ErrorCode::AuthenticationRateLimit,
                "The client has provided incorrect authentication details too many times in a row. "
                "Wait a little (dbms.security.auth_lock_time) and try again.");
  }
  const auto system = core_.system.current();
  const UserRecord* user = system->user(token_.principal);
  if (user != nullptr) credential_ = user->credential;
  if (!credential_.empty() && !user->suspended &&
      core_.auth_cache.contains(token_.principal, token_.credentials, credential_, now)) {
    username_ = token_.principal;
    done_ = true;
    core_.throttle.record_success(token_.principal);
    return {};
  }
  // An unknown user costs what a wrong password costs.
  TRELLIS_TRY_ASSIGN(job_, core_.hasher.verify(token_.credentials.clone(), credential_));
  return {};
}

Result<Poll> LogOn::finish(bool matched) {
  const auto now = core_.options.clock->monotonic();
  // What is true now counts: the user may have been suspended while the password was checked.
  const auto system = core_.system.current();
  const UserRecord* user = system->user(token_.principal);
  if (!matched || credential_.empty() || user == nullptr || user->credential != credential_) {
    core_.throttle.record_failure(token_.principal, now);
    log_failure("invalid principal or credentials");
    return unauthorized();
  }
  core_.throttle.record_success(token_.principal);
  if (user->suspended) {
    log_failure("user is suspended");
    return unauthorized();
  }
  core_.auth_cache.remember(token_.principal, token_.credentials, credential_, now);
  username_ = token_.principal;
  if (core_.config().security.log_successful_authentication) {
    core_.options.security_log.info("[{}]: logged in from {}{}", username_, client_.client_address,
                                    user->change_required ? " (password change required)" : "");
  }
  done_ = true;
  return Poll::kReady;
}

Result<Poll> LogOn::poll(const PollContext& context) {
  if (!begun_) TRELLIS_TRY(begin());
  if (done_) return Poll::kReady;
  PollContext inner = context;
  if (job_->poll(inner) == Poll::kBlocked) return Poll::kBlocked;
  TRELLIS_TRY_ASSIGN(const bool matched, job_->verified());
  job_.reset();
  return finish(matched);
}

}  // namespace trellis::dbms

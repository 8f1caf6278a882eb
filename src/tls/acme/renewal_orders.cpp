// SPDX-License-Identifier: Apache-2.0
//
// What the loop does when it is time: orders, and the commands of a person.
#include <algorithm>

#include "tls/acme/account_keeper.h"
#include "tls/acme/renewal_loop.h"

namespace trellis::tls::acme {
namespace {

// An attempt that ended with its process is a failure like any other once it has happened so often.
constexpr uint32_t kMostCutAttempts = 3;

}  // namespace

// -- ordering --

Result<> RenewalLoop::try_order(Attempt attempt, bool by_person) {
  auto lock = store().lock(store().lock_name(names_));
  if (!lock) {
    if (lock.error().code() == ErrorCode::FileLocked) set_state(RenewalState::kElsewhere);
    return fail(std::move(lock).error());
  }
  told_.clear();
  // Answers that still stand there are those of a holder that was killed.
  if (auto gone = store().publish(names_, {}); !gone) return gone;
  const std::string before = certificate_version_;
  follow_storage();
  read_failures();
  look_for_open_order();
  // Another server may have ordered, or failed to, while we waited.
  if (certificate_version_ != before) return {};
  const Wall now = options_.clock->wall();
  const std::string& directory =
      attempt.fallback ? config_.fallback.directory : config_.issuer.directory;
  const bool failed_before = std::any_of(failures_.issuers.begin(), failures_.issuers.end(),
                                         [](const IssuerFailures& one) { return one.count > 0; });
  if (failures_.begun >= kMostCutAttempts || (failures_.begun > 0 && failed_before)) {
    failures_.begun = 0;
    note_failure(failures_.issuers, directory, now, {},
                 "The attempt ended with its process, before the authority's answer.");
    TRELLIS_TRY(store().save(names_, failures_));
  }
  if (!by_person) {
    attempt = plan(now);
    if (attempt.at > now) return {};
  }
  ++failures_.begun;
  TRELLIS_TRY(store().save(names_, failures_));
  {
    const MutexLock guard(mutex_);
    status_.state = RenewalState::kOrdering;
    status_.last_attempt = now;
  }
  return settle(attempt, order(attempt, **lock));
}

Answer<Obtained> RenewalLoop::order(const Attempt& attempt, const StoreLock& lock) {
  if (attempt.staging_first && !attempt.fallback) {
    auto tried = order_at(staging_issuer_, true, lock);
    if (!tried) {
      tried.error().message = "At the staging directory: " + tried.error().message;
      return tried;
    }
    options_.log.info("The staging directory gave a certificate; asking for the real one.");
  }
  return order_at(attempt.fallback ? config_.fallback : config_.issuer, false, lock);
}

Answer<Obtained> RenewalLoop::order_at(const config::AcmeIssuer& issuer, bool staging,
                                       const StoreLock& lock) {
  const Line line = line_to(issuer);
  const auto directory = line.client->directory();
  if (!directory) return tl::unexpected(directory.error());
  {
    const MutexLock guard(mutex_);
    if (status_.terms_of_service != (*directory)->terms_of_service) {
      status_.terms_of_service = (*directory)->terms_of_service;
      options_.log.info("server.tls.acme.enabled accepts the terms of {}: {}", issuer.directory,
                        status_.terms_of_service);
    }
  }
  OrderWish wish;
  wish.issuer = &issuer;
  wish.profile = config_.profile;
  wish.staging = staging;
  if (certificate_ && !staging) {
    if (certificate_->directory == issuer.directory) {
      wish.replaces_chain_pem = certificate_->chain_pem;
    }
    if (config_.reuse_key) wish.key_pem = certificate_->key_pem.clone();
  }
  OrderRun run(around_, *line.client, std::move(wish), [&lock] { return lock.held(); });
  return run.run();
}

Result<> RenewalLoop::settle(const Attempt& attempt, Answer<Obtained> obtained) {
  const Wall now = options_.clock->wall();
  if (!obtained && obtained.error().kind == Failure::Kind::kStopped) {
    return fail(ErrorCode::IoError, "The server is stopping.");
  }
  failures_.begun = 0;
  options_.count_attempt(obtained.has_value());
  if (obtained) {
    note_success(failures_.issuers, now);
    certificate_version_ = store().certificate_version(names_);
    serve(std::move(obtained->certificate), std::move(obtained->pair));
    options_.log.info("Certificate for {} obtained from {}, valid until {}, SHA-256 {}.",
                      fmt::join(names_, ", "), certificate_->directory,
                      readable(pair_->identity().not_after), pair_->identity().sha256);
    const MutexLock lock(mutex_);
    ++status_.succeeded;
    status_.last_error.clear();
  } else {
    const std::string text = obtained.error().text();
    note_failure(failures_.issuers,
                 attempt.fallback ? config_.fallback.directory : config_.issuer.directory, now,
                 obtained.error().retry_after, text);
    options_.log.error(
        "No certificate for {}: {} Next attempt: {}; at once by: trellis tls acme "
        "renew",
        fmt::join(names_, ", "), text, readable(next_attempt(now, issuers_, failures_.issuers).at));
    options_.on_failure(text);
    const MutexLock lock(mutex_);
    ++status_.failed;
    status_.last_error = text;
  }
  look_for_open_order();
  TRELLIS_TRY(store().save(names_, failures_));
  if (obtained) return {};
  Error error = obtained.error().to_error();
  told_ = error.message();
  return fail(std::move(error));
}

// -- commands --

void RenewalLoop::run_command() {
  std::pair<uint64_t, RenewalCommand> command;
  {
    const MutexLock lock(mutex_);
    if (commands_.empty()) return;
    command = commands_.front();
    commands_.pop_front();
  }
  auto done = perform(command.second);
  const MutexLock lock(mutex_);
  const auto outcome = outcomes_.find(command.first);
  if (outcome == outcomes_.end()) return;
  outcome->second = {true, !done, done ? std::move(*done) : done.error().message()};
}

Result<std::string> RenewalLoop::perform(const RenewalCommand& command) {
  const config::AcmeIssuer& issuer = command.fallback ? config_.fallback : config_.issuer;
  if (issuer.directory.empty()) {
    return fail(ErrorCode::InvalidConfiguration,
                "There is no second issuer: server.tls.acme.fallback.directory is not set.");
  }
  switch (command.what) {
    case RenewalCommand::What::kRenew: {
      Attempt now;
      now.at = options_.clock->wall();
      TRELLIS_TRY(try_order(now, true));
      if (!pair_) return fail(ErrorCode::IoError, "There is still no certificate.");
      return fmt::format("The certificate served now is valid until {}, SHA-256 {}.",
                         readable(pair_->identity().not_after), pair_->identity().sha256);
    }
    case RenewalCommand::What::kRevoke:
      return revoke(command.reason);
    case RenewalCommand::What::kRollKey: {
      const Line line = line_to(issuer);
      if (auto rolled = AccountKeeper(around_, issuer, *line.client).roll_key(); !rolled) {
        return fail(rolled.error().to_error());
      }
      return fmt::format("The account {} at {} has a new key.", line.client->account_url(),
                         issuer.directory);
    }
    case RenewalCommand::What::kDeactivate: {
      const Line line = line_to(issuer);
      if (auto gone = AccountKeeper(around_, issuer, *line.client).deactivate(); !gone) {
        return fail(gone.error().to_error());
      }
      return fmt::format(
          "The account at {} is deactivated. The next order makes a new one; server.tls.acme."
          "enabled=false ends orders.",
          issuer.directory);
    }
  }
  TRELLIS_UNREACHABLE();
}

// What is revoked must not be served after a restart, nor its key be used again: it is forgotten,
// and the next certificate is ordered at once.
Result<std::string> RenewalLoop::revoke(std::optional<RevocationReason> reason) {
  const config::AcmeIssuer* issuer = certificate_ ? issuer_of(certificate_->directory) : nullptr;
  if (!pair_ || issuer == nullptr) {
    return fail(ErrorCode::InvalidConfiguration, "There is no certificate to revoke.");
  }
  const Line line = line_to(*issuer);
  AccountKeeper keeper(around_, *issuer, *line.client);
  Answer<> revoked = keeper.use();
  if (revoked) revoked = line.client->revoke(certificate_->chain_pem, reason);
  if (!revoked && revoked.error().kind == Failure::Kind::kProblem &&
      !revoked.error().is(ProblemType::kAlreadyRevoked)) {
    // An account that did not order it, or that the authority has lost: its own key may.
    TRELLIS_TRY_ASSIGN(const auto key, SigningKey::from_pem(certificate_->key_pem));
    revoked = line.client->revoke_with_key(certificate_->chain_pem, key, reason);
  }
  if (!revoked && !revoked.error().is(ProblemType::kAlreadyRevoked)) {
    return fail(revoked.error().to_error());
  }
  std::string text =
      fmt::format("The certificate with SHA-256 {} is revoked; a new one is ordered.",
                  pair_->identity().sha256);
  TRELLIS_TRY(store().remove_certificate(names_));
  certificate_version_ = store().certificate_version(names_);
  certificate_.reset();
  pair_.reset();
  return text;
}

}  // namespace trellis::tls::acme

// SPDX-License-Identifier: Apache-2.0
//
// What the loop does when it is time: orders, and the commands of a person.
#include <algorithm>

#include "os/utc_text.h"
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
  if (!lock && lock.error().code() == ErrorCode::FileLocked) {
    constexpr std::string_view kElsewhere =
        "Another server of these names orders at this moment: trellis tls acme status";
    if (exchange_state(RenewalState::kElsewhere) != RenewalState::kElsewhere) {
      options_.log.info("{} ({})", kElsewhere, lock.error().message());
    }
    return fail(ErrorCode::FileLocked, "{}", kElsewhere);
  }
  auto begun = lock ? begin_attempt(attempt, by_person) : Result<bool>(fail(lock.error().clone()));
  if (!begun) return storage_failed(std::move(begun).error());
  if (!*begun) return {};
  return settle(attempt, order(attempt, **lock), **lock);
}

// What must stand in the storage before anything is asked. False: there is nothing to do any more.
Result<bool> RenewalLoop::begin_attempt(Attempt& attempt, bool by_person) {
  // Answers that still stand there are those of a holder that was killed.
  TRELLIS_TRY(store().publish(names_, {}));
  const std::string before = certificate_version_;
  follow_storage();
  TRELLIS_TRY(read_failures());
  look_for_open_order();
  // Another server may have ordered, or failed to, while we waited.
  if (certificate_version_ != before) return false;
  const Wall now = options_.clock->wall();
  bool changed = bring_back(failures_.issuers, now);
  const std::string& directory =
      attempt.fallback ? config_.fallback.directory : config_.issuer.directory;
  const bool failed_before = std::any_of(failures_.issuers.begin(), failures_.issuers.end(),
                                         [](const IssuerFailures& one) { return one.count > 0; });
  if (failures_.begun >= kMostCutAttempts || (failures_.begun > 0 && failed_before)) {
    failures_.begun = 0;
    note_failure(failures_.issuers, directory, now, {},
                 "The attempt ended with its process, before the authority's answer.");
    changed = true;
  }
  if (changed) TRELLIS_TRY(store().save(names_, failures_));
  if (!by_person) {
    attempt = plan(now);
    if (attempt.at > now) return false;
  }
  SavedFailures begun = failures_;
  ++begun.begun;
  TRELLIS_TRY(store().save(names_, begun));
  failures_ = std::move(begun);
  const MutexLock guard(mutex_);
  status_.state = RenewalState::kOrdering;
  status_.last_attempt = now;
  return true;
}

// Nothing is ordered whose key could not be kept. This is a failure like the authority's; how often
// it has happened can be remembered here alone.
Result<> RenewalLoop::storage_failed(Error error) {
  const Wall now = options_.clock->wall();
  const std::string& text = error.message();
  note_failure(failures_.issuers, config_.issuer.directory, now, {}, text);
  tell_failure(text, now, told_ != text);
  told_ = text;
  return fail(std::move(error));
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
    if (is_wanted() && certificate_->directory == issuer.directory) {
      wish.replaces_chain_pem = certificate_->chain_pem;
    }
    if (config_.reuse_key) wish.key_pem = certificate_->key_pem.clone();
  }
  OrderRun run(around_, *line.client, std::move(wish), [&lock] { return lock.held(); });
  return run.run();
}

Result<> RenewalLoop::settle(const Attempt& attempt, Answer<Obtained> obtained,
                             const StoreLock& lock) {
  const Wall now = options_.clock->wall();
  if (!obtained && obtained.error().kind == Failure::Kind::kStopped) {
    return fail(ErrorCode::IoError, "The server is stopping.");
  }
  const bool ours = lock.held();
  if (!obtained && !ours) {
    // What stands in the storage now, failures too, is the new holder's.
    const std::string text = obtained.error().text();
    options_.log.warn("The order for {} is left to another server: {}", fmt::join(names_, ", "),
                      text);
    exchange_state(RenewalState::kElsewhere);
    return fail(ErrorCode::FileLocked, "{}", text);
  }
  failures_.begun = 0;
  if (obtained) {
    options_.count_attempt(true);
    note_success(failures_.issuers, now);
    told_.clear();
    certificate_version_ = saved_versions();
    serve(std::move(obtained->certificate), std::move(obtained->pair));
    options_.log.info("Certificate for {} obtained from {}, valid until {}, SHA-256 {}.",
                      fmt::join(names_, ", "), certificate_->directory,
                      os::utc_text(pair_->identity().not_after), pair_->identity().sha256);
    const MutexLock guard(mutex_);
    ++status_.succeeded;
    status_.last_error.clear();
  } else {
    note_failure(failures_.issuers,
                 attempt.fallback ? config_.fallback.directory : config_.issuer.directory, now,
                 obtained.error().retry_after, obtained.error().text());
  }
  look_for_open_order();
  const auto saved = ours ? store().save(names_, failures_) : Result<>();
  if (!saved) options_.log.warn("{}", saved.error().message());
  if (obtained) return {};
  tell_failure(obtained.error().text(), now, true);
  return fail(obtained.error().to_error());
}

void RenewalLoop::tell_failure(const std::string& text, Wall now, bool log) {
  if (log) {
    options_.log.error(
        "No certificate for {}: {} Next attempt: {}; at once by: trellis tls acme renew",
        fmt::join(names_, ", "), text, os::utc_text(plan(now).at));
  }
  options_.count_attempt(false);
  options_.on_failure(text);
  const MutexLock lock(mutex_);
  ++status_.failed;
  status_.last_error = text;
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
                         os::utc_text(pair_->identity().not_after), pair_->identity().sha256);
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
  auto lock = store().lock(store().lock_name(names_));
  if (!lock && lock.error().code() == ErrorCode::FileLocked) {
    return fail(
        ErrorCode::FileLocked,
        "Another server of these names orders at this moment; revoke again when `trellis tls "
        "acme status` shows that it has ended.");
  }
  if (!lock) return fail(std::move(lock).error());
  follow_storage();  // another server may have renewed since the last look
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
  std::string text = fmt::format(
      "The certificate with SHA-256 {} is revoked. It is served until the new one, which "
      "is ordered now, replaces it.",
      pair_->identity().sha256);
  if ((*lock)->held()) {
    TRELLIS_TRY(store().remove_certificate(certificate_->names, certificate_->directory));
  }
  certificate_version_ = saved_versions();
  certificate_.reset();
  pair_.reset();
  return text;
}

}  // namespace trellis::tls::acme

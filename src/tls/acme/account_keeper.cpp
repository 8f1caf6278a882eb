// SPDX-License-Identifier: Apache-2.0
#include "tls/acme/account_keeper.h"

#include <utility>

#include "tls/acme/failure.h"

namespace trellis::tls::acme {
namespace {

// Somebody else makes an account at this moment; it takes seconds.
constexpr std::chrono::seconds kLockWait{60};
constexpr std::chrono::milliseconds kBetweenTries{200};

// The authority closed the account, or does not know it: an earlier deactivation was cut off.
bool is_over(const Failure& failure) {
  return failure.is_final() &&
         (failure.is(ProblemType::kUnauthorized) || failure.is(ProblemType::kAccountDoesNotExist));
}

}  // namespace

Answer<std::unique_ptr<StoreLock>> AccountKeeper::lock() {
  const auto deadline = std::chrono::steady_clock::now() + kLockWait;
  for (;;) {
    auto held = around_.store->lock("account");
    if (held) return std::move(*held);
    if (held.error().code() != ErrorCode::FileLocked ||
        std::chrono::steady_clock::now() > deadline) {
      return local_failure(held.error());
    }
    if (around_.stop->wait_for(kBetweenTries)) return stopped();
  }
}

Answer<> AccountKeeper::save(const SavedAccount& account) const {
  if (auto written = around_.store->save(account); !written) return local_failure(written.error());
  return {};
}

Answer<SavedAccount> AccountKeeper::load_or_make() {
  auto saved = around_.store->account(issuer_.directory);
  if (!saved) return local_failure(saved.error());
  if (*saved) return std::move(**saved);
  const auto key = SigningKey::generate();
  if (!key) return local_failure(key.error());
  SavedAccount account;
  account.directory = issuer_.directory;
  auto pem = key->pem();
  if (!pem) return local_failure(pem.error());
  account.key_pem = std::move(*pem);
  if (auto written = save(account); !written) return tl::unexpected(std::move(written).error());
  return account;
}

// With account.key_pem; asks the authority when the URL is not known, or the contact is another.
Answer<> AccountKeeper::enter(SavedAccount& account) {
  auto key = SigningKey::from_pem(account.key_pem);
  if (!key) return local_failure(key.error());
  key_ = *key;
  client_.use_key(std::move(*key));
  client_.use_account(account.url);
  const auto& contact = around_.config->contact;
  if (!account.url.empty() && account.contact == contact) return {};
  Answer<> updated;
  if (!account.url.empty()) {
    if (auto done = client_.update_contact(contact); !done) {
      updated = tl::unexpected(std::move(done).error());
    }
  }
  if (account.url.empty() || (!updated && updated.error().is(ProblemType::kAccountDoesNotExist))) {
    updated = register_key(account);
  }
  if (!updated) return updated;
  account.contact = contact;
  return save(account);
}

Answer<> AccountKeeper::register_key(SavedAccount& account) {
  Registration registration;
  registration.contact = around_.config->contact;
  registration.eab_kid = issuer_.eab_kid;
  registration.eab_hmac_key = issuer_.eab_hmac_key.clone();
  auto registered = client_.register_account(registration);
  if (!registered) return tl::unexpected(std::move(registered).error());
  account.url = registered->url;
  around_.log.info("ACME account {} at {} is {}.", account.url, issuer_.directory,
                   registered->created ? "made" : "in use again");
  return {};
}

// Was the roll-over, begun before the process ended or answered by nobody, carried out?
Answer<> AccountKeeper::settle_roll_over(SavedAccount& account) {
  auto next = SigningKey::from_pem(account.next_key_pem);
  if (!next) return local_failure(next.error());
  client_.use_key(std::move(*next));
  const auto found = client_.find_account();
  if (!found && !found.error().is(ProblemType::kAccountDoesNotExist)) {
    return tl::unexpected(found.error());
  }
  if (found) {
    account.key_pem = std::move(account.next_key_pem);
    account.url = found->url;
  }
  account.next_key_pem = Secret();
  return save(account);
}

Answer<> AccountKeeper::use() {
  auto held = lock();
  if (!held) return tl::unexpected(std::move(held).error());
  auto account = load_or_make();
  if (!account) return tl::unexpected(std::move(account).error());
  if (!account->next_key_pem.empty()) {
    if (auto settled = settle_roll_over(*account); !settled) return settled;
  }
  return enter(*account);
}

Answer<> AccountKeeper::register_again() {
  auto held = lock();
  if (!held) return tl::unexpected(std::move(held).error());
  auto account = load_or_make();
  if (!account) return tl::unexpected(std::move(account).error());
  account->url.clear();
  return enter(*account);
}

Answer<> AccountKeeper::roll_key() {
  if (auto used = use(); !used) return used;
  auto held = lock();
  if (!held) return tl::unexpected(std::move(held).error());
  auto account = load_or_make();
  if (!account) return tl::unexpected(std::move(account).error());
  auto next = SigningKey::generate();
  if (!next) return local_failure(next.error());
  auto pem = next->pem();
  if (!pem) return local_failure(pem.error());
  account->next_key_pem = std::move(*pem);
  if (auto written = save(*account); !written) return written;
  auto rolled = client_.roll_key(*next);
  if (!rolled && !rolled.error().is_final()) return rolled;  // in doubt: the next use() asks
  if (rolled) {
    account->key_pem = std::move(account->next_key_pem);
    key_ = *next;
  }
  account->next_key_pem = Secret();
  if (auto written = save(*account); !written) return written;
  return rolled;
}

Answer<> AccountKeeper::deactivate() {
  auto saved = around_.store->account(issuer_.directory);
  if (!saved) return local_failure(saved.error());
  if (!*saved) return broken("", fmt::format("There is no account at {}.", issuer_.directory));
  auto done = use();
  if (done) done = client_.deactivate_account();
  if (!done && !is_over(done.error())) return done;
  if (auto gone = around_.store->remove_account(issuer_.directory); !gone) {
    return local_failure(gone.error());
  }
  around_.log.info("The ACME account at {} is deactivated.", issuer_.directory);
  return {};
}

}  // namespace trellis::tls::acme

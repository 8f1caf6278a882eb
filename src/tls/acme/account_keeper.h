// SPDX-License-Identifier: Apache-2.0
//
// One account at each authority, its key and URL durable before they are used: whenever the process
// ends, the next one has the same account, or asks for it with the same key (RFC 8555 7.3.1), or,
// when it ended within a roll-over, finds out which of two keys is in force.
// Not thread-safe; accounts of one storage are made under the lock "account".
#pragma once

#include "tls/acme/client.h"
#include "tls/acme/surroundings.h"

namespace trellis::tls::acme {

class AccountKeeper {
 public:
  AccountKeeper(const Surroundings& around, const config::AcmeIssuer& issuer, Client& client)
      : around_(around), issuer_(issuer), client_(client) {}

  // Afterwards the client signs with the account's key and names its URL. The authority is asked
  // only when the account is new or in doubt.
  Answer<> use();
  // The authority said accountDoesNotExist: registers the same key again.
  Answer<> register_again();
  // In doubt whether the authority took the new key, both are kept; the next use() asks.
  Answer<> roll_key();
  // The next use() makes a new one. What the authority has closed or lost already is forgotten.
  Answer<> deactivate();
  // After use(), register_again() or roll_key() succeeded.
  const SigningKey& key() const { return *key_; }

 private:
  Answer<std::unique_ptr<StoreLock>> lock();
  Answer<SavedAccount> load_or_make();
  Answer<> enter(SavedAccount& account);
  Answer<> register_key(SavedAccount& account);
  Answer<> save(const SavedAccount& account) const;
  Answer<> settle_roll_over(SavedAccount& account);

  const Surroundings& around_;
  const config::AcmeIssuer& issuer_;
  Client& client_;
  std::optional<SigningKey> key_;
};

}  // namespace trellis::tls::acme

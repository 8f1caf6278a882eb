// SPDX-License-Identifier: Apache-2.0
#include "federation/trust_store.h"

#include "tls/client_context.h"

namespace trellis::federation {
namespace {

constexpr std::chrono::seconds kGoodFor{30};

}  // namespace

Result<net::TlsContext> TrustStore::context_for(Encryption encryption) {
  if (encryption == Encryption::kNone) return net::TlsContext();
  const bool verify = encryption == Encryption::kVerified;
  const auto now = std::chrono::steady_clock::now();
  MutexLock lock(mutex_);
  Held& held = verify ? verifying_ : trusting_;
  if (held.context && now - held.made < kGoodFor) return held.context;
  tls::ClientTrust trust;
  trust.verify = verify;
  trust.trusted_dir = trusted_dir_;
  trust.clock = clock_;
  TRELLIS_TRY_ASSIGN(held.context, tls::make_client_context(trust));
  held.made = now;
  return held.context;
}

}  // namespace trellis::federation

// SPDX-License-Identifier: Apache-2.0
//
// Secrets at rest in `system` (passwords of remote aliases): AES-256-GCM (NIST SP 800-38D) with a
// random 96-bit nonce. The associated data binds a sealed text to the DBMS and the alias it was
// made for: copied elsewhere it does not open.
//
// Envelope (bytes):
//   0      version, 1
//   1..8   key id: first 8 bytes of SHA-256 over "trellis key id" and the key
//   9..20  nonce
//   21..   ciphertext, then the 16-byte tag
// Associated data: the 9 bytes before the nonce, then each binding as 32-bit big-endian length,
// text.
//
// Thread-safe (pure functions).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace trellis::security {

// What a sealed text belongs to.
struct SealBinding {
  std::string_view dbms_id;
  std::string_view name;
};

// key: 32 bytes, else InvalidArguments.
Result<std::string> seal(const Secret& plain, const Secret& key, const SealBinding& binding);
// KeystoreUnavailable when the envelope was made with another key (the message says to set the
// password again); Corruption when it is damaged or bound to something else.
Result<Secret> open_sealed(std::string_view envelope, const Secret& key,
                           const SealBinding& binding);

}  // namespace trellis::security

// SPDX-License-Identifier: Apache-2.0
//
// Passwords at rest: Argon2id (RFC 9106) in PHC text form,
//   $argon2id$v=19$m=19456,t=2,p=1$<salt, base64 without padding>$<hash>
// with 16 bytes of salt and 32 of hash (OWASP's first choice of cost).
//
// verify_password also reads the form that Neo4j's `SET ENCRYPTED PASSWORD` takes,
//   version,hash,salt       hex; version 0: one SHA-256 round over salt and password, 1: 1024
//   rounds
// so that a user can be moved over without knowing the password.
//
// All functions block (hashing: tens of milliseconds) and are thread-safe; code on an I/O thread
// uses Hasher. The working memory is mapped for one hash, wiped, and unmapped at its end.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace trellis::security {

struct Argon2Cost {
  uint32_t memory_kib = 19 * 1024;
  uint32_t iterations = 2;
  uint32_t lanes = 1;
};

// ResourceExhausted when the working memory cannot be had.
Result<std::string> hash_password(const Secret& password, const Argon2Cost& cost = {});

// False also for a text that is no hash. An error only when the working memory cannot be had.
Result<bool> verify_password(const Secret& password, std::string_view encoded);

// A hash that no password has: verifying against it costs what a real one costs, so that an unknown
// user cannot be told from a wrong password by time.
std::string unmatchable_hash(const Argon2Cost& cost = {});

// Is this text one that verify_password can read? (Input of SET ENCRYPTED PASSWORD.)
bool is_encoded_password(std::string_view encoded);

}  // namespace trellis::security

// SPDX-License-Identifier: Apache-2.0
//
// The keystore of dbms.security.keystore.path: PKCS#12 (RFC 7292) holding AES-256 secret keys, as
// Java's `keytool -genseckey -keyalg AES -keysize 256 -storetype PKCS12` makes them: a SecretBag
// whose value is a PBES2-encrypted PKCS#8 of the raw key, friendlyName = alias, MAC HMAC-SHA256.
// Aliases are compared without regard to case, and written in lower case, as keytool does.
// (keytool of JDK 8 nests an encrypted data section and PBES1; those are read as far as OpenSSL's
// default provider goes.)
//
// Pure functions over bytes: files are the caller's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"

namespace trellis::security {

struct KeystoreEntry {
  std::string name;
  Secret key;  // 32 bytes
};

// The named key. KeystoreUnavailable: not PKCS#12, wrong password, no such key, or not 256 bits;
// the message tells which, and never contains the password.
Result<Secret> read_keystore_key(std::string_view pkcs12, const Secret& password,
                                 std::string_view name);
// Names of all secret keys, as stored. Errors as above.
Result<std::vector<std::string>> list_keystore(std::string_view pkcs12, const Secret& password);
// Bytes of a keystore that read_keystore_key and keytool read.
Result<Secret> write_keystore(const std::vector<KeystoreEntry>& entries, const Secret& password);

}  // namespace trellis::security

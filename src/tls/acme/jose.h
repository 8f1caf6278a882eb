// SPDX-License-Identifier: Apache-2.0
//
// The part of JOSE that ACME needs: base64url (RFC 4648 5, no padding), JWK and its thumbprint
// (RFC 7517, 7638), flattened JWS (RFC 7515) with ES256, ES384, RS256, and HS256 for external
// accounts (RFC 7518).
//
// Errors: InvalidArguments (no such key, no base64url), IoError (OpenSSL failed).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

struct evp_pkey_st;

namespace trellis::tls::acme {

std::string base64url(std::string_view bytes);
Result<std::string> from_base64url(std::string_view text);  // padding is accepted, and dropped

// An account's key, or a certificate's when that signs a revocation. P-256, P-384 or RSA from 2048
// bits on. Immutable; cheap to copy; the last copy wipes the key.
class SigningKey {
 public:
  static Result<SigningKey> generate();  // P-256
  static Result<SigningKey> from_pem(const Secret& pem);

  Result<Secret> pem() const;                                // PKCS#8
  std::string_view algorithm() const { return algorithm_; }  // "ES256"
  // Public members only, in RFC 7638's order: canonical.
  const std::string& jwk() const { return jwk_; }
  std::string thumbprint() const;                          // base64url of the SHA-256 of jwk()
  Result<std::string> sign(std::string_view input) const;  // raw JWS signature (RFC 7518 3.4)
  evp_pkey_st* handle() const { return key_.get(); }

 private:
  explicit SigningKey(std::shared_ptr<evp_pkey_st> key);
  std::shared_ptr<evp_pkey_st> key_;
  std::string jwk_;
  std::string algorithm_;
};

// Flattened JSON serialization. `protected_header` and `payload` are JSON texts; an empty payload
// is POST-as-GET.
Result<std::string> sign_jws(const SigningKey& key, std::string_view protected_header,
                             std::string_view payload);
// RFC 8555 7.3.4: binds `account_key` to the account `kid` that a CA handed out with `hmac_key`
// (base64url).
Result<std::string> external_account_binding(const SigningKey& account_key, std::string_view kid,
                                             const Secret& hmac_key, std::string_view url);

}  // namespace trellis::tls::acme

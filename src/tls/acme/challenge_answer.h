// SPDX-License-Identifier: Apache-2.0
//
// What the challenges of RFC 8555 8, RFC 8737 (tls-alpn-01) and RFC 8738 (addresses) want to see.
// Errors: InvalidArguments, IoError.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "tls/acme/jose.h"
#include "tls/acme/problem.h"

namespace trellis::tls::acme {

// token "." thumbprint: the body that http-01 expects.
std::string key_authorization(std::string_view token, const SigningKey& account_key);
// The TXT value at _acme-challenge.<name> for dns-01.
std::string dns_record_value(std::string_view key_authorization);
// A token is base64url by RFC 8555 8.3; anything else must not become a path or a record.
bool is_valid_token(std::string_view token);

struct AlpnCertificate {
  std::string certificate_pem;  // self-signed, acmeIdentifier critical
  Secret key_pem;
};
Result<AlpnCertificate> make_alpn_certificate(const Identifier& identifier,
                                              std::string_view key_authorization);
// The SNI that the authority sends for `identifier`: the name, or for an address its reverse name
// ("1.0.0.127.in-addr.arpa", RFC 8738 6).
std::string alpn_server_name(const Identifier& identifier);

}  // namespace trellis::tls::acme

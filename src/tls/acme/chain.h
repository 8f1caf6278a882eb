// SPDX-License-Identifier: Apache-2.0
//
// What the protocol needs to know of a certificate chain, in PEM, leaf first.
// Errors: InvalidArguments (no certificate in it, an extension that is missing).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace trellis::tls::acme {

// RFC 9773 4.1: base64url(AKI key identifier) "." base64url(serial number's DER content).
Result<std::string> renewal_id(std::string_view chain_pem);
// Base64url of the leaf's DER, for revocation.
Result<std::string> leaf_der_base64url(std::string_view chain_pem);
// Is the chain anchored in `name`: the common name of its last certificate's issuer or subject,
// exactly?
Result<bool> chain_has_root(std::string_view chain_pem, std::string_view name);

}  // namespace trellis::tls::acme

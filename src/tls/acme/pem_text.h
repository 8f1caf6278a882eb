// SPDX-License-Identifier: Apache-2.0
//
// Keys and certificates to and from PEM text, and names as the extension that carries them.
// Private to tls/acme. Errors: InvalidArguments, IoError.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "tls/acme/problem.h"
#include "tls/openssl_handles.h"

namespace trellis::tls::acme {

Result<KeyHandle> key_from_pem(const Secret& pem);  // not encrypted
Result<Secret> pem_of_key(EVP_PKEY* key);           // PKCS#8
Result<std::string> pem_of_certificate(X509* certificate);
Result<std::vector<CertificateHandle>> certificates_from_pem(std::string_view chain_pem);

Result<ExtensionHandle> subject_alternatives(const std::vector<Identifier>& names);

// "Cannot make a key: <what OpenSSL says>."
tl::unexpected<Error> openssl_failed(const char* what);

}  // namespace trellis::tls::acme

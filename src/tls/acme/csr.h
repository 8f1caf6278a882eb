// SPDX-License-Identifier: Apache-2.0
//
// Keys for certificates, and the requests that ask for them (RFC 2986): names and addresses as
// subject alternatives only, no common name. Errors: InvalidArguments, IoError.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "config/tls_config.h"

namespace trellis::tls::acme {

Result<Secret> make_certificate_key(config::AcmeKeyType type);  // PKCS#8 PEM
// DER. `names`: host names, wildcards, IP literals; at least one.
Result<std::string> make_csr(const std::vector<std::string>& names, const Secret& key_pem);

}  // namespace trellis::tls::acme

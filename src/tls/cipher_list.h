// SPDX-License-Identifier: Apache-2.0
//
// Which versions and cipher suites a policy allows. Ciphers by IANA names, as Java and so Neo4j's
// configuration has them, or OpenSSL's own; suites of TLS 1.3 apart from the older ones, as OpenSSL
// keeps them: where only one kind is named, only that version is spoken. None named: ECDHE with GCM
// or ChaCha20, and the suites of TLS 1.3. InvalidConfiguration: a version below 1.2, an unknown
// name, a combination that leaves nothing. Private to room `tls`.
#pragma once

#include <openssl/types.h>

#include "base/result.h"
#include "config/ssl_policy.h"

namespace trellis::tls {

Result<> use_versions_and_ciphers(SSL_CTX* context, const config::SslPolicySettings& policy);

}  // namespace trellis::tls

// SPDX-License-Identifier: Apache-2.0
//
// What is wrong with the certificates that a policy trusts and the revocation lists that it heeds.
// Nothing where it asks no client for a certificate, or accepts any: then nobody reads them.
#pragma once

#include "config/ssl_policy.h"
#include "os/clock.h"
#include "tls/findings/finding.h"
#include "tls/findings/known_authorities.h"
#include "tls/trust.h"

namespace trellis::tls {

// What is in force.
Findings trust_findings(const config::SslPolicySettings& policy, const Trust& trust,
                        os::Clock::Wall now);
// What lies in trusted/ and revoked/; each file that cannot be read is a finding too. The
// certificates are added to `known`, also where nobody else reads them.
Findings trusted_file_findings(const config::SslPolicySettings& policy, KnownAuthorities& known,
                               os::Clock::Wall now);

}  // namespace trellis::tls

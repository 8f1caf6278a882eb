// SPDX-License-Identifier: Apache-2.0
//
// What is wrong with the certificates that a policy trusts and the revocation lists that it heeds.
#pragma once

#include "config/ssl_policy.h"
#include "os/clock.h"
#include "tls/findings/finding.h"
#include "tls/findings/known_authorities.h"

struct X509_crl_st;

namespace trellis::tls {

// Reads trusted/ and revoked/ of the policy. What is found in trusted/ is added to `known`.
Findings trust_findings(const config::SslPolicySettings& policy, KnownAuthorities& known,
                        os::Clock::Wall now);

// One list: out of date, or within seven days of it. `source` names its file.
Findings revocation_findings(const std::string& subject, const X509_crl_st* list,
                             const std::string& source, os::Clock::Wall now);

}  // namespace trellis::tls

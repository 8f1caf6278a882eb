// SPDX-License-Identifier: Apache-2.0
//
// What a client says of a fault, in the words that its user sees, and why. Private to tls/findings.
#pragma once

#include <string>

#include "tls/findings/finding.h"
#include "tls/findings/remote_findings.h"

namespace trellis::tls {

// One paragraph about the finding that a driver with this URI stumbles on first: without encryption
// it sees no certificate, with +ssc it does not look at the one it sees.
std::string driver_words(const DiagnosisUri& uri, const Findings& findings);

}  // namespace trellis::tls

// SPDX-License-Identifier: Apache-2.0
//
// What a client says of a fault, in the words that its user sees, and why. Private to tls/findings.
#pragma once

#include <string>

#include "tls/findings/finding.h"
#include "tls/findings/remote_findings.h"

namespace trellis::tls {

// One paragraph about the finding that a driver stumbles on first.
std::string driver_words(const DiagnosisUri& uri, const Findings& findings, bool encrypted);

}  // namespace trellis::tls

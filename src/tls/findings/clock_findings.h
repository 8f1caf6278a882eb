// SPDX-License-Identifier: Apache-2.0
//
// Is this machine's clock right? Measured against the Date header of an HTTP answer (RFC 9110,
// 6.6.1), which counts whole seconds.
#pragma once

#include <string>

#include "os/clock.h"
#include "tls/findings/finding.h"

namespace trellis::tls {

// `elsewhere`: what `source` said its time was when it was `here` on this machine.
Findings clock_findings(const std::string& source, os::Clock::Wall elsewhere, os::Clock::Wall here);

}  // namespace trellis::tls

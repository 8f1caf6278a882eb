// SPDX-License-Identifier: Apache-2.0
//
// A diagnosis as text for people and as JSON for programs:
//   {"lookedAt": [text], "findings": [{"id", "severity", "subject", "cause", "command"}],
//    "driver": text, "exit": 0 or 1}     or     {"error": text, "exit": 2}
#pragma once

#include <string>

#include "cli/tls/doctor_look.h"

namespace trellis::cli::tls_command {

std::string text_report(const Diagnosis& diagnosis);
std::string json_report(const Diagnosis& diagnosis);  // one line
std::string json_report(const Error& error);

}  // namespace trellis::cli::tls_command

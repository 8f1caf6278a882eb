// SPDX-License-Identifier: Apache-2.0
//
// What the commands return to the shell (operations manual, "Neo4j DBMS commands"; sysexits.h).
#pragma once

namespace trellis::cli {

inline constexpr int kOk = 0;
inline constexpr int kFailure = 1;
inline constexpr int kNotRunning = 3;  // of status
inline constexpr int kUsage = 64;
inline constexpr int kSoftware = 70;

}  // namespace trellis::cli

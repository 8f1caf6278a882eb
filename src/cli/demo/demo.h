// SPDX-License-Identifier: Apache-2.0
//
// trellis demo: two secured DBMSs on this machine, one remote alias between them.
//
// Makes a private certificate authority, homes A and B with certificates in the layout of the
// manual, a keystore for A; starts both as child processes on free ports; then runs the story
// through the Bolt client with verified TLS, printing each statement and its answer.
#pragma once

#include <filesystem>

namespace trellis::cli::demo {

struct DemoOptions {
  bool once = false;             // stop both at the end; exit code 0 only if every step was right
  std::filesystem::path data;    // Northwind's CSV files; empty: a graph made here
  std::filesystem::path folder;  // for the homes; empty: a new one below the temporary folder
};

int run_demo(const DemoOptions& options);

}  // namespace trellis::cli::demo

// SPDX-License-Identifier: Apache-2.0
//
// What `trellis shell` was asked to do; the flags are those of cypher-shell 5.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/secret.h"

namespace trellis::cli::shell {

enum class Format : uint8_t { kAuto, kVerbose, kPlain };
enum class Encryption : uint8_t { kDefault, kTrue, kFalse };

struct ShellOptions {
  std::string address;  // -a: neo4j://localhost:7687 when neither flag nor environment says
  std::string user;
  std::optional<Secret> password;  // none: asked for where a terminal is
  std::string impersonate;
  std::string database;
  std::vector<std::string> parameters;  // -P: "{a: 1}" or "name => expression"
  std::string file;                     // -f
  std::string statement;                // positional
  Format format = Format::kAuto;
  Encryption encryption = Encryption::kDefault;
  bool fail_fast = false;  // the default, said aloud
  bool fail_at_end = false;
  bool read_only = false;  // --access-mode read
  bool non_interactive = false;
  bool change_password = false;
  bool wrap = true;
  bool notifications = false;
  size_t sample_rows = 1000;
  std::string history_file;  // empty: ~/.trellis_history; "in-memory": none
};

// Runs to the end of the input; returns an exit code.
int run_shell(ShellOptions options);

}  // namespace trellis::cli::shell

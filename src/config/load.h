// SPDX-License-Identifier: Apache-2.0
//
// From files, environment and command line to a Configuration.
//
// Precedence: default < neo4j.conf < environment < command line. The file follows the rules of Java
// properties; "neo4j.conf" may be a folder whose files are keys (Kubernetes secrets).
//
// An environment variable NEO4J_<setting>, '.' written as '_' and '_' as '__', sets a setting when
// the part after NEO4J_ starts with a lower-case letter.
//
// Names of 3.5 and 4.x are understood (former_settings.h): each is a warning that has the line to
// write instead. A setting that is given under two names in one source is an error.
//
// A value $(command args) is executed only with expand_commands; then the configuration files must
// belong to the running user and be no more open than 640.
//
// With server.config.strict_validation.enabled=true (the default), an unknown, malformed or
// repeated setting is an error; else a warning, and the setting is left out (the first of repeated
// ones wins). Errors are InvalidConfiguration and name file, line and setting; all of them are in
// one message, one a line.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "config/configuration.h"

namespace trellis::config {

using NamesAndValues = std::vector<std::pair<std::string, std::string>>;

struct LoadOptions {
  std::filesystem::path home;  // absolute
  std::filesystem::path conf;  // the folder that holds neo4j.conf; a missing file is an empty one
  bool expand_commands = false;
  std::chrono::milliseconds command_timeout{30'000};
  // For commands that need only the folders (stop, status): problems are warnings, and a value that
  // is a command counts as not set.
  bool lenient = false;
  NamesAndValues environment;   // the process's variables, or a test's
  NamesAndValues command_line;  // full setting names
};

struct LoadedConfiguration {
  std::shared_ptr<const Configuration> configuration;
  std::vector<std::string> warnings;
  std::vector<std::string> unused;    // names that are set and have no meaning here, sorted
  std::vector<std::string> expanded;  // names whose value came from a command
};

Result<LoadedConfiguration> load(const LoadOptions& options);

// "server.bolt.listen_address" from "NEO4J_server_bolt_listen__address"; empty when it is none.
std::string setting_of_variable(std::string_view variable);

// The variables of this process.
NamesAndValues process_environment();

}  // namespace trellis::config

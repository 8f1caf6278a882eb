// SPDX-License-Identifier: Apache-2.0
//
// Which home and configuration a command works with.
//
//   home: --home, else NEO4J_HOME, else /var/lib/trellis for a program installed in /usr or
//         /usr/local, else the folder above the program's when that is called bin, else the
//         working directory
//   conf: --conf, else NEO4J_CONF, else /etc/trellis where the home is that of an installed program
//         (packaging/trellis.service has both), else conf in the home
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/load.h"
#include "config/server_config.h"

namespace trellis::cli {

struct CommonOptions {
  std::filesystem::path home;
  std::filesystem::path conf;
  bool expand_commands = false;
  bool verbose = false;
  config::NamesAndValues settings;  // --set name=value
};

config::LoadOptions load_options(const CommonOptions& common);

// Reads everything; what is wrong is an error that names it all.
Result<config::LoadedConfiguration> load_configuration(const CommonOptions& common);

// Only where things are, whatever else is wrong with the configuration.
Result<config::DirectoriesConfig> load_directories(const CommonOptions& common);

// The file whose kernel lock a running server holds; it has its pid in it.
std::filesystem::path lock_file(const config::DirectoriesConfig& directories);
std::filesystem::path pid_file(const config::DirectoriesConfig& directories);
// What a server in the background writes before its logs are open.
std::filesystem::path start_output_file(const config::DirectoriesConfig& directories);

// Options of `console` that make a child process work in the same surroundings.
std::vector<std::string> arguments_of(const CommonOptions& common);

// NEO4J_SHUTDOWN_TIMEOUT in seconds, 120 by default.
std::chrono::seconds shutdown_timeout();

void print_error(const Error& error);

}  // namespace trellis::cli

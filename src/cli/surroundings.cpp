// SPDX-License-Identifier: Apache-2.0
#include "cli/surroundings.h"

#include <cstdlib>

#include "config/values.h"
#include "os/child_process.h"

namespace trellis::cli {
namespace {

std::filesystem::path from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::filesystem::path() : std::filesystem::path(value);
}

// Where packaging/ puts what belongs to a program in /usr.
constexpr const char* kInstalledHome = "/var/lib/trellis";
constexpr const char* kInstalledConf = "/etc/trellis";

std::filesystem::path home_of_program() {
  auto program = os::own_executable();
  if (!program || program->parent_path().filename() != "bin") {
    return std::filesystem::current_path();
  }
  const std::filesystem::path prefix = program->parent_path().parent_path();
  const bool installed = prefix == "/" || prefix == "/usr" || prefix == "/usr/local";
  return installed ? std::filesystem::path(kInstalledHome) : prefix;
}

}  // namespace

config::LoadOptions load_options(const CommonOptions& common) {
  config::LoadOptions options;
  options.home = common.home.empty() ? from_environment("NEO4J_HOME") : common.home;
  options.conf = common.conf.empty() ? from_environment("NEO4J_CONF") : common.conf;
  if (options.home.empty()) {
    options.home = home_of_program();
    if (options.conf.empty() && options.home == kInstalledHome) options.conf = kInstalledConf;
  }
  options.home = std::filesystem::absolute(options.home).lexically_normal();
  if (options.conf.empty()) options.conf = options.home / "conf";
  options.conf = std::filesystem::absolute(options.conf).lexically_normal();
  options.expand_commands = common.expand_commands;
  options.environment = config::process_environment();
  options.command_line = common.settings;
  return options;
}

Result<config::LoadedConfiguration> load_configuration(const CommonOptions& common) {
  return config::load(load_options(common));
}

Result<config::DirectoriesConfig> load_directories(const CommonOptions& common) {
  config::LoadOptions options = load_options(common);
  options.lenient = true;
  options.expand_commands = false;
  TRELLIS_TRY_ASSIGN(config::LoadedConfiguration loaded, config::load(options));
  return config::directories_config(*loaded.configuration);
}

std::filesystem::path lock_file(const config::DirectoriesConfig& directories) {
  return directories.data / "server.lock";
}

std::filesystem::path pid_file(const config::DirectoriesConfig& directories) {
  return directories.run / "trellis.pid";
}

std::filesystem::path start_output_file(const config::DirectoriesConfig& directories) {
  return directories.run / "start.out";
}

std::vector<std::string> arguments_of(const CommonOptions& common) {
  const config::LoadOptions options = load_options(common);
  std::vector<std::string> arguments = {"--home", options.home.string(), "--conf",
                                        options.conf.string()};
  if (common.expand_commands) arguments.emplace_back("--expand-commands");
  if (common.verbose) arguments.emplace_back("--verbose");
  for (const auto& [name, value] : common.settings) {
    arguments.emplace_back("--set");
    arguments.push_back(name + "=" + value);
  }
  return arguments;
}

std::chrono::seconds shutdown_timeout() {
  constexpr std::chrono::seconds kDefault(120);
  const char* text = std::getenv("NEO4J_SHUTDOWN_TIMEOUT");
  if (text == nullptr) return kDefault;
  auto duration = config::parse_duration(text);
  if (!duration || duration->count() < 0) return kDefault;
  return std::chrono::ceil<std::chrono::seconds>(*duration);
}

void print_error(const Error& error) {
  fmt::print(stderr, "{}\n", error.message());
  for (const Error* cause = error.cause(); cause != nullptr; cause = cause->cause()) {
    fmt::print(stderr, "  Caused by: {}\n", cause->message());
  }
}

}  // namespace trellis::cli

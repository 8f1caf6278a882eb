// SPDX-License-Identifier: Apache-2.0
#include "config/expansion.h"

#include "base/secret.h"
#include "os/child_process.h"
#include "os/identity.h"

namespace trellis::config {

std::optional<std::string_view> command_of(std::string_view value) {
  size_t begin = value.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return std::nullopt;
  value = value.substr(begin, value.find_last_not_of(" \t\r\n") - begin + 1);
  if (!value.starts_with("$(") || !value.ends_with(")")) return std::nullopt;
  return value.substr(2, value.size() - 3);
}

Result<std::string> expand(std::string_view command, std::chrono::milliseconds timeout) {
  TRELLIS_TRY_ASSIGN(auto arguments, os::split_command(command));
  if (arguments.empty()) return fail(ErrorCode::InvalidConfiguration, "The command is empty.");
  TRELLIS_TRY_ASSIGN(os::ProcessOutput run, os::run_process(arguments, timeout));
  const bool failed = run.timed_out || run.output_too_long || run.exit_code != 0;
  if (failed) wipe(run.output.data(), run.output.size());
  if (run.timed_out) {
    return fail(ErrorCode::InvalidConfiguration, "Timed out executing command `[{}]` after {} ms.",
                command, timeout.count());
  }
  if (run.output_too_long) {
    return fail(ErrorCode::InvalidConfiguration, "Command `[{}]` wrote more than 1 MiB.", command);
  }
  if (run.exit_code != 0) {
    return fail(ErrorCode::InvalidConfiguration, "Command `[{}]` failed with exit code {}{}",
                command, run.exit_code, run.errors.empty() ? "." : ": " + run.errors);
  }
  while (!run.output.empty() && (run.output.back() == '\n' || run.output.back() == '\r')) {
    run.output.pop_back();
  }
  return std::move(run.output);
}

Result<> check_ownership(const std::filesystem::path& file) {
  TRELLIS_TRY_ASSIGN(os::Ownership facts, os::ownership(file));
  if (facts.user != os::effective_user()) {
    return fail(ErrorCode::InvalidConfiguration,
                "{} belongs to user {}, but the server runs as {}. With --expand-commands, "
                "configuration files must belong to the user that runs the server.",
                file.string(), os::user_name(facts.user), os::user_name(os::effective_user()));
  }
  // A folder of files (Kubernetes) may be searched by those who may read it.
  const mode_t allowed = facts.is_directory ? 0750 : 0640;
  if ((facts.mode & static_cast<mode_t>(~allowed) & 0777) != 0) {
    return fail(ErrorCode::InvalidConfiguration,
                "{} has mode {}, which is too open for --expand-commands: it may be no more open "
                "than {}. Use: chmod {} {}",
                file.string(), os::mode_text(facts.mode), os::mode_text(allowed),
                facts.is_directory ? "750" : "640", file.string());
  }
  return {};
}

}  // namespace trellis::config

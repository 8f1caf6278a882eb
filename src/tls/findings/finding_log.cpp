// SPDX-License-Identifier: Apache-2.0
#include "tls/findings/finding_log.h"

#include <fmt/format.h>

namespace trellis::tls {
namespace {

std::string line_of(const Finding& finding) {
  std::string line = fmt::format("[{}] {}: {}", finding.id, finding.subject, finding.cause);
  if (!finding.command.empty()) line += " Mend it with: " + finding.command;
  return line;
}

LogLevel level_of(Severity severity) {
  switch (severity) {
    case Severity::kInformation:
      return LogLevel::kInfo;
    case Severity::kWarning:
      return LogLevel::kWarn;
    case Severity::kError:
      break;
  }
  return LogLevel::kError;
}

}  // namespace

void FindingLog::report(const Findings& findings) {
  const MutexLock lock(mutex_);
  std::set<std::string> told;
  std::set<std::string> standing;
  for (const Finding& finding : findings) {
    const LogLevel level = level_of(finding.severity);
    std::string line = line_of(finding);
    if (!told_.contains(line) && !told.contains(line) && log_.enabled(level)) {
      log_.write(level, line);
    }
    told.insert(std::move(line));
    standing.insert(fmt::format("[{}] {}", finding.id, finding.subject));
  }
  for (const std::string& name : standing_) {
    if (!standing.contains(name)) log_.info("{}: mended.", name);
  }
  told_ = std::move(told);
  standing_ = std::move(standing);
}

}  // namespace trellis::tls

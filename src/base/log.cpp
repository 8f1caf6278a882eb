// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

namespace trellis {
namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
    case LogLevel::kNone:
      break;
  }
  return spdlog::level::off;
}

}  // namespace

Logger Logger::to_stderr(std::string_view name, LogLevel level) {
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  auto logger = std::make_shared<spdlog::logger>(std::string(name), std::move(sink));
  logger->set_level(to_spdlog(level));
  return Logger(std::move(logger));
}

bool Logger::enabled(LogLevel level) const {
  return sink_ && sink_->should_log(to_spdlog(level));
}

void Logger::write(LogLevel level, std::string_view line) const {
  if (sink_) sink_->log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

void Logger::flush() const {
  if (sink_) sink_->flush();
}

}  // namespace trellis

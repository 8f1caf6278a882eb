// SPDX-License-Identifier: Apache-2.0
#include "cli/server_logs.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <cstdlib>

namespace trellis::cli {
namespace {

spdlog::level::level_enum level_of(LogLevel level) {
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

class LogFolder {
 public:
  explicit LogFolder(const config::LogConfig& config) : config_(config) {}

  spdlog::sink_ptr file(const char* name) const {
    return std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
        (config_.directory / name).string(), static_cast<size_t>(config_.rotation_size),
        static_cast<size_t>(config_.rotation_keep));
  }

  Logger logger(const char* name, LogLevel level, std::vector<spdlog::sink_ptr> sinks) const {
    auto logger = std::make_shared<spdlog::logger>(name, sinks.begin(), sinks.end());
    logger->set_level(level_of(level));
    logger->set_formatter(std::make_unique<spdlog::pattern_formatter>(
        "%Y-%m-%dT%H:%M:%S.%e%z %-5l %v",
        config_.local_time ? spdlog::pattern_time_type::local : spdlog::pattern_time_type::utc));
    // A line is of use when it is read after a crash.
    logger->flush_on(spdlog::level::debug);
    // A full disk must not end the server; the library's own handler would only repeat itself.
    logger->set_error_handler([](const std::string&) {});
    return Logger(std::move(logger));
  }

 private:
  const config::LogConfig& config_;
};

}  // namespace

Result<server::ServerLogs> open_logs(const config::LogConfig& config) {
  try {
    LogFolder folder(config);
    std::vector<spdlog::sink_ptr> for_operator = {folder.file("trellis.log")};
    // In the background standard output is a file that nobody rotates.
    if (std::getenv("TRELLIS_IN_BACKGROUND") == nullptr) {
      for_operator.push_back(std::make_shared<spdlog::sinks::stdout_sink_mt>());
    }
    server::ServerLogs logs;
    std::vector<spdlog::sink_ptr> for_debug;
    if (config.debug_enabled) {
      for_debug.push_back(folder.file("debug.log"));
      for_operator.push_back(for_debug.front());
    }
    logs.server = folder.logger("trellis", config.level, for_operator);
    // debug.log shows one level more than trellis.log.
    LogLevel level = config.level == LogLevel::kInfo ? LogLevel::kDebug : config.level;
    logs.debug = folder.logger("debug", level, for_debug);
    logs.security = folder.logger("security", LogLevel::kInfo, {folder.file("security.log")});
    if (config.query != config::QueryLogLevel::kOff ||
        config.query_transactions != config::QueryLogLevel::kOff) {
      logs.query = folder.logger("query", LogLevel::kInfo, {folder.file("query.log")});
    }
    return logs;
  } catch (const std::exception& error) {
    return fail(ErrorCode::IoError, "Cannot open the logs in {}: {}", config.directory.string(),
                error.what());
  }
}

}  // namespace trellis::cli

// SPDX-License-Identifier: Apache-2.0
//
// Logging to named channels. The channels are files (trellis.log, debug.log, security.log,
// query.log) once the server has set them up; before that, and in tests, lines go to stderr or
// nowhere. No secret may be passed in: see base/secret.h, which cannot be formatted.
//
// A Logger is a value handed down from the composition root; there is no global one.
#pragma once

#include <fmt/format.h>

#include <memory>
#include <string_view>

namespace spdlog {
class logger;
}

namespace trellis {

enum class LogLevel : uint8_t { kDebug, kInfo, kWarn, kError, kNone };

// Thread-safe, cheap to copy. A default-made Logger drops everything.
class Logger {
 public:
  Logger() = default;
  explicit Logger(std::shared_ptr<spdlog::logger> sink) : sink_(std::move(sink)) {}
  static Logger to_stderr(std::string_view name, LogLevel level);

  template <class... Args>
  void debug(fmt::format_string<Args...> text, Args&&... args) const {
    if (enabled(LogLevel::kDebug)) {
      write(LogLevel::kDebug, fmt::format(text, std::forward<Args>(args)...));
    }
  }
  template <class... Args>
  void info(fmt::format_string<Args...> text, Args&&... args) const {
    if (enabled(LogLevel::kInfo)) {
      write(LogLevel::kInfo, fmt::format(text, std::forward<Args>(args)...));
    }
  }
  template <class... Args>
  void warn(fmt::format_string<Args...> text, Args&&... args) const {
    if (enabled(LogLevel::kWarn)) {
      write(LogLevel::kWarn, fmt::format(text, std::forward<Args>(args)...));
    }
  }
  template <class... Args>
  void error(fmt::format_string<Args...> text, Args&&... args) const {
    if (enabled(LogLevel::kError)) {
      write(LogLevel::kError, fmt::format(text, std::forward<Args>(args)...));
    }
  }

  bool enabled(LogLevel level) const;
  void write(LogLevel level, std::string_view line) const;
  void flush() const;

 private:
  std::shared_ptr<spdlog::logger> sink_;
};

}  // namespace trellis

// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <fstream>

#include "base/mutex.h"
#include "cli/exit_codes.h"
#include "cli/lifecycle.h"
#include "cli/server_logs.h"
#include "cli/version.h"
#include "os/file_lock.h"
#include "os/identity.h"
#include "os/inherited_sockets.h"
#include "os/limits.h"
#include "os/service_notify.h"
#include "os/signals.h"

namespace trellis::cli {
namespace {

Result<> make_folders(const config::DirectoriesConfig& d) {
  for (const auto& folder : {d.home, d.configuration, d.data, d.logs, d.certificates, d.run}) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (!error) continue;
    return fail(ErrorCode::IoError, "Cannot make the folder {}: {}. {}", folder.string(),
                error.message(), os::why_unreadable(folder.parent_path()));
  }
  return {};
}

// Hands signals from their thread to the one that waits.
class SignalBox {
 public:
  void put(int number) {
    MutexLock lock(mutex_);
    pending_.push_back(number);
    arrived_.notify_one();
  }
  int take() {
    MutexLock lock(mutex_);
    while (pending_.empty()) arrived_.wait(mutex_);
    int number = pending_.front();
    pending_.erase(pending_.begin());
    return number;
  }

 private:
  Mutex mutex_;
  ConditionVariable arrived_;
  std::vector<int> pending_ GUARDED_BY(mutex_);
};

// A small file that is there while the server serves.
class PidFile {
 public:
  explicit PidFile(std::filesystem::path path) : path_(std::move(path)) {
    std::ofstream(path_) << ::getpid() << "\n";
  }
  ~PidFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  PidFile(const PidFile&) = delete;
  PidFile& operator=(const PidFile&) = delete;

 private:
  std::filesystem::path path_;
};

std::string joined(const std::vector<std::string>& items) {
  std::string out;
  for (const std::string& item : items) out += (out.empty() ? "" : ", ") + item;
  return out;
}

void report_configuration(const Logger& log, const config::LoadedConfiguration& loaded) {
  for (const std::string& warning : loaded.warnings) log.warn("{}", warning);
  for (const std::string& name : loaded.expanded) {
    log.info("Executing external script to retrieve value of setting {}", name);
  }
  if (!loaded.unused.empty()) {
    log.info("These settings have no meaning in Trellis and are ignored: {}.",
             joined(loaded.unused));
  }
}

void report_limits(const Logger& log) {
  constexpr uint64_t kEnoughFiles = 40'000;
  const os::FileLimit files = os::raise_open_file_limit();
  if (files.now < kEnoughFiles) {
    log.warn(
        "Only {} files may be open; {} is recommended (LimitNOFILE in a systemd unit, or "
        "ulimit -n).",
        files.now, kEnoughFiles);
  }
}

void report_endpoints(const Logger& log, const server::Endpoints& endpoints) {
  if (!endpoints.bolt.empty()) log.info("Bolt enabled on {}.", joined(endpoints.bolt));
  if (!endpoints.http.empty()) log.info("HTTP enabled on {}.", joined(endpoints.http));
  if (!endpoints.https.empty()) log.info("HTTPS enabled on {}.", joined(endpoints.https));
}

int serve(server::TrellisServer& server, SignalBox& signals, const Logger& log) {
  while (true) {
    const int number = signals.take();
    if (number == SIGHUP) {
      log.info("Reading certificates again.");
      os::notify_reloading();
      server.reload();
      os::notify_ready("Serving.");
      continue;
    }
    if (number != SIGTERM && number != SIGINT) continue;
    log.info("Stopping...");
    os::notify_stopping();
    auto stopped = server.stop();
    if (!stopped) log.error("{}", stopped.error().message());
    log.info("Stopped.");
    return stopped ? kOk : kFailure;
  }
}

}  // namespace

int console(const CommonOptions& common, const server::StartServer& start_server) {
  const auto begin = std::chrono::steady_clock::now();
  ::umask(0027);
  os::forbid_core_dumps();
  auto loaded = load_configuration(common);
  if (!loaded) {
    print_error(loaded.error());
    return kFailure;
  }
  auto config = config::server_config(loaded->configuration);
  if (!config) {
    print_error(config.error());
    return kFailure;
  }
  if (auto made = make_folders(config->directories); !made) {
    print_error(made.error());
    return kFailure;
  }
  auto lock = os::FileLock::acquire(lock_file(config->directories));
  if (!lock) {
    print_error(lock.error());
    if (lock.error().code() == ErrorCode::FileLocked) {
      fmt::print(stderr, "Another server is running on {}.\n", config->directories.data.string());
    }
    return kFailure;
  }
  // From here on signals are taken, so every thread that comes later has them blocked.
  auto sockets = os::InheritedSockets::receive();
  if (!sockets) {
    print_error(sockets.error());
    return kFailure;
  }
  SignalBox signals;
  os::SignalThread signal_thread([&signals](int number) { signals.put(number); });
  auto logs = open_logs(config->log);
  if (!logs) {
    print_error(logs.error());
    return kFailure;
  }
  const Logger log = logs->server;
  const auto directories = config->directories;
  log.info("Starting Trellis {}, compatible with Neo4j 5.26.", version());
  log.info("Home: {}", directories.home.string());
  report_configuration(log, *loaded);
  report_limits(log);
  auto server = start_server(std::move(*config), std::move(*logs), std::move(*sockets));
  if (!server) {
    log.error("Failed to start: {}", server.error().message());
    for (const Error* cause = server.error().cause(); cause != nullptr; cause = cause->cause()) {
      log.error("Caused by: {}", cause->message());
    }
    return kFailure;
  }
  report_endpoints(log, (*server)->endpoints());
  PidFile pid(pid_file(directories));
  os::notify_ready("Serving.");
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - begin);
  log.info("Started in {} ms.", took.count());
  return serve(**server, signals, log);
}

}  // namespace trellis::cli

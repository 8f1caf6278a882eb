// SPDX-License-Identifier: Apache-2.0
//
// The command line with a server that opens nothing, for tests of the lifecycle.
//   PROBE_FAIL=1   starting fails
//   PROBE_SLOW=ms  starting, and stopping, take that long
#include <poll.h>

#include <cstdlib>
#include <fstream>

#include "cli/cli.h"

namespace {

using namespace trellis;

void dawdle() {
  if (const char* slow = std::getenv("PROBE_SLOW")) ::poll(nullptr, 0, std::atoi(slow));
}

class ProbeServer final : public server::TrellisServer {
 public:
  explicit ProbeServer(const config::ServerConfig& config) : run_(config.directories.run) {
    endpoints_.bolt = {config::to_string(config.bolt.listen_address)};
  }
  const server::Endpoints& endpoints() const override { return endpoints_; }
  void reload() override { std::ofstream(run_ / "reloaded") << "1"; }
  Result<> stop() override {
    dawdle();
    return {};
  }

 private:
  std::filesystem::path run_;
  server::Endpoints endpoints_;
};

Result<std::unique_ptr<server::TrellisServer>> start(config::ServerConfig config,
                                                     server::ServerLogs logs,
                                                     os::InheritedSockets) {
  dawdle();
  if (std::getenv("PROBE_FAIL") != nullptr) {
    return fail(ErrorCode::IoError, "the probe was told to fail");
  }
  logs.security.info("a line for the security log");
  logs.query.info("a line for the query log");
  logs.debug.debug("a line for debug.log");
  return std::make_unique<ProbeServer>(config);
}

}  // namespace

int main(int argc, char** argv) { return cli::run(argc, argv, start); }

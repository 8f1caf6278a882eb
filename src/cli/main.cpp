// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.h"
#include "server/trellis_server.h"

int main(int argc, char** argv) {
  return trellis::cli::run(argc, argv, trellis::server::TrellisServer::start);
}

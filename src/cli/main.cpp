// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.h"
#include "server/trellis_server.h"
#include "net/openssl_memory.h"

int main(int argc, char** argv) {
  trellis::net::wipe_memory_that_openssl_frees();
  return trellis::cli::run(argc, argv, trellis::server::TrellisServer::start);
}

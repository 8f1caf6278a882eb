// SPDX-License-Identifier: Apache-2.0
//
// All that is wrong with the certificates of this machine's server, from its configuration, its
// files and what it serves: at start and at every reload, and in `trellis tls doctor`.
//
//   in the server   findings_of(config, served, clock), its answer to a FindingLog
//   in the doctor   file_findings(config, clock): the pairs are read from their files
//
// Both read trusted/ and revoked/ and the modes of files, and take milliseconds: on I/O threads
// they have no place. Thread-safe (no state).
#pragma once

#include <string>
#include <vector>

#include "config/server_config.h"
#include "os/clock.h"
#include "tls/findings/certificate_facts.h"
#include "tls/findings/finding.h"

namespace trellis::tls {

// One pair in force.
struct ServedChain {
  config::SslScope scope{};
  ChainView chain;                          // empty: there is none yet
  std::string source;                       // the certificate's path, or the ACME directory
  std::vector<std::string> sni_names = {};  // empty: the main pair, for every name
  std::string last_error = {};              // why nothing newer is served; empty: all went well
  // What was mended when the file was loaded: its order, certificates that are no part of it.
  bool reordered = false;
  std::vector<std::string> left_out = {};
};

Findings findings_of(const config::ServerConfig& config, const std::vector<ServedChain>& served,
                     const os::Clock& clock);

struct FileFindings {
  Findings findings;
  // SHA-256 of each scope's main certificate as it lies on the disk, by scope; empty: none.
  std::vector<std::pair<config::SslScope, std::string>> digests;
};
FileFindings file_findings(const config::ServerConfig& config, const os::Clock& clock);

// Hosts that clients of this scope are told to dial.
std::vector<std::string> advertised_hosts(const config::ServerConfig& config,
                                          config::SslScope scope);

}  // namespace trellis::tls

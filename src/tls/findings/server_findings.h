// SPDX-License-Identifier: Apache-2.0
//
// All that is wrong with the certificates of this machine's server, from its configuration, its
// files and what it serves: at start and at every reload, and in `trellis tls doctor`.
//
//   in the server   findings_of(config, served, clock), its answer to a FindingLog
//   in the doctor   file_findings(config, clock): the pairs are read from their files
//
// Both read the modes of files, and take milliseconds: on I/O threads they have no place.
// findings_of() is thread-safe; file_findings() is not: run by root, it looks at what must be
// readable with the rights of whoever owns the data folder, for it is that user's server.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/server_config.h"
#include "os/clock.h"
#include "tls/findings/certificate_facts.h"
#include "tls/findings/finding.h"
#include "tls/trust.h"

namespace trellis::tls {

// One pair of a scope, as it is in force.
struct ServedChain {
  config::SslScope scope{};
  ChainView chain;           // empty: there is none yet
  std::string source;        // the certificate's path, or the ACME directory
  bool main = true;          // else one of sni/
  std::string last_error{};  // why nothing newer is served; empty: all went well
  // What was mended when the file was loaded: its order, certificates that are no part of it.
  bool reordered = false;
  std::vector<std::string> left_out{};
  TrustPtr trust{};  // of the scope, with its main pair; null: clients are not verified
};

Findings findings_of(const config::ServerConfig& config, const std::vector<ServedChain>& served,
                     const os::Clock& clock);

struct FileFindings {
  Findings findings;
  struct Digests {
    config::SslScope scope{};
    std::vector<std::string> sha256;  // of the leaves as they lie on the disk, the main one first
  };
  std::vector<Digests> digests;  // of scopes that are shown to somebody
};
FileFindings file_findings(const config::ServerConfig& config, const os::Clock& clock);

// Hosts that clients of this scope are told to dial.
std::vector<std::string> advertised_hosts(const config::ServerConfig& config,
                                          config::SslScope scope);

}  // namespace trellis::tls

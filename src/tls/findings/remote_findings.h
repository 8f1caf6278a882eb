// SPDX-License-Identifier: Apache-2.0
//
// What is wrong with a server as its clients see it, and what a driver would say of it. Each look
// connects a few times (TLS as it comes, TLS 1.2, older TLS, plain) and sends nothing secret.
//
// Blocking. Errors: InvalidArguments (no such URI), ConnectionFailed (nothing there to look at).
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/endpoint.h"
#include "os/clock.h"
#include "tls/findings/finding.h"

namespace trellis::tls {

struct DiagnosisUri {
  std::string scheme;  // "neo4j+s"; empty: HOST:PORT alone was given
  net::Endpoint endpoint;
  bool http = false;      // https, http, wss
  bool encrypted = true;  // the scheme demands TLS
  bool verifies = true;   // and that the certificate is looked at: not neo4j+ssc, bolt+ssc
  std::string text;       // as it was given
};
// neo4j, neo4j+s, neo4j+ssc, bolt..., https, http, wss, ws, HOST, HOST:PORT. InvalidArguments.
Result<DiagnosisUri> parse_diagnosis_uri(std::string_view text);

struct RemoteOptions {
  std::map<std::string, std::string, std::less<>> resolve;  // name -> address to connect to
  std::chrono::milliseconds timeout{5000};
};

struct RemoteLook {
  Findings findings;
  std::string driver;     // one paragraph: what a driver says, and why
  std::string sha256;     // of the leaf that is served; empty: none came
  std::string names;      // of it
  std::string version;    // "TLSv1.3"; empty: no TLS
  bool verified = false;  // a driver on this machine would connect
};

Result<RemoteLook> look_at_remote(const DiagnosisUri& uri, const RemoteOptions& options,
                                  const os::Clock& clock);

// Only the certificate that a port shows: its leaf's SHA-256, empty when it shows none.
Result<std::string> served_digest(const net::Endpoint& endpoint, std::chrono::milliseconds timeout);

// This machine's clock against the Date header of an ACME directory.
Findings acme_clock_findings(const std::string& directory, const os::Clock& clock,
                             std::chrono::milliseconds timeout);

}  // namespace trellis::tls

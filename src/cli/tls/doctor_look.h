// SPDX-License-Identifier: Apache-2.0
//
// What `trellis tls doctor` looks at: this machine, or a server by its URI.
//
// Blocking. Errors mean that nothing could be looked at; what is wrong with what was seen is among
// the findings. A password goes only over a connection whose certificate this machine verifies (or
// over one that the URI says shall not be encrypted).
#pragma once

#include <string>
#include <vector>

#include "base/secret.h"
#include "cli/surroundings.h"
#include "tls/findings/remote_findings.h"

namespace trellis::cli::tls_command {

struct Diagnosis {
  std::vector<std::string> looked_at;  // "bolt as served on 127.0.0.1:7687", ...
  tls::Findings findings;
  std::string driver;  // what a driver would say; empty without a URI
};

struct Credentials {
  std::string user;  // empty: no login
  Secret password;
};

// Configuration, files, and the ports as they are served, if a server runs.
Result<Diagnosis> look_at_this_machine(const CommonOptions& common,
                                       const tls::RemoteOptions& options);
Result<Diagnosis> look_at_server(const std::string& uri, const tls::RemoteOptions& options,
                                 const Credentials& credentials);

}  // namespace trellis::cli::tls_command

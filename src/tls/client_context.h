// SPDX-License-Identifier: Apache-2.0
//
// TLS contexts for connections that this server (or a tool) makes.
//
// Trust is the operating system's store (SSL_CERT_FILE and SSL_CERT_DIR honoured), every
// certificate in one directory, and every certificate in one file.
// Errors: InvalidConfiguration. Thread-safe (no state).
#pragma once

#include <filesystem>

#include "base/result.h"
#include "net/stream.h"
#include "os/clock.h"

namespace trellis::tls {

struct ClientTrust {
  bool verify = true;                    // false (+ssc): any certificate, any name
  bool system_store = true;              // only with verify
  std::filesystem::path trusted_dir{};   // may be empty or missing
  std::filesystem::path trusted_file{};  // may be empty
  const os::Clock* clock = nullptr;      // that dates are judged by; outlives the context; null:
                                         // the machine's
};

Result<net::TlsContext> make_client_context(const ClientTrust& trust);

}  // namespace trellis::tls

// SPDX-License-Identifier: Apache-2.0
//
// TLS contexts from files, each checked as a whole before anybody sees it.
//
// Server: the key and the certificate are a pair, the chain is in order, nothing has expired, the
// key's file is closed to others. Whatever is in trusted_dir is an anchor by itself (an
// intermediate or a leaf too). Files whose names begin with a dot, and directories, are skipped.
// Client: trust is the operating system's store (SSL_CERT_FILE and SSL_CERT_DIR honoured) and every
// certificate in one more directory.
// Errors: InvalidConfiguration, with the policy, the path, what is wrong and the command that mends
// it. Thread-safe (no state).
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/ssl_policy.h"
#include "net/stream.h"

namespace trellis::tls {

// What a listener shows of itself; for logs and SHOW, and for the check of advertised names.
struct ServerIdentity {
  std::string subject;  // RFC 2253
  std::string issuer;
  std::vector<std::string> dns_names;  // as in the certificate, wildcards included
  std::vector<std::string> ip_names;
  std::chrono::system_clock::time_point not_before;
  std::chrono::system_clock::time_point not_after;
  std::string sha256;    // of the leaf, lower-case hex
  std::string key_kind;  // "EC prime256v1 (PKCS#8)"
  size_t chain_length = 0;
  // Would a client that dials `host` (name or IP literal) accept the certificate for it?
  bool covers(std::string_view host) const;
};

struct ServerContext {
  net::TlsContext context;
  ServerIdentity identity;
};

Result<ServerContext> load_server_context(const config::SslPolicySettings& policy);

struct ClientTrust {
  bool verify = true;                   // false (+ssc): any certificate, any name
  bool system_store = true;             // only with verify
  std::filesystem::path trusted_dir{};  // may be empty or missing
};

Result<net::TlsContext> make_client_context(const ClientTrust& trust);

}  // namespace trellis::tls

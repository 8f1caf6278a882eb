// SPDX-License-Identifier: Apache-2.0
//
// A private key together with the certificate chain that belongs to it: what a TLS server shows.
//
// Invariants
//   1. The leaf's public key is the key's.   2. The chain is leaf first, each issued by the next.
//   3. OpenSSL takes the pair at its security level.
//   4. Immutable; shared by contexts and by handshakes that still use it.
// A file whose certificates stand in another order is put in order, and what belongs to no chain
// with the leaf is left out: `identity()` says so. Dates are not judged here: an expired pair is
// still a pair (see findings).
// Errors: InvalidConfiguration, with the path, what is wrong and the command that mends it.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"

struct evp_pkey_st;
struct x509_st;

namespace trellis::tls {

// What a pair shows of itself; for logs, SHOW and the check of names.
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
  bool self_signed = false;           // then a chain of one is whole
  bool reordered = false;             // the file had the chain in another order
  std::vector<std::string> left_out;  // subjects in the file that the chain does not need
  // Would a client that dials `host` (name or IP literal) accept the certificate for it?
  bool covers(std::string_view host) const;
  // For messages: its names ("db.example.org, 10.0.0.1, and 3 more"), else its subject.
  std::string title() const;
};

class CertificatePair {
 public:
  virtual ~CertificatePair() = default;
  virtual const ServerIdentity& identity() const = 0;
  virtual x509_st* leaf() const = 0;
  virtual const std::vector<x509_st*>& issuers() const = 0;  // without the leaf, in order
  virtual evp_pkey_st* key() const = 0;
  virtual const std::string& source() const = 0;  // the certificate's path, or the ACME directory
};
using PairPtr = std::shared_ptr<const CertificatePair>;

struct PairFiles {
  std::filesystem::path certificate;
  std::filesystem::path key;
  const Secret* key_password = nullptr;  // null: none
};

Result<PairPtr> load_pair(const PairFiles& files);
// The key unencrypted. `source` names it in errors and in `source()`.
Result<PairPtr> parse_pair(std::string_view chain_pem, const Secret& key_pem, std::string source);

}  // namespace trellis::tls

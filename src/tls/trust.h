// SPDX-License-Identifier: Apache-2.0
//
// Whom a policy trusts: the certificates of trusted/ and the revocation lists of revoked/.
//
//   - Every certificate in trusted/ is an anchor by itself, an intermediate or a leaf too, as in
//     Java (X509_V_FLAG_PARTIAL_CHAIN).
//   - A certificate that a list in revoked/ names is refused, anchors included. An issuer without a
//     list is not checked. A list that has expired stays in force. A list that bears the name of an
//     anchor, and that no anchor of that name has signed, is an error; where the issuer is no
//     anchor, such a list refuses everything of that issuer.
//   - Files whose names begin with a dot, and directories, are skipped; anything else that is no
//     certificate (no list) is an error.
//
// Immutable, thread-safe. Errors: InvalidConfiguration, with the path.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "os/clock.h"
#include "tls/x509_facts.h"

struct x509_store_st;
struct x509_store_ctx_st;
struct x509_st;
struct X509_crl_st;

namespace trellis::tls {

struct Anchor {
  std::string subject;
  std::filesystem::path file;
  CertificateTime not_after;
  bool is_ca = false;
  // It stands in the operating system's store, or below a certificate that does (what this
  // machine's administrators put there themselves left aside).
  bool publicly_trusted = false;
};

Anchor facts_of(x509_st* certificate, std::filesystem::path file);  // publicly_trusted left open

struct RevocationList {
  std::string issuer;
  std::filesystem::path file;
  CertificateTime this_update;
  std::optional<CertificateTime> next_update;
};
RevocationList facts_of(const X509_crl_st* list, std::filesystem::path file);

struct TrustFiles {
  std::filesystem::path trusted_dir;
  std::filesystem::path revoked_dir;
  bool accept_expired = false;
};

class Trust {
 public:
  virtual ~Trust() = default;
  virtual const std::vector<Anchor>& anchors() const = 0;
  virtual const std::vector<RevocationList>& revocation_lists() const = 0;
  // Of all certificates and lists: equal when and only when the same are trusted.
  virtual const std::string& digest() const = 0;
  virtual x509_store_st* store() const = 0;
  virtual const std::vector<x509_st*>& certificates() const = 0;
  // Verifies what `verification` holds: chain, dates by `clock`, revocation. What is wrong goes
  // through its callback.
  virtual bool verify(x509_store_ctx_st* verification, const os::Clock& clock) const = 0;
};
using TrustPtr = std::shared_ptr<const Trust>;

// `old` itself when nothing has changed.
Result<TrustPtr> load_trust(const TrustFiles& files, const TrustPtr& old = nullptr);

}  // namespace trellis::tls

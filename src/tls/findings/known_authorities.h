// SPDX-License-Identifier: Apache-2.0
//
// Whom this machine trusts: the operating system's store (SSL_CERT_FILE and SSL_CERT_DIR honoured)
// and, on demand, certificates that were put into a trusted directory. Reading the store takes
// milliseconds: make one for a round of checks, not one for each.
//
// Not thread-safe.
#pragma once

#include <memory>

#include "tls/findings/certificate_facts.h"

struct x509_store_st;

namespace trellis::tls {

class KnownAuthorities {
 public:
  KnownAuthorities();
  ~KnownAuthorities();
  KnownAuthorities(const KnownAuthorities&) = delete;
  KnownAuthorities& operator=(const KnownAuthorities&) = delete;

  // False: this machine has no certificates of authorities at all, as many containers have none.
  bool has_system_store() const;

  // One more that counts for issuer_of() and verifies(), not for is_public(). Copied by reference.
  void add(x509_st* certificate);

  // Null when nobody known issued it. Owned by the caller's scope until the next call.
  x509_st* issuer_of(x509_st* certificate);
  // X509_V_OK, or OpenSSL's reason, dates left aside: what a client on this machine thinks of it.
  int verify(const ChainView& chain);
  // Does it, perhaps by way of `others`, come from an authority in the system's store that the
  // administrators of this machine did not add themselves (/usr/local/share/ca-certificates and its
  // kin, a file of their own in SSL_CERT_FILE)?
  bool is_public(x509_st* certificate, const ChainView& others);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace trellis::tls

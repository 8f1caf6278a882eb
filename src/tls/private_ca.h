// SPDX-License-Identifier: Apache-2.0
//
// A certificate authority of one's own: for the demo, for tests, later for cluster members.
// P-256 keys, SHA-256, 128-bit random serial numbers (RFC 5280).
//
// Errors: InvalidArguments (a name that no certificate can carry), IoError. Not thread-safe.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/secret.h"

namespace trellis::tls {

struct IssuedCertificate {
  std::string certificate_pem;  // leaf first, then the authority
  Secret key_pem;               // PKCS#8, unencrypted
};

struct CertificateRequest {
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_names;
  int valid_days = 90;
};

class PrivateCa {
 public:
  static Result<PrivateCa> create(const std::string& common_name, int valid_days = 3650);
  PrivateCa(PrivateCa&&) noexcept;
  PrivateCa& operator=(PrivateCa&&) noexcept;
  ~PrivateCa();

  Result<IssuedCertificate> issue(const CertificateRequest& request) const;
  std::string certificate_pem() const;

 private:
  struct Impl;
  explicit PrivateCa(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Writes whole files by rename: the key 0600, certificates 0644; makes the directories (0755).
Result<> write_certificate_file(const std::filesystem::path& path, const std::string& pem);
Result<> write_key_file(const std::filesystem::path& path, const Secret& pem);

}  // namespace trellis::tls

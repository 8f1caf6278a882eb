// SPDX-License-Identifier: Apache-2.0
//
// A certificate authority of one's own: for the members of a cluster, for development, for the
// demo. P-256 keys, SHA-256, 128-bit random serial numbers (RFC 5280). Its leaves serve both sides
// of a TLS connection, as members of a cluster need and public authorities no longer issue.
//
// Errors: InvalidArguments (a name that no certificate can carry, a request that is none),
// InvalidConfiguration (a file that holds no authority, an authority that has ended), IoError. Not
// thread-safe.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
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
  std::chrono::seconds lifetime{0};  // instead of valid_days, unless 0
  std::chrono::system_clock::time_point now = std::chrono::system_clock::now();
};

// What names are worth in a certificate: an IP literal goes to ip_names.
CertificateRequest request_for(std::vector<std::string> names, std::chrono::seconds lifetime,
                               std::chrono::system_clock::time_point now);

// Of a certificate that was issued.
struct IssuedFacts {
  std::string serial;  // lower-case hex
  std::string sha256;  // of the certificate, lower-case hex
  std::chrono::system_clock::time_point not_after;
  std::chrono::system_clock::time_point not_before;
};
Result<IssuedFacts> facts_of(std::string_view certificate_pem);

struct RevokedCertificate {
  std::string serial;  // hex
  std::chrono::system_clock::time_point when;
};

// A key of one's own and the request (PKCS#10) to have it certified; names are given beside it.
struct KeyAndRequest {
  Secret key_pem;
  std::string request_pem;
};
Result<KeyAndRequest> new_key_and_request(const std::string& common_name);

class PrivateCa {
 public:
  using Time = std::chrono::system_clock::time_point;

  // One authority may stand between it and a leaf: its successor (vouch_for).
  static Result<PrivateCa> create(const std::string& common_name, int valid_days = 3650,
                                  Time now = std::chrono::system_clock::now());
  static Result<PrivateCa> load(std::string_view certificate_pem, const Secret& key_pem);
  PrivateCa(PrivateCa&&) noexcept;
  PrivateCa& operator=(PrivateCa&&) noexcept;
  ~PrivateCa();

  // With a new key. No leaf lives longer than its authority; one that has ended issues none.
  Result<IssuedCertificate> issue(const CertificateRequest& request) const;
  // For the key of a PKCS#10 request, whose signature is checked and whose names are ignored: those
  // of `request` count. Leaf first, then the authority.
  Result<std::string> sign(std::string_view request_pem, const CertificateRequest& request) const;
  // The other authority's name and key, vouched for by this one: who trusts only this one accepts
  // leaves of the other.
  Result<std::string> vouch_for(const PrivateCa& other) const;
  // A revocation list in PEM (RFC 5280), due again after `next`.
  Result<std::string> revocation_list(const std::vector<RevokedCertificate>& revoked,
                                      std::chrono::seconds next,
                                      Time now = std::chrono::system_clock::now()) const;
  bool has_key_of(std::string_view certificate_pem) const;
  std::string certificate_pem() const;
  Secret key_pem() const;
  Time not_after() const;
  std::string sha256() const;             // of the certificate, lower-case hex
  std::string public_key_sha256() const;  // of SubjectPublicKeyInfo (RFC 7469), lower-case hex

 private:
  struct Impl;
  explicit PrivateCa(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Replaces files by a rename: keys 0600, certificates 0644; makes the directories.
Result<> write_certificate_file(const std::filesystem::path& path, const std::string& pem);
Result<> write_key_file(const std::filesystem::path& path, const Secret& pem);

}  // namespace trellis::tls

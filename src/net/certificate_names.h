// SPDX-License-Identifier: Apache-2.0
//
// What a certificate says, in words for messages. Pure functions over OpenSSL's X509.
#pragma once

#include <string>
#include <vector>

struct x509_st;
struct X509_name_st;

namespace trellis::net {

struct CertificateNames {
  std::vector<std::string> dns;
  std::vector<std::string> ips;
  std::string common_name;  // only looked at by clients when there are no DNS names
};

CertificateNames names_of(const x509_st* certificate);
// "db.example.org, *.example.org, 10.0.0.1"; "no names at all" when there are none.
std::string to_text(const CertificateNames& names);
std::string to_rfc2253(const X509_name_st* name);
std::string subject_of(const x509_st* certificate);  // RFC 2253
std::string issuer_of(const x509_st* certificate);
std::string fingerprint_of(const x509_st* certificate);  // SHA-256, lower-case hex

}  // namespace trellis::net

// SPDX-License-Identifier: Apache-2.0
//
// Small facts about certificates, for room `tls` and those below it. Pure functions.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

struct asn1_string_st;
struct x509_st;
struct X509_crl_st;

namespace trellis::tls {

using CertificateTime = std::chrono::system_clock::time_point;

CertificateTime to_time(const asn1_string_st* time);
std::string to_text(CertificateTime time);          // "2026-11-03 12:00:00 UTC"
std::string hex_of(std::string_view bytes);         // lower case
std::string sha256_of(const x509_st* certificate);  // of its DER, lower-case hex
std::string sha256_of(const X509_crl_st* list);
std::string sha256_of(std::string_view bytes);
std::string public_key_sha256(const x509_st* certificate);  // of SubjectPublicKeyInfo (RFC 7469)
std::string lower_case(std::string_view ascii);

}  // namespace trellis::tls

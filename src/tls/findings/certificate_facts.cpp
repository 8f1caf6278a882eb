// SPDX-License-Identifier: Apache-2.0
#include "tls/findings/certificate_facts.h"

#include <fmt/format.h>
#include <openssl/x509v3.h>

#include <memory>

#include "net/certificate_names.h"
#include "net/endpoint.h"

namespace trellis::tls {
namespace {

using std::chrono::duration_cast;

template <class Unit>
std::string counted(std::chrono::nanoseconds span, const char* unit) {
  const auto count = duration_cast<Unit>(span).count();
  return fmt::format("{} {}{}", count, unit, count == 1 ? "" : "s");
}

bool allows(x509_st* certificate, uint32_t use) {
  if ((X509_get_extension_flags(certificate) & EXFLAG_XKUSAGE) == 0) return true;
  return (X509_get_extended_key_usage(certificate) & (use | XKU_ANYEKU)) != 0;
}

}  // namespace

std::string span_in_words(std::chrono::nanoseconds span) {
  using namespace std::chrono_literals;
  if (span < 0s) span = -span;
  if (span >= 48h) return counted<std::chrono::days>(span, "day");
  if (span >= 2h) return counted<std::chrono::hours>(span, "hour");
  if (span >= 2min) return counted<std::chrono::minutes>(span, "minute");
  return counted<std::chrono::seconds>(span, "second");
}

std::string subject_text(const x509_st* certificate) {
  // Names that public authorities write today have nothing in the subject.
  std::string subject = net::subject_of(certificate);
  return subject.empty() ? names_text(certificate) : subject;
}
std::string issuer_text(const x509_st* certificate) { return net::issuer_of(certificate); }
std::string names_text(const x509_st* certificate) {
  return net::to_text(net::names_of(certificate));
}

bool is_self_issued(const x509_st* certificate) {
  return X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) == 0;
}

bool has_alternative_names(const x509_st* certificate) {
  const net::CertificateNames names = net::names_of(certificate);
  return !names.dns.empty() || !names.ips.empty();
}

bool covers(const x509_st* certificate, const std::string& host) {
  auto* leaf = const_cast<x509_st*>(certificate);
  if (net::is_ip_literal(host)) return X509_check_ip_asc(leaf, host.c_str(), 0) == 1;
  return X509_check_host(leaf, host.data(), host.size(),
                         X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT,
                         nullptr) == 1;
}

bool allows_server_use(x509_st* certificate) {
  const uint32_t flags = X509_get_extension_flags(certificate);
  if ((flags & EXFLAG_KUSAGE) != 0 &&
      (X509_get_key_usage(certificate) & (KU_DIGITAL_SIGNATURE | KU_KEY_AGREEMENT)) == 0) {
    return false;
  }
  return allows(certificate, XKU_SSL_SERVER);
}
bool allows_client_use(x509_st* certificate) { return allows(certificate, XKU_SSL_CLIENT); }

bool hints_at_intermediate(const x509_st* certificate) {
  const std::unique_ptr<AUTHORITY_INFO_ACCESS, decltype(&AUTHORITY_INFO_ACCESS_free)> places(
      static_cast<AUTHORITY_INFO_ACCESS*>(
          X509_get_ext_d2i(certificate, NID_info_access, nullptr, nullptr)),
      &AUTHORITY_INFO_ACCESS_free);
  for (int i = 0; places && i < sk_ACCESS_DESCRIPTION_num(places.get()); ++i) {
    const ACCESS_DESCRIPTION* place = sk_ACCESS_DESCRIPTION_value(places.get(), i);
    if (OBJ_obj2nid(place->method) == NID_ad_ca_issuers) return true;
  }
  const GENERAL_NAMES* above = X509_get0_authority_issuer(const_cast<x509_st*>(certificate));
  for (int i = 0; above != nullptr && i < sk_GENERAL_NAME_num(above); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(above, i);
    if (name->type == GEN_DIRNAME &&
        X509_NAME_cmp(name->d.directoryName, X509_get_issuer_name(certificate)) != 0) {
      return true;
    }
  }
  return false;
}

}  // namespace trellis::tls

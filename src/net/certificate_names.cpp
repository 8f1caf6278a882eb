// SPDX-License-Identifier: Apache-2.0
#include "net/certificate_names.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>

namespace trellis::net {
namespace {

std::string printable(const ASN1_STRING* text) {
  const auto* bytes = reinterpret_cast<const char*>(ASN1_STRING_get0_data(text));
  std::string clean(bytes, static_cast<size_t>(ASN1_STRING_length(text)));
  for (char& c : clean) {
    if (c < ' ' || c == 0x7f) c = '?';
  }
  return clean;
}

std::string address_text(const ASN1_OCTET_STRING* ip) {
  const int size = ASN1_STRING_length(ip);
  char text[INET6_ADDRSTRLEN] = "";
  const int family = size == 4 ? AF_INET : AF_INET6;
  if (size != 4 && size != 16) return {};
  return inet_ntop(family, ASN1_STRING_get0_data(ip), text, sizeof(text)) ? text : "";
}

}  // namespace

CertificateNames names_of(const X509* certificate) {
  CertificateNames names;
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> alternatives(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      &GENERAL_NAMES_free);
  for (int i = 0; alternatives && i < sk_GENERAL_NAME_num(alternatives.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(alternatives.get(), i);
    if (name->type == GEN_DNS) names.dns.push_back(printable(name->d.dNSName));
    if (name->type == GEN_IPADD) names.ips.push_back(address_text(name->d.iPAddress));
  }
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at >= 0) {
    names.common_name = printable(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  }
  return names;
}

std::string to_rfc2253(const X509_NAME* name) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), &BIO_free);
  if (!out || name == nullptr || X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253) < 0) {
    return {};
  }
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return size > 0 ? std::string(text, static_cast<size_t>(size)) : std::string();
}

std::string to_text(const CertificateNames& names) {
  std::string text;
  const auto add = [&](const std::string& name) {
    if (!text.empty()) text += ", ";
    text += name;
  };
  for (const auto& name : names.dns) add(name);
  for (const auto& name : names.ips) add(name);
  if (text.empty() && !names.common_name.empty()) {
    return names.common_name + " (as common name only, without subject alternative names)";
  }
  return text.empty() ? "no names at all" : text;
}

std::string subject_of(const X509* certificate) {
  return to_rfc2253(X509_get_subject_name(certificate));
}
std::string issuer_of(const X509* certificate) {
  return to_rfc2253(X509_get_issuer_name(certificate));
}

std::string fingerprint_of(const X509* certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  std::string text;
  if (X509_digest(certificate, EVP_sha256(), digest, &size) != 1) return text;
  for (unsigned i = 0; i < size; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

}  // namespace trellis::net

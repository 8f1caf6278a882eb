// SPDX-License-Identifier: Apache-2.0
#include "tls/acme/chain.h"

#include "tls/acme/jose.h"
#include "tls/acme/pem_text.h"
#include "tls/openssl_handles.h"

namespace trellis::tls::acme {
namespace {

// What i2d_X509, i2d_ASN1_INTEGER write.
template <class Encode, class Object>
std::string der_of(Encode encode, const Object* object) {
  unsigned char* der = nullptr;
  const int size = encode(object, &der);
  if (size <= 0) return {};
  std::string bytes(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return bytes;
}

std::string_view bytes_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<size_t>(ASN1_STRING_length(text))};
}

// The last common name, as UTF-8; empty: none.
std::string common_name(const X509_NAME* name) {
  int at = -1;
  std::string text;
  while ((at = X509_NAME_get_index_by_NID(name, NID_commonName, at)) >= 0) {
    unsigned char* utf8 = nullptr;
    const int size =
        ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    if (size < 0) continue;
    text.assign(reinterpret_cast<const char*>(utf8), static_cast<size_t>(size));
    OPENSSL_free(utf8);
  }
  return text;
}

}  // namespace

Result<std::string> renewal_id(std::string_view chain_pem) {
  TRELLIS_TRY_ASSIGN(const auto chain, certificates_from_pem(chain_pem));
  const ASN1_OCTET_STRING* authority = X509_get0_authority_key_id(chain.front().get());
  if (authority == nullptr || ASN1_STRING_length(authority) == 0) {
    return fail(ErrorCode::InvalidArguments,
                "The certificate has no authority key identifier, so the authority cannot be asked "
                "when to renew it.");
  }
  // The content of the INTEGER, with the zero byte that DER puts before a high bit. A serial
  // number has at most 20 bytes, so that tag and length are two.
  const std::string serial = der_of(i2d_ASN1_INTEGER, X509_get0_serialNumber(chain.front().get()));
  if (serial.size() < 3 || serial.size() > 127) {
    return fail(ErrorCode::InvalidArguments, "The certificate's serial number cannot be read.");
  }
  return fmt::format("{}.{}", base64url(bytes_of(authority)), base64url(serial.substr(2)));
}

Result<std::string> leaf_der_base64url(std::string_view chain_pem) {
  TRELLIS_TRY_ASSIGN(const auto chain, certificates_from_pem(chain_pem));
  const std::string der = der_of(i2d_X509, chain.front().get());
  if (der.empty()) return fail(ErrorCode::InvalidArguments, "The certificate cannot be encoded.");
  return base64url(der);
}

Result<bool> chain_has_root(std::string_view chain_pem, std::string_view name) {
  TRELLIS_TRY_ASSIGN(const auto chain, certificates_from_pem(chain_pem));
  const X509* last = chain.back().get();
  return common_name(X509_get_issuer_name(last)) == name ||
         common_name(X509_get_subject_name(last)) == name;
}

}  // namespace trellis::tls::acme

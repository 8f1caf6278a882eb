// SPDX-License-Identifier: Apache-2.0
#include "tls/acme/challenge_answer.h"

#include <arpa/inet.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <array>

#include "tls/acme/pem_text.h"
#include "tls/openssl_handles.h"

namespace trellis::tls::acme {
namespace {

constexpr const char* kAcmeIdentifier = "1.3.6.1.5.5.7.1.31";  // id-pe-acmeIdentifier, RFC 8737 6.1
constexpr long kDay = 86400;

using ObjectHandle = std::unique_ptr<ASN1_OBJECT, Freed<ASN1_OBJECT_free>>;
using OctetsHandle = std::unique_ptr<ASN1_OCTET_STRING, Freed<ASN1_OCTET_STRING_free>>;

std::array<unsigned char, SHA256_DIGEST_LENGTH> sha256(std::string_view bytes) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  return digest;
}

// An OCTET STRING of the digest, inside the extension's own.
Result<ExtensionHandle> acme_identifier(std::string_view key_authorization) {
  const auto digest = sha256(key_authorization);
  std::array<unsigned char, 2 + SHA256_DIGEST_LENGTH> der{V_ASN1_OCTET_STRING,
                                                          SHA256_DIGEST_LENGTH};
  std::copy(digest.begin(), digest.end(), der.begin() + 2);
  const ObjectHandle type(OBJ_txt2obj(kAcmeIdentifier, 1));
  const OctetsHandle value(ASN1_OCTET_STRING_new());
  if (!type || !value ||
      ASN1_OCTET_STRING_set(value.get(), der.data(), static_cast<int>(der.size())) != 1) {
    return openssl_failed("a challenge's certificate");
  }
  ExtensionHandle extension(X509_EXTENSION_create_by_OBJ(nullptr, type.get(), 1, value.get()));
  if (!extension) return openssl_failed("a challenge's certificate");
  return extension;
}

bool set_head(X509* certificate, EVP_PKEY* key) {
  unsigned char serial[16];
  if (RAND_bytes(serial, sizeof(serial)) != 1) return false;
  serial[0] = static_cast<unsigned char>((serial[0] & 0x7f) | 0x40);
  const std::unique_ptr<BIGNUM, Freed<BN_free>> number(BN_bin2bn(serial, sizeof(serial), nullptr));
  X509_NAME* name = X509_get_subject_name(certificate);
  const auto* title = reinterpret_cast<const unsigned char*>("ACME challenge");
  return number && X509_set_version(certificate, X509_VERSION_3) == 1 &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr &&
         X509_gmtime_adj(X509_getm_notBefore(certificate), -kDay) != nullptr &&
         X509_gmtime_adj(X509_getm_notAfter(certificate), 7 * kDay) != nullptr &&
         X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, title, -1, -1, 0) == 1 &&
         X509_set_issuer_name(certificate, name) == 1 && X509_set_pubkey(certificate, key) == 1;
}

}  // namespace

std::string key_authorization(std::string_view token, const SigningKey& account_key) {
  return fmt::format("{}.{}", token, account_key.thumbprint());
}

std::string dns_record_value(std::string_view key_authorization) {
  const auto digest = sha256(key_authorization);
  return base64url(std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

bool is_valid_token(std::string_view token) {
  return !token.empty() && token.size() <= 256 &&
         token.find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == token.npos;
}

Result<AlpnCertificate> make_alpn_certificate(const Identifier& identifier,
                                              std::string_view key_authorization) {
  const KeyHandle key(EVP_EC_gen("P-256"));
  const CertificateHandle certificate(X509_new());
  if (!key || !certificate) return openssl_failed("a challenge's certificate");
  TRELLIS_TRY_ASSIGN(const ExtensionHandle names, subject_alternatives({identifier}));
  TRELLIS_TRY_ASSIGN(const ExtensionHandle proof, acme_identifier(key_authorization));
  const bool made = set_head(certificate.get(), key.get()) &&
                    X509_add_ext(certificate.get(), names.get(), -1) == 1 &&
                    X509_add_ext(certificate.get(), proof.get(), -1) == 1 &&
                    X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0;
  if (!made) return openssl_failed("a challenge's certificate");
  AlpnCertificate result;
  TRELLIS_TRY_ASSIGN(result.certificate_pem, pem_of_certificate(certificate.get()));
  TRELLIS_TRY_ASSIGN(result.key_pem, pem_of_key(key.get()));
  return result;
}

std::string alpn_server_name(const Identifier& identifier) {
  if (identifier.type == Identifier::Type::kDns) return identifier.value;
  std::array<unsigned char, 16> bytes{};
  if (inet_pton(AF_INET, identifier.value.c_str(), bytes.data()) == 1) {
    return fmt::format("{}.{}.{}.{}.in-addr.arpa", bytes[3], bytes[2], bytes[1], bytes[0]);
  }
  if (inet_pton(AF_INET6, identifier.value.c_str(), bytes.data()) != 1) return identifier.value;
  std::string name;
  for (size_t i = bytes.size(); i-- > 0;) {
    name += fmt::format("{:x}.{:x}.", bytes[i] & 15, bytes[i] >> 4);
  }
  return name + "ip6.arpa";
}

}  // namespace trellis::tls::acme

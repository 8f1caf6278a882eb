// SPDX-License-Identifier: Apache-2.0
#include "tls/key_encryption.h"

#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "tls/openssl_handles.h"

namespace trellis::tls {
namespace {

using SignatureHandle = std::unique_ptr<X509_SIG, Freed<X509_SIG_free>>;
using CipherHandle = std::unique_ptr<EVP_CIPHER, Freed<EVP_CIPHER_free>>;
using DigestHandle = std::unique_ptr<EVP_MD, Freed<EVP_MD_free>>;
using Pbes2Handle = std::unique_ptr<PBE2PARAM, Freed<PBE2PARAM_free>>;

bool has_cipher(const char* name) {
  const bool there = CipherHandle(EVP_CIPHER_fetch(nullptr, name, nullptr)) != nullptr;
  ERR_clear_error();
  return there;
}
bool has_digest(const char* name) {
  const bool there = DigestHandle(EVP_MD_fetch(nullptr, name, nullptr)) != nullptr;
  ERR_clear_error();
  return there;
}

// RFC 8018: the scheme names a cipher by itself (PBES1), or has it among its parameters (PBES2).
std::string retired_scheme(const X509_ALGOR* algorithm) {
  const int scheme = OBJ_obj2nid(algorithm->algorithm);
  if (scheme == NID_pbes2) {
    const Pbes2Handle parameters(static_cast<PBE2PARAM*>(
        ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM), algorithm->parameter)));
    if (!parameters) return {};
    const char* cipher = OBJ_nid2sn(OBJ_obj2nid(parameters->encryption->algorithm));
    return has_cipher(cipher) ? "" : cipher;
  }
  int cipher = NID_undef;
  int digest = NID_undef;
  if (EVP_PBE_find(EVP_PBE_TYPE_OUTER, scheme, &cipher, &digest, nullptr) != 1) return {};
  const bool known = (cipher <= 0 || has_cipher(OBJ_nid2sn(cipher))) &&
                     (digest <= 0 || has_digest(OBJ_nid2sn(digest)));
  return known ? "" : OBJ_nid2sn(scheme);
}

// RFC 1421: "DEK-Info: DES-CBC,0123...".
std::string retired_header(std::string_view pem) {
  constexpr std::string_view kHeader = "DEK-Info:";
  size_t at = pem.find(kHeader);
  if (at == pem.npos) return {};
  at = pem.find_first_not_of(' ', at + kHeader.size());
  const size_t end = pem.find_first_of(",\r\n", at);
  if (at == pem.npos || end == pem.npos) return {};
  const std::string cipher(pem.substr(at, end - at));
  return has_cipher(cipher.c_str()) ? "" : cipher;
}

}  // namespace

std::string retired_encryption(std::string_view pem) {
  if (pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----")) {
    const BioHandle bio = bio_over(pem);
    const SignatureHandle sealed(PEM_read_bio_PKCS8(bio.get(), nullptr, nullptr, nullptr));
    ERR_clear_error();
    const X509_ALGOR* algorithm = nullptr;
    if (sealed) X509_SIG_get0(sealed.get(), &algorithm, nullptr);
    std::string name = algorithm != nullptr ? retired_scheme(algorithm) : "";
    ERR_clear_error();
    return name;
  }
  return retired_header(pem);
}

std::string conversion_command(std::string_view path) {
  return fmt::format(
      "openssl pkcs8 -topk8 -v2 aes-256-cbc -provider legacy -provider default -in {} -out {}.new",
      path, path);
}

}  // namespace trellis::tls

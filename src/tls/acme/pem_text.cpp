// SPDX-License-Identifier: Apache-2.0
#include "tls/acme/pem_text.h"

#include <openssl/pem.h>

namespace trellis::tls::acme {
namespace {

constexpr size_t kLongestChain = 20;

using NamesHandle = std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES_free>>;
using NameHandle = std::unique_ptr<GENERAL_NAME, Freed<GENERAL_NAME_free>>;
using OctetsHandle = std::unique_ptr<ASN1_OCTET_STRING, Freed<ASN1_OCTET_STRING_free>>;
using Ia5Handle = std::unique_ptr<ASN1_IA5STRING, Freed<ASN1_IA5STRING_free>>;

bool is_host_name(std::string_view name) {
  if (name.starts_with("*.")) name.remove_prefix(2);
  return !name.empty() && name.size() <= 253 &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.") == name.npos;
}

Result<NameHandle> general_name(const Identifier& identifier) {
  NameHandle name(GENERAL_NAME_new());
  if (!name) return openssl_failed("a name");
  if (identifier.type == Identifier::Type::kIp) {
    OctetsHandle address(a2i_IPADDRESS(identifier.value.c_str()));
    if (!address) {
      return fail(ErrorCode::InvalidArguments, "'{}' is no IP address.", identifier.value);
    }
    GENERAL_NAME_set0_value(name.get(), GEN_IPADD, address.release());
    return name;
  }
  if (!is_host_name(identifier.value)) {
    return fail(ErrorCode::InvalidArguments, "'{}' is no host name for a certificate.",
                identifier.value);
  }
  Ia5Handle text(ASN1_IA5STRING_new());
  if (!text || ASN1_STRING_set(text.get(), identifier.value.data(),
                               static_cast<int>(identifier.value.size())) != 1) {
    return openssl_failed("a name");
  }
  GENERAL_NAME_set0_value(name.get(), GEN_DNS, text.release());
  return name;
}

}  // namespace

tl::unexpected<Error> openssl_failed(const char* what) {
  return fail(ErrorCode::IoError, "Cannot make {}: {}.", what, openssl_reason());
}

Result<KeyHandle> key_from_pem(const Secret& pem) {
  const BioHandle bio = bio_over(pem.reveal());
  // An empty passphrase, so that OpenSSL asks nobody at a terminal.
  KeyHandle key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, const_cast<char*>(""))
                    : nullptr);
  if (!key) {
    return fail(ErrorCode::InvalidArguments, "No private key in PEM: {}.", openssl_reason());
  }
  return key;
}

Result<Secret> pem_of_key(EVP_PKEY* key) {
  const BioHandle bio(BIO_new(BIO_s_secmem()));
  if (!bio ||
      PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return openssl_failed("a key's text");
  }
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  return Secret(std::string_view(bytes, static_cast<size_t>(size)));
}

Result<std::string> pem_of_certificate(X509* certificate) {
  const BioHandle bio(BIO_new(BIO_s_mem()));
  if (!bio || PEM_write_bio_X509(bio.get(), certificate) != 1) {
    return openssl_failed("a certificate's text");
  }
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  return std::string(bytes, static_cast<size_t>(size));
}

Result<std::vector<CertificateHandle>> certificates_from_pem(std::string_view chain_pem) {
  std::vector<CertificateHandle> chain;
  const BioHandle bio = bio_over(chain_pem);
  while (bio && chain.size() < kLongestChain) {
    CertificateHandle next(PEM_read_bio_X509(bio.get(), nullptr, nullptr, const_cast<char*>("")));
    if (!next) break;
    chain.push_back(std::move(next));
  }
  ERR_clear_error();  // the end of the text is an error to OpenSSL
  if (chain.empty()) return fail(ErrorCode::InvalidArguments, "No certificate in PEM.");
  return chain;
}

Result<ExtensionHandle> subject_alternatives(const std::vector<Identifier>& names) {
  if (names.empty()) {
    return fail(ErrorCode::InvalidArguments, "A certificate needs a host name or an IP address.");
  }
  const NamesHandle alternatives(sk_GENERAL_NAME_new_null());
  if (!alternatives) return openssl_failed("names");
  for (const auto& identifier : names) {
    TRELLIS_TRY_ASSIGN(NameHandle name, general_name(identifier));
    if (sk_GENERAL_NAME_push(alternatives.get(), name.get()) == 0) return openssl_failed("names");
    static_cast<void>(name.release());
  }
  ExtensionHandle extension(X509V3_EXT_i2d(NID_subject_alt_name, 0, alternatives.get()));
  if (!extension) return openssl_failed("names");
  return extension;
}

}  // namespace trellis::tls::acme

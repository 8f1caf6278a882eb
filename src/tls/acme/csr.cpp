// SPDX-License-Identifier: Apache-2.0
#include "tls/acme/csr.h"

#include <openssl/rsa.h>

#include "tls/acme/pem_text.h"
#include "tls/openssl_handles.h"

namespace trellis::tls::acme {
namespace {

struct ExtensionsFree {
  void operator()(STACK_OF(X509_EXTENSION) * list) const {
    sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
  }
};
using ExtensionList = std::unique_ptr<STACK_OF(X509_EXTENSION), ExtensionsFree>;
using RequestHandle = std::unique_ptr<X509_REQ, Freed<X509_REQ_free>>;

EVP_PKEY* generate(config::AcmeKeyType type) {
  switch (type) {
    case config::AcmeKeyType::kEc256:
      return EVP_EC_gen("P-256");
    case config::AcmeKeyType::kEc384:
      return EVP_EC_gen("P-384");
    case config::AcmeKeyType::kRsa2048:
      return EVP_RSA_gen(2048);
    case config::AcmeKeyType::kRsa3072:
      return EVP_RSA_gen(3072);
    case config::AcmeKeyType::kRsa4096:
      return EVP_RSA_gen(4096);
  }
  TRELLIS_UNREACHABLE();
}

}  // namespace

Result<Secret> make_certificate_key(config::AcmeKeyType type) {
  const KeyHandle key(generate(type));
  if (!key) return openssl_failed("a key");
  return pem_of_key(key.get());
}

Result<std::string> make_csr(const std::vector<std::string>& names, const Secret& key_pem) {
  TRELLIS_TRY_ASSIGN(const KeyHandle key, key_from_pem(key_pem));
  std::vector<Identifier> identifiers;
  for (const auto& name : names) identifiers.push_back(Identifier::of(name));
  TRELLIS_TRY_ASSIGN(ExtensionHandle alternatives, subject_alternatives(identifiers));
  const ExtensionList extensions(sk_X509_EXTENSION_new_null());
  const RequestHandle request(X509_REQ_new());
  if (!extensions || !request ||
      sk_X509_EXTENSION_push(extensions.get(), alternatives.get()) == 0) {
    return openssl_failed("a certificate request");
  }
  static_cast<void>(alternatives.release());
  const EVP_MD* digest = EVP_PKEY_get_bits(key.get()) == 384 ? EVP_sha384() : EVP_sha256();
  const bool made = X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) == 1 &&
                    X509_REQ_set_pubkey(request.get(), key.get()) == 1 &&
                    X509_REQ_add_extensions(request.get(), extensions.get()) == 1 &&
                    X509_REQ_sign(request.get(), key.get(), digest) > 0;
  unsigned char* der = nullptr;
  const int size = made ? i2d_X509_REQ(request.get(), &der) : -1;
  if (size <= 0) return openssl_failed("a certificate request");
  std::string text(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return text;
}

}  // namespace trellis::tls::acme

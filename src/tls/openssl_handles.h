// SPDX-License-Identifier: Apache-2.0
//
// Owners for OpenSSL's objects, and its last error in words. For .cpp files of room `tls` and those below it.
#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

namespace trellis::tls {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
// The stack alone: what is in it belongs to somebody else.
struct FreedStack {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};
struct FreedNames {
  void operator()(STACK_OF(X509_NAME) * names) const {
    sk_X509_NAME_pop_free(names, X509_NAME_free);
  }
};
using BioHandle = std::unique_ptr<BIO, Freed<BIO_free>>;
using KeyHandle = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using CipherHandle = std::unique_ptr<EVP_CIPHER, Freed<EVP_CIPHER_free>>;
using CertificateHandle = std::unique_ptr<X509, Freed<X509_free>>;
using CrlHandle = std::unique_ptr<X509_CRL, Freed<X509_CRL_free>>;
using ExtensionHandle = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>>;
using StoreHandle = std::unique_ptr<X509_STORE, Freed<X509_STORE_free>>;
using VerificationHandle = std::unique_ptr<X509_STORE_CTX, Freed<X509_STORE_CTX_free>>;
using ContextHandle = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;
using BorrowedStack = std::unique_ptr<STACK_OF(X509), FreedStack>;
using NamesHandle = std::unique_ptr<STACK_OF(X509_NAME), FreedNames>;

inline BioHandle bio_over(std::string_view text) {
  return BioHandle(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

inline std::string openssl_reason() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
  std::string text = reason != nullptr ? reason : "unknown reason";
  ERR_clear_error();
  return text;
}

}  // namespace trellis::tls

// SPDX-License-Identifier: Apache-2.0
#include "tls/findings/known_authorities.h"

#include <openssl/x509_vfy.h>

#include <set>

#include "tls/openssl_handles.h"
#include "tls/pem.h"
#include "tls/readable_file.h"

namespace trellis::tls {
namespace {

constexpr const char* kAddedByAdministrators = "/usr/local/share/ca-certificates";

using StoreHandle = std::unique_ptr<X509_STORE, Freed<X509_STORE_free>>;
using StoreContextHandle = std::unique_ptr<X509_STORE_CTX, Freed<X509_STORE_CTX_free>>;

struct StackFree {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};
using StackHandle = std::unique_ptr<STACK_OF(X509), StackFree>;

StackHandle stack_of(const ChainView& certificates) {
  StackHandle stack(sk_X509_new_null());
  for (x509_st* certificate : certificates) sk_X509_push(stack.get(), certificate);
  return stack;
}

StoreHandle system_store() {
  StoreHandle store(X509_STORE_new());
  X509_STORE_set_default_paths(store.get());
  ERR_clear_error();
  return store;
}

std::set<std::string> local_additions() {
  std::set<std::string> digests;
  const auto files = files_in(kAddedByAdministrators);
  if (!files) return digests;
  for (const auto& file : *files) {
    const auto certificates = load_certificates(file);
    if (!certificates) continue;
    for (const auto& certificate : *certificates) digests.insert(sha256_of(certificate.get()));
  }
  return digests;
}

}  // namespace

struct KnownAuthorities::Impl {
  StoreHandle system = system_store();
  StoreHandle all = system_store();
  std::set<std::string> local = local_additions();
  CertificateHandle last_issuer;
};

KnownAuthorities::KnownAuthorities() : impl_(std::make_unique<Impl>()) {}
KnownAuthorities::~KnownAuthorities() = default;

void KnownAuthorities::add(x509_st* certificate) {
  X509_STORE_add_cert(impl_->all.get(), certificate);
  ERR_clear_error();
}

x509_st* KnownAuthorities::issuer_of(x509_st* certificate) {
  const StoreContextHandle context(X509_STORE_CTX_new());
  X509* issuer = nullptr;
  if (X509_STORE_CTX_init(context.get(), impl_->all.get(), certificate, nullptr) == 1) {
    X509_STORE_CTX_get1_issuer(&issuer, context.get(), certificate);
  }
  ERR_clear_error();
  impl_->last_issuer.reset(issuer);
  return issuer;
}

int KnownAuthorities::verify(const ChainView& chain) {
  const StackHandle others = stack_of({chain.begin() + 1, chain.end()});
  const StoreContextHandle context(X509_STORE_CTX_new());
  if (X509_STORE_CTX_init(context.get(), impl_->all.get(), chain[0], others.get()) != 1) {
    return X509_V_ERR_OUT_OF_MEM;
  }
  X509_STORE_CTX_set_flags(context.get(), X509_V_FLAG_NO_CHECK_TIME | X509_V_FLAG_PARTIAL_CHAIN);
  X509_verify_cert(context.get());
  ERR_clear_error();
  return X509_STORE_CTX_get_error(context.get());
}

bool KnownAuthorities::is_public(x509_st* certificate, const ChainView& others) {
  const StackHandle untrusted = stack_of(others);
  const StoreContextHandle context(X509_STORE_CTX_new());
  if (X509_STORE_CTX_init(context.get(), impl_->system.get(), certificate, untrusted.get()) != 1) {
    return false;
  }
  X509_STORE_CTX_set_flags(context.get(), X509_V_FLAG_NO_CHECK_TIME);
  const bool known = X509_verify_cert(context.get()) == 1;
  ERR_clear_error();
  if (!known) return false;
  const STACK_OF(X509)* path = X509_STORE_CTX_get0_chain(context.get());
  const X509* root = sk_X509_value(path, sk_X509_num(path) - 1);
  return !impl_->local.contains(sha256_of(root));
}

}  // namespace trellis::tls

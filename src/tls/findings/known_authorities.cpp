// SPDX-License-Identifier: Apache-2.0
#include "tls/findings/known_authorities.h"

#include <openssl/x509_vfy.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <set>

#include "tls/openssl_handles.h"
#include "tls/pem.h"
#include "tls/readable_file.h"

namespace trellis::tls {
namespace {

namespace fs = std::filesystem;

// Where administrators put authorities of their own: Debian, Red Hat, SUSE, Arch.
constexpr const char* kAddedByAdministrators[] = {
    "/usr/local/share/ca-certificates", "/etc/pki/ca-trust/source/anchors",
    "/etc/pki/trust/anchors", "/etc/ca-certificates/trust-source/anchors"};
// The public ones as distributions lay them out.
constexpr const char* kBundles[] = {"/etc/ssl/certs/ca-certificates.crt",
                                    "/etc/pki/tls/certs/ca-bundle.crt",
                                    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
                                    "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"};

BorrowedStack stack_of(const ChainView& certificates) {
  BorrowedStack stack(sk_X509_new_null());
  for (x509_st* certificate : certificates) sk_X509_push(stack.get(), certificate);
  return stack;
}

StoreHandle system_store() {
  StoreHandle store(X509_STORE_new());
  X509_STORE_set_default_paths(store.get());
  ERR_clear_error();
  return store;
}

fs::path named_by(const char* variable, const char* otherwise) {
  const char* value = std::getenv(variable);
  return value != nullptr ? value : otherwise;
}

fs::path system_file() {
  return named_by(X509_get_default_cert_file_env(), X509_get_default_cert_file());
}

// A file that somebody named for this process, unless it is the distribution's.
bool is_own_choice(const fs::path& file) {
  if (std::getenv(X509_get_default_cert_file_env()) == nullptr) return false;
  std::error_code ignored;
  return std::none_of(std::begin(kBundles), std::end(kBundles),
                      [&](const char* bundle) { return fs::equivalent(file, bundle, ignored); });
}

std::set<std::string> local_additions() {
  std::vector<fs::path> files;
  for (const char* folder : kAddedByAdministrators) {
    if (const auto some = files_in(folder)) files.insert(files.end(), some->begin(), some->end());
  }
  if (const fs::path file = system_file(); is_own_choice(file)) files.push_back(file);
  std::set<std::string> digests;
  for (const fs::path& file : files) {
    const auto certificates = load_certificates(file);
    if (!certificates) continue;
    for (const auto& certificate : *certificates) digests.insert(sha256_of(certificate.get()));
  }
  return digests;
}

bool has_system_store() {
  std::error_code error;
  const fs::path file = system_file();
  if (fs::is_regular_file(file, error) && fs::file_size(file, error) > 0) return true;
  return fs::directory_iterator(
             named_by(X509_get_default_cert_dir_env(), X509_get_default_cert_dir()), error) !=
         fs::directory_iterator();
}

}  // namespace

struct KnownAuthorities::Impl {
  StoreHandle system = system_store();
  StoreHandle all = system_store();
  std::set<std::string> local = local_additions();
  bool has_system_store = tls::has_system_store();
  CertificateHandle last_issuer;
};

KnownAuthorities::KnownAuthorities() : impl_(std::make_unique<Impl>()) {}
KnownAuthorities::~KnownAuthorities() = default;

bool KnownAuthorities::has_system_store() const { return impl_->has_system_store; }

void KnownAuthorities::add(x509_st* certificate) {
  X509_STORE_add_cert(impl_->all.get(), certificate);
  ERR_clear_error();
}

x509_st* KnownAuthorities::issuer_of(x509_st* certificate) {
  const VerificationHandle context(X509_STORE_CTX_new());
  X509* issuer = nullptr;
  if (X509_STORE_CTX_init(context.get(), impl_->all.get(), certificate, nullptr) == 1) {
    X509_STORE_CTX_get1_issuer(&issuer, context.get(), certificate);
  }
  ERR_clear_error();
  impl_->last_issuer.reset(issuer);
  return issuer;
}

int KnownAuthorities::verify(const ChainView& chain) {
  const BorrowedStack others = stack_of({chain.begin() + 1, chain.end()});
  const VerificationHandle context(X509_STORE_CTX_new());
  if (X509_STORE_CTX_init(context.get(), impl_->all.get(), chain[0], others.get()) != 1) {
    return X509_V_ERR_OUT_OF_MEM;
  }
  X509_STORE_CTX_set_flags(context.get(), X509_V_FLAG_NO_CHECK_TIME | X509_V_FLAG_PARTIAL_CHAIN);
  X509_verify_cert(context.get());
  ERR_clear_error();
  return X509_STORE_CTX_get_error(context.get());
}

bool KnownAuthorities::is_public(x509_st* certificate, const ChainView& others) {
  const BorrowedStack untrusted = stack_of(others);
  const VerificationHandle context(X509_STORE_CTX_new());
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

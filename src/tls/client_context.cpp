// SPDX-License-Identifier: Apache-2.0
#include "tls/client_context.h"

#include "tls/openssl_handles.h"
#include "tls/pem.h"
#include "tls/readable_file.h"

namespace trellis::tls {
namespace {

Result<> trust_file(X509_STORE* store, const std::filesystem::path& file) {
  TRELLIS_TRY_ASSIGN(const auto certificates, load_certificates(file));
  for (const auto& certificate : certificates) {
    if (X509_STORE_add_cert(store, certificate.get()) != 1) {
      return fail(ErrorCode::InvalidConfiguration, "OpenSSL refuses the certificate in {} ({}).",
                  file.string(), openssl_reason());
    }
  }
  return {};
}

int verify_at(X509_STORE_CTX* verification, void* clock) {
  const auto now = static_cast<const os::Clock*>(clock)->wall().time_since_epoch();
  X509_STORE_CTX_set_time(verification, 0,
                          std::chrono::duration_cast<std::chrono::seconds>(now).count());
  return X509_verify_cert(verification);
}

}  // namespace

Result<net::TlsContext> make_client_context(const ClientTrust& trust) {
  net::TlsContext context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
  TRELLIS_ASSERT(context != nullptr);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  if (!trust.verify) return context;
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (trust.clock != nullptr) {
    SSL_CTX_set_cert_verify_callback(context.get(), &verify_at,
                                     const_cast<os::Clock*>(trust.clock));
  }
  X509_STORE* store = SSL_CTX_get_cert_store(context.get());
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  if (trust.system_store && SSL_CTX_set_default_verify_paths(context.get()) != 1) {
    return fail(ErrorCode::InvalidConfiguration,
                "Cannot use the system's certificate store ({}). Check SSL_CERT_FILE and "
                "SSL_CERT_DIR.",
                openssl_reason());
  }
  if (!trust.trusted_dir.empty()) {
    TRELLIS_TRY_ASSIGN(const auto files, files_in(trust.trusted_dir));
    for (const auto& file : files) TRELLIS_TRY(trust_file(store, file));
  }
  if (!trust.trusted_file.empty()) TRELLIS_TRY(trust_file(store, trust.trusted_file));
  ERR_clear_error();
  return context;
}

}  // namespace trellis::tls

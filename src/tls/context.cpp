// SPDX-License-Identifier: Apache-2.0
#include "tls/context.h"

#include <fmt/chrono.h>
#include <openssl/ssl.h>

#include <algorithm>

#include "net/certificate_names.h"
#include "net/endpoint.h"
#include "tls/pem.h"
#include "tls/readable_file.h"

namespace trellis::tls {
namespace {

using Time = std::chrono::system_clock::time_point;

Time to_time(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return std::chrono::system_clock::from_time_t(timegm(&parts));
}
std::string to_text(Time time) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

std::string sha256_of(const X509* certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (X509_digest(certificate, EVP_sha256(), digest, &size) != 1) return {};
  std::string text;
  for (unsigned i = 0; i < size; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

// -- the pair --

Result<> check_dates(const X509* certificate, const std::filesystem::path& path) {
  const Time now = std::chrono::system_clock::now();
  const Time first = to_time(X509_get0_notBefore(certificate));
  const Time last = to_time(X509_get0_notAfter(certificate));
  if (now > last) {
    return fail(ErrorCode::InvalidConfiguration,
                "Expired certificate: '{}' in {} was valid until {}. Renew it, and put the new "
                "certificate (and its key) in place.",
                net::subject_of(certificate), path.string(), to_text(last));
  }
  if (now < first) {
    return fail(ErrorCode::InvalidConfiguration,
                "The certificate '{}' in {} is not valid before {}. Check this machine's clock.",
                net::subject_of(certificate), path.string(), to_text(first));
  }
  return {};
}

Result<> check_pair(const std::vector<CertificateHandle>& chain, EVP_PKEY* key,
                    const std::filesystem::path& certificate_path,
                    const std::filesystem::path& key_path) {
  for (size_t i = 0; i < chain.size(); ++i) {
    if (X509_check_private_key(chain[i].get(), key) != 1) continue;
    ERR_clear_error();
    if (i == 0) return {};
    return fail(ErrorCode::InvalidConfiguration,
                "The certificates in {} are in the wrong order: the one that belongs to the key {} "
                "is number {}. It must come first, then the one that issued it, and so on.",
                certificate_path.string(), key_path.string(), i + 1);
  }
  ERR_clear_error();
  return fail(ErrorCode::InvalidConfiguration,
              "The private key {} does not belong to the certificate '{}' in {}. Put the key and "
              "the certificate of the same request there (after a renewal: both new files).",
              key_path.string(), net::subject_of(chain[0].get()), certificate_path.string());
}

Result<> check_chain(const std::vector<CertificateHandle>& chain,
                     const std::filesystem::path& path) {
  for (size_t i = 0; i < chain.size(); ++i) {
    // Of a root that was sent along nobody asks the dates.
    const bool root = i > 0 && X509_check_issued(chain[i].get(), chain[i].get()) == X509_V_OK;
    if (!root) TRELLIS_TRY(check_dates(chain[i].get(), path));
    if (i + 1 == chain.size()) break;
    if (X509_check_issued(chain[i + 1].get(), chain[i].get()) != X509_V_OK) {
      return fail(ErrorCode::InvalidConfiguration,
                  "The certificates in {} are in the wrong order: number {} ('{}') was issued by "
                  "'{}', but number {} is '{}'. Each must be followed by the one that issued it.",
                  path.string(), i + 1, net::subject_of(chain[i].get()),
                  net::issuer_of(chain[i].get()), i + 2, net::subject_of(chain[i + 1].get()));
    }
  }
  return {};
}

Result<> use_pair(SSL_CTX* context, const std::vector<CertificateHandle>& chain, EVP_PKEY* key,
                  const std::filesystem::path& path) {
  ERR_clear_error();
  bool taken = SSL_CTX_use_certificate(context, chain[0].get()) == 1 &&
               SSL_CTX_use_PrivateKey(context, key) == 1;
  for (size_t i = 1; taken && i < chain.size(); ++i) {
    taken = SSL_CTX_add1_chain_cert(context, chain[i].get()) == 1;
  }
  if (!taken) {
    return fail(ErrorCode::InvalidConfiguration,
                "OpenSSL refuses the certificate chain in {} ({}). RSA keys need 2048 bits or "
                "more, signatures SHA-256 or better.",
                path.string(), openssl_reason());
  }
  return {};
}

// -- trust --

Result<size_t> trust_directory(X509_STORE* store, const std::filesystem::path& directory,
                               STACK_OF(X509_NAME) * names) {
  size_t anchors = 0;
  TRELLIS_TRY_ASSIGN(const auto files, files_in(directory));
  for (const auto& file : files) {
    TRELLIS_TRY_ASSIGN(const auto certificates, load_certificates(file));
    for (const auto& certificate : certificates) {
      // Already there (the same file twice) is no error to OpenSSL 3.
      if (X509_STORE_add_cert(store, certificate.get()) != 1) {
        return fail(ErrorCode::InvalidConfiguration,
                    "Failed to create trust manager based on: {}: OpenSSL refuses {} ({}).",
                    directory.string(), file.string(), openssl_reason());
      }
      if (names != nullptr) {
        X509_NAME* name = X509_NAME_dup(X509_get_subject_name(certificate.get()));
        if (name != nullptr) sk_X509_NAME_push(names, name);
      }
      ++anchors;
    }
  }
  return anchors;
}

Result<> use_revocations(X509_STORE* store, const std::filesystem::path& directory) {
  TRELLIS_TRY_ASSIGN(const auto files, files_in(directory));
  bool any = false;
  for (const auto& file : files) {
    TRELLIS_TRY_ASSIGN(const auto lists, load_revocation_lists(file));
    for (const auto& list : lists) any = X509_STORE_add_crl(store, list.get()) == 1 || any;
  }
  ERR_clear_error();
  if (any) X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  return {};
}

int accept_any(X509_STORE_CTX*, void*) { return 1; }

Result<> use_client_auth(SSL_CTX* context, const config::SslPolicySettings& policy,
                         const std::filesystem::path& trusted,
                         const std::filesystem::path& revoked) {
  if (policy.client_auth == config::ClientAuth::kNone) return {};
  const int demand =
      policy.client_auth == config::ClientAuth::kRequire ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | demand, nullptr);
  if (policy.trust_all) {
    SSL_CTX_set_cert_verify_callback(context, &accept_any, nullptr);
    return {};
  }
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  if (policy.trust_expired) X509_STORE_set_flags(store, X509_V_FLAG_NO_CHECK_TIME);
  STACK_OF(X509_NAME)* names = sk_X509_NAME_new_null();
  auto anchors = trust_directory(store, trusted, names);
  SSL_CTX_set_client_CA_list(context, names);  // takes ownership
  if (!anchors) return fail(std::move(anchors.error()));
  if (*anchors == 0 && policy.client_auth == config::ClientAuth::kRequire) {
    return fail(ErrorCode::InvalidConfiguration,
                "Client auth is required but no trust anchors found in: {}. Put the certificate of "
                "the authority that issues client certificates there, or set "
                "dbms.ssl.policy.{}.client_auth=NONE.",
                trusted.string(), to_string(policy.scope));
  }
  return use_revocations(store, revoked);
}

// -- protocol --

Result<> use_versions(SSL_CTX* context, const config::SslPolicySettings& policy) {
  bool v12 = false;
  bool v13 = false;
  for (const auto& version : policy.tls_versions) {
    if (version == "TLSv1.2") {
      v12 = true;
    } else if (version == "TLSv1.3") {
      v13 = true;
    } else {
      return fail(ErrorCode::InvalidConfiguration,
                  "dbms.ssl.policy.{}.tls_versions: '{}' is not supported. Use TLSv1.2, TLSv1.3, "
                  "or both.",
                  to_string(policy.scope), version);
    }
  }
  if (!v12 && !v13) {
    return fail(ErrorCode::InvalidConfiguration,
                "dbms.ssl.policy.{}.tls_versions is empty. Use TLSv1.2, TLSv1.3, or both.",
                to_string(policy.scope));
  }
  SSL_CTX_set_min_proto_version(context, v12 ? TLS1_2_VERSION : TLS1_3_VERSION);
  SSL_CTX_set_max_proto_version(context, v13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  return {};
}

// IANA names, as Java's and so Neo4j's configuration has them, or OpenSSL's own.
Result<> use_ciphers(SSL_CTX* context, const config::SslPolicySettings& policy) {
  if (policy.ciphers.empty()) return {};
  std::string old;
  std::string suites;
  for (const auto& name : policy.ciphers) {
    const bool is_suite = name.starts_with("TLS_AES_") || name.starts_with("TLS_CHACHA20_");
    std::string mapped = name;
    if (!is_suite && name.starts_with("TLS_")) mapped = OPENSSL_cipher_name(name.c_str());
    std::string& list = is_suite ? suites : old;
    ERR_clear_error();
    const bool known = is_suite ? SSL_CTX_set_ciphersuites(context, mapped.c_str()) == 1
                                : SSL_CTX_set_cipher_list(context, mapped.c_str()) == 1;
    ERR_clear_error();
    if (!known) {
      return fail(ErrorCode::InvalidConfiguration,
                  "dbms.ssl.policy.{}.ciphers: '{}' is unknown. `openssl ciphers -stdname` lists "
                  "the names.",
                  to_string(policy.scope), name);
    }
    list += (list.empty() ? "" : ":") + mapped;
  }
  SSL_CTX_set_ciphersuites(context, suites.c_str());
  // An empty list would mean "all": with only TLS 1.3 suites named, 1.2 is out.
  if (old.empty()) {
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  } else {
    SSL_CTX_set_cipher_list(context, old.c_str());
    if (suites.empty()) SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
  }
  ERR_clear_error();
  return {};
}

net::TlsContext new_context(const SSL_METHOD* method) {
  net::TlsContext context(SSL_CTX_new(method), &SSL_CTX_free);
  TRELLIS_ASSERT(context != nullptr);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  return context;
}

ServerIdentity identity_of(const X509* leaf, std::string key_kind, size_t chain_length) {
  net::CertificateNames names = net::names_of(leaf);
  ServerIdentity identity;
  identity.subject = net::subject_of(leaf);
  identity.issuer = net::issuer_of(leaf);
  identity.dns_names = std::move(names.dns);
  identity.ip_names = std::move(names.ips);
  identity.not_before = to_time(X509_get0_notBefore(leaf));
  identity.not_after = to_time(X509_get0_notAfter(leaf));
  identity.sha256 = sha256_of(leaf);
  identity.key_kind = std::move(key_kind);
  identity.chain_length = chain_length;
  return identity;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

// RFC 9525: a wildcard is the whole left-most label and stands for exactly one.
bool ServerIdentity::covers(std::string_view host) const {
  if (net::is_ip_literal(host)) {
    return std::find(ip_names.begin(), ip_names.end(), host) != ip_names.end();
  }
  const size_t dot = host.find('.');
  for (const std::string& name : dns_names) {
    if (same_name(name, host)) return true;
    if (name.starts_with("*.") && dot != host.npos && dot > 0 &&
        same_name(std::string_view(name).substr(1), host.substr(dot))) {
      return true;
    }
  }
  return false;
}

Result<ServerContext> load_server_context(const config::SslPolicySettings& policy) {
  std::error_code ignored;
  if (std::filesystem::status(policy.base_directory, ignored).type() ==
      std::filesystem::file_type::not_found) {
    return fail(ErrorCode::InvalidConfiguration,
                "Base directory '{}' for SSL policy with name '{}' does not exist. Make it, with "
                "the files {} and {} in it, or set dbms.ssl.policy.{}.base_directory.",
                policy.base_directory.string(), to_string(policy.scope),
                policy.private_key.string(), policy.public_certificate.string(),
                to_string(policy.scope));
  }
  const auto key_path = policy.base_directory / policy.private_key;
  const auto certificate_path = policy.base_directory / policy.public_certificate;

  TRELLIS_TRY_ASSIGN(PrivateKey key, load_private_key(key_path, policy.private_key_password));
  TRELLIS_TRY_ASSIGN(const auto chain, load_certificates(certificate_path));
  TRELLIS_TRY(check_pair(chain, key.key.get(), certificate_path, key_path));
  TRELLIS_TRY(check_chain(chain, certificate_path));

  net::TlsContext context = new_context(TLS_server_method());
  TRELLIS_TRY(use_versions(context.get(), policy));
  TRELLIS_TRY(use_ciphers(context.get(), policy));
  TRELLIS_TRY(use_pair(context.get(), chain, key.key.get(), certificate_path));
  TRELLIS_TRY(use_client_auth(context.get(), policy, policy.base_directory / policy.trusted_dir,
                              policy.base_directory / policy.revoked_dir));
  SSL_CTX_set_options(context.get(), SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  // Resumption with client certificates needs a context name.
  const std::string_view name = to_string(policy.scope);
  SSL_CTX_set_session_id_context(context.get(), reinterpret_cast<const unsigned char*>(name.data()),
                                 static_cast<unsigned>(name.size()));
  return ServerContext{std::move(context),
                       identity_of(chain[0].get(), std::move(key.kind), chain.size())};
}

Result<net::TlsContext> make_client_context(const ClientTrust& trust) {
  net::TlsContext context = new_context(TLS_client_method());
  if (!trust.verify) return context;
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  X509_STORE* store = SSL_CTX_get_cert_store(context.get());
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  if (trust.system_store && SSL_CTX_set_default_verify_paths(context.get()) != 1) {
    return fail(ErrorCode::InvalidConfiguration,
                "Cannot use the system's certificate store ({}). Check SSL_CERT_FILE and "
                "SSL_CERT_DIR.",
                openssl_reason());
  }
  if (!trust.trusted_dir.empty()) {
    TRELLIS_TRY(trust_directory(store, trust.trusted_dir, nullptr));
  }
  ERR_clear_error();
  return context;
}

}  // namespace trellis::tls

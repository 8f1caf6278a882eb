// SPDX-License-Identifier: Apache-2.0
#include "tls/cipher_list.h"

#include <array>
#include <string>
#include <string_view>

#include "tls/openssl_handles.h"

namespace trellis::tls {
namespace {

struct Versions {
  bool v12 = false;
  bool v13 = false;
};

Result<Versions> versions_of(const config::SslPolicySettings& policy) {
  Versions versions;
  for (const auto& version : policy.tls_versions) {
    if (version == "TLSv1.2") {
      versions.v12 = true;
    } else if (version == "TLSv1.3") {
      versions.v13 = true;
    } else {
      return fail(ErrorCode::InvalidConfiguration,
                  "dbms.ssl.policy.{}.tls_versions: '{}' is not supported. Use TLSv1.2, TLSv1.3, "
                  "or both.",
                  to_string(policy.scope), version);
    }
  }
  if (!versions.v12 && !versions.v13) {
    return fail(ErrorCode::InvalidConfiguration,
                "dbms.ssl.policy.{}.tls_versions is empty. Use TLSv1.2, TLSv1.3, or both.",
                to_string(policy.scope));
  }
  return versions;
}

constexpr std::array<std::string_view, 5> kSuites13 = {
    "TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256"};

// Without a list of its own, TLS 1.2 gets what has forward secrecy and authenticates as it
// encrypts: OpenSSL's own choice adds CBC, which has failed time and again (Lucky 13, RFC 7457).
constexpr const char* kDefault12 = "ECDHE+AESGCM:ECDHE+CHACHA20";

bool is_suite13(std::string_view name) {
  return std::find(kSuites13.begin(), kSuites13.end(), name) != kSuites13.end();
}

tl::unexpected<Error> unknown(const config::SslPolicySettings& policy, std::string_view name,
                              const char* why) {
  return fail(ErrorCode::InvalidConfiguration,
              "dbms.ssl.policy.{}.ciphers: '{}' {}. `openssl ciphers -stdname -s` lists the names.",
              to_string(policy.scope), name, why);
}

// The OpenSSL name of a cipher of TLS 1.2; empty: there is none.
std::string openssl_name(SSL_CTX* scratch, const std::string& name) {
  std::string mapped = name;
  if (name.starts_with("TLS_") || name.starts_with("SSL_")) {
    // NULL in OpenSSL's sense of the word: a text.
    const char* known = OPENSSL_cipher_name(name.c_str());
    if (known == nullptr || std::string_view(known) == "(NONE)") return {};
    mapped = known;
  }
  // One name, no expression of OpenSSL's ("HIGH", "!aNULL", "@SECLEVEL=0").
  if (mapped.find_first_of(":+!@,; ") != mapped.npos || mapped.starts_with('-')) return {};
  ERR_clear_error();
  const bool taken = SSL_CTX_set_cipher_list(scratch, mapped.c_str()) == 1;
  ERR_clear_error();
  if (!taken) return {};
  const STACK_OF(SSL_CIPHER)* ciphers = SSL_CTX_get_ciphers(scratch);
  for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); ++i) {
    if (mapped == SSL_CIPHER_get_name(sk_SSL_CIPHER_value(ciphers, i))) return mapped;
  }
  return {};
}

}  // namespace

Result<> use_versions_and_ciphers(SSL_CTX* context, const config::SslPolicySettings& policy) {
  TRELLIS_TRY_ASSIGN(Versions versions, versions_of(policy));
  if (policy.ciphers.empty()) {
    TRELLIS_ASSERT(SSL_CTX_set_cipher_list(context, kDefault12) == 1);
  } else {
    const ContextHandle scratch(SSL_CTX_new(TLS_server_method()));
    TRELLIS_ASSERT(scratch != nullptr);
    std::string suites13;
    std::string older;
    for (const auto& name : policy.ciphers) {
      if (is_suite13(name)) {
        suites13 += (suites13.empty() ? "" : ":") + name;
        continue;
      }
      const std::string mapped = openssl_name(scratch.get(), name);
      if (mapped.empty()) {
        return unknown(policy, name, "is unknown, or too weak for OpenSSL's security level");
      }
      older += (older.empty() ? "" : ":") + mapped;
    }
    versions.v12 = versions.v12 && !older.empty();
    versions.v13 = versions.v13 && !suites13.empty();
    if (!versions.v12 && !versions.v13) {
      return fail(ErrorCode::InvalidConfiguration,
                  "dbms.ssl.policy.{}.ciphers and .tls_versions leave nothing: the ciphers are of "
                  "TLS {}. Add ciphers of the other version, or the version.",
                  to_string(policy.scope), older.empty() ? "1.3" : "1.2");
    }
    if (SSL_CTX_set_ciphersuites(context, suites13.c_str()) != 1 ||
        (!older.empty() && SSL_CTX_set_cipher_list(context, older.c_str()) != 1)) {
      return fail(ErrorCode::InvalidConfiguration,
                  "dbms.ssl.policy.{}.ciphers: OpenSSL refuses the list ({}).",
                  to_string(policy.scope), openssl_reason());
    }
  }
  SSL_CTX_set_min_proto_version(context, versions.v12 ? TLS1_2_VERSION : TLS1_3_VERSION);
  SSL_CTX_set_max_proto_version(context, versions.v13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  ERR_clear_error();
  return {};
}

}  // namespace trellis::tls

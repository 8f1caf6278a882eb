// SPDX-License-Identifier: Apache-2.0
#include "config/ssl_policy.h"

#include "config/configuration.h"

namespace trellis::config {

SslPolicySettings ssl_policy(const Configuration& c, SslScope scope) {
  const std::string prefix = "dbms.ssl.policy." + std::string(to_string(scope)) + ".";
  SslPolicySettings policy;
  policy.scope = scope;
  policy.enabled = c.boolean(prefix + "enabled");
  policy.base_directory = *c.path(prefix + "base_directory");
  policy.private_key = *c.path(prefix + "private_key");
  policy.private_key_password = c.secret(prefix + "private_key_password");
  policy.public_certificate = *c.path(prefix + "public_certificate");
  policy.trusted_dir = *c.path(prefix + "trusted_dir");
  policy.revoked_dir = *c.path(prefix + "revoked_dir");
  const std::string auth = c.enumeration(prefix + "client_auth");
  policy.client_auth = auth == "NONE"       ? ClientAuth::kNone
                       : auth == "OPTIONAL" ? ClientAuth::kOptional
                                            : ClientAuth::kRequire;
  policy.trust_all = c.boolean(prefix + "trust_all");
  policy.trust_expired = c.boolean(prefix + "trust_expired");
  policy.verify_hostname = c.boolean(prefix + "verify_hostname");
  policy.ciphers = c.list_of(prefix + "ciphers");
  policy.tls_versions = c.list_of(prefix + "tls_versions");
  return policy;
}

SslPolicies ssl_policies(const Configuration& c) {
  return SslPolicies{{ssl_policy(c, SslScope::kBolt), ssl_policy(c, SslScope::kHttps),
                      ssl_policy(c, SslScope::kCluster), ssl_policy(c, SslScope::kBackup)}};
}

}  // namespace trellis::config

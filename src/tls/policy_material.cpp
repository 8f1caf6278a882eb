// SPDX-License-Identifier: Apache-2.0
#include "tls/policy_material.h"

#include <openssl/x509.h>

#include <algorithm>

#include "tls/pair_choice.h"
#include "tls/readable_file.h"

namespace trellis::tls {
namespace {

namespace fs = std::filesystem;

// sni/ has the manual's own names, whatever the main pair's files are called.
constexpr const char* kNamedKey = "private.key";
constexpr const char* kNamedCertificate = "public.crt";

bool verifies_clients(const config::SslPolicySettings& policy) {
  return policy.client_auth != config::ClientAuth::kNone && !policy.trust_all;
}

Result<PairPtr> load_main(const config::SslPolicySettings& policy) {
  std::error_code ignored;
  if (fs::status(policy.base_directory, ignored).type() == fs::file_type::not_found) {
    return fail(ErrorCode::InvalidConfiguration,
                "Base directory '{}' for SSL policy with name '{}' does not exist. Make it, with "
                "the files {} and {} in it, or set dbms.ssl.policy.{}.base_directory.",
                policy.base_directory.string(), to_string(policy.scope),
                policy.private_key.string(), policy.public_certificate.string(),
                to_string(policy.scope));
  }
  const Secret password = policy.private_key_password.unmask();
  return load_pair({policy.base_directory / policy.public_certificate,
                    policy.base_directory / policy.private_key, &password});
}

Result<std::vector<fs::path>> named_folders(const config::SslPolicySettings& policy) {
  const fs::path sni = policy.base_directory / "sni";
  std::error_code failed;
  std::vector<fs::path> folders = visible_entries(sni, failed);
  if (failed && failed != std::errc::no_such_file_or_directory) {
    return fail(ErrorCode::InvalidConfiguration, "Cannot read the directory {}: {}", sni.string(),
                explain_access(sni, failed.value()));
  }
  std::erase_if(folders, [](const fs::path& folder) {
    std::error_code ignored;
    return !fs::is_directory(folder, ignored);
  });
  return folders;
}

NamedPair load_named(const config::SslPolicySettings& policy, const fs::path& folder,
                     const NamedPair* old) {
  const Secret password = policy.private_key_password.unmask();
  auto pair = load_pair({folder / kNamedCertificate, folder / kNamedKey, &password});
  if (pair && old != nullptr && same_pair(*pair, old->pair)) return {folder, old->pair, {}};
  if (pair) return {folder, *pair, {}};
  return {folder, old != nullptr ? old->pair : nullptr, pair.error().message()};
}

// A directory that was there and is not is more likely being made anew than meant.
Result<bool> directory_seen(const fs::path& directory, bool had) {
  std::error_code ignored;
  const bool there = fs::status(directory, ignored).type() != fs::file_type::not_found;
  if (had && !there) {
    return fail(ErrorCode::InvalidConfiguration,
                "The directory {} was there and is gone. Make it again, empty if nothing belongs "
                "into it: mkdir {}",
                directory.string(), directory.string());
  }
  return there;
}

Result<> check_public_anchors(const config::SslPolicySettings& policy, const Trust& trust) {
  const bool among_members =
      policy.scope == config::SslScope::kCluster || policy.scope == config::SslScope::kBackup;
  if (!among_members) return {};
  for (const Anchor& anchor : trust.anchors()) {
    if (!anchor.publicly_trusted || !anchor.is_ca) continue;
    return fail(ErrorCode::InvalidConfiguration,
                "{} in {} is an authority that the operating system trusts too: whoever has a "
                "client certificate of it would be let in as a member. Use an authority of your "
                "own for '{}' (trellis tls ca init), or set dbms.ssl.policy.{}.client_auth=NONE.",
                anchor.subject, anchor.file.string(), to_string(policy.scope),
                to_string(policy.scope));
  }
  return {};
}

Result<> load_trust_of(const config::SslPolicySettings& policy, PolicyMaterial& material) {
  if (!verifies_clients(policy)) return {};
  const fs::path trusted = policy.base_directory / policy.trusted_dir;
  const fs::path revoked = policy.base_directory / policy.revoked_dir;
  TRELLIS_TRY_ASSIGN(const bool has_trusted, directory_seen(trusted, material.had_trusted_dir));
  TRELLIS_TRY_ASSIGN(const bool has_revoked, directory_seen(revoked, material.had_revoked_dir));
  TRELLIS_TRY_ASSIGN(auto trust,
                     load_trust({trusted, revoked, policy.trust_expired}, material.trust));
  if (trust->anchors().empty() && policy.client_auth == config::ClientAuth::kRequire) {
    return fail(ErrorCode::InvalidConfiguration,
                "Client auth is required but no trust anchors found in: {}. Put the certificate of "
                "the authority that issues client certificates there, or set "
                "dbms.ssl.policy.{}.client_auth=NONE.",
                trusted.string(), to_string(policy.scope));
  }
  TRELLIS_TRY(check_public_anchors(policy, *trust));
  material.had_trusted_dir = has_trusted;
  material.had_revoked_dir = has_revoked;
  material.trust = std::move(trust);
  return {};
}

void load_all_named(const config::SslPolicySettings& policy, const PolicyMaterial& old,
                    PolicyMaterial& material) {
  auto folders = named_folders(policy);
  if (!folders) {
    material.named = old.named;
    material.named_error = folders.error().message();
    return;
  }
  for (const auto& folder : *folders) {
    const auto known = std::find_if(old.named.begin(), old.named.end(),
                                    [&](const NamedPair& one) { return one.folder == folder; });
    material.named.push_back(
        load_named(policy, folder, known != old.named.end() ? &*known : nullptr));
  }
}

}  // namespace

bool same_pair(const PairPtr& a, const PairPtr& b) {
  if (!a || !b) return a == b;
  return X509_cmp(a->leaf(), b->leaf()) == 0 && a->source() == b->source() &&
         std::equal(a->issuers().begin(), a->issuers().end(), b->issuers().begin(),
                    b->issuers().end(), [](X509* x, X509* y) { return X509_cmp(x, y) == 0; });
}

bool same_material(const PolicyMaterial& a, const PolicyMaterial& b) {
  return a.main == b.main && a.trust == b.trust &&
         std::equal(a.named.begin(), a.named.end(), b.named.begin(), b.named.end(),
                    [](const NamedPair& x, const NamedPair& y) { return x.pair == y.pair; });
}

std::shared_ptr<const PairChoice> PolicyMaterial::choice() const {
  std::vector<PairPtr> others;
  for (const auto& one : named) {
    if (one.pair) others.push_back(one.pair);
  }
  return std::make_shared<const PairChoice>(main, std::move(others));
}

std::string PolicyMaterial::first_error() const {
  for (const std::string* error : {&main_error, &trust_error, &named_error}) {
    if (!error->empty()) return *error;
  }
  for (const auto& one : named) {
    if (!one.error.empty()) return one.error;
  }
  return {};
}

Result<PolicyMaterial> load_material(const config::SslPolicySettings& policy) {
  PolicyMaterial material;
  if (!policy.obtained) {
    TRELLIS_TRY_ASSIGN(material.main, load_main(policy));
  }
  TRELLIS_TRY(load_trust_of(policy, material));
  load_all_named(policy, PolicyMaterial(), material);
  return material;
}

PolicyMaterial reload_material(const config::SslPolicySettings& policy, const PolicyMaterial& old) {
  PolicyMaterial material;
  material.main = old.main;
  material.trust = old.trust;
  material.had_trusted_dir = old.had_trusted_dir;
  material.had_revoked_dir = old.had_revoked_dir;
  if (!policy.obtained) {
    auto main = load_main(policy);
    if (!main) {
      material.main_error = main.error().message();
    } else if (!same_pair(*main, old.main)) {
      material.main = std::move(*main);
    }
  }
  if (auto loaded = load_trust_of(policy, material); !loaded) {
    material.trust_error = loaded.error().message();
  }
  load_all_named(policy, old, material);
  return material;
}

std::vector<fs::path> watched_paths(const config::SslPolicySettings& policy) {
  std::vector<fs::path> paths;
  if (!policy.obtained) {
    paths.push_back(policy.base_directory / policy.private_key);
    paths.push_back(policy.base_directory / policy.public_certificate);
  }
  if (auto folders = named_folders(policy)) {
    for (const auto& folder : *folders) {
      paths.push_back(folder / kNamedKey);
      paths.push_back(folder / kNamedCertificate);
    }
  }
  if (verifies_clients(policy)) {
    for (const auto& directory :
         {policy.base_directory / policy.trusted_dir, policy.base_directory / policy.revoked_dir}) {
      paths.push_back(directory);
      std::error_code ignored;
      for (auto& entry : visible_entries(directory, ignored)) paths.push_back(std::move(entry));
    }
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace trellis::tls

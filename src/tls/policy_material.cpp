// SPDX-License-Identifier: Apache-2.0
#include "tls/policy_material.h"

#include <openssl/x509.h>

#include <algorithm>

#include "tls/pair_choice.h"
#include "tls/pair_places.h"
#include "tls/readable_file.h"

namespace trellis::tls {
namespace {

namespace fs = std::filesystem;

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
  const PairPlace place = main_place(policy);
  return load_pair({place.certificate, place.key, &password});
}

// A file that is being written may end after the server's own certificate: a chain that is shorter
// than the one in force is believed when two looks in a row find it.
bool is_believed(const PairPtr& next, const PairPtr& in_force, const PairPtr& seen_before) {
  return !in_force || next->issuers().size() >= in_force->issuers().size() ||
         same_pair(next, seen_before);
}

NamedPair load_named(const config::SslPolicySettings& policy, const PairPlace& place,
                     const NamedPair* old, Haste haste) {
  const Secret password = policy.private_key_password.unmask();
  auto pair = load_pair({place.certificate, place.key, &password});
  if (!pair) return {place.folder, old != nullptr ? old->pair : nullptr, pair.error().message()};
  if (old == nullptr) return {place.folder, *pair, {}};
  if (same_pair(*pair, old->pair)) return {place.folder, old->pair, {}};
  if (haste == Haste::kNone && !is_believed(*pair, old->pair, old->shorter)) {
    return {place.folder, old->pair, {}, *pair};
  }
  return {place.folder, *pair, {}};
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
                    PolicyMaterial& material, Haste haste) {
  auto there = directory_seen(sni_folder(policy), old.had_sni_dir);
  auto places =
      there ? named_places(policy) : Result<std::vector<PairPlace>>(fail(std::move(there).error()));
  material.had_sni_dir = old.had_sni_dir || (there && *there);
  if (!places) {
    material.named = old.named;
    material.named_error = places.error().message();
    return;
  }
  for (const PairPlace& place : *places) {
    const auto known = std::find_if(old.named.begin(), old.named.end(), [&](const NamedPair& one) {
      return one.folder == place.folder;
    });
    material.named.push_back(
        load_named(policy, place, known != old.named.end() ? &*known : nullptr, haste));
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

bool PolicyMaterial::waits() const {
  return shorter || std::any_of(named.begin(), named.end(),
                                [](const NamedPair& one) { return one.shorter != nullptr; });
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
  load_all_named(policy, PolicyMaterial(), material, Haste::kNone);
  return material;
}

PolicyMaterial reload_material(const config::SslPolicySettings& policy, const PolicyMaterial& old,
                               Haste haste) {
  PolicyMaterial material;
  material.main = old.main;
  material.trust = old.trust;
  material.had_trusted_dir = old.had_trusted_dir;
  material.had_revoked_dir = old.had_revoked_dir;
  if (!policy.obtained) {
    auto main = load_main(policy);
    if (!main) {
      material.main_error = main.error().message();
    } else if (haste == Haste::kNone && !is_believed(*main, old.main, old.shorter)) {
      material.shorter = std::move(*main);
    } else if (!same_pair(*main, old.main)) {
      material.main = std::move(*main);
    }
  }
  if (auto loaded = load_trust_of(policy, material); !loaded) {
    material.trust_error = loaded.error().message();
  }
  load_all_named(policy, old, material, haste);
  return material;
}

std::vector<fs::path> watched_paths(const config::SslPolicySettings& policy) {
  std::vector<fs::path> paths;
  const auto add = [&](const PairPlace& place) {
    paths.push_back(place.key);
    paths.push_back(place.certificate);
  };
  if (!policy.obtained) add(main_place(policy));
  if (const auto places = named_places(policy)) {
    for (const PairPlace& place : *places) add(place);
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

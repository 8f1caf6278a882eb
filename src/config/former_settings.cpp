// SPDX-License-Identifier: Apache-2.0
#include "config/former_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "config/expansion.h"
#include "config/former_names.h"
#include "config/setting.h"

namespace trellis::config {
namespace {

constexpr std::array kBindings = {
    PolicyBinding{"bolt.ssl_policy", SslScope::kBolt},
    PolicyBinding{"https.ssl_policy", SslScope::kHttps},
    PolicyBinding{"causal_clustering.ssl_policy", SslScope::kCluster},
    PolicyBinding{"dbms.backup.ssl_policy", SslScope::kBackup},
};
constexpr std::string_view kPolicy = "dbms.ssl.policy.";
constexpr std::string_view kLegacy = "legacy";
constexpr std::string_view kCertificates = "dbms.directories.certificates";
constexpr std::string_view kKeyGeneration = "allow_key_generation";
constexpr std::array<std::string_view, 12> kPolicySuffixes = {
    "base_directory", "private_key", "private_key_password", "public_certificate",
    "trusted_dir",    "revoked_dir", "client_auth",          "ciphers",
    "tls_versions",   "trust_all",   "verify_hostname",      kKeyGeneration};

const PolicyBinding* binding_of(std::string_view name) {
  const auto* found = std::find_if(kBindings.begin(), kBindings.end(),
                                   [name](const PolicyBinding& b) { return b.name == name; });
  return found == kBindings.end() ? nullptr : found;
}

bool is_scope(std::string_view policy) {
  return std::find(kSslScopeNames.begin(), kSslScopeNames.end(), policy) != kSslScopeNames.end();
}

std::string policy_setting(std::string_view policy, std::string_view suffix) {
  return fmt::format("{}{}.{}", kPolicy, policy, suffix);
}

std::string trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t") - begin + 1));
}

std::string upper(std::string_view text) {
  std::string out = trimmed(text);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

TranslatedSetting one_line(std::string name, std::string value) {
  TranslatedSetting result{Formerly::kTranslated, {}, {}};
  result.lines.push_back({std::move(name), std::move(value), false});
  return result;
}

TranslatedSetting refused(std::string reason) {
  return {Formerly::kRefused, {}, std::move(reason)};
}

// What all settings together say, which each translation looks at.
class Translator {
 public:
  explicit Translator(std::span<const GivenSetting> given) {
    for (const GivenSetting& one : given) {
      names_.insert(one.name);
      if (one.name == kCertificates) certificates_ = one.value;  // later sources win
      if (const PolicyBinding* binding = binding_of(one.name)) {
        bound_[trimmed(one.value)].insert(binding->scope);
      }
    }
  }

  TranslatedSetting translate(const GivenSetting& one) const {
    if (const PolicyBinding* binding = binding_of(one.name)) return bind(*binding, one.value);
    if (one.name.starts_with(kPolicy)) {
      const std::string_view rest = std::string_view(one.name).substr(kPolicy.size());
      const size_t dot = rest.find('.');
      if (dot != 0 && dot != std::string_view::npos && find_former_name(one.name) == nullptr) {
        return policy_line(one, rest.substr(0, dot), rest.substr(dot + 1));
      }
    }
    // A name that is a setting of 5.26 too keeps its meaning.
    if (find_setting(one.name) != nullptr) return {};
    const FormerName* row = find_former_name(one.name);
    return row == nullptr ? TranslatedSetting{} : by_table(*row, one);
  }

 private:
  bool is_given(std::string_view name) const { return names_.find(name) != names_.end(); }

  TranslatedSetting by_table(const FormerName& row, const GivenSetting& one) const;
  TranslatedSetting policy_line(const GivenSetting& one, std::string_view policy,
                                std::string_view suffix) const;
  TranslatedSetting misspelt_policy(std::string_view policy, std::string_view suffix) const;
  TranslatedSetting bind(const PolicyBinding& binding, std::string_view value) const;

  std::set<std::string, std::less<>> names_;
  std::string certificates_ = "certificates";
  std::map<std::string, std::set<SslScope>, std::less<>> bound_;
};

TranslatedSetting Translator::by_table(const FormerName& row, const GivenSetting& one) const {
  std::string now = successor_of(row, one.name);
  if (now.empty()) return {Formerly::kWithoutMeaning, {}, std::string(row.instead)};
  if (row.translation != Translation::kAsIs && command_of(one.value)) {
    return refused(
        fmt::format("{} became {}, and its value changed with it: write the value itself "
                    "rather than a command.",
                    one.name, now));
  }
  const std::string word = upper(one.value);
  switch (row.translation) {
    case Translation::kAsIs:
      break;
    case Translation::kQueryLog:
      if (word == "TRUE") return one_line(std::move(now), "INFO");
      if (word == "FALSE") return one_line(std::move(now), "OFF");
      break;
    case Translation::kMode:
      if (word == "CORE") return one_line(std::move(now), "PRIMARY");
      if (word == "READ_REPLICA") return one_line(std::move(now), "SECONDARY");
      if (word == "SINGLE") return {Formerly::kWithoutMeaning, {}, {}};
      if (word == "HA" || word == "ARBITER") {
        return {Formerly::kWithoutMeaning, {}, "there is no high-availability mode; use a cluster"};
      }
      return refused(
          fmt::format("{} cannot have value '{}': it was one of SINGLE, CORE, "
                      "READ_REPLICA, HA, ARBITER.",
                      one.name, one.value));
    case Translation::kFirstPort: {
      const size_t colon = one.value.rfind(':');
      const size_t dash = one.value.find('-', colon == std::string::npos ? 0 : colon);
      if (colon != std::string::npos) return one_line(std::move(now), one.value.substr(0, dash));
      break;
    }
    case Translation::kProviders: {
      TranslatedSetting both = one_line(std::move(now), one.value);
      both.lines.push_back({"dbms.security.authorization_providers", one.value, false});
      return both;
    }
  }
  return one_line(std::move(now), one.value);
}

// A name under a policy that no binding mentions.
TranslatedSetting Translator::misspelt_policy(std::string_view policy,
                                              std::string_view suffix) const {
  std::string names;
  for (const auto& [bound, scopes] : bound_) {
    names += (names.empty() ? "" : " or ") + policy_setting(bound, suffix);
  }
  return refused(
      fmt::format("Unrecognized setting. No connector is bound to a policy named '{}'. Did you "
                  "mean {}?",
                  policy, names));
}

TranslatedSetting Translator::policy_line(const GivenSetting& one, std::string_view policy,
                                          std::string_view suffix) const {
  const auto bound = bound_.find(policy);
  const bool known =
      std::find(kPolicySuffixes.begin(), kPolicySuffixes.end(), suffix) != kPolicySuffixes.end();
  if (suffix == kKeyGeneration && (is_scope(policy) || bound != bound_.end())) {
    return {Formerly::kWithoutMeaning,
            {},
            upper(one.value) == "TRUE" ? "no key and certificate are made up; an ACME authority "
                                         "gives them with server.tls.acme.enabled=true"
                                       : ""};
  }
  if (bound == bound_.end()) {
    if (is_scope(policy) || bound_.empty()) return {};
    if (!known || !is_given(policy_setting(policy, "base_directory"))) {
      return misspelt_policy(policy, suffix);
    }
    return {Formerly::kWithoutMeaning,
            {},
            fmt::format("no connector is bound to the policy; bolt.ssl_policy={} would", policy)};
  }
  if (is_scope(policy) && bound->second.size() == 1 &&
      to_string(*bound->second.begin()) == policy) {
    return {};
  }
  if (!known && is_scope(policy)) return {};
  if (!known) {
    std::string near = nearest_setting(policy_setting("bolt", suffix));
    near = near.substr(near.rfind('.') + 1);
    return refused(
        fmt::format("Unrecognized setting. No declared setting with name: {}. Did you mean {}?",
                    one.name, policy_setting(policy, near.empty() ? "base_directory" : near)));
  }
  TranslatedSetting result{Formerly::kTranslated, {}, {}};
  for (const SslScope scope : bound->second) {
    result.lines.push_back({policy_setting(to_string(scope), suffix), one.value, false});
  }
  // The scope's own policy, besides those that borrow it.
  if (is_given(policy_setting(policy, "enabled"))) {
    result.lines.push_back({one.name, one.value, false});
  }
  return result;
}

TranslatedSetting Translator::bind(const PolicyBinding& binding, std::string_view value) const {
  const std::string policy = trimmed(value);
  if (policy.empty() || policy.find_first_of("$. ") != std::string::npos) {
    return refused(fmt::format("{} cannot have value '{}': it must be the name of an SSL policy.",
                               binding.name, value));
  }
  const bool legacy = policy == kLegacy;
  if (!legacy && !is_given(policy_setting(policy, "base_directory"))) {
    return refused(
        fmt::format("{}={} names an SSL policy that is not there: set {}, the folder of its key "
                    "and certificate.",
                    binding.name, policy, policy_setting(policy, "base_directory")));
  }
  const std::string_view scope = to_string(binding.scope);
  TranslatedSetting result = one_line(policy_setting(scope, "enabled"), "true");
  auto imply = [&](std::string_view suffix, std::string text) {
    std::string name = policy_setting(scope, suffix);
    if (is_given(policy_setting(policy, suffix)) || is_given(name)) return;
    result.lines.push_back({std::move(name), std::move(text), true});
  };
  auto imply_connector = [&](std::string_view now, std::string_view former, std::string text) {
    if (is_given(now) || is_given(former)) return;
    result.lines.push_back({std::string(now), std::move(text), true});
  };
  if (legacy) {
    imply("base_directory", certificates_);
    imply("private_key", "neo4j.key");
    imply("public_certificate", "neo4j.cert");
  }
  imply("client_auth", legacy ? "NONE" : "REQUIRE");
  if (binding.scope == SslScope::kBolt) {
    imply_connector("server.bolt.tls_level", "dbms.connector.bolt.tls_level", "OPTIONAL");
  } else if (binding.scope == SslScope::kHttps) {
    imply_connector("server.https.enabled", "dbms.connector.https.enabled", "true");
  }
  return result;
}

bool may_repeat(std::string_view name) {
  const Setting* row = find_setting(name);
  return row != nullptr && (row->flags & kRepeats) != 0;
}

bool is_secret(std::string_view name) {
  const Setting* row = find_setting(name);
  return row != nullptr && row->type == SettingType::kSecret;
}

// The line as it was given; what it became says whether it is a secret.
std::string shown(const GivenSetting& one, std::string_view now) {
  return one.name + "=" + (is_secret(now) ? "(its value)" : one.value);
}

}  // namespace

std::string SettingLine::text() const {
  return name + "=" + (is_secret(name) ? "(its value)" : value);
}

std::vector<TranslatedSetting> translate_former_settings(std::span<const GivenSetting> given) {
  const Translator translator(given);
  std::vector<TranslatedSetting> translated;
  translated.reserve(given.size());
  for (const GivenSetting& one : given) translated.push_back(translator.translate(one));
  return translated;
}

std::vector<std::string> settings_given_twice(std::span<const GivenSetting> given,
                                              std::span<const TranslatedSetting> translated) {
  std::vector<std::string> texts;
  std::map<std::pair<Source, std::string>, const GivenSetting*> first;
  auto consider = [&](const GivenSetting& one, const std::string& now) {
    auto [at, fresh] = first.try_emplace({one.source, now}, &one);
    // One name twice is another finding.
    if (fresh || at->second->name == one.name || may_repeat(now)) return;
    const GivenSetting& other = *at->second;
    texts.push_back(fmt::format("{} is given twice:\n  {}: {}\n  {}: {}\n  Keep one of them.", now,
                                other.place, shown(other, now), one.place, shown(one, now)));
  };
  for (size_t i = 0; i < given.size(); ++i) {
    if (translated[i].what == Formerly::kCurrent) consider(given[i], given[i].name);
    for (const SettingLine& line : translated[i].lines) {
      if (!line.implied) consider(given[i], line.name);
    }
  }
  return texts;
}

std::span<const PolicyBinding> policy_bindings() { return kBindings; }

}  // namespace trellis::config

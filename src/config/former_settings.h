// SPDX-License-Identifier: Apache-2.0
//
// Settings under the names of 3.5 and 4.x, told in the names of 5.26.
//
// Each given setting is translated by itself, in the light of the others:
//   - a name of former_names.h becomes its successor, its value translated with it;
//   - a policy of 3.5 ("dbms.ssl.policy.NAME.*", NAME free) becomes the policy of each scope that
//     is bound to it by bolt.ssl_policy, https.ssl_policy, causal_clustering.ssl_policy or
//     dbms.backup.ssl_policy; a binding becomes "enabled", and brings what 3.5 has by default and
//     5.26 has not: client_auth=REQUIRE, server.bolt.tls_level=OPTIONAL, server.https.enabled=true,
//     and for NAME "legacy" the files neo4j.key and neo4j.cert in dbms.directories.certificates.
// Two defaults of 3.5 are not brought back: verify_hostname=false and TLS 1.2 alone.
//
// Source: operations manuals of 3.5 ("SSL framework", "Configure connectors") and 4.4.
// Pure functions, safe from any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/configuration.h"
#include "config/ssl_policy.h"

namespace trellis::config {

// A setting as it was given, with the words that say where.
struct GivenSetting {
  std::string name;
  std::string value;
  Source source = Source::kFile;
  std::string place;  // "conf/neo4j.conf, line 7"
};

struct SettingLine {
  std::string name;
  std::string value;
  bool implied = false;  // a default of 3.5, not what the given line says

  // "name=value"; a secret's value is not shown.
  std::string text() const;
};

enum class Formerly : uint8_t {
  kCurrent,         // nothing to translate: a name of 5.26, or an unknown one
  kTranslated,      // write `lines` in its place
  kWithoutMeaning,  // may go; `reason` says what to use, or is empty
  kRefused,         // `reason` says why
};

struct TranslatedSetting {
  Formerly what = Formerly::kCurrent;
  std::vector<SettingLine> lines;
  std::string reason;
};

// One for each given setting, in the same order.
std::vector<TranslatedSetting> translate_former_settings(std::span<const GivenSetting> given);

// Settings that are given twice under different names in one source: texts that show both lines.
std::vector<std::string> settings_given_twice(std::span<const GivenSetting> given,
                                              std::span<const TranslatedSetting> translated);

// "bolt.ssl_policy" and its kin.
struct PolicyBinding {
  std::string_view name;
  SslScope scope;
};
std::span<const PolicyBinding> policy_bindings();

}  // namespace trellis::config

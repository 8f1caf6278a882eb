// SPDX-License-Identifier: Apache-2.0
//
// A configuration file of 3.5 or 4.x, rewritten in the names of 5.26 (former_settings.h).
//
// Comments, order, blank lines, line ends and whatever needs no change stay byte for byte; a former
// name is replaced in its line; a setting without a meaning becomes a comment. Migrating twice is
// migrating once. Loading the result gives the configuration that the original gave.
//
// Works on neo4j.template too, whose values may be $variables that are filled in later.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/properties.h"

namespace trellis::config {

enum class MigrationStep : uint8_t { kUnchanged, kMigrated, kWithoutMeaning, kUnknown };

struct MigratedSetting {
  unsigned line = 0;
  MigrationStep step = MigrationStep::kUnchanged;
  std::string before;              // "name=value"; secrets are not shown
  std::vector<std::string> after;  // of kMigrated
  std::string remark;              // what to use instead, or the nearest name; may be empty
};

struct Migration {
  std::string text;
  std::vector<MigratedSetting> settings;  // in the order of the file
  bool changed = false;
};

// `file` is for messages. Fails, with all the reasons, where a setting is given twice or cannot be
// translated.
Result<Migration> migrate_configuration(std::string_view bytes, Charset charset,
                                        std::string_view file);

}  // namespace trellis::config

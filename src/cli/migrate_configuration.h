// SPDX-License-Identifier: Apache-2.0
//
// `trellis admin server migrate-configuration`: files of 3.5 and 4.x in today's names.
//
// What stood in the place of a written file stays beside it as NAME.old (NAME.old.1, ... when that
// is taken); the new file has its owner and mode, and is there whole or not at all. A file that
// needs no change and would be written over itself is left alone.
#pragma once

#include <filesystem>

#include "cli/surroundings.h"

namespace trellis::cli {

struct MigrationOptions {
  std::filesystem::path from;  // a file, or a folder with neo4j.conf or neo4j.template
  std::filesystem::path to;    // a folder; empty: that of the file
  bool dry_run = false;
};

int migrate_configuration(const CommonOptions& common, const MigrationOptions& options);

}  // namespace trellis::cli

// SPDX-License-Identifier: Apache-2.0
//
// What `trellis tls install-certbot` does to files, step by step, so that it can be shown, done and
// taken back.
//
// Steps are written to a journal beside certbot's hooks, where only root writes, before the first
// is done; taking back goes through the journal from its end, and leaves alone what somebody has
// changed since. Steps in folders of other users are done with those users' rights, so that nobody
// can lead root elsewhere by links.
//
// Not thread-safe: the effective user of the process changes for moments.
#pragma once

#include <sys/types.h>

#include <boost/json/fwd.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace trellis::cli::tls_command {

struct Rights {
  uid_t user = 0;
  gid_t group = 0;
  mode_t mode = 0;  // the low twelve bits

  bool operator==(const Rights&) const = default;
};
// Of the file itself, links followed.
Result<Rights> rights_of(const std::filesystem::path& path);

enum class StepKind : uint8_t {
  kMakeDirectory,
  kMoveAway,   // path to `other`
  kLink,       // path, a link to `other`
  kRights,     // of path, from `before` to `after`
  kLaterKeys,  // nothing now; keys that certbot makes in folder `path` after the like of this one
               // get `after`, and `before` when it is taken back
  kHook,       // path, a program with `content`
};

struct Step {
  StepKind kind = StepKind::kLink;
  std::filesystem::path path;
  std::filesystem::path other{};
  Rights before{};
  Rights after{};
  std::string content{};
};
using Steps = std::vector<Step>;

// The command that an operator would type for it.
std::string command_text(const Step& step);

// Those that were done so far; none when there is no journal. Fails when others than its owner
// could have written it.
Result<Steps> read_journal(const std::filesystem::path& journal);
Result<> write_journal(const std::filesystem::path& journal, const Steps& steps);

Result<> do_step(const Step& step);

// Takes all back, and removes the journal. What was changed by others since stays; the texts say
// what.
Result<std::vector<std::string>> undo_steps(const std::filesystem::path& journal,
                                            const Steps& steps);

}  // namespace trellis::cli::tls_command

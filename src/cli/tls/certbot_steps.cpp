// SPDX-License-Identifier: Apache-2.0
#include "cli/tls/certbot_steps.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "os/acting_as.h"
#include "os/identity.h"

namespace trellis::cli::tls_command {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kHookMode = 0755;

tl::unexpected<Error> cannot(const char* what, const fs::path& path, int reason) {
  return fail(ErrorCode::IoError, "Cannot {} {}: {}.{}", what, path.string(), std::strerror(reason),
              reason == EACCES || reason == EPERM ? " Run this as root." : "");
}

Result<> set_rights(const fs::path& path, const Rights& rights) {
  if (::chown(path.c_str(), rights.user, rights.group) != 0) {
    return cannot("change the group of", path, errno);
  }
  if (::chmod(path.c_str(), rights.mode) != 0) return cannot("change the mode of", path, errno);
  return {};
}

Result<> make_directory(const fs::path& path) {
  const os::ActingAs owner(path.parent_path());
  if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) return cannot("make", path, errno);
  return {};
}

Result<> move(const fs::path& from, const fs::path& to) {
  const os::ActingAs owner(from.parent_path());
  if (::rename(from.c_str(), to.c_str()) != 0) return cannot("move", from, errno);
  return {};
}

Result<> make_link(const fs::path& path, const fs::path& target) {
  const os::ActingAs owner(path.parent_path());
  if (::symlink(target.c_str(), path.c_str()) != 0) return cannot("make the link", path, errno);
  return {};
}

Result<> write_hook(const fs::path& path, const std::string& content) {
  const int file =
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kHookMode);
  if (file < 0) return cannot("write", path, errno);
  const bool written =
      ::write(file, content.data(), content.size()) == static_cast<ssize_t>(content.size()) &&
      ::fchmod(file, kHookMode) == 0 && ::fsync(file) == 0;
  const int reason = errno;
  ::close(file);
  if (!written) return cannot("write", path, reason);
  return {};
}

std::string content_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(fs::symlink_status(path, error));
}

// Keys that certbot made since; it gives each the group and mode of the one before.
Result<> undo_later_keys(const Step& step) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(step.path, error)) {
    if (!entry.path().filename().string().starts_with("privkey")) continue;
    const auto now = rights_of(entry.path());
    if (now && *now == step.after) TRELLIS_TRY(set_rights(entry.path(), step.before));
  }
  return {};
}

// Nothing where it is as it was; else why it stays.
Result<std::string> undo_step(const Step& step) {
  std::error_code error;
  switch (step.kind) {
    case StepKind::kMakeDirectory: {
      if (!is_there(step.path)) return std::string();
      const os::ActingAs owner(step.path.parent_path());
      if (::rmdir(step.path.c_str()) == 0) return std::string();
      return fmt::format("{} stays: it is not empty.", step.path.string());
    }
    case StepKind::kMoveAway:
      if (!is_there(step.other)) return std::string();
      if (is_there(step.path)) {
        return fmt::format("{} stays: {} has been made anew.", step.other.string(),
                           step.path.string());
      }
      TRELLIS_TRY(move(step.other, step.path));
      return std::string();
    case StepKind::kLink: {
      if (!is_there(step.path)) return std::string();
      if (fs::read_symlink(step.path, error) != step.other) {
        return fmt::format("{} stays: it is no longer the link that was made.", step.path.string());
      }
      const os::ActingAs owner(step.path.parent_path());
      if (::unlink(step.path.c_str()) != 0) return cannot("remove", step.path, errno);
      return std::string();
    }
    case StepKind::kRights: {
      const auto now = rights_of(step.path);
      if (!now || *now == step.before) return std::string();
      if (!(*now == step.after)) {
        return fmt::format("The rights of {} stay: they have been changed since.",
                           step.path.string());
      }
      TRELLIS_TRY(set_rights(step.path, step.before));
      return std::string();
    }
    case StepKind::kLaterKeys:
      TRELLIS_TRY(undo_later_keys(step));
      return std::string();
    case StepKind::kHook:
      if (!is_there(step.path)) return std::string();
      if (content_of(step.path) != step.content) {
        return fmt::format("{} stays: it has been changed since.", step.path.string());
      }
      if (::unlink(step.path.c_str()) != 0) return cannot("remove", step.path, errno);
      return std::string();
  }
  return std::string();
}

}  // namespace

Result<Rights> rights_of(const fs::path& path) {
  TRELLIS_TRY_ASSIGN(const os::Ownership owner, os::ownership(path));
  return Rights{owner.user, owner.group, owner.mode};
}

std::string command_text(const Step& step) {
  switch (step.kind) {
    case StepKind::kMakeDirectory:
      return fmt::format("mkdir {}", step.path.string());
    case StepKind::kMoveAway:
      return fmt::format("mv {} {}", step.path.string(), step.other.string());
    case StepKind::kLink:
      return fmt::format("ln -s {} {}", step.other.string(), step.path.string());
    case StepKind::kRights:
      return fmt::format("chgrp {} {} && chmod {} {}", os::group_name(step.after.group),
                         step.path.string(), os::mode_text(step.after.mode), step.path.string());
    case StepKind::kLaterKeys:
      return fmt::format("# later keys in {} get the same rights from certbot", step.path.string());
    case StepKind::kHook:
      return fmt::format("install -m 0755 ... {}", step.path.string());
  }
  return {};
}

Result<> do_step(const Step& step) {
  switch (step.kind) {
    case StepKind::kMakeDirectory:
      return make_directory(step.path);
    case StepKind::kMoveAway:
      return move(step.path, step.other);
    case StepKind::kLink:
      return make_link(step.path, step.other);
    case StepKind::kRights:
      return set_rights(step.path, step.after);
    case StepKind::kLaterKeys:
      return {};
    case StepKind::kHook:
      return write_hook(step.path, step.content);
  }
  return {};
}

Result<std::vector<std::string>> undo_steps(const fs::path& journal, const Steps& steps) {
  std::vector<std::string> left;
  auto undo = [&left](const Step& step) -> Result<> {
    TRELLIS_TRY_ASSIGN(std::string why, undo_step(step));
    if (!why.empty()) left.push_back(std::move(why));
    return {};
  };
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    if (step->kind != StepKind::kMakeDirectory) TRELLIS_TRY(undo(*step));
  }
  // The journal goes before the folders: it may stand in one of them.
  if (::unlink(journal.c_str()) != 0 && errno != ENOENT) return cannot("remove", journal, errno);
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    if (step->kind == StepKind::kMakeDirectory) TRELLIS_TRY(undo(*step));
  }
  return left;
}

}  // namespace trellis::cli::tls_command

// SPDX-License-Identifier: Apache-2.0
#include "cli/tls/certbot_plan.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "os/identity.h"

namespace trellis::cli::tls_command {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kRead = 4;
constexpr mode_t kPass = 1;

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(fs::symlink_status(path, error));
}

// As the kernel decides: the first of owner, group and others that fits is the one that counts.
bool allows(const Rights& rights, const ServiceUser& user, mode_t wanted) {
  if (user.user == 0) return true;
  const bool in_group =
      std::find(user.groups.begin(), user.groups.end(), rights.group) != user.groups.end();
  const unsigned shift = rights.user == user.user ? 6 : in_group ? 3 : 0;
  return ((rights.mode >> shift) & wanted) == wanted;
}

class Planner {
 public:
  explicit Planner(const InstallRequest& request) : request_(request) {}

  Result<Steps> plan() {
    const CertbotLineage& lineage = request_.lineage;
    const fs::path key = lineage.live() / "privkey.pem";
    const fs::path chain = lineage.live() / "fullchain.pem";
    std::error_code error;
    const fs::path real_key = fs::canonical(key, error);
    const fs::path real_chain = error ? fs::path() : fs::canonical(chain, error);
    if (error) {
      return fail(ErrorCode::IoError, "{} is not as certbot leaves it: {}.",
                  lineage.live().string(), error.message());
    }
    TRELLIS_TRY(open_folders(lineage.live()));
    TRELLIS_TRY(open_folders(real_key.parent_path()));
    TRELLIS_TRY(open_file(real_key, true));
    TRELLIS_TRY(open_file(real_chain, false));
    for (const config::SslPolicySettings& policy : request_.policies) {
      TRELLIS_TRY(link(policy.private_key, key));
      TRELLIS_TRY(link(policy.public_certificate, chain));
    }
    TRELLIS_TRY(hook());
    return std::move(steps_);
  }

 private:
  // Every folder on the way, from the root down.
  Result<> open_folders(const fs::path& last) {
    fs::path part;
    for (const fs::path& name : last) {
      part /= name;
      TRELLIS_TRY(open(part, kPass));
    }
    return {};
  }

  Result<> open_file(const fs::path& file, bool is_key) {
    TRELLIS_TRY_ASSIGN(const Rights before, rights_of(file));
    TRELLIS_TRY(open(file, kRead));
    if (!is_key || steps_.empty() || steps_.back().path != file) return {};
    steps_.push_back({.kind = StepKind::kLaterKeys,
                      .path = file.parent_path(),
                      .before = before,
                      .after = steps_.back().after});
    return {};
  }

  Result<> open(const fs::path& path, mode_t wanted) {
    TRELLIS_TRY_ASSIGN(const Rights before, rights_of(path));
    const bool planned = std::any_of(steps_.begin(), steps_.end(),
                                     [&](const Step& step) { return step.path == path; });
    if (planned || allows(before, request_.user, wanted)) return {};
    const auto [own, given] =
        std::mismatch(request_.lineage.config_dir.begin(), request_.lineage.config_dir.end(),
                      path.begin(), path.end());
    if (own != request_.lineage.config_dir.end()) {
      return fail(ErrorCode::IoError,
                  "{} lies outside of certbot's folder and does not let user {} pass (owner {}:{}, "
                  "mode {}). Open it first: chmod o+x {}",
                  path.string(), request_.user.name, os::user_name(before.user),
                  os::group_name(before.group), os::mode_text(before.mode), path.string());
    }
    if (before.group != 0 && before.group != request_.user.group) {
      return fail(ErrorCode::IoError,
                  "{} belongs to group {}, which somebody may need. Add the server's user to it: "
                  "usermod -aG {} {}",
                  path.string(), os::group_name(before.group), os::group_name(before.group),
                  request_.user.name);
    }
    Rights after = before;
    after.group = request_.user.group;
    after.mode |= wanted << 3;
    steps_.push_back({.kind = StepKind::kRights, .path = path, .before = before, .after = after});
    return {};
  }

  Result<> make_folders(const fs::path& folder) {
    std::error_code error;
    if (folder.empty() || fs::is_directory(folder, error)) return {};
    const bool planned = std::any_of(steps_.begin(), steps_.end(), [&](const Step& step) {
      return step.kind == StepKind::kMakeDirectory && step.path == folder;
    });
    if (planned) return {};
    if (is_there(folder)) {
      return fail(ErrorCode::IoError, "{} is in the way: it is no folder.", folder.string());
    }
    TRELLIS_TRY(make_folders(folder.parent_path()));
    steps_.push_back({.kind = StepKind::kMakeDirectory, .path = folder});
    return {};
  }

  Result<> link(const fs::path& path, const fs::path& target) {
    std::error_code error;
    // The setting may name certbot's file itself; two scopes may share a folder.
    const bool done = path == target || fs::read_symlink(path, error) == target ||
                      std::any_of(steps_.begin(), steps_.end(), [&](const Step& step) {
                        return step.kind == StepKind::kLink && step.path == path;
                      });
    if (done) return {};
    TRELLIS_TRY(make_folders(path.parent_path()));
    if (is_there(path)) {
      fs::path away = path.string() + ".before-certbot";
      for (int n = 1; is_there(away); ++n) {
        away = fmt::format("{}.before-certbot.{}", path.string(), n);
      }
      steps_.push_back({.kind = StepKind::kMoveAway, .path = path, .other = away});
    }
    steps_.push_back({.kind = StepKind::kLink, .path = path, .other = target});
    return {};
  }

  Result<> hook() {
    const fs::path& path = request_.hook;
    if (is_there(path)) {
      std::ifstream in(path, std::ios::binary);
      const std::string content{std::istreambuf_iterator<char>(in), {}};
      if (content == request_.hook_content) return {};
      return fail(ErrorCode::IoError,
                  "{} is there already, with another content: of another home, or changed by hand. "
                  "Take it back first (--undo), or remove it.",
                  path.string());
    }
    TRELLIS_TRY(make_folders(path.parent_path()));
    steps_.push_back({.kind = StepKind::kHook, .path = path, .content = request_.hook_content});
    return {};
  }

  const InstallRequest& request_;
  Steps steps_;
};

}  // namespace

Result<ServiceUser> find_service_user(const std::string& name) {
  const passwd* found = ::getpwnam(name.c_str());
  if (found == nullptr) {
    return fail(ErrorCode::InvalidArguments,
                "There is no user {} on this machine. Name the server's with --user, or make it: "
                "useradd --system --user-group {}",
                name, name);
  }
  ServiceUser user{name, found->pw_uid, found->pw_gid, std::vector<gid_t>(64)};
  int count = static_cast<int>(user.groups.size());
  if (::getgrouplist(name.c_str(), user.group, user.groups.data(), &count) < 0) {
    user.groups.resize(static_cast<size_t>(count));
    ::getgrouplist(name.c_str(), user.group, user.groups.data(), &count);
  }
  user.groups.resize(static_cast<size_t>(count));
  return user;
}

Result<Steps> plan_install(const InstallRequest& request) { return Planner(request).plan(); }

bool uses_lineage(const config::SslPolicySettings& policy, const CertbotLineage& lineage) {
  std::error_code error;
  const fs::path used = fs::canonical(policy.public_certificate, error);
  if (error) return false;
  const fs::path own = fs::canonical(lineage.live() / "fullchain.pem", error);
  return !error && used.parent_path() == own.parent_path();
}

}  // namespace trellis::cli::tls_command

// SPDX-License-Identifier: Apache-2.0
#include "cli/migrate_configuration.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "cli/exit_codes.h"
#include "config/migration.h"
#include "os/identity.h"

namespace trellis::cli {
namespace {

namespace fs = std::filesystem;
using config::MigrationStep;

constexpr std::array kFileNames = {"neo4j.conf", "neo4j.template"};

Result<std::vector<fs::path>> files_of(const fs::path& from) {
  std::error_code error;
  if (fs::is_regular_file(from, error)) return std::vector{from};
  std::vector<fs::path> files;
  for (const char* name : kFileNames) {
    if (fs::is_regular_file(from / name, error)) files.push_back(from / name);
  }
  if (!files.empty()) return files;
  if (fs::is_directory(from / kFileNames[0], error)) {
    return fail(ErrorCode::InvalidArguments,
                "{} is a folder with one file a setting: each file must be renamed by hand.",
                (from / kFileNames[0]).string());
  }
  const std::string blocked = os::why_unreadable(from);
  return fail(ErrorCode::InvalidArguments, "There is neither neo4j.conf nor neo4j.template: {}.",
              blocked.empty() ? from.string() : blocked);
}

Result<std::string> read_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(in), {}};
  if (!in) {
    return fail(ErrorCode::IoError, "Cannot read {}: {}.", file.string(), os::why_unreadable(file));
  }
  return bytes;
}

// A name for the backup that nothing has yet.
fs::path backup_of(const fs::path& file) {
  fs::path backup = file.string() + ".old";
  std::error_code error;
  for (int n = 1; fs::exists(fs::symlink_status(backup, error)); ++n) {
    backup = fmt::format("{}.old.{}", file.string(), n);
  }
  return backup;
}

tl::unexpected<Error> fail_of(const char* what, const fs::path& file, int reason) {
  return fail(ErrorCode::IoError, "Cannot {} {}: {}.", what, file.string(), std::strerror(reason));
}

Result<> write_whole(int descriptor, const fs::path& file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t done = ::write(descriptor, text.data(), text.size());
    if (done < 0 && errno != EINTR) return fail_of("write", file, errno);
    if (done > 0) text.remove_prefix(static_cast<size_t>(done));
  }
  if (::fsync(descriptor) != 0) return fail_of("write", file, errno);
  return {};
}

// Puts the text in the place of `target`, with the owner and mode of `like`; what is there now is
// kept under the returned name, which is empty when nothing was there.
Result<fs::path> put(const fs::path& target, const fs::path& like, std::string_view text) {
  struct stat old{};
  if (::stat(like.c_str(), &old) != 0) return fail_of("read", like, errno);
  const fs::path fresh = target.string() + ".new";
  // Made by us alone: what another user has put there, a link above all, root would write through
  // and give away.
  ::unlink(fresh.c_str());
  const int descriptor =
      ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (descriptor < 0) return fail_of("write", fresh, errno);
  auto written = write_whole(descriptor, fresh, text);
  // Another owner than ourselves is root's to give; the mode matters to everybody.
  if (::fchown(descriptor, old.st_uid, old.st_gid) != 0 && os::effective_user() == 0 && written) {
    written = fail_of("give back the owner of", fresh, errno);
  }
  if (::fchmod(descriptor, old.st_mode & 07777) != 0 && written) {
    written = fail_of("give back the mode of", fresh, errno);
  }
  ::close(descriptor);
  fs::path backup;
  if (std::error_code error; written && fs::exists(target, error)) {
    backup = backup_of(target);
    if (::link(target.c_str(), backup.c_str()) != 0) written = fail_of("make", backup, errno);
  }
  if (written && ::rename(fresh.c_str(), target.c_str()) != 0) {
    written = fail_of("write", target, errno);
  }
  if (!written) {
    ::unlink(fresh.c_str());
    return fail(std::move(written.error()));
  }
  return backup;
}

void print_setting(const config::MigratedSetting& setting, bool verbose) {
  switch (setting.step) {
    case MigrationStep::kUnchanged:
      if (verbose) fmt::print("line {}: {} UNCHANGED\n", setting.line, setting.before);
      break;
    case MigrationStep::kMigrated:
      fmt::print("line {}: {} MIGRATED -> {}\n", setting.line, setting.before,
                 fmt::join(setting.after, ", "));
      break;
    case MigrationStep::kWithoutMeaning:
      fmt::print("line {}: {} REMOVED: it has no meaning in Trellis{}{}\n", setting.line,
                 setting.before, setting.remark.empty() ? "" : "; ", setting.remark);
      break;
    case MigrationStep::kUnknown:
      fmt::print("line {}: {} UNKNOWN, left as it is{}{}\n", setting.line, setting.before,
                 setting.remark.empty() ? "" : ". Did you mean ",
                 setting.remark.empty() ? "" : setting.remark + "?");
  }
}

Result<> migrate(const fs::path& file, const MigrationOptions& options, config::Charset charset,
                 bool verbose) {
  TRELLIS_TRY_ASSIGN(std::string bytes, read_file(file));
  TRELLIS_TRY_ASSIGN(config::Migration migration,
                     config::migrate_configuration(bytes, charset, file.string()));
  fmt::print("{}\n", file.string());
  for (const auto& setting : migration.settings) print_setting(setting, verbose);

  // A link to the file stays a link.
  std::error_code error;
  fs::path target = options.to.empty() ? file : options.to / file.filename();
  if (fs::exists(target, error)) target = fs::canonical(target, error);
  const bool over_itself = fs::equivalent(target, file, error);
  if (over_itself && !migration.changed) {
    fmt::print("Nothing to change.\n");
    return {};
  }
  if (options.dry_run) {
    fmt::print("Nothing was written to {} (--dry-run).\n", target.string());
    return {};
  }
  if (!options.to.empty()) fs::create_directories(options.to, error);
  TRELLIS_TRY_ASSIGN(fs::path backup, put(target, file, migration.text));
  if (!backup.empty()) fmt::print("Keeping original file at: {}\n", backup.string());
  fmt::print("Configuration written to: {}\n", target.string());
  return {};
}

Result<> migrate_all(const CommonOptions& common, const MigrationOptions& options) {
  const config::LoadOptions surroundings = load_options(common);
  TRELLIS_TRY_ASSIGN(auto files, files_of(options.from.empty() ? surroundings.conf : options.from));
  config::Charset charset = config::Charset::kLatin1;
  for (const auto& [name, value] : surroundings.environment) {
    if (name != "NEO4J_CONFIG_FILE_CHARSET") continue;
    TRELLIS_TRY_ASSIGN(charset, config::parse_charset(value));
  }
  for (const fs::path& file : files) {
    TRELLIS_TRY(migrate(file, options, charset, common.verbose));
  }
  return {};
}

}  // namespace

int migrate_configuration(const CommonOptions& common, const MigrationOptions& options) {
  if (auto done = migrate_all(common, options); !done) {
    print_error(done.error());
    return kFailure;
  }
  return kOk;
}

}  // namespace trellis::cli

// SPDX-License-Identifier: Apache-2.0
#include "cluster/member_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>

#include "os/identity.h"
#include "os/private_file.h"
#include "os/shell_word.h"
#include "tls/private_ca.h"
#include "tls/readable_file.h"

namespace trellis::cluster {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::chrono::seconds kLockPatience{5};

bool holds(const fs::path& file, std::string_view text) {
  const auto there = tls::read_small_file(file, "file of the authority");
  return there && there->reveal() == text;
}

// Whole, but not in its place yet.
fs::path next_of(const fs::path& file) {
  return file.parent_path() / fmt::format(".{}.next", file.filename().string());
}

// The nearest folder that exists, and why nothing can be made in it; 0: it can.
std::pair<fs::path, int> closed_folder(fs::path folder) {
  while (::faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) != 0) {
    if (errno != ENOENT || !folder.has_relative_path()) return {folder, errno};
    folder = folder.parent_path();
  }
  return {folder, 0};
}

// For root, who works as the user that runs the server now. Never changes more than a folder that
// is meant for these files alone: a parent of it may be anybody's.
std::string remedy(const fs::path& wanted, const fs::path& closed) {
  const std::string user = os::shell_word(os::user_name(os::effective_user()));
  return fmt::format("The server has to renew what is there: {} {} {}",
                     closed == wanted ? "chown -R" : "install -d -o", user,
                     os::shell_word(wanted.string()));
}

}  // namespace

MemberFiles::MemberFiles(const config::SslPolicySettings& policy)
    : key(policy.base_directory / policy.private_key),
      certificate(policy.base_directory / policy.public_certificate),
      trusted(policy.base_directory / policy.trusted_dir / "authority.crt"),
      revoked(policy.base_directory / policy.revoked_dir / "authority.crl"),
      note(policy.base_directory / "member.json") {}

Result<std::optional<Membership>> MemberFiles::membership() const {
  TRELLIS_TRY_ASSIGN(const bool joined, tls::there_is(note));
  if (!joined) return std::optional<Membership>();
  TRELLIS_TRY_ASSIGN(const Secret text, tls::read_small_file(note, "note of the membership"));
  try {
    const json::object object = json::parse(text.reveal()).as_object();
    Membership membership;
    membership.authority = std::string(object.at("authority").as_string());
    for (const json::value& name : object.at("names").as_array()) {
      membership.names.emplace_back(name.as_string());
    }
    return std::optional<Membership>(std::move(membership));
  } catch (const std::exception& error) {
    return fail(ErrorCode::InvalidConfiguration,
                "{} is damaged ({}). Join again: trellis tls join.", note.string(), error.what());
  }
}

Result<> MemberFiles::write_membership(const Membership& membership) const {
  const json::object object{
      {"authority", membership.authority},
      {"names", json::array(membership.names.begin(), membership.names.end())}};
  return tls::write_certificate_file(note, json::serialize(object) + "\n");
}

Result<os::FileLock> MemberFiles::lock() const {
  std::error_code failed;
  fs::create_directories(key.parent_path(), failed);  // what fails, opening the lock tells
  return os::FileLock::acquire(key.parent_path() / ".pair.lock", kLockPatience);
}

Result<> MemberFiles::write_pair(const Secret& key_pem, const std::string& chain_pem) const {
  TRELLIS_TRY_ASSIGN(const os::FileLock held, lock());
  // The key of a certificate that waits may be in its place already: without it that is no pair.
  TRELLIS_TRY(take_places());
  TRELLIS_TRY(tls::write_key_file(next_of(key), key_pem));
  TRELLIS_TRY(tls::write_certificate_file(next_of(certificate), chain_pem));
  return take_places();
}

Result<> MemberFiles::finish_pair() const {
  TRELLIS_TRY_ASSIGN(const bool key_waits, tls::there_is(next_of(key)));
  TRELLIS_TRY_ASSIGN(const bool certificate_waits, tls::there_is(next_of(certificate)));
  if (!key_waits && !certificate_waits) return {};
  TRELLIS_TRY_ASSIGN(const os::FileLock held, lock());
  return take_places();
}

Result<> MemberFiles::take_places() const {
  TRELLIS_TRY_ASSIGN(const bool key_waits, tls::there_is(next_of(key)));
  TRELLIS_TRY_ASSIGN(const bool certificate_waits, tls::there_is(next_of(certificate)));
  if (!certificate_waits) return os::remove_private_file(next_of(key));
  if (key_waits) TRELLIS_TRY(os::move_private_file(next_of(key), key));
  return os::move_private_file(next_of(certificate), certificate);
}

Result<> MemberFiles::check_writable() const {
  for (const fs::path& file : {key, certificate, trusted, revoked, note}) {
    const auto [folder, reason] = closed_folder(file.parent_path());
    if (reason == 0) continue;
    const bool may_give = ::getuid() == 0 && reason == EACCES;
    return fail(ErrorCode::IoError, "Cannot write {}: {}: {}. {}", file.string(), folder.string(),
                std::generic_category().message(reason),
                may_give ? remedy(file.parent_path(), folder)
                         : "Run this as root, or as the user that runs the server.");
  }
  return {};
}

Result<bool> MemberFiles::write_trust(const tls::TrustBundle& trust) const {
  bool changed = false;
  if (!holds(trusted, trust.certificates)) {
    TRELLIS_TRY(tls::write_certificate_file(trusted, trust.certificates));
    changed = true;
  }
  if (!holds(revoked, trust.revocations)) {
    TRELLIS_TRY(tls::write_certificate_file(revoked, trust.revocations));
    changed = true;
  }
  return changed;
}

}  // namespace trellis::cluster

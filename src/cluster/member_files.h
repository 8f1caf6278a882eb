// SPDX-License-Identifier: Apache-2.0
//
// What a member has from its authority, in the folder of the SSL policy `cluster`, where the
// policy's watch finds it: the pair, trusted/authority.crt, revoked/authority.crl, and member.json,
// which says where the authority is and for which names it certifies us.
//
// Files are replaced by a rename. Of a pair both are written aside, whole, before the first takes
// its place, the key before the certificate: between the two the watch sees a pair that does not
// match and keeps the one it has, and what is cut short there finish_pair() brings to its end. A
// kernel lock keeps the command and the server from writing a pair at the same time.
// Errors: IoError, DiskFull, FileLocked, InvalidConfiguration.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/ssl_policy.h"
#include "os/file_lock.h"
#include "tls/authority/authority.h"

namespace trellis::cluster {

struct Membership {
  std::string authority;           // "host:port"; empty: this home holds the authority itself
  std::vector<std::string> names;  // of our certificate
};

struct MemberFiles {
  explicit MemberFiles(const config::SslPolicySettings& policy);

  // Nothing when this home has not joined.
  Result<std::optional<Membership>> membership() const;
  Result<> write_membership(const Membership& membership) const;
  Result<> write_pair(const Secret& key_pem, const std::string& chain_pem) const;
  // Before the pair is read, or asked with. Nothing happens when none was cut short.
  Result<> finish_pair() const;
  // Says why nothing could be written, without writing.
  Result<> check_writable() const;
  // True when something was new.
  Result<bool> write_trust(const tls::TrustBundle& trust) const;

  std::filesystem::path key;
  std::filesystem::path certificate;
  std::filesystem::path trusted;  // the file of the authority
  std::filesystem::path revoked;
  std::filesystem::path note;  // member.json

 private:
  Result<os::FileLock> lock() const;
  Result<> take_places() const;
};

}  // namespace trellis::cluster

// SPDX-License-Identifier: Apache-2.0
//
// The cluster's own certificate authority: a folder of one home (docs/formats/authority.md).
//
//   authority.pem   key and certificate of the authority that issues now
//   previous.pem    of the one before a rotation: still trusted, still revokes
//   bridge.crt      the new one, vouched for by the previous one
//   state.json      what was issued, join tokens (as hashes)
//
// Invariants
//   1. Every call works on the folder as it is, under its kernel lock: commands and a running
//      server see each other's work.
//   2. A token is marked as used, and the certificate that it gave recorded, by one durable write
//      before that is handed out: it is good once, everything issued can be revoked, and a request
//      that is refused uses nothing up. A used, an expired and an unknown one are refused in the
//      same words.
//   3. A name that a member has in force goes to nobody else, unless a token names it.
//   4. After a rotation both authorities are trusted, and chains end at the previous one by way of
//      the bridge: members that know only one of the two accept each other. It is trusted no more
//      when its certificate ends.
//
// Errors: InvalidConfiguration (no authority there; its files are damaged; it has ended),
// InvalidArguments, Forbidden (token, name, revoked member), IoError. Thread-safe: the object has
// no state but the path.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "os/clock.h"
#include "tls/authority/join_token.h"
#include "tls/private_ca.h"

namespace trellis::tls {

// What members trust, in PEM.
struct TrustBundle {
  std::string certificates;
  std::string revocations;
};

struct MemberCertificate {
  std::string chain;  // leaf first
  TrustBundle trust;
};

struct IssuedRecord {
  std::vector<std::string> names;
  IssuedFacts facts;
  bool revoked = false;
};

class Authority {
 public:
  using Seconds = std::chrono::seconds;

  // Fails when there is one already. `clock` outlives it.
  static Result<Authority> create(const std::filesystem::path& folder, const std::string& name,
                                  Seconds lifetime, const os::Clock& clock);
  // Fails when there is none, naming the command that makes one.
  static Result<Authority> open(const std::filesystem::path& folder, const os::Clock& clock);
  // IoError when that cannot be seen.
  static Result<bool> exists(const std::filesystem::path& folder);

  // A new key and certificate; what was current becomes the previous one. Refused while members
  // still live on the previous one.
  Result<> rotate(Seconds lifetime) const;
  // SHA-256 of the authority's public key, hex.
  Result<std::string> pin() const;

  Result<IssuedCertificate> issue(const std::vector<std::string>& names, Seconds lifetime) const;
  // `names` empty: the new member chooses its own, of those that nobody has.
  Result<JoinToken> new_token(const std::vector<std::string>& names, Seconds valid_for) const;
  Result<MemberCertificate> join(const Secret& token, std::string_view request_pem,
                                 const std::vector<std::string>& names, Seconds lifetime) const;
  // For the names of the certificate that the member shows now.
  Result<MemberCertificate> renew(std::string_view shown_sha256, std::string_view request_pem,
                                  Seconds lifetime) const;
  // Every certificate of that name, or the one of that serial number; how many.
  Result<size_t> revoke(std::string_view name_or_serial) const;
  Result<TrustBundle> trust() const;
  Result<std::vector<IssuedRecord>> issued() const;

 private:
  Authority(std::filesystem::path folder, const os::Clock& clock)
      : folder_(std::move(folder)), clock_(&clock) {}

  std::filesystem::path folder_;
  const os::Clock* clock_;
};

}  // namespace trellis::tls

// SPDX-License-Identifier: Apache-2.0
//
// The certificates of all SSL scopes: loaded together at start, watched, replaced one scope at a
// time by one swap.
//
//   open()      loads every enabled scope. Only an unreadable or mismatched pair (or trust) stops
//               it; what is merely wrong (expired, a name missing) is served and told.
//   look()      what the watch does every server.tls.poll_interval: scopes whose files changed
//               (FileStamp) are loaded again; what could not be loaded is tried again.
//   reload()    all scopes, asked for by a person or a signal.
//   offer()     a pair from the ACME authority, for the scopes that have none of their own.
//
// Main pair, each pair of sni/ and trust are parts of a scope: a bad part leaves the old one in
// force, and lets the others be replaced.
// Invariants
//   1. A candidate is loaded, matched and checked before the swap; a bad one never replaces a good
//      one, and its reason stays in status() until a load succeeds.
//   2. Handshakes that begin after the swap use the new pair; open connections live on.
//   3. Session tickets survive a change of pair, and die when trust or revocation lists change.
// Thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "config/server_config.h"
#include "os/clock.h"
#include "tls/certificate_pair.h"
#include "tls/challenge_board.h"
#include "tls/server_context.h"

namespace trellis::tls {

// One row of SHOW CERTIFICATES.
struct CertificateStatus {
  config::SslScope scope{};
  std::vector<std::string> sni_names;      // empty: the main pair, for every name
  std::optional<ServerIdentity> identity;  // none: no certificate yet
  std::string source;
  std::optional<os::Clock::Wall> last_reload;  // when what is served was put in force
  std::string last_error;                      // empty: the last load went well
  std::optional<os::Clock::Wall> next_renewal;
};

struct ScopeReload {
  config::SslScope scope{};
  bool changed = false;
  std::optional<Error> kept_old;  // why an old part is still served
  std::string sha256;             // of the main pair now; empty: nothing yet
  std::optional<std::chrono::system_clock::time_point> not_after;
};

// Scopes counted one by one. A look that finds nothing to do, and a failure that goes on, are not
// counted.
struct ReloadCounts {
  uint64_t changed = 0;
  uint64_t unchanged = 0;
  uint64_t failed = 0;
};

struct PolicyStoreOptions {
  const config::ServerConfig* config = nullptr;  // outlives the store, as does the clock
  const os::Clock* clock = nullptr;
  std::shared_ptr<ChallengeBoard> challenges;  // null: no ACME
  Logger log;
};

class PolicyStore {
 public:
  static Result<std::unique_ptr<PolicyStore>> open(PolicyStoreOptions options);
  virtual ~PolicyStore() = default;  // ends the watch

  virtual std::shared_ptr<const ServedPolicy> of(config::SslScope scope) const = 0;  // null: off
  virtual void start_watching() = 0;
  virtual std::vector<ScopeReload> look() = 0;
  virtual std::vector<ScopeReload> reload() = 0;
  virtual void offer(PairPtr obtained, std::optional<os::Clock::Wall> next_renewal) = 0;
  // Why there is none yet, or no newer one: for CertificateStatus::last_error.
  virtual void acme_failed(std::string reason) = 0;
  // What whoever renews the files of a scope has to say of its main pair, for CertificateStatus:
  // when next, and why not (empty: the last attempt went well).
  virtual void renewal(config::SslScope scope, std::optional<os::Clock::Wall> next,
                       std::string failure) = 0;
  // The authority's clock, from its answers, as they come; `source` names the authority.
  virtual void clock_seen(const std::string& source, os::Clock::Wall elsewhere) = 0;
  virtual std::vector<CertificateStatus> status() const = 0;
  virtual ReloadCounts counts() const = 0;
};

}  // namespace trellis::tls

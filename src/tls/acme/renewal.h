// SPDX-License-Identifier: Apache-2.0
//
// Looks after one certificate: serves the saved one at once, gets the first one, renews it when it
// is time, and follows what other servers of the same storage do. While none is saved for exactly
// these names, the saved one that has most of them is served, if it is no staging directory's.
//
// One thread of its own does everything that takes time; it looks at the clock twice a second, so
// that a clock that is moved is noticed, and ends within moments when the object is destroyed
// (requests under way are cut; what was placed is taken up by the next process).
//
// Commands are begun by one call and looked at by another. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "tls/acme/client.h"
#include "tls/acme/surroundings.h"
#include "tls/certificate_pair.h"

namespace trellis::tls::acme {

enum class RenewalState : uint8_t {
  kStarting,
  kWaiting,  // for the next attempt, or for the time of renewal
  kOrdering,
  kElsewhere,  // another server of the same storage orders
};
std::string_view to_string(RenewalState state);

struct RenewalStatus {
  RenewalState state = RenewalState::kStarting;
  Names names;
  std::string directory;              // of the first issuer
  std::string terms_of_service;       // empty: not asked yet
  std::string certificate_directory;  // who made the certificate; empty: there is none
  std::string sha256;
  std::optional<Wall> not_after;
  std::optional<Wall> next_renewal;  // none without a certificate
  std::optional<Wall> next_attempt;  // when something will be tried, as it stands now
  std::optional<Wall> last_attempt;  // in this process
  std::string last_error;            // the authority's words, whole; empty: the last went well
  std::optional<Wall> looked;        // at the clock and the storage, last
  std::string explanation_url;       // why the authority wants it renewed then
  uint64_t succeeded = 0;            // attempts of this process
  uint64_t failed = 0;
};

struct RenewalCommand {
  enum class What : uint8_t { kRenew, kRevoke, kRollKey, kDeactivate };
  What what = What::kRenew;
  std::optional<RevocationReason> reason;  // kRevoke
  bool fallback = false;                   // kRollKey, kDeactivate: at the second issuer
};

struct CommandOutcome {
  bool done = false;
  bool failed = false;
  std::string text;  // what happened, once done
};

class CertificateRenewal {
 public:
  using MakeTransport = std::function<std::unique_ptr<AcmeTransport>(const config::AcmeIssuer&,
                                                                     std::shared_ptr<StopSignal>)>;

  struct Options {
    const config::AcmeConfig* config = nullptr;
    std::unique_ptr<AcmeStore> store;
    std::shared_ptr<ChallengeBoard> board;
    ChallengeResponder* responder = nullptr;  // may be null: nothing listens for http-01
    const os::Clock* clock = nullptr;
    MakeTransport transport;
    std::function<void(PairPtr, std::optional<Wall> next_renewal)> offer;
    std::function<void(std::string reason)> on_failure;
    std::function<void(bool succeeded)> count_attempt;
    std::chrono::milliseconds between_looks{500};
    std::chrono::milliseconds poll_interval{200};  // ClientOptions
    Logger log;
  };

  // What the options point to outlives the object. Offers the saved certificate, if there is one.
  // Errors: what stands in the storage cannot be read.
  static Result<std::unique_ptr<CertificateRenewal>> open(Options options);
  virtual ~CertificateRenewal() = default;
  // From now on the thread works. Once, when the ports are open that answer challenges.
  virtual void start() = 0;

  virtual RenewalStatus status() const = 0;
  // The number to ask with. One command waits for another; at most 16 wait (else 0).
  virtual uint64_t begin(RenewalCommand command) = 0;
  // none: a number that was not given, or too long ago.
  virtual std::optional<CommandOutcome> outcome(uint64_t number) const = 0;
};

}  // namespace trellis::tls::acme

// SPDX-License-Identifier: Apache-2.0
//
// Says that a served certificate nears its end: a line in the log, and a program if one is set
// (server.tls.expiry_command), when a third, a tenth and a twentieth of its life is left.
//
// Of a certificate that is renewed by the server itself the first of the three is told only when
// its renewal fails: many are renewed no sooner. Once per threshold and certificate (SHA-256 of the
// leaf), however often it is loaded again and by however many scopes it is served; passing several
// at a time gives one notice, for the last. The program is run without a shell, killed after
// kProgramTimeout, one at a time, with
//   TRELLIS_CERTIFICATE_SCOPES      "bolt,https"
//   TRELLIS_CERTIFICATE_NAMES       "db.example.org,192.0.2.1"
//   TRELLIS_CERTIFICATE_NOT_AFTER   "2026-12-01T08:30:00Z"
//   TRELLIS_CERTIFICATE_SHA256      lower-case hex
//   TRELLIS_CERTIFICATE_LIFE_LEFT   "1/3", "1/10" or "1/20"
// What it prints when it fails goes to the log.
//
// Not thread-safe but for start() and destruction: check() is called by one thread.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/mutex.h"
#include "os/clock.h"
#include "tls/policy_store.h"

namespace trellis::server {

// How much of a life is left: which of the thresholds has been passed. 0: none, 3: the last.
int expiry_stage(os::Clock::Wall not_before, os::Clock::Wall not_after, os::Clock::Wall now);

class ExpiryNotices {
 public:
  static constexpr std::chrono::seconds kProgramTimeout{30};

  struct Options {
    const tls::PolicyStore* certificates = nullptr;
    const os::Clock* clock = nullptr;
    std::vector<std::string> program;  // with its arguments; empty: none
    std::chrono::milliseconds interval{5000};
    std::chrono::milliseconds program_timeout = kProgramTimeout;
    Logger log;
  };
  explicit ExpiryNotices(Options options) : options_(std::move(options)) {}
  ~ExpiryNotices();

  // check() at once and then every interval, on a thread of its own.
  void start();
  void check();

 private:
  struct Due;
  void give_notice(const Due& due) const;
  void run_program(const Due& due) const;

  const Options options_;
  std::map<std::string, int> passed_;  // by SHA-256, of what is served now
  Mutex mutex_;
  ConditionVariable stopped_;
  bool stop_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace trellis::server

// SPDX-License-Identifier: Apache-2.0
//
// Password hashing off the I/O threads.
//
// At most `threads` hashes (default: half the cores, at least one) run at a time, so that a storm
// of logins takes neither all processors nor more than threads * 19 MiB. The queue is bounded:
// beyond it a login fails at once with a transient error that says so.
//
// Thread-safe. Destroying the Hasher finishes what runs and fails what waits (DatabaseUnavailable).
//
//   PasswordJob job = hasher.verify(password, encoded);
//   job.poll(context)            kReady or kBlocked (waker kept, called once)
//   job.verified()               after kReady
// A dropped job that has not begun is skipped.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/poll.h"
#include "base/result.h"
#include "base/secret.h"
#include "security/password_hash.h"

namespace trellis::security {

// Movable; one owner polls it. Empty when default-made.
class PasswordJob {
 public:
  PasswordJob();
  ~PasswordJob();
  PasswordJob(PasswordJob&&) noexcept;
  PasswordJob& operator=(PasswordJob&&) noexcept;

  Poll poll(PollContext& context);
  // Exactly once, after poll() gave kReady. verified() of a verify job, encoded() of a hash job.
  Result<bool> verified();
  Result<std::string> encoded();

  struct State;
  explicit PasswordJob(std::shared_ptr<State> state);

 private:
  std::shared_ptr<State> state_;
};

class Hasher {
 public:
  struct Options {
    unsigned threads = 0;  // 0: half the cores, at least 1
    size_t queue_capacity = 256;
    Argon2Cost cost;
  };
  explicit Hasher(const Options& options);
  ~Hasher();
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;

  // ResourceExhausted when the queue is full.
  Result<PasswordJob> verify(Secret password, std::string encoded);
  Result<PasswordJob> hash(Secret password);

  const Argon2Cost& cost() const { return cost_; }
  // To verify against when the user is unknown; same cost as a real one.
  const std::string& unmatchable() const { return unmatchable_; }

 private:
  struct Pool;
  const Argon2Cost cost_;
  const std::string unmatchable_;
  std::unique_ptr<Pool> pool_;
};

}  // namespace trellis::security

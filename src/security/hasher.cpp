// SPDX-License-Identifier: Apache-2.0
#include "security/hasher.h"

#include <deque>
#include <optional>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace trellis::security {

struct PasswordJob::State {
  Secret password;        // owned by the worker until done
  std::string to_verify;  // empty: make a hash
  Mutex mutex;
  bool done GUARDED_BY(mutex) = false;
  Waker waker GUARDED_BY(mutex);
  std::optional<Result<bool>> verified GUARDED_BY(mutex);
  std::optional<Result<std::string>> encoded GUARDED_BY(mutex);

  void finish(std::optional<Result<bool>> was_verified,
              std::optional<Result<std::string>> was_encoded) EXCLUDES(mutex) {
    Waker wake;
    {
      MutexLock lock(mutex);
      verified = std::move(was_verified);
      encoded = std::move(was_encoded);
      done = true;
      wake = std::move(waker);
      waker = nullptr;
    }
    if (wake) wake();
  }
};

PasswordJob::PasswordJob() = default;
PasswordJob::PasswordJob(std::shared_ptr<State> state) : state_(std::move(state)) {}
PasswordJob::~PasswordJob() = default;
PasswordJob::PasswordJob(PasswordJob&&) noexcept = default;
PasswordJob& PasswordJob::operator=(PasswordJob&&) noexcept = default;

Poll PasswordJob::poll(PollContext& context) {
  MutexLock lock(state_->mutex);
  if (state_->done) return Poll::kReady;
  state_->waker = context.waker;
  return Poll::kBlocked;
}

Result<bool> PasswordJob::verified() {
  MutexLock lock(state_->mutex);
  TRELLIS_ASSERT(state_->verified.has_value());
  return std::move(*state_->verified);
}

Result<std::string> PasswordJob::encoded() {
  MutexLock lock(state_->mutex);
  TRELLIS_ASSERT(state_->encoded.has_value());
  return std::move(*state_->encoded);
}

struct Hasher::Pool {
  using Job = std::shared_ptr<PasswordJob::State>;

  Pool(unsigned threads, size_t queue_capacity, const Argon2Cost& job_cost)
      : capacity(queue_capacity), cost(job_cost) {
    for (unsigned i = 0; i < threads; ++i) workers.emplace_back([this] { work(); });
  }

  ~Pool() {
    {
      MutexLock lock(mutex);
      stopping = true;
    }
    ready.notify_all();
    for (std::thread& worker : workers) worker.join();
    std::deque<Job> left;
    {
      MutexLock lock(mutex);
      left.swap(queue);
    }
    for (const Job& job : left) finish_with_error(*job);
  }

  static void finish_with_error(PasswordJob::State& job) {
    constexpr std::string_view kText = "The server is stopping; the password was not checked.";
    if (job.to_verify.empty()) {
      job.finish(std::nullopt,
                 Result<std::string>(fail(ErrorCode::DatabaseUnavailable, "{}", kText)));
    } else {
      job.finish(Result<bool>(fail(ErrorCode::DatabaseUnavailable, "{}", kText)), std::nullopt);
    }
  }

  Result<> add(Job job) EXCLUDES(mutex) {
    {
      MutexLock lock(mutex);
      if (queue.size() >= capacity) {
        return fail(ErrorCode::ResourceExhausted,
                    "Too many logins wait for their password to be checked ({}). Try again.",
                    capacity);
      }
      queue.push_back(std::move(job));
    }
    ready.notify_one();
    return {};
  }

  void work() {
    while (true) {
      Job job;
      {
        MutexLock lock(mutex);
        while (queue.empty() && !stopping) ready.wait(mutex);
        if (stopping) return;
        job = std::move(queue.front());
        queue.pop_front();
      }
      if (job.use_count() == 1) continue;  // nobody waits for it any more
      if (job->to_verify.empty()) {
        auto made = hash_password(job->password, cost);
        job->password.clear();
        job->finish(std::nullopt, std::move(made));
      } else {
        auto matched = verify_password(job->password, job->to_verify);
        job->password.clear();
        job->finish(std::move(matched), std::nullopt);
      }
    }
  }

  const size_t capacity;
  const Argon2Cost cost;
  Mutex mutex;
  ConditionVariable ready;
  bool stopping GUARDED_BY(mutex) = false;
  std::deque<Job> queue GUARDED_BY(mutex);
  std::vector<std::thread> workers;
};

Hasher::Hasher(const Options& options)
    : cost_(options.cost), unmatchable_(unmatchable_hash(options.cost)) {
  unsigned threads = options.threads;
  if (threads == 0) threads = std::max(1u, std::thread::hardware_concurrency() / 2);
  pool_ = std::make_unique<Pool>(threads, options.queue_capacity, options.cost);
}

Hasher::~Hasher() = default;

Result<PasswordJob> Hasher::verify(Secret password, std::string encoded) {
  auto state = std::make_shared<PasswordJob::State>();
  state->password = std::move(password);
  state->to_verify = encoded.empty() ? unmatchable_ : std::move(encoded);
  TRELLIS_TRY(pool_->add(state));
  return PasswordJob(std::move(state));
}

Result<PasswordJob> Hasher::hash(Secret password) {
  auto state = std::make_shared<PasswordJob::State>();
  state->password = std::move(password);
  TRELLIS_TRY(pool_->add(state));
  return PasswordJob(std::move(state));
}

}  // namespace trellis::security

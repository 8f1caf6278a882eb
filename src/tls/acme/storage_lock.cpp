// SPDX-License-Identifier: Apache-2.0
#include "tls/acme/storage_lock.h"

#include <atomic>
#include <fstream>
#include <optional>
#include <thread>
#include <utility>

#include "os/file_lock.h"
#include "os/private_file.h"
#include "os/random.h"

namespace trellis::tls::acme {
namespace {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

std::string lease_text(const std::string& machine, const std::string& holder, uint64_t beat) {
  return fmt::format("trellis-acme lease 1\nmachine: {}\nholder: {}\nbeat: {}\n", machine, holder,
                     beat);
}

bool names(const std::string& lease, std::string_view field, std::string_view value) {
  return lease.find(fmt::format("\n{}: {}\n", field, value)) != std::string::npos;
}

Result<std::optional<std::string>> read_lease(const fs::path& lease) {
  TRELLIS_TRY_ASSIGN(const auto bytes, os::read_private_file(lease));
  if (!bytes) return std::nullopt;
  return std::string(bytes->reveal());
}

class HeldLock final : public StoreLock {
 public:
  HeldLock(std::optional<os::FileLock> kernel, fs::path lease, std::string machine,
           std::string holder, std::chrono::milliseconds refresh)
      : kernel_(std::move(kernel)),
        lease_(std::move(lease)),
        machine_(std::move(machine)),
        holder_(std::move(holder)),
        refresh_(refresh),
        thread_([this] { keep(); }) {}

  ~HeldLock() override {
    {
      const MutexLock lock(mutex_);
      ended_ = true;
      changed_.notify_all();
    }
    thread_.join();
    if (held()) (void)os::remove_private_file(lease_);
  }

  // Looks: a process that was stopped may act before its thread has noticed.
  bool held() const override {
    if (held_ && is_lost()) held_ = false;
    return held_;
  }

 private:
  // A lease that cannot be read now may be again. One that names another is lost, and so is one
  // that is gone: another took it, and has ended.
  bool is_lost() const {
    const auto content = read_lease(lease_);
    return content && !(*content && names(**content, "holder", holder_));
  }

  void keep() EXCLUDES(mutex_) {
    for (uint64_t beat = 1;; ++beat) {
      {
        const MutexLock lock(mutex_);
        const auto until = steady_clock::now() + refresh_;
        while (!ended_ && steady_clock::now() < until) {
          changed_.wait_for(mutex_, until - steady_clock::now());
        }
        if (ended_) return;
      }
      if (!held()) return;
      (void)os::replace_private_file(lease_, lease_text(machine_, holder_, beat));
    }
  }

  std::optional<os::FileLock> kernel_;
  const fs::path lease_;
  const std::string machine_;
  const std::string holder_;
  const std::chrono::milliseconds refresh_;
  mutable std::atomic<bool> held_{true};
  Mutex mutex_;
  ConditionVariable changed_;
  bool ended_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace

std::string this_machine() {
  std::string id;
  std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), id);
  return id;
}

StorageLocks::StorageLocks(fs::path folder, std::string machine, bool kernel_lock, LeaseTimes times)
    : folder_(std::move(folder)),
      machine_(std::move(machine)),
      kernel_lock_(kernel_lock),
      times_(times) {}

Result<std::unique_ptr<StoreLock>> StorageLocks::acquire(const std::string& purpose) {
  std::optional<os::FileLock> kernel;
  if (kernel_lock_) {
    auto locked = os::FileLock::acquire(folder_ / ("lock-" + purpose));
    if (!locked && locked.error().code() == ErrorCode::FileLocked) {
      return fail(std::move(locked).error());
    }
    // A file system without locks leaves the lease.
    if (locked) kernel = std::move(*locked);
  }
  const fs::path lease = folder_ / ("lease-" + purpose);
  const std::string holder = os::SecureRandom().uuid();
  TRELLIS_TRY(take_lease(lease, lease_text(machine_, holder, 0), purpose, kernel.has_value()));
  return std::make_unique<HeldLock>(std::move(kernel), lease, machine_, holder, times_.refresh);
}

Result<> StorageLocks::take_lease(const fs::path& lease, const std::string& mine,
                                  const std::string& purpose, bool have_kernel_lock) {
  TRELLIS_TRY_ASSIGN(const auto there, read_lease(lease));
  if (!there) return os::create_private_file(lease, mine);
  if (have_kernel_lock && names(*there, "machine", machine_)) {
    return os::replace_private_file(lease, mine);
  }
  if (!abandoned(purpose, *there)) {
    return fail(ErrorCode::FileLocked, "{} belongs to another server.", lease.string());
  }
  TRELLIS_TRY(os::replace_private_file(lease, mine));
  // Another one may have found it abandoned in the same moment; the last to write has it.
  std::this_thread::sleep_for(times_.settle);
  TRELLIS_TRY_ASSIGN(const auto now, read_lease(lease));
  if (now != mine) {
    return fail(ErrorCode::FileLocked, "{} was taken by another server.", lease.string());
  }
  return {};
}

bool StorageLocks::abandoned(const std::string& purpose, const std::string& content) {
  const auto now = steady_clock::now();
  const MutexLock lock(mutex_);
  Seen& seen = seen_[purpose];
  if (seen.content != content) {
    seen = {content, now};
    return false;
  }
  return now - seen.since >= times_.stale;
}

}  // namespace trellis::tls::acme

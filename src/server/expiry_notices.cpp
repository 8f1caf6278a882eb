// SPDX-License-Identifier: Apache-2.0
#include "server/expiry_notices.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "os/child_process.h"
#include "os/utc_text.h"

namespace trellis::server {
namespace {

struct Threshold {
  int64_t part;
  const char* text;
};
constexpr std::array<Threshold, 3> kThresholds = {{{3, "1/3"}, {10, "1/10"}, {20, "1/20"}}};

std::vector<std::string> names_of(const tls::ServerIdentity& identity) {
  std::vector<std::string> names = identity.dns_names;
  names.insert(names.end(), identity.ip_names.begin(), identity.ip_names.end());
  return names;
}

std::string in_words(std::chrono::nanoseconds left) {
  const auto hours = std::chrono::duration_cast<std::chrono::hours>(left).count();
  if (left.count() <= 0) return "has expired";
  if (hours >= 48) return fmt::format("expires in {} days", hours / 24);
  return hours > 0 ? fmt::format("expires in {} hours", hours)
                   : fmt::format("expires in {} minutes",
                                 std::chrono::duration_cast<std::chrono::minutes>(left).count());
}

}  // namespace

struct ExpiryNotices::Due {
  tls::ServerIdentity identity;
  std::vector<std::string> scopes;
  std::string next_renewal;  // empty: not ours to renew
  int stage = 0;
};

int expiry_stage(os::Clock::Wall not_before, os::Clock::Wall not_after, os::Clock::Wall now) {
  const auto life = not_after - not_before, left = not_after - now;
  int stage = 0;
  for (const Threshold& threshold : kThresholds) {
    if (left <= life / threshold.part) ++stage;
  }
  return stage;
}

ExpiryNotices::~ExpiryNotices() {
  if (!thread_.joinable()) return;
  {
    const MutexLock lock(mutex_);
    stop_ = true;
    stopped_.notify_all();
  }
  thread_.join();
}

void ExpiryNotices::start() {
  thread_ = std::thread([this] {
    while (true) {
      check();
      const MutexLock lock(mutex_);
      if (!stop_) stopped_.wait_for(mutex_, options_.interval);
      if (stop_) return;
    }
  });
}

void ExpiryNotices::check() {
  const os::Clock::Wall now = options_.clock->wall();
  std::map<std::string, Due> served;
  for (const tls::CertificateStatus& pair : options_.certificates->status()) {
    if (!pair.identity) continue;
    Due& due = served[pair.identity->sha256];
    due.identity = *pair.identity;
    due.scopes.emplace_back(to_string(pair.scope));
    if (pair.next_renewal) due.next_renewal = os::utc_text(*pair.next_renewal);
    due.stage = expiry_stage(due.identity.not_before, due.identity.not_after, now);
    // Where a renewal is planned, and nothing speaks against it, a third is no reason for alarm.
    if (due.stage == 1 && pair.next_renewal && pair.last_error.empty()) due.stage = 0;
  }
  std::map<std::string, int> passed;
  for (auto& [sha256, due] : served) {
    const auto before = passed_.find(sha256);
    const int known = before == passed_.end() ? 0 : before->second;
    passed[sha256] = std::max(known, due.stage);
    due.scopes.erase(std::unique(due.scopes.begin(), due.scopes.end()), due.scopes.end());
    if (due.stage > known) give_notice(due);
  }
  passed_ = std::move(passed);  // what is served no more is forgotten
}

void ExpiryNotices::give_notice(const Due& due) const {
  const auto left = due.identity.not_after - options_.clock->wall();
  options_.log.warn(
      "The certificate of {} ({}; SHA-256 {}) {}, on {}: less than {} of its life is left. {}",
      fmt::join(due.scopes, " and "), fmt::join(names_of(due.identity), ", "), due.identity.sha256,
      in_words(left), os::utc_text(due.identity.not_after),
      kThresholds[static_cast<size_t>(due.stage - 1)].text,
      due.next_renewal.empty() ? "Renew it; the server takes the new files by itself."
                               : "Next attempt to renew it: " + due.next_renewal + ".");
  if (!options_.program.empty()) run_program(due);
}

void ExpiryNotices::run_program(const Due& due) const {
  const auto ran = os::run_process(
      options_.program, options_.program_timeout, 64 << 10,
      {{"TRELLIS_CERTIFICATE_SCOPES", fmt::format("{}", fmt::join(due.scopes, ","))},
       {"TRELLIS_CERTIFICATE_NAMES", fmt::format("{}", fmt::join(names_of(due.identity), ","))},
       {"TRELLIS_CERTIFICATE_NOT_AFTER", os::utc_text(due.identity.not_after)},
       {"TRELLIS_CERTIFICATE_SHA256", due.identity.sha256},
       {"TRELLIS_CERTIFICATE_LIFE_LEFT", kThresholds[static_cast<size_t>(due.stage - 1)].text}});
  if (!ran) {
    return options_.log.error("server.tls.expiry_command: {}", ran.error().message());
  }
  if (ran->timed_out) {
    return options_.log.error("server.tls.expiry_command was killed: it ran for {} ms.",
                              options_.program_timeout.count());
  }
  if (ran->exit_code != 0) {
    options_.log.error("server.tls.expiry_command ended with {}: {}", ran->exit_code, ran->errors);
  }
}

}  // namespace trellis::server

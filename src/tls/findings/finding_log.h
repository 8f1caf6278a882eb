// SPDX-License-Identifier: Apache-2.0
//
// Tells a log of findings once: when one appears, when its text changes (a count of days does once
// a day), and when it is gone. Thread-safe.
#pragma once

#include <set>
#include <string>

#include "base/log.h"
#include "base/mutex.h"
#include "tls/findings/finding.h"

namespace trellis::tls {

class FindingLog {
 public:
  explicit FindingLog(Logger log) : log_(std::move(log)) {}

  // All that are true now.
  void report(const Findings& findings) EXCLUDES(mutex_);

 private:
  const Logger log_;
  Mutex mutex_;
  std::set<std::string> told_ GUARDED_BY(mutex_);      // whole texts
  std::set<std::string> standing_ GUARDED_BY(mutex_);  // "certificate-expired (bolt)"
};

}  // namespace trellis::tls

// SPDX-License-Identifier: Apache-2.0
//
// Who may fill the log: of what a peer causes, one line for each address and minute.
//
// Thread-safe. Bounded: peers that were logged within the last minute, at most kMostPeers; beyond
// them nobody is logged.
#pragma once

#include <chrono>
#include <string>
#include <unordered_map>

#include "base/mutex.h"

namespace trellis::net {

class PeerLogLimit {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr size_t kMostPeers = 1024;
  static constexpr std::chrono::minutes kQuiet{1};

  // True: log it; the minute begins.
  bool may_log(const std::string& peer, Time now) EXCLUDES(mutex_);

 private:
  Mutex mutex_;
  std::unordered_map<std::string, Time> told_ GUARDED_BY(mutex_);  // by address
};

}  // namespace trellis::net

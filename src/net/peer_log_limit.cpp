// SPDX-License-Identifier: Apache-2.0
#include "net/peer_log_limit.h"

namespace trellis::net {

bool PeerLogLimit::may_log(const std::string& peer, Time now) {
  const MutexLock lock(mutex_);
  if (told_.size() >= kMostPeers) {
    std::erase_if(told_, [&](const auto& one) { return now - one.second >= kQuiet; });
  }
  const auto found = told_.find(peer);
  if (found == told_.end()) {
    if (told_.size() >= kMostPeers) return false;
    told_.emplace(peer, now);
    return true;
  }
  if (now - found->second < kQuiet) return false;
  found->second = now;
  return true;
}

}  // namespace trellis::net

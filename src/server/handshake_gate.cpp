// SPDX-License-Identifier: Apache-2.0
#include "server/handshake_gate.h"

#include <utility>

namespace trellis::server {

using Clock = std::chrono::steady_clock;

void HandshakeGate::News::tell() {
  if (displaced) {
    net::IoThread& thread = displaced->thread();
    thread.post([guest = std::move(displaced)] { guest->displaced(); });
  }
  if (admitted) {
    net::IoThread& thread = admitted->thread();
    thread.post([guest = std::move(admitted)] { guest->admitted(); });
  }
}

// A guest whose last owner has let go waits for the lock in its destructor: it is still there to be
// moved, but nobody calls it any more.
void HandshakeGate::let_in(Guest& guest) {
  inside_.splice(inside_.end(), waiting_, guest.place_);
  guest.place_->since = Clock::now();
  guest.standing_ = Guest::Standing::kInside;
}

std::shared_ptr<HandshakeGate::Guest> HandshakeGate::displace_oldest() {
  auto oldest = inside_.front().alive.lock();
  inside_.front().guest->standing_ = Guest::Standing::kOutside;
  inside_.pop_front();
  return oldest;
}

HandshakeGate::Answer HandshakeGate::enter(const std::shared_ptr<Guest>& guest) {
  News news;
  bool room = false;
  {
    const MutexLock lock(mutex_);
    const auto now = Clock::now();
    room = inside_.size() < most_;
    if (!room && waiting_.size() >= most_) {
      if (now - inside_.front().since < kGrace) return Answer::kFull;
      news.displaced = displace_oldest();
      news.admitted = waiting_.front().alive.lock();
      let_in(*waiting_.front().guest);
    }
    Places& places = room ? inside_ : waiting_;
    guest->place_ = places.insert(places.end(), {guest.get(), guest, now});
    guest->standing_ = room ? Guest::Standing::kInside : Guest::Standing::kWaiting;
  }
  news.tell();
  return room ? Answer::kInside : Answer::kWait;
}

bool HandshakeGate::insist(Guest& guest) {
  News news;
  {
    const MutexLock lock(mutex_);
    if (guest.standing_ != Guest::Standing::kWaiting) return false;
    if (inside_.size() >= most_) news.displaced = displace_oldest();
    let_in(guest);
  }
  news.tell();
  return true;
}

void HandshakeGate::leave(Guest& guest) {
  News news;
  {
    const MutexLock lock(mutex_);
    const auto standing = std::exchange(guest.standing_, Guest::Standing::kOutside);
    if (standing == Guest::Standing::kOutside) return;
    (standing == Guest::Standing::kInside ? inside_ : waiting_).erase(guest.place_);
    if (inside_.size() < most_ && !waiting_.empty()) {
      news.admitted = waiting_.front().alive.lock();
      let_in(*waiting_.front().guest);
    }
  }
  news.tell();
}

}  // namespace trellis::server

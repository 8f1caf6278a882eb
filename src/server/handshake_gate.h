// SPDX-License-Identifier: Apache-2.0
//
// How many connections of one TLS listener may be between accept and the first byte of their
// protocol: half handshakes cost memory, and whoever sends many of them is no client.
//
// While there is room, everybody enters. A full house lets as many again wait; who has waited for
// kPatience takes the place of the oldest inside, since honest handshakes take milliseconds and the
// oldest is the least honest. When nobody more can wait, the first of those who do takes that place
// at once, unless even the oldest inside is younger than kGrace: then the new one is refused. So a
// rush of honest ones is served in its order, and a flood of half handshakes costs them the
// patience; one that fills the house twice within kGrace costs some of them another attempt.
// Thread-safe; callbacks of a guest run on its thread.
#pragma once

#include <chrono>
#include <list>
#include <memory>

#include "base/mutex.h"
#include "net/event_loop.h"

namespace trellis::server {

class HandshakeGate {
 public:
  static constexpr std::chrono::milliseconds kPatience{250};
  static constexpr std::chrono::milliseconds kGrace{50};

  // A connection that is still arriving. It leaves when it has arrived, or is destroyed.
  class Guest {
   public:
    virtual ~Guest() = default;
    virtual net::IoThread& thread() = 0;
    virtual void admitted() = 0;   // after kWait: a place became free
    virtual void displaced() = 0;  // its place has gone to another: it must end

   private:
    friend class HandshakeGate;
    enum class Standing : uint8_t { kOutside, kWaiting, kInside };
    struct Place {
      Guest* guest;
      std::weak_ptr<Guest> alive;
      std::chrono::steady_clock::time_point since;  // it came, or was let in
    };
    // Both under the gate's lock.
    Standing standing_ = Standing::kOutside;
    std::list<Place>::iterator place_;
  };

  explicit HandshakeGate(size_t most) : most_(most) {}

  enum class Answer : uint8_t { kInside, kWait, kFull };
  // kWait: call insist() after kPatience. Once for each guest.
  Answer enter(const std::shared_ptr<Guest>& guest) EXCLUDES(mutex_);
  // Takes the place of the oldest inside. False: the guest waits no more (it has been let in).
  bool insist(Guest& guest) EXCLUDES(mutex_);
  void leave(Guest& guest) EXCLUDES(mutex_);

 private:
  using Places = std::list<Guest::Place>;
  // Those to be told, once the lock is given back.
  struct News {
    std::shared_ptr<Guest> displaced;
    std::shared_ptr<Guest> admitted;
    void tell();
  };
  void let_in(Guest& guest) REQUIRES(mutex_);
  std::shared_ptr<Guest> displace_oldest() REQUIRES(mutex_);

  const size_t most_;
  Mutex mutex_;
  Places inside_ GUARDED_BY(mutex_);   // oldest first
  Places waiting_ GUARDED_BY(mutex_);  // oldest first
};

}  // namespace trellis::server

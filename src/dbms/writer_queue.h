// SPDX-License-Identifier: Apache-2.0
//
// Whoever changes `system` takes a turn first, in order of arrival, before its snapshot is taken:
// so it never finds that somebody else has committed meanwhile. (The lock on the version node is
// then free; it stays as the storage's own guard.)
//
// Thread-safe. A Ticket stands for one transaction; it gives its turn back when it is destroyed.
#pragma once

#include <deque>
#include <memory>

#include "base/mutex.h"
#include "base/poll.h"

namespace trellis::dbms {

class WriterQueue {
 public:
  class Ticket {
   public:
    explicit Ticket(WriterQueue& queue) : queue_(queue) {}
    ~Ticket() { queue_.leave(*this); }
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;

    // kReady when it is this ticket's turn, until leave().
    Poll poll(const PollContext& context) { return queue_.poll(*this, context); }
    void leave() { queue_.leave(*this); }
    // Any thread: whoever waits with it polls again (having been told to stop).
    void wake() { queue_.wake(*this); }

   private:
    friend class WriterQueue;
    WriterQueue& queue_;
    Waker waker_;  // guarded by the queue's mutex
  };

 private:
  Poll poll(Ticket& ticket, const PollContext& context);
  void leave(Ticket& ticket);
  void wake(Ticket& ticket);

  Mutex mutex_;
  std::deque<Ticket*> line_ GUARDED_BY(mutex_);  // the first has its turn
};

}  // namespace trellis::dbms

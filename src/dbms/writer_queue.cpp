// SPDX-License-Identifier: Apache-2.0
#include "dbms/writer_queue.h"

#include <algorithm>
#include <utility>

namespace trellis::dbms {

Poll WriterQueue::poll(Ticket& ticket, const PollContext& context) {
  MutexLock lock(mutex_);
  if (std::find(line_.begin(), line_.end(), &ticket) == line_.end()) line_.push_back(&ticket);
  if (line_.front() == &ticket) {
    ticket.waker_ = nullptr;
    return Poll::kReady;
  }
  ticket.waker_ = context.waker;
  return Poll::kBlocked;
}

void WriterQueue::leave(Ticket& ticket) {
  Waker next;
  {
    MutexLock lock(mutex_);
    const auto found = std::find(line_.begin(), line_.end(), &ticket);
    ticket.waker_ = nullptr;
    if (found == line_.end()) return;
    const bool had_turn = found == line_.begin();
    line_.erase(found);
    if (had_turn && !line_.empty()) next = std::exchange(line_.front()->waker_, nullptr);
  }
  if (next) next();
}

void WriterQueue::wake(Ticket& ticket) {
  Waker waker;
  {
    MutexLock lock(mutex_);
    waker = std::exchange(ticket.waker_, nullptr);
  }
  if (waker) waker();
}

}  // namespace trellis::dbms

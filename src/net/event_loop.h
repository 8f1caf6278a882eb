// SPDX-License-Identifier: Apache-2.0
//
// Threads that wait for sockets and timers.
//
//   EventLoop   N IoThreads; each has its own queue, sockets and timers.
//   IoThread    where a connection lives: all calls to its Stream, its timers and its callbacks
//               happen on this one thread, so a connection needs no lock.
//   Timer       fires once, on its thread.
//
// Threads: post() and is_current() from any thread. Timer only on its own thread.
// Invariants
//   1. Tasks posted to one IoThread run in the order of posting, never inside post().
//   2. After stop() no task runs; tasks still queued are destroyed with the loop, not run.
//   3. Whatever lives on a thread (streams, acceptors, timers) is destroyed before the EventLoop,
//      or is owned by a callback that is still queued in it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

#include "net/callback.h"

namespace trellis::net {

class IoThread {
 public:
  struct Impl;  // net/io_thread_impl.h, for this room alone
  explicit IoThread(std::unique_ptr<Impl> impl);
  ~IoThread();
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  void post(Task task);
  bool is_current() const;
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

class EventLoop {
 public:
  // threads 0: as many as the machine has cores, at most 16. Threads start at once.
  explicit EventLoop(size_t threads = 0);
  ~EventLoop();  // stops
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  size_t size() const { return threads_.size(); }
  IoThread& thread(size_t index) { return *threads_[index]; }
  IoThread& next();  // round robin; any thread
  // Returns when every thread has ended. Not from one of its own threads. Idempotent.
  void stop();

 private:
  std::vector<std::unique_ptr<IoThread>> threads_;
  std::atomic<size_t> turn_{0};
};

class Timer {
 public:
  explicit Timer(IoThread& thread);
  ~Timer();  // cancels
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Replaces what was armed. A callback never runs after cancel(), arm() or destruction.
  void arm(std::chrono::milliseconds delay, Task fire);
  void cancel();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace trellis::net

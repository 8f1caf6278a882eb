// SPDX-License-Identifier: Apache-2.0
//
// Signals as calls on an ordinary thread (sigwait), never in a handler.
//
// Make the one SignalThread before any other thread is started: it blocks the signals for the
// calling thread and all those that come after it.
#pragma once

#include <functional>
#include <thread>
#include <vector>

namespace trellis::os {

class SignalThread {
 public:
  // SIGTERM, SIGINT, SIGHUP, SIGUSR1 go to the callback, one after another; SIGPIPE is ignored.
  explicit SignalThread(std::function<void(int)> on_signal);
  ~SignalThread();
  SignalThread(const SignalThread&) = delete;
  SignalThread& operator=(const SignalThread&) = delete;

 private:
  std::function<void(int)> on_signal_;
  int stop_ = -1;
  int signals_ = -1;
  std::thread thread_;
};

// For processes that set up no SignalThread (a broken connection is an error, not a death).
void ignore_sigpipe();

}  // namespace trellis::os

// SPDX-License-Identifier: Apache-2.0
#include "os/signals.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cstdint>

#include "base/macros.h"

namespace trellis::os {

SignalThread::SignalThread(std::function<void(int)> on_signal) : on_signal_(std::move(on_signal)) {
  ignore_sigpipe();
  sigset_t wanted;
  ::sigemptyset(&wanted);
  for (int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) ::sigaddset(&wanted, number);
  ::pthread_sigmask(SIG_BLOCK, &wanted, nullptr);
  signals_ = ::signalfd(-1, &wanted, SFD_CLOEXEC);
  stop_ = ::eventfd(0, EFD_CLOEXEC);
  TRELLIS_ASSERT(signals_ >= 0 && stop_ >= 0);
  thread_ = std::thread([this] {
    std::array<pollfd, 2> wait_for = {pollfd{signals_, POLLIN, 0}, pollfd{stop_, POLLIN, 0}};
    while (true) {
      if (::poll(wait_for.data(), wait_for.size(), -1) < 0) continue;
      if (wait_for[1].revents != 0) return;
      signalfd_siginfo info{};
      if (::read(signals_, &info, sizeof(info)) == sizeof(info)) {
        on_signal_(static_cast<int>(info.ssi_signo));
      }
    }
  });
}

SignalThread::~SignalThread() {
  uint64_t one = 1;
  [[maybe_unused]] ssize_t written = ::write(stop_, &one, sizeof(one));
  thread_.join();
  ::close(signals_);
  ::close(stop_);
}

void ignore_sigpipe() { ::signal(SIGPIPE, SIG_IGN); }

}  // namespace trellis::os

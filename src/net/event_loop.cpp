// SPDX-License-Identifier: Apache-2.0
#include "net/event_loop.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/io_thread_impl.h"

namespace trellis::net {

IoThread::IoThread(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
IoThread::~IoThread() = default;

void IoThread::post(Task task) {
  boost::asio::post(impl_->context, [run = std::move(task)]() mutable { run(); });
}

bool IoThread::is_current() const { return impl_->thread.get_id() == std::this_thread::get_id(); }

EventLoop::EventLoop(size_t threads) {
  if (threads == 0) threads = std::clamp<size_t>(std::thread::hardware_concurrency(), 1, 16);
  for (size_t i = 0; i < threads; ++i) {
    threads_.push_back(std::make_unique<IoThread>(std::make_unique<IoThread::Impl>()));
  }
  for (auto& thread : threads_) {
    auto& impl = thread->impl();
    impl.thread = std::thread([&impl] { impl.context.run(); });
  }
}

EventLoop::~EventLoop() { stop(); }

IoThread& EventLoop::next() {
  return *threads_[turn_.fetch_add(1, std::memory_order_relaxed) % threads_.size()];
}

void EventLoop::stop() {
  for (auto& thread : threads_) thread->impl().context.stop();
  for (auto& thread : threads_) {
    if (thread->impl().thread.joinable()) thread->impl().thread.join();
  }
}

// Shared with the handler that waits, so that a handler already queued finds out that it is stale.
struct Timer::State {
  explicit State(boost::asio::io_context& context) : timer(context) {}
  boost::asio::steady_timer timer;
  uint64_t generation = 0;
};

Timer::Timer(IoThread& thread) : state_(std::make_shared<State>(thread.impl().context)) {}
Timer::~Timer() { cancel(); }

void Timer::arm(std::chrono::milliseconds delay, Task fire) {
  const uint64_t generation = ++state_->generation;
  state_->timer.expires_after(delay);
  state_->timer.async_wait(
      [state = std::weak_ptr<State>(state_), generation,
       run = std::move(fire)](const boost::system::error_code& failed) mutable {
        const auto alive = state.lock();
        if (failed || !alive || alive->generation != generation) return;
        run();
      });
}

void Timer::cancel() {
  ++state_->generation;
  state_->timer.cancel();
}

}  // namespace trellis::net

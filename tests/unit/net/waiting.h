// SPDX-License-Identifier: Apache-2.0
//
// Turns callbacks on I/O threads into values that a test can wait for.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>

#include "net/acceptor.h"
#include "net/connector.h"
#include "net/stream.h"

namespace trellis::testing {

template <class T>
class Promise {
 public:
  // The first value counts.
  void set(T value) {
    if (!taken_->exchange(true)) promise_->set_value(std::move(value));
  }
  T get(std::chrono::seconds limit = std::chrono::seconds(10)) {
    auto future = promise_->get_future();
    if (future.wait_for(limit) != std::future_status::ready) throw std::runtime_error("no answer");
    return future.get();
  }

 private:
  std::shared_ptr<std::promise<T>> promise_ = std::make_shared<std::promise<T>>();
  std::shared_ptr<std::atomic<bool>> taken_ = std::make_shared<std::atomic<bool>>(false);
};

inline Result<std::unique_ptr<net::Stream>> connect_and_wait(net::IoThread& thread,
                                                             net::ConnectOptions options) {
  Promise<Result<std::unique_ptr<net::Stream>>> answer;
  net::connect(
      thread, std::move(options),
      [answer](Result<std::unique_ptr<net::Stream>> made) mutable { answer.set(std::move(made)); });
  return answer.get();
}

// Runs `work` on the stream's thread and waits for it.
inline void on_thread(net::IoThread& thread, std::function<void()> work) {
  Promise<bool> done;
  thread.post([done, work]() mutable {
    work();
    done.set(true);
  });
  done.get();
}

inline Result<> write_and_wait(net::Stream& stream, std::string text) {
  Promise<Result<>> answer;
  auto bytes = std::make_shared<std::string>(std::move(text));
  stream.thread().post([&stream, bytes, answer]() mutable {
    stream.write_all(std::as_bytes(std::span(*bytes)),
                     [bytes, answer](Result<> r) mutable { answer.set(std::move(r)); });
  });
  return answer.get();
}

// One read; "" at the end of the stream.
inline Result<std::string> read_and_wait(net::Stream& stream) {
  Promise<Result<std::string>> answer;
  auto buffer = std::make_shared<std::string>(65536, '\0');
  stream.thread().post([&stream, buffer, answer]() mutable {
    stream.read_some(std::as_writable_bytes(std::span(*buffer)),
                     [buffer, answer](Result<size_t> r) mutable {
                       if (r) {
                         answer.set(buffer->substr(0, *r));
                       } else {
                         answer.set(fail(std::move(r.error())));
                       }
                     });
  });
  return answer.get();
}

inline Result<std::string> read_exactly(net::Stream& stream, size_t size) {
  std::string all;
  while (all.size() < size) {
    auto part = read_and_wait(stream);
    if (!part) return part;
    if (part->empty()) break;
    all += *part;
  }
  return all;
}

// Streams belong to their thread, their end too.
inline void close_and_wait(std::unique_ptr<net::Stream>& stream) {
  if (!stream) return;
  auto& thread = stream->thread();
  on_thread(thread, [&] { stream.reset(); });
}

}  // namespace trellis::testing

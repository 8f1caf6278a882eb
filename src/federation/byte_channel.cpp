// SPDX-License-Identifier: Apache-2.0
#include "federation/byte_channel.h"

#include <optional>
#include <utility>

#include "base/mutex.h"

namespace trellis::federation {
namespace {

constexpr size_t kReadSize = 32 * 1024;
constexpr size_t kHighWater = 256 * 1024;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

}  // namespace

// Members without a guard belong to the I/O thread.
struct ByteChannel::State : std::enable_shared_from_this<State> {
  State(net::IoThread& io, std::string name) : thread(io), peer(std::move(name)) {}

  net::IoThread& thread;
  const std::string peer;

  mutable Mutex mutex;
  bool open GUARDED_BY(mutex) = false;
  bool closing GUARDED_BY(mutex) = false;
  std::optional<Error> error GUARDED_BY(mutex);
  wire::ByteBuffer inbound GUARDED_BY(mutex);
  wire::ByteBuffer outbound GUARDED_BY(mutex);
  bool flush_posted GUARDED_BY(mutex) = false;
  bool read_paused GUARDED_BY(mutex) = false;
  Waker waker GUARDED_BY(mutex);
  Clock::time_point waiting_since GUARDED_BY(mutex);
  milliseconds silence_limit GUARDED_BY(mutex){0};

  std::unique_ptr<net::Stream> stream;
  wire::ByteBuffer reading;
  wire::ByteBuffer writing;
  bool write_waits = false;
  std::unique_ptr<net::Timer> watchdog;

  Waker take_waker() REQUIRES(mutex) { return std::exchange(waker, nullptr); }

  void lost(Error cause) EXCLUDES(mutex) {
    Waker woken;
    {
      MutexLock lock(mutex);
      if (!error) error = std::move(cause);
      open = false;
      woken = take_waker();
    }
    if (stream) stream->close();
    stream.reset();
    watchdog.reset();
    if (woken) woken();
  }

  void connected(Result<std::unique_ptr<net::Stream>> made) EXCLUDES(mutex) {
    if (!made) return lost(std::move(made).error());
    Waker woken;
    {
      MutexLock lock(mutex);
      if (closing) return;  // nobody wants it any more
      open = true;
      woken = take_waker();
    }
    stream = std::move(*made);
    wait_read();
    flush();
    if (woken) woken();
  }

  void wait_read() {
    stream->wait(net::Interest::kRead, [weak = weak_from_this()](Result<> ready) {
      const auto self = weak.lock();
      if (self && ready) self->readable();
      if (self && !ready) self->lost(std::move(ready).error());
    });
  }

  void readable() EXCLUDES(mutex) {
    if (!stream) return;
    std::optional<Error> ended;
    while (reading.size() < kHighWater) {
      const size_t before = reading.size();
      std::byte* at = reading.extend(kReadSize);
      auto got = stream->read_now({at, kReadSize});
      reading.truncate(before + (got && got->moved() ? got->bytes : 0));
      if (!got) ended = std::move(got).error();
      if (got && got->kind == net::Transfer::Kind::kEnd) {
        ended = make_error(ErrorCode::ConnectionClosed, "{} closed the connection.", peer);
      }
      if (ended || !got->moved()) break;
    }
    bool go_on = false;
    Waker woken;
    {
      MutexLock lock(mutex);
      if (inbound.empty()) {
        std::swap(inbound, reading);
        reading.clear();
      } else {
        inbound.append(reading.bytes());
        reading.clear();
      }
      go_on = inbound.size() < kHighWater;
      read_paused = !go_on;
      if (!inbound.empty()) woken = take_waker();
    }
    if (ended) {
      lost(std::move(*ended));
    } else if (go_on) {
      wait_read();
    }
    if (woken) woken();
  }

  void resume() EXCLUDES(mutex) {
    {
      MutexLock lock(mutex);
      if (!read_paused) return;
      read_paused = false;
    }
    if (stream) wait_read();
  }

  void flush() EXCLUDES(mutex) {
    if (!stream || write_waits) return;
    {
      MutexLock lock(mutex);
      flush_posted = false;
      writing.append(outbound.bytes());
      outbound.clear();
    }
    while (!writing.empty()) {
      auto sent = stream->write_now(writing.bytes());
      if (!sent) return lost(std::move(sent).error());
      if (!sent->moved()) break;
      writing.consume(sent->bytes);
    }
    if (writing.empty()) return;
    write_waits = true;
    stream->wait(net::Interest::kWrite, [weak = weak_from_this()](Result<> ready) {
      const auto self = weak.lock();
      if (!self) return;
      self->write_waits = false;
      if (ready) {
        self->flush();
      } else {
        self->lost(std::move(ready).error());
      }
    });
  }

  void watch() EXCLUDES(mutex) {
    if (!stream) return;
    milliseconds limit;
    milliseconds left;
    {
      MutexLock lock(mutex);
      limit = silence_limit;
      const auto waited = waker ? Clock::now() - waiting_since : Clock::duration::zero();
      left = std::chrono::duration_cast<milliseconds>(limit - waited);
    }
    if (limit.count() <= 0) return;
    if (left.count() <= 0) {
      return lost(make_error(ErrorCode::ConnectionClosed,
                             "{} was silent for {} ms; the connection is given up.", peer,
                             limit.count()));
    }
    if (!watchdog) watchdog = std::make_unique<net::Timer>(thread);
    watchdog->arm(left + milliseconds(1), [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->watch();
    });
  }

  void shut() EXCLUDES(mutex) {
    flush();
    if (stream) {
      stream->finish_writing();
      stream->close();
    }
    stream.reset();
    watchdog.reset();
  }
};

ByteChannel::ByteChannel(net::IoThread& thread, net::ConnectOptions options)
    : state_(std::make_shared<State>(thread, net::to_string(options.to))) {
  net::connect(thread, std::move(options),
               [weak = std::weak_ptr(state_)](Result<std::unique_ptr<net::Stream>> made) {
                 if (const auto self = weak.lock()) self->connected(std::move(made));
               });
}

ByteChannel::~ByteChannel() { close(); }

Result<Poll> ByteChannel::poll_open(const PollContext& context) {
  MutexLock lock(state_->mutex);
  if (state_->error) return fail(state_->error->clone());
  if (state_->open) return Poll::kReady;
  state_->waker = context.waker;
  state_->waiting_since = Clock::now();
  return Poll::kBlocked;
}

void ByteChannel::send(std::span<const std::byte> bytes) {
  {
    MutexLock lock(state_->mutex);
    if (state_->closing || state_->error) return;
    state_->outbound.append(bytes);
    if (state_->flush_posted) return;
    state_->flush_posted = true;
  }
  state_->thread.post([state = state_] { state->flush(); });
}

Result<Poll> ByteChannel::receive(wire::ByteBuffer& into, const PollContext& context) {
  bool resume = false;
  {
    MutexLock lock(state_->mutex);
    if (state_->inbound.empty()) {
      if (state_->error) return fail(state_->error->clone());
      if (context.waker) {
        state_->waker = context.waker;
        state_->waiting_since = Clock::now();
      }
      return Poll::kBlocked;
    }
    if (into.empty()) {
      std::swap(into, state_->inbound);
    } else {
      into.append(state_->inbound.bytes());
    }
    state_->inbound.clear();
    resume = state_->read_paused;
  }
  if (resume) state_->thread.post([state = state_] { state->resume(); });
  return Poll::kReady;
}

void ByteChannel::set_silence_limit(milliseconds limit) {
  {
    MutexLock lock(state_->mutex);
    state_->silence_limit = limit;
    state_->waiting_since = Clock::now();
  }
  if (limit.count() > 0) state_->thread.post([state = state_] { state->watch(); });
}

void ByteChannel::wake() {
  Waker woken;
  {
    MutexLock lock(state_->mutex);
    woken = state_->take_waker();
  }
  if (woken) woken();
}

void ByteChannel::close() {
  {
    MutexLock lock(state_->mutex);
    if (state_->closing) return;
    state_->closing = true;
    state_->open = false;
    if (!state_->error) {
      state_->error = make_error(ErrorCode::ConnectionClosed,
                                 "The connection to {} was closed on this side.", state_->peer);
    }
  }
  state_->thread.post([state = state_] { state->shut(); });
}

bool ByteChannel::is_open() const {
  MutexLock lock(state_->mutex);
  return state_->open && !state_->error;
}

}  // namespace trellis::federation

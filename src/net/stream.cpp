// SPDX-License-Identifier: Apache-2.0
#include "net/stream.h"

#include <array>

namespace trellis::net {
namespace {

constexpr std::chrono::milliseconds kLingerTime{2000};
constexpr size_t kLingerBytes = 1 << 20;

void read_when_ready(Stream& stream, std::span<std::byte> into, ReadCallback done) {
  stream.wait(Interest::kRead, [&stream, into, answer = std::move(done)](Result<> ready) mutable {
    if (!ready) return answer(fail(std::move(ready.error())));
    auto got = stream.read_now(into);
    if (!got) return answer(fail(std::move(got.error())));
    if (got->kind == Transfer::Kind::kWouldBlock) {
      return read_when_ready(stream, into, std::move(answer));
    }
    answer(got->bytes);
  });
}

void write_when_ready(Stream& stream, std::span<const std::byte> rest, WriteCallback done) {
  stream.wait(Interest::kWrite, [&stream, rest, answer = std::move(done)](Result<> ready) mutable {
    if (!ready) return answer(fail(std::move(ready.error())));
    while (!rest.empty()) {
      auto sent = stream.write_now(rest);
      if (!sent) return answer(fail(std::move(sent.error())));
      if (!sent->moved()) return write_when_ready(stream, rest, std::move(answer));
      rest = rest.subspan(sent->bytes);
    }
    answer({});
  });
}

// Keeps itself alive by the callbacks that it waits for.
struct Linger : std::enable_shared_from_this<Linger> {
  explicit Linger(std::unique_ptr<Stream> s) : stream(std::move(s)), deadline(stream->thread()) {}

  void start() {
    stream->finish_writing();
    deadline.arm(kLingerTime, [self = shared_from_this()] { self->end(); });
    drain();
  }
  void drain() {
    std::array<std::byte, 4096> dropped;
    for (;;) {
      auto got = stream->read_now(dropped);
      if (!got || got->kind == Transfer::Kind::kEnd) return end();
      if (!got->moved()) break;
      budget -= std::min(budget, got->bytes);
      if (budget == 0) return end();
    }
    stream->wait(Interest::kRead, [self = shared_from_this()](Result<> ready) {
      if (ready) self->drain();
    });
  }
  void end() {
    stream->close();
    deadline.cancel();
  }

  std::unique_ptr<Stream> stream;
  Timer deadline;
  size_t budget = kLingerBytes;
};

}  // namespace

void Stream::read_some(std::span<std::byte> into, ReadCallback done) {
  auto got = read_now(into);
  if (got && got->kind == Transfer::Kind::kWouldBlock) {
    return read_when_ready(*this, into, std::move(done));
  }
  Result<size_t> answer = got ? Result<size_t>(got->bytes) : fail(std::move(got.error()));
  thread().post(
      [answer = std::move(answer), done = std::move(done)]() mutable { done(std::move(answer)); });
}

void Stream::write_all(std::span<const std::byte> bytes, WriteCallback done) {
  Result<> answer;
  while (answer && !bytes.empty()) {
    auto sent = write_now(bytes);
    if (!sent) {
      answer = fail(std::move(sent.error()));
    } else if (!sent->moved()) {
      return write_when_ready(*this, bytes, std::move(done));
    } else {
      bytes = bytes.subspan(sent->bytes);
    }
  }
  thread().post(
      [answer = std::move(answer), done = std::move(done)]() mutable { done(std::move(answer)); });
}

void close_after_flush(std::unique_ptr<Stream> stream) {
  if (stream) std::make_shared<Linger>(std::move(stream))->start();
}

}  // namespace trellis::net

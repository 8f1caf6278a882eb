// SPDX-License-Identifier: Apache-2.0
//
// Bytes to and from another machine for code that is polled on any thread: the net::Stream lives on
// its I/O thread, a bounded buffer each way stands between.
//
// Thread-safe; receive() and poll_open() are called by one thread at a time.
// Invariants
//   1. When 256 KiB wait to be received, the stream is not read until some are taken: back-pressure
//      reaches the sender.
//   2. Bytes that arrived before the peer closed are received before the error.
//   3. A waker is called once: for bytes, for the connection's end, or by wake().
// Errors: ConnectionFailed, ConnectionClosed, CertificateRejected; each says with whom.
#pragma once

#include <chrono>
#include <memory>
#include <span>

#include "base/poll.h"
#include "base/result.h"
#include "net/connector.h"
#include "net/event_loop.h"
#include "wire/byte_buffer.h"

namespace trellis::federation {

class ByteChannel {
 public:
  // Begins to connect at once. The thread's loop must outlive the channel.
  ByteChannel(net::IoThread& thread, net::ConnectOptions options);
  ~ByteChannel();  // closes
  ByteChannel(const ByteChannel&) = delete;
  ByteChannel& operator=(const ByteChannel&) = delete;

  Result<Poll> poll_open(const PollContext& context);
  // Any time, even before the connection stands.
  void send(std::span<const std::byte> bytes);
  // kReady: at least one byte was appended. Without a waker kBlocked keeps nothing.
  Result<Poll> receive(wire::ByteBuffer& into, const PollContext& context);
  // While somebody waits in receive(): silent for longer than this means lost. 0: wait for ever.
  void set_silence_limit(std::chrono::milliseconds limit);
  // Calls the waker that waits, if one does.
  void wake();
  // Sends what was given to send(), then closes. Idempotent.
  void close();
  // False once the peer or this side has closed (as far as is known here).
  bool is_open() const;

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace trellis::federation

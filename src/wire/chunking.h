// SPDX-License-Identifier: Apache-2.0
//
// Bolt's chunks: u16 big-endian length and data, again and again; length 0 ends a message. A length
// 0 where no message has begun is a NOOP (keep-alive).
// Source: neo4j.com/docs/bolt, "message specification", Chunking.
//
//   Dechunker dechunker(limit);
//   while (true) {                                     // input: what was read from the socket
//     auto message = dechunker.next(input);            // takes bytes off its front
//     if (!message) -> close                           // too large
//     if (!message->has_value()) break;                // input is used up: read more
//     handle(**message);                               // valid until the next call
//   }
//
// Invariants
//   1. A message that lies in the input whole and in one chunk is returned as a view of the input,
//      uncopied. Else it is put together in a buffer of the Dechunker, which holds no more than the
//      bytes really received and no more than the limit.
//   2. idle(): between messages; then the Dechunker holds no memory after release().
// Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/result.h"
#include "wire/byte_buffer.h"

namespace trellis::wire {

class Dechunker {
 public:
  explicit Dechunker(size_t message_limit_bytes) : limit_(message_limit_bytes) {}

  // InvalidRequest when a message grows over the limit; the connection cannot go on.
  Result<std::optional<std::span<const std::byte>>> next(std::span<const std::byte>& input);

  void set_limit(size_t message_limit_bytes) { limit_ = message_limit_bytes; }
  bool idle() const { return in_header_ == 0 && chunk_left_ == 0 && !in_message_; }
  uint64_t noops() const { return noops_; }
  // Overwrites what the buffer holds (a message with credentials) and gives the memory back.
  // Views of a message that was put together end here. Only between messages.
  void wipe();
  void release();

 private:
  Result<std::optional<std::span<const std::byte>>> whole(std::span<const std::byte>& input);

  size_t limit_;
  ByteBuffer message_;
  uint64_t noops_ = 0;
  uint32_t chunk_left_ = 0;
  uint8_t in_header_ = 0;  // header bytes seen: 0 or 1
  uint8_t header_first_ = 0;
  bool in_message_ = false;     // a chunk of this message has begun
  bool message_taken_ = false;  // message_ was handed out: empty it at the next call
};

// Frames what is written into `out` between begin() and end() as one message. Small messages (up to
// 65,535 bytes) are framed in place; longer ones are moved once to make room for the chunk headers.
class ChunkWriter {
 public:
  explicit ChunkWriter(ByteBuffer& out) : out_(&out) {}
  // No part of `out` may be consumed between begin() and end().
  void begin() {
    start_ = out_->size();
    out_->extend(2);
  }
  void end();
  // Takes back everything since begin().
  void abandon() { out_->truncate(start_); }
  static void noop(ByteBuffer& out) { out.put(0), out.put(0); }

 private:
  ByteBuffer* out_;
  size_t start_ = 0;
};

}  // namespace trellis::wire

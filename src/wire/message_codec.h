// SPDX-License-Identifier: Apache-2.0
//
// Bolt messages to bytes and back. See wire/messages.h for the shapes and lifetimes.
//
// Decoding takes one dechunked message. Errors as in wire/pack_reader.h; also InvalidRequestFormat
// for an unknown signature, a wrong number or type of fields, or bytes left over. The chunks around
// the message are sound, so a server may answer FAILURE and go on in its FAILED state.
//
// Encoding writes framed messages into a ByteBuffer; records go straight from values to bytes:
//   MessageWriter writer(out, options);
//   auto& pack = writer.begin_record(columns);
//   for (...) pack.value(batch.at(row, column));
//   writer.end();
#pragma once

#include <span>

#include "base/arena.h"
#include "base/result.h"
#include "wire/bolt_version.h"
#include "wire/chunking.h"
#include "wire/messages.h"
#include "wire/pack_writer.h"

namespace trellis::wire {

class MessageWriter {
 public:
  MessageWriter(ByteBuffer& out, WireOptions options) : pack_(out, options), chunks_(out) {}
  MessageWriter(const MessageWriter&) = delete;
  MessageWriter& operator=(const MessageWriter&) = delete;

  // -- server: any message by its parts --
  PackWriter& begin(Tag tag, uint8_t fields) {
    chunks_.begin();
    pack_.structure(static_cast<uint8_t>(tag), fields);
    return pack_;
  }
  PackWriter& begin_record(size_t columns) {
    begin(Tag::kRecord, 1).list(columns);
    return pack_;
  }
  // SUCCESS whose map has `entries` entries, which the caller writes.
  PackWriter& begin_success(size_t entries) {
    begin(Tag::kSuccess, 1).map(entries);
    return pack_;
  }
  void end() { chunks_.end(); }
  // Takes back what was written since begin (a record that turned out not to be wanted).
  void abandon() { chunks_.abandon(); }

  void success(std::span<const value::MapEntry> metadata);
  void success() { begin_success(0), end(); }
  void ignored() { begin(Tag::kIgnored, 0), end(); }
  // {code, message} up to 5.6; from 5.7 the GQL form with its chain of causes.
  void failure(const Error& error);

  // -- client --
  void request(const Request& request);

  const WireOptions& options() const { return pack_.options(); }
  void set_options(WireOptions options) { pack_.set_options(options); }
  ByteBuffer& out() { return pack_.out(); }

 private:
  PackWriter pack_;
  ChunkWriter chunks_;
};

// The signature of a message, to look before decoding (RESET must be noticed at once).
Result<Tag> peek_tag(std::span<const std::byte> message);
Result<Request> decode_request(std::span<const std::byte> message, WireOptions options,
                               Arena& arena);
Result<Response> decode_response(std::span<const std::byte> message, WireOptions options,
                                 Arena& arena);
// The error in a FAILURE's metadata: keeps the sender's codes, texts and chain.
Error error_of(std::span<const value::MapEntry> metadata);

}  // namespace trellis::wire

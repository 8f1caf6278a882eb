// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a stream of chunks, each message decoded as a request and as a response. The same
// stream in pieces must give the same messages. The first byte picks version and piece size.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "wire/message_codec.h"

using namespace trellis;
using namespace trellis::wire;

namespace {

constexpr size_t kLimit = 64 * 1024;

std::vector<std::string> messages(std::span<const std::byte> stream, size_t piece) {
  Dechunker dechunker(kLimit);
  std::vector<std::string> out;
  while (!stream.empty()) {
    std::span<const std::byte> input = stream.first(std::min(piece, stream.size()));
    stream = stream.subspan(input.size());
    while (true) {
      const auto message = dechunker.next(input);
      if (!message) return out;
      if (!*message) break;
      out.emplace_back(reinterpret_cast<const char*>((*message)->data()), (*message)->size());
    }
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  static constexpr BoltVersion kVersions[] = {{4, 4}, {5, 0}, {5, 1}, {5, 4},
                                              {5, 6}, {5, 7}, {5, 8}, {5, 2}};
  const WireOptions options{kVersions[data[0] & 7], false};
  const auto stream = std::as_bytes(std::span(data + 1, size - 1));
  const auto whole = messages(stream, stream.size() + 1);
  TRELLIS_ASSERT(whole == messages(stream, 1 + (data[0] >> 3)));
  for (const std::string& message : whole) {
    const auto bytes = std::as_bytes(std::span(message));
    Arena arena;
    if (auto request = decode_request(bytes, options, arena)) {
      ByteBuffer out;
      MessageWriter(out, options).request(*request);
      Arena again;
      Dechunker dechunker(2 * kLimit);
      std::span<const std::byte> input = out.bytes();
      const auto sent = dechunker.next(input);
      TRELLIS_ASSERT(sent.has_value() && sent->has_value());
      TRELLIS_ASSERT(decode_request(**sent, options, again).has_value());
    }
    if (auto response = decode_response(bytes, options, arena)) {
      if (auto* failure = std::get_if<Failure>(&*response)) {
        ByteBuffer out;
        MessageWriter(out, options).failure(failure->error);
      }
    }
  }
  return 0;
}

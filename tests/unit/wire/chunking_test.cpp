// SPDX-License-Identifier: Apache-2.0
#include "wire/chunking.h"

#include <doctest/doctest.h>

#include "unit/wire/bytes.h"

using namespace trellis;
using namespace trellis::wire;
using test::hex;
using test::unhex;

namespace {

std::string framed(size_t size) {
  ByteBuffer out;
  out.put(0xEE);  // what was there before stays
  ChunkWriter chunks(out);
  chunks.begin();
  for (size_t i = 0; i < size; ++i) out.put(static_cast<uint8_t>(i * 7));
  chunks.end();
  return {reinterpret_cast<const char*>(out.bytes().data()) + 1, out.size() - 1};
}

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

// All messages in a stream, given in pieces of a size.
std::vector<std::string> messages(Dechunker& dechunker, std::span<const std::byte> stream,
                                  size_t piece) {
  std::vector<std::string> out;
  while (!stream.empty()) {
    const std::vector<std::byte> part(stream.begin(),
                                      stream.begin() + std::min(piece, stream.size()));
    stream = stream.subspan(part.size());
    std::span<const std::byte> input = part;
    while (true) {
      const auto message = dechunker.next(input);
      REQUIRE(message.has_value());
      if (!message->has_value()) break;
      out.push_back(hex(**message));
    }
    CHECK(input.empty());
  }
  return out;
}

}  // namespace

TEST_CASE("messages are framed in chunks of at most 65,535 bytes") {
  ByteBuffer out;
  ChunkWriter chunks(out);
  chunks.begin();
  out.put(0xB0);
  out.put(0x0F);
  chunks.end();
  CHECK(hex(out) == "00 02 B0 0F 00 00");
  chunks.begin();
  out.put(1);
  chunks.abandon();
  CHECK(out.size() == 6);
  ChunkWriter::noop(out);
  CHECK(hex(out) == "00 02 B0 0F 00 00 00 00");
  CHECK(framed(65535).size() == 65535 + 4);
  CHECK(framed(65536).size() == 65536 + 6);
}

TEST_CASE("what is framed is found again, however the bytes come") {
  for (const size_t size : {1U, 2U, 100U, 65534U, 65535U, 65536U, 131070U, 131071U, 200000U}) {
    const std::string stream = framed(size) + std::string("\0\0", 2) + framed(3);
    std::string expected;
    for (size_t i = 0; i < size; ++i) expected += static_cast<char>(i * 7);
    for (const size_t piece : {size_t{1}, size_t{3}, size_t{1000}, stream.size()}) {
      Dechunker dechunker(1 << 20);
      const auto found = messages(dechunker, bytes_of(stream), piece);
      REQUIRE(found.size() == 2);
      CHECK(found[0] == hex(bytes_of(expected)));
      CHECK(found[1] == "00 07 0E");
      CHECK(dechunker.idle());
      CHECK(dechunker.noops() == 1);
    }
  }
}

TEST_CASE("a whole message in one chunk is not copied") {
  const auto stream = unhex("00 02 B0 0F 00 00 00 02");
  std::span<const std::byte> input = stream;
  Dechunker dechunker(100);
  const auto message = dechunker.next(input);
  REQUIRE(message.has_value());
  REQUIRE(message->has_value());
  CHECK((*message)->data() == stream.data() + 2);
  CHECK(input.size() == 2);
  CHECK(!dechunker.next(input)->has_value());
  CHECK(!dechunker.idle());
}

TEST_CASE("a message over the limit is refused as soon as it is") {
  Dechunker whole(3);
  const auto one = unhex("00 04 01 02 03 04 00 00");
  std::span<const std::byte> input = one;
  CHECK(whole.next(input).error().code() == ErrorCode::InvalidRequest);
  Dechunker parts(3);
  const auto many = unhex("00 01 01 00 01 02 00 01 03 00 01 04");
  input = many;
  CHECK(parts.next(input).error().code() == ErrorCode::InvalidRequest);
  Dechunker exact(4);
  input = one;
  CHECK(exact.next(input)->has_value());
}

TEST_CASE("a dechunker can forget a message with credentials") {
  Dechunker dechunker(100);
  const auto stream = unhex("00 01 01 00 01 02 00 00");
  std::span<const std::byte> input = stream;
  REQUIRE(dechunker.next(input)->has_value());
  dechunker.wipe();
  CHECK(dechunker.idle());
  input = stream;
  CHECK(dechunker.next(input)->has_value());
}

TEST_CASE("a byte buffer keeps what is unread while it grows") {
  ByteBuffer buffer;
  uint8_t next_in = 0;
  uint8_t next_out = 0;
  for (int round = 0; round < 1000; ++round) {
    for (int i = 0; i < 37; ++i) buffer.put(next_in++);
    const size_t taken = std::min<size_t>(buffer.size(), 36);
    for (size_t i = 0; i < taken; ++i) CHECK(buffer.bytes()[i] == std::byte{next_out++});
    buffer.consume(taken);
  }
  CHECK(buffer.size() == 1000);
  CHECK(buffer.capacity() < 10'000);
}

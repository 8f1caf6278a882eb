// SPDX-License-Identifier: Apache-2.0
#include "wire/handshake.h"

#include <doctest/doctest.h>

#include "unit/wire/bytes.h"

using namespace trellis;
using namespace trellis::wire;
using test::hex;
using test::unhex;

namespace {

struct Answer {
  HandshakeStep step = HandshakeStep::kNeedMore;
  std::string out;
  BoltVersion version;
  bool refused_as_foreign = false;
  size_t left = 0;
};

// Gives the client's bytes one at a time, or all at once.
Answer serve(std::string_view text, bool at_once, bool with_manifest = true) {
  ServerHandshake server(spoken_versions(), with_manifest);
  ByteBuffer out;
  Answer answer;
  const auto bytes = unhex(text);
  std::span<const std::byte> rest = bytes;
  while (!rest.empty() && answer.step == HandshakeStep::kNeedMore) {
    std::span<const std::byte> input = at_once ? rest : rest.first(1);
    const size_t before = input.size();
    const auto step = server.step(input, out);
    rest = rest.subspan(before - input.size());
    if (!step) {
      CHECK(step.error().code() == ErrorCode::InvalidRequest);
      answer.refused_as_foreign = true;
      break;
    }
    answer.step = *step;
  }
  answer.left = rest.size();
  answer.out = hex(out);
  answer.version = server.version();
  return answer;
}

void agrees(std::string_view proposals, BoltVersion version, std::string_view reply) {
  for (const bool at_once : {false, true}) {
    const Answer a = serve("60 60 B0 17 " + std::string(proposals) + " 00 FF", at_once, false);
    CHECK(a.step == HandshakeStep::kAgreed);
    CHECK(a.version == version);
    CHECK(a.out == reply);
    CHECK(a.left == 2);  // the first message's bytes stay
  }
}

}  // namespace

TEST_CASE("classic proposals of known drivers") {
  agrees("00 00 01 FF 00 08 08 05 00 02 04 04 00 00 00 03", {5, 8}, "00 00 08 05");
  agrees("00 07 07 05 00 02 04 04 00 00 01 04 00 00 00 03", {5, 7}, "00 00 07 05");
  agrees("00 04 04 05 00 02 04 04 00 00 01 04 00 00 00 03", {5, 4}, "00 00 04 05");
  agrees("00 00 05 05 00 02 04 04 00 00 00 00 00 00 00 00", {4, 4}, "00 00 04 04");  // no 5.5
  agrees("00 01 05 05 00 00 00 00 00 00 00 00 00 00 00 00", {5, 4}, "00 00 04 05");
  agrees("00 00 00 05 00 00 00 00 00 00 00 00 00 00 00 00", {5, 0}, "00 00 00 05");
  agrees("00 02 04 04 00 08 08 05 00 00 00 00 00 00 00 00", {4, 4}, "00 00 04 04");  // their order
}

TEST_CASE("nothing in common is four zeros; other protocols are told at their first byte") {
  const Answer old = serve("60 60 B0 17 00 00 00 03 00 00 00 02 00 00 00 01 00 00 00 00", false);
  CHECK(old.step == HandshakeStep::kRefused);
  CHECK(old.out == "00 00 00 00");
  CHECK(serve("47", false).refused_as_foreign);
  CHECK(serve("60 60 B0 18", false).refused_as_foreign);
}

TEST_CASE("manifest: the server's list in one piece, then the client's choice") {
  const std::string hello = "60 60 B0 17 00 00 01 FF 00 08 08 05 00 02 04 04 00 00 00 03 ";
  const std::string list = "00 00 01 FF 03 00 02 08 05 00 04 04 05 00 00 04 04 00";
  for (const bool at_once : {false, true}) {
    const Answer a = serve(hello + "00 00 07 05 00 00 FF", at_once);
    CHECK(a.step == HandshakeStep::kAgreed);
    CHECK(a.version == BoltVersion{5, 7});
    CHECK(a.out == list);
    CHECK(a.left == 2);
    CHECK(serve(hello + "00 00 05 05 00", at_once).refused_as_foreign);  // not offered
    CHECK(serve(hello + "00 01 08 05 00", at_once).refused_as_foreign);  // a range
    CHECK(serve(hello + "00 00 08 05 01", at_once).refused_as_foreign);  // capability
    CHECK(serve(hello + "00 00 00 00 00", at_once).step == HandshakeStep::kRefused);
    CHECK(serve(hello + "00 00 08 05 80 80", at_once).step == HandshakeStep::kNeedMore);
    CHECK(serve(hello + "00 00 08 05 FF FF FF FF FF FF FF FF FF FF", at_once).refused_as_foreign);
  }
}

TEST_CASE("the client opens with manifest and its ranges") {
  ByteBuffer out;
  ClientHandshake client;
  client.start(out);
  CHECK(hex(out) == "60 60 B0 17 00 00 01 FF 00 02 08 05 00 04 04 05 00 00 04 04");
  out.clear();
  ClientHandshake(spoken_versions(), false).start(out);
  CHECK(hex(out) == "60 60 B0 17 00 02 08 05 00 04 04 05 00 00 04 04 00 00 00 00");
}

TEST_CASE("the client understands every answer") {
  struct Row {
    const char* reply;
    HandshakeStep step;
    BoltVersion version;
    const char* says;
    bool fails;
  };
  const Row rows[] = {
      {"00 00 04 05", HandshakeStep::kAgreed, {5, 4}, "", false},
      {"00 00 00 00", HandshakeStep::kRefused, {}, "", false},
      {"00 00 05 05", HandshakeStep::kRefused, {}, "", true},
      {"48 54 54 50 2F", HandshakeStep::kRefused, {}, "", true},
      {"15 03 03 00 02", HandshakeStep::kRefused, {}, "", true},
      {"00 00 01 FF 02 00 00 00 06 00 02 08 05 00",
       HandshakeStep::kAgreed,
       {5, 8},
       "00 00 08 05 00",
       false},
      {"00 00 01 FF 01 00 04 04 04 09", HandshakeStep::kAgreed, {4, 4}, "00 00 04 04 00", false},
      {"00 00 01 FF 01 00 00 00 06 00", HandshakeStep::kRefused, {}, "00 00 00 00 00", false},
      {"00 00 01 FF FF FF FF 7F", HandshakeStep::kRefused, {}, "", true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.reply);
    const auto bytes = unhex(row.reply);
    for (const size_t piece : {size_t{1}, bytes.size()}) {
      ClientHandshake client;
      ByteBuffer out;
      Result<HandshakeStep> step = HandshakeStep::kNeedMore;
      std::span<const std::byte> rest = bytes;
      while (!rest.empty() && step && *step == HandshakeStep::kNeedMore) {
        std::span<const std::byte> input = rest.first(std::min(piece, rest.size()));
        const size_t before = input.size();
        step = client.step(input, out);
        rest = rest.subspan(before - input.size());
      }
      CHECK(step.has_value() == !row.fails);
      if (!step) continue;
      CHECK(*step == row.step);
      CHECK(hex(out) == row.says);
      if (*step == HandshakeStep::kAgreed) CHECK(client.version() == row.version);
    }
  }
}

TEST_CASE("client and server agree with each other on every version") {
  for (const VersionRange& range : spoken_versions()) {
    for (uint8_t below = 0; below <= range.below; ++below) {
      const VersionRange only{range.major, static_cast<uint8_t>(range.minor - below), 0};
      for (const bool manifest : {false, true}) {
        ClientHandshake client(std::span(&only, 1), manifest);
        ServerHandshake server;
        ByteBuffer to_server;
        ByteBuffer to_client;
        client.start(to_server);
        std::span<const std::byte> input = to_server.bytes();
        const auto first = server.step(input, to_client);
        REQUIRE(first.has_value());
        CHECK(*first == (manifest ? HandshakeStep::kNeedMore : HandshakeStep::kAgreed));
        to_server.clear();
        input = to_client.bytes();
        CHECK(*client.step(input, to_server) == HandshakeStep::kAgreed);
        input = to_server.bytes();
        if (manifest) CHECK(*server.step(input, to_client) == HandshakeStep::kAgreed);
        CHECK(client.version() == BoltVersion{only.major, only.minor});
        CHECK(server.version() == client.version());
        CHECK(server.by_manifest() == manifest);
      }
    }
  }
}

TEST_CASE("varints") {
  ByteBuffer out;
  put_varint(out, 1851775);
  CHECK(hex(out) == "FF 82 71");
}

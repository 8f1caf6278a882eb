// SPDX-License-Identifier: Apache-2.0
#include "net/websocket.h"

#include <doctest/doctest.h>

#include "unit/net/http_site.h"

using namespace trellis;
using namespace trellis::net;
using namespace trellis::testing;

namespace {

constexpr const char* kUpgrade =
    "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

// A masked frame, as a client sends it.
std::string frame(uint8_t first, const std::string& payload) {
  const std::string mask = "\x11\x22\x33\x44";
  std::string bytes(1, static_cast<char>(first));
  if (payload.size() < 126) {
    bytes += static_cast<char>(0x80 | payload.size());
  } else if (payload.size() < 65536) {
    bytes += {static_cast<char>(0xFE), static_cast<char>(payload.size() >> 8),
              static_cast<char>(payload.size() & 0xff)};
  } else {
    bytes += static_cast<char>(0xFF);
    for (int shift = 56; shift >= 0; shift -= 8) {
      bytes += static_cast<char>((payload.size() >> shift) & 0xff);
    }
  }
  bytes += mask;
  for (size_t i = 0; i < payload.size(); ++i) bytes += static_cast<char>(payload[i] ^ mask[i % 4]);
  return bytes;
}

// A client after the upgrade; `early` goes out in the same write.
struct Client {
  explicit Client(HttpSite& site, const std::string& early = "") : stream(site.connect()) {
    REQUIRE(write_and_wait(*stream, kUpgrade + early));
    while (text.find("\r\n\r\n") == std::string::npos) more();
    head = text.substr(0, text.find("\r\n\r\n") + 4);
    text.erase(0, head.size());
  }
  ~Client() { close_and_wait(stream); }
  void send(const std::string& bytes) { REQUIRE(write_and_wait(*stream, bytes)); }
  bool more() {
    auto part = read_and_wait(*stream);
    if (!part || part->empty()) return false;
    text += *part;
    return true;
  }
  // One unmasked frame: its first byte and payload.
  std::pair<uint8_t, std::string> receive() {
    while (text.size() < 2 && more()) {
    }
    if (text.size() < 2) return {0, ""};
    const bool wide = static_cast<uint8_t>(text[1]) == 126;
    while (wide && text.size() < 4 && more()) {
    }
    const size_t size = wide ? static_cast<uint8_t>(text[2]) * 256 + static_cast<uint8_t>(text[3])
                             : static_cast<uint8_t>(text[1]);
    const size_t head_size = wide ? 4 : 2;
    while (text.size() < head_size + size && more()) {
    }
    std::pair<uint8_t, std::string> got(static_cast<uint8_t>(text[0]),
                                        text.substr(head_size, size));
    text.erase(0, head_size + size);
    return got;
  }
  // Payloads joined until `size` bytes have come.
  std::string receive_payload(size_t size) {
    std::string all;
    while (all.size() < size) {
      auto [first, payload] = receive();
      if (first != 0x82) break;
      all += payload;
    }
    return all;
  }

  std::unique_ptr<Stream> stream;
  std::string head;
  std::string text;
};

using Got = std::pair<uint8_t, std::string>;

}  // namespace

TEST_CASE("the handshake answers with RFC 6455's own example") {
  HttpSite site;
  Client client(site);
  CHECK(client.head.starts_with("HTTP/1.1 101 Switching Protocols\r\n"));
  CHECK(client.head.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") !=
        std::string::npos);
}

TEST_CASE("payloads go both ways, in frames of any legal shape") {
  HttpSite site;
  Client client(site, frame(0x82, "early"));
  CHECK(client.receive_payload(5) == "early");
  client.send(frame(0x82, "one") + frame(0x82, "") + frame(0x82, "two"));
  CHECK(client.receive_payload(6) == "onetwo");
  client.send(frame(0x02, "frag") + frame(0x89, "beat") + frame(0x00, "men") + frame(0x80, "ts"));
  std::string joined;
  bool pong = false;
  while (joined.size() < 9) {
    auto [first, payload] = client.receive();
    REQUIRE(first != 0);
    if (first == 0x8A) {
      CHECK(payload == "beat");
      pong = true;
    } else {
      joined += payload;
    }
  }
  CHECK(joined == "fragments");
  CHECK(pong);
  const std::string large(60000, 'x');
  client.send(frame(0x82, large) + frame(0x82, std::string(65536, 'y')));
  CHECK(client.receive_payload(125536) == large + std::string(65536, 'y'));
  for (const char c : frame(0x82, "slow")) client.send(std::string(1, c));
  CHECK(client.receive_payload(4) == "slow");
  client.send(frame(0x88, "\x03\xe8"));
  CHECK(client.receive() == Got{0x88, "\x03\xe8"});
  CHECK_FALSE(client.more());
}

TEST_CASE("frames that no client may send end the connection with their status") {
  const auto status_of = [](const std::string& bytes) {
    HttpSite site;
    Client client(site);
    client.send(bytes);
    const Got got = client.receive();
    CHECK(got.first == 0x88);
    return got.second.size() < 2
               ? 0
               : static_cast<uint8_t>(got.second[0]) * 256 + static_cast<uint8_t>(got.second[1]);
  };
  CHECK(status_of(std::string("\x82\x01x", 3)) == 1002);          // not masked
  CHECK(status_of(frame(0xC2, "x")) == 1002);                     // reserved bit
  CHECK(status_of(frame(0x81, "x")) == 1003);                     // text
  CHECK(status_of(frame(0x80, "x")) == 1002);                     // continues nothing
  CHECK(status_of(frame(0x02, "x") + frame(0x82, "y")) == 1002);  // a message inside a message
  CHECK(status_of(frame(0x09, "x")) == 1002);                     // a ping in pieces
  CHECK(status_of(frame(0x89, std::string(126, 'x'))) == 1002);   // a ping too large
  CHECK(status_of(frame(0x82, std::string(65537, 'x')).substr(0, 20)) == 1009);
  CHECK(status_of(std::string("\x82\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\1\2\3\4", 14)) == 1009);
}

TEST_CASE("an upgrade that is none is answered with what is wrong") {
  HttpRequest request;
  request.method = "GET";
  request.headers = {{"Upgrade", "WebSocket"}, {"Connection", "upgrade"}};
  CHECK(wants_websocket(request));
  CHECK(websocket_answer(request).status == 400);
  request.headers.emplace_back("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
  CHECK(websocket_answer(request).status == 426);
  request.headers.emplace_back("Sec-WebSocket-Version", "13");
  CHECK(websocket_answer(request).status == 101);
}

// SPDX-License-Identifier: Apache-2.0
#include "net/http.h"

#include <doctest/doctest.h>

#include "unit/net/http_site.h"

using namespace trellis;
using namespace trellis::net;
using namespace trellis::testing;

namespace {

using Step = HttpRequestReader::Step;

// The step that the whole text ends with, fed `piece` bytes at a time.
Step feed(HttpRequestReader& reader, const std::string& text, size_t piece) {
  Step last = Step::kNeedMore;
  for (size_t at = 0; at < text.size() && last == Step::kNeedMore; at += piece) {
    auto bytes = std::as_bytes(std::span(text)).subspan(at, std::min(piece, text.size() - at));
    last = reader.step(bytes);
  }
  return last;
}

int refusal_of(const std::string& text, HttpLimits limits = {}) {
  HttpRequestReader reader(limits);
  return feed(reader, text, text.size()) == Step::kRefused ? reader.refusal().status : 0;
}

}  // namespace

TEST_CASE("requests are read whole or byte by byte") {
  const std::string plain = "GET /db/neo4j?x=1 HTTP/1.1\r\nHost: h:1\r\nAccept:  a, b \r\n\r\n";
  const std::string sized = "POST /q HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello";
  const std::string chunked =
      "POST /q HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nT: "
      "1\r\n\r\n";
  for (const size_t piece : {size_t{1}, size_t{7}, size_t{1000}}) {
    CAPTURE(piece);
    HttpRequestReader reader({});
    REQUIRE(feed(reader, plain, piece) == Step::kComplete);
    HttpRequest request = reader.take();
    CHECK(request.method == "GET");
    CHECK(request.path() == "/db/neo4j");
    CHECK(request.header("host") == "h:1");
    CHECK(request.header_has("accept", "B"));
    CHECK_FALSE(request.header_has("accept", "c"));
    CHECK(request.keep_alive);
    REQUIRE(feed(reader, sized, piece) == Step::kComplete);
    CHECK(reader.take().body == "hello");
    REQUIRE(feed(reader, chunked, piece) == Step::kComplete);
    CHECK(reader.take().body == "hello");
  }
}

TEST_CASE("what follows a request is left for the next") {
  HttpRequestReader reader({});
  const std::string two = "GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.0\r\n\r\n";
  auto bytes = std::as_bytes(std::span(two));
  REQUIRE(reader.step(bytes) == Step::kComplete);
  CHECK(reader.take().target == "/1");
  REQUIRE(reader.step(bytes) == Step::kComplete);
  const HttpRequest second = reader.take();
  CHECK(second.target == "/2");
  CHECK_FALSE(second.keep_alive);
  CHECK(bytes.empty());
}

TEST_CASE("what is wrong or too large is refused with its status") {
  CHECK(refusal_of("\x16\x03\x01\n") == 400);
  CHECK(refusal_of("GET /\r\n\r\n") == 400);
  CHECK(refusal_of("GET / HTTP/2\r\n\r\n") == 505);
  CHECK(refusal_of("GET / HTTP/1.1\nHost: x\n\n") == 400);
  CHECK(refusal_of("GET / HTTP/1.1\r\nHost : x\r\n\r\n") == 400);
  CHECK(refusal_of("GET / HTTP/1.1\r\n folded\r\n\r\n") == 400);
  CHECK(refusal_of("GET / HTTP/1.1\r\nA: \x01\r\n\r\n") == 400);
  CHECK(refusal_of("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n") == 400);
  CHECK(refusal_of("POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n") ==
        400);
  CHECK(refusal_of("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n") == 400);
  CHECK(refusal_of("POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n") == 400);
  CHECK(refusal_of("POST / HTTP/1.1\r\nContent-Length: 9999999999\r\n\r\n") == 413);
  CHECK(refusal_of("POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n") == 501);
  CHECK(refusal_of("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n") == 400);
  CHECK(refusal_of("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFF\r\n") == 413);
  CHECK(refusal_of("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n") == 400);
  CHECK(refusal_of("GET /" + std::string(20000, 'x') + " HTTP/1.1\r\n\r\n") == 431);
  std::string many = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 200; ++i) many += "A: b\r\n";
  CHECK(refusal_of(many + "\r\n") == 431);
}

TEST_CASE("a Bolt client is told at once that this is HTTP") {
  HttpSite site;
  auto client = site.connect();
  REQUIRE(write_and_wait(*client, "\x60\x60\xB0\x17"));
  CHECK(read_and_wait(*client)->starts_with("HTTP/1.1 400"));
  close_and_wait(client);
}

TEST_CASE("an answer has its length; HEAD and 204 have no body") {
  CHECK(serialise({200, {{"A", "b"}}, "hi"}, true, false) ==
        "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nhi");
  CHECK(serialise({200, {}, "hi"}, false, true) ==
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n");
  CHECK(serialise({204, {}, ""}, true, false) ==
        "HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n");
}

TEST_CASE("a connection serves several requests, pipelined too") {
  HttpSite site;
  auto client = site.connect();
  REQUIRE(write_and_wait(*client, "GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n"));
  std::string text;
  while (text.find("you asked for /b") == std::string::npos) text += *read_and_wait(*client);
  CHECK(text.find("you asked for /a") < text.find("you asked for /b"));
  REQUIRE(write_and_wait(*client, "GET /c HTTP/1.1\r\nConnection: close\r\n\r\n"));
  text.clear();
  for (;;) {
    auto part = read_and_wait(*client);
    if (!part || part->empty()) break;
    text += *part;
  }
  CHECK(text.ends_with("you asked for /c"));
  close_and_wait(client);
}

TEST_CASE("a request that does not end is cut off") {
  HttpSite site;
  auto client = site.connect();
  REQUIRE(write_and_wait(*client, "GET /a HTTP/1.1\r\nA: "));
  auto end = read_and_wait(*client);
  CHECK((!end || end->empty()));
  close_and_wait(client);
}

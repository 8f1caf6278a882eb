// SPDX-License-Identifier: Apache-2.0
#include "tls/acme/http.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "tls/acme/problem.h"

using namespace trellis;
using namespace trellis::tls::acme;
using namespace std::chrono_literals;

namespace {

constexpr auto kNow = std::chrono::sys_days(std::chrono::year(2026) / 11 / 22) + 5h;

HttpResponse with(std::string name, std::string value) {
  HttpResponse response;
  response.status = 200;
  response.headers.emplace_back(std::move(name), std::move(value));
  return response;
}

// Takes connections and never says a word.
class SilentListener {
 public:
  SilentListener() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(fd_, 8) == 0);
    REQUIRE(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
  }
  ~SilentListener() { ::close(fd_); }
  std::string url() const { return fmt::format("https://127.0.0.1:{}/dir", port_); }

 private:
  int fd_;
  int port_ = 0;
};

}  // namespace

TEST_CASE("HTTP dates in all three forms, and nothing else") {
  const auto expected = std::chrono::sys_days(std::chrono::year(1994) / 11 / 6) + 8h + 49min + 37s;
  for (const auto* text : {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                           "Sun Nov  6 08:49:37 1994"}) {
    const auto parsed = parse_http_date(text);
    REQUIRE_MESSAGE(parsed, text);
    CHECK(*parsed == expected);
  }
  for (const auto* text :
       {"", "tomorrow", "Sun, 06 Nov 1994 08:49:37", "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 9994 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT", "120"}) {
    CHECK_MESSAGE(!parse_http_date(text), text);
  }
}

TEST_CASE("timestamps of RFC 3339") {
  const auto expected = std::chrono::sys_days(std::chrono::year(2026) / 1 / 2) + 3h + 4min + 5s;
  CHECK(*parse_timestamp("2026-01-02T03:04:05Z") == expected);
  CHECK(*parse_timestamp("2026-01-02T03:04:05.123456789Z") == expected);
  CHECK(*parse_timestamp("2026-01-02T05:04:05+02:00") == expected);
  CHECK(*parse_timestamp("2026-01-01t23:34:05-03:30") == expected);
  for (const auto* text :
       {"", "2026-01-02", "2026-01-02T03:04:05", "2026-01-02T03:04:05.Z", "2026-13-02T03:04:05Z",
        "0000-01-02T03:04:05Z", "99999-01-02T03:04:05Z"}) {
    CHECK_MESSAGE(!parse_timestamp(text), text);
  }
}

TEST_CASE("Retry-After is seconds or a date") {
  CHECK(with("retry-after", "120").retry_after(kNow) == 120s);
  CHECK(with("retry-after", "0").retry_after(kNow) == 0s);
  CHECK(with("retry-after", "Sun, 22 Nov 2026 05:01:00 GMT").retry_after(kNow) == 60s);
  CHECK(with("retry-after", "Sun, 22 Nov 2026 04:01:00 GMT").retry_after(kNow) == 0s);
  CHECK(with("retry-after", "99999999999999").retry_after(kNow) == std::chrono::days(30));
  CHECK_FALSE(with("retry-after", "soon").retry_after(kNow));
  CHECK_FALSE(with("x", "1").retry_after(kNow));
  // Counted by the server's own clock when it tells it.
  HttpResponse response = with("retry-after", "Sun, 22 Nov 2026 05:01:00 GMT");
  response.headers.emplace_back("date", "Sun, 22 Nov 2026 05:00:50 GMT");
  CHECK(response.retry_after(kNow) == 10s);
}

TEST_CASE("links by relation") {
  HttpResponse response = with(
      "link",
      R"(<https://ca/dir>;rel="index", <https://ca/cert/1>; title="a, <b>; c"; rel="alternate")");
  response.headers.emplace_back("link", "<https://ca/cert/2>;rel=\"up ALTERNATE\"");
  response.headers.emplace_back("link", "</cert/3>; rel=alternate");
  response.headers.emplace_back("link", "garbage; rel=alternate, <https://ca/4");
  CHECK(response.links("alternate") ==
        std::vector<std::string>{"https://ca/cert/1", "https://ca/cert/2", "/cert/3"});
  CHECK(response.links("index") == std::vector<std::string>{"https://ca/dir"});
  CHECK(response.links("terms-of-service").empty());
}

TEST_CASE("a problem is read and shown whole") {
  const auto problem = parse_problem(
      R"({"type":"urn:ietf:params:acme:error:malformed","detail":"Some names were refused","status":403,
          "subproblems":[{"type":"urn:ietf:params:acme:error:rejectedIdentifier","detail":"by\npolicy",
          "identifier":{"type":"dns","value":"a.example.org"}},
          {"type":"urn:ietf:params:acme:error:caa","detail":"forbids","identifier":{"type":"ip","value":"::1"}}]})",
      403);
  CHECK(problem.kind == ProblemType::kMalformed);
  REQUIRE(problem.subproblems.size() == 2);
  CHECK(problem.subproblems[0].kind == ProblemType::kRejectedIdentifier);
  CHECK(problem.subproblems[1].identifier == Identifier{Identifier::Type::kIp, "::1"});
  CHECK(problem.text() ==
        "urn:ietf:params:acme:error:malformed (403): Some names were refused; a.example.org: "
        "urn:ietf:params:acme:error:rejectedIdentifier: by policy; ::1: "
        "urn:ietf:params:acme:error:caa: forbids");
  Failure failure;
  failure.kind = Failure::Kind::kProblem;
  failure.url = "https://ca/order";
  failure.problem = problem;
  failure.retry_after = 90s;
  CHECK(failure.is(ProblemType::kMalformed));
  CHECK(failure.text() ==
        "https://ca/order: " + problem.text() + " (asks to be left alone for 90 s)");
  CHECK(failure.to_error().message() == failure.text());
}

TEST_CASE("what is no problem document is still told") {
  const auto page = parse_problem("<html>\x1b[31m502 Bad Gateway</html>", 502);
  CHECK(page.kind == ProblemType::kOther);
  CHECK(page.text() == "no problem type (502): <html> [31m502 Bad Gateway</html>");
  CHECK(parse_problem("[1]", 500).detail == "[1]");
  CHECK(parse_problem(std::string(10000, 'x'), 500).detail.size() == 503);
  CHECK(parse_problem(R"({"type":7,"detail":[],"subproblems":{},"status":"x"})", 0).type.empty());
  CHECK(problem_type("urn:ietf:params:acme:error:alreadyReplaced") ==
        ProblemType::kAlreadyReplaced);
  CHECK(problem_type("about:blank") == ProblemType::kOther);
}

TEST_CASE("requests end: refused, not https, out of time, stopped") {
  auto stop = std::make_shared<tls::StopSignal>();
  const auto kind_of = [&](std::string url, std::chrono::milliseconds timeout = 1min) {
    const auto https = make_https_transport({.timeout = timeout, .stop = stop});
    const auto answer = https->exchange({.url = std::move(url)});
    REQUIRE_FALSE(answer);
    CHECK_FALSE(answer.error().text().empty());
    return answer.error().kind;
  };
  CHECK(kind_of("https://127.0.0.1:1/dir") == Failure::Kind::kNetwork);
  CHECK(kind_of("http://127.0.0.1:1/dir") == Failure::Kind::kProtocol);
  CHECK(kind_of("file:///etc/passwd") == Failure::Kind::kProtocol);
  const SilentListener listener;
  CHECK(kind_of(listener.url(), 150ms) == Failure::Kind::kTimeout);

  const auto patient = make_https_transport({.timeout = 1h, .stop = stop});
  std::thread other([&] {
    std::this_thread::sleep_for(30ms);
    stop->stop();
  });
  const auto begun = std::chrono::steady_clock::now();
  const auto answer = patient->exchange({.url = listener.url()});
  CHECK(std::chrono::steady_clock::now() - begun < 30s);
  other.join();
  REQUIRE_FALSE(answer);
  CHECK(answer.error().kind == Failure::Kind::kStopped);
  CHECK(kind_of(listener.url()) == Failure::Kind::kStopped);
  CHECK(stop->wait_for(1h));
}

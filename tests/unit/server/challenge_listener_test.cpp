// SPDX-License-Identifier: Apache-2.0
#include "server/challenge_listener.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include "net/acceptor.h"
#include "os/loopback_port.h"
#include "support/temp_dir.h"

namespace trellis::server {
namespace {

net::HttpRequest request(std::string method, std::string target) {
  net::HttpRequest made;
  made.method = std::move(method);
  made.target = std::move(target);
  made.headers.emplace_back("Host", "db.example.org");
  return made;
}

struct Site {
  Site() {
    board->put_http("token-1", "token-1.thumb");
    options.config = &config;
    options.board = board;
    options.loop = &loop;
    config.http_listen_address.host = "127.0.0.1";
  }
  net::HttpResponse get(std::string target) const {
    return answer_challenge(request("GET", std::move(target)), options);
  }

  config::AcmeConfig config;
  std::shared_ptr<tls::ChallengeBoard> board = std::make_shared<tls::ChallengeBoard>();
  net::EventLoop loop{1};
  ChallengeListener::Options options;
};

TEST_CASE("tokens that are up are answered, and nothing else") {
  const Site site;
  CHECK(site.get("/.well-known/acme-challenge/token-1").status == 200);
  CHECK(site.get("/.well-known/acme-challenge/token-1").body == "token-1.thumb");
  CHECK(site.get("/.well-known/acme-challenge/token-1?x=1").status == 200);
  for (const char* target :
       {"/", "/.well-known/acme-challenge/", "/.well-known/acme-challenge/other",
        "/.well-known/acme-challenge/../../etc/passwd", "/.well-known/acme-challenge/token-1/x",
        "/.well-known/acme-challenge", "/db/neo4j/tx", "*"}) {
    CHECK_MESSAGE(site.get(target).status == 404, target);
  }
  CHECK(answer_challenge(request("POST", "/.well-known/acme-challenge/token-1"), site.options)
            .status == 405);
  CHECK(answer_challenge(request("DELETE", "/"), site.options).status == 404);
}

TEST_CASE("all else goes to HTTPS where that is wanted, at the host that was asked for") {
  Site site;
  site.config.http_redirect = true;
  const auto location = [](const net::HttpResponse& response) -> std::string {
    for (const auto& [name, value] : response.headers) {
      if (name == "Location") return value;
    }
    return {};
  };
  CHECK(site.get("/browser?x=1").status == 301);
  CHECK(location(site.get("/browser?x=1")) == "https://db.example.org/browser?x=1");
  site.options.https_port = 7473;
  CHECK(location(site.get("/")) == "https://db.example.org:7473/");
  CHECK(site.get("/.well-known/acme-challenge/other").status == 404);
  net::HttpRequest strange = request("GET", "/");
  strange.headers = {{"Host", "evil\"><script>"}};
  CHECK(answer_challenge(strange, site.options).status == 404);
  strange.headers = {{"Host", "[2001:db8::1]:80"}};
  CHECK(location(answer_challenge(strange, site.options)) == "https://[2001:db8::1]:7473/");
}

TEST_CASE("another client's webroot is served, its tokens alone") {
  const testing::TempDir dir;
  dir.write(".well-known/acme-challenge/token-2", "token-2.thumb");
  dir.write("secret", "x");
  Site site;
  site.config.http_webroot = dir.path();
  CHECK(site.get("/.well-known/acme-challenge/token-2").body == "token-2.thumb");
  CHECK(site.get("/.well-known/acme-challenge/token-1").body == "token-1.thumb");
  CHECK(site.get("/.well-known/acme-challenge/token-3").status == 404);
  CHECK(site.get("/.well-known/acme-challenge/..%2F..%2Fsecret").status == 404);
  CHECK(site.get("/secret").status == 404);
}

TEST_CASE("the port is open while it is wanted, and a taken one is named with its process") {
  Site site;
  site.config.http_listen_address.port = *os::free_loopback_port();
  site.config.http_listen_address.has_port = true;
  ChallengeListener listener(site.options);
  REQUIRE(listener.start());
  const net::Endpoint address{"127.0.0.1", site.config.http_listen_address.port};
  const auto taken = [&] {
    return !net::Acceptor::listen(site.loop, "test", address, {}, [](auto) {});
  };
  CHECK_FALSE(taken());
  REQUIRE(listener.open());
  REQUIRE(listener.open());
  CHECK(taken());
  listener.close();
  CHECK(taken());
  listener.close();
  CHECK_FALSE(taken());

  auto other = net::Acceptor::listen(site.loop, "test", address, {}, [](auto) {});
  REQUIRE(other);
  const auto refused = listener.open();
  REQUIRE(!refused);
  CHECK(refused.error().message().find("server.tls.acme.http_listen_address") != std::string::npos);
  CHECK(refused.error().message().find(std::to_string(address.port)) != std::string::npos);
  CHECK(refused.error().message().find(fmt::format("(pid {})", ::getpid())) != std::string::npos);
  other->reset();
  site.config.http_always_listen = true;
  REQUIRE(listener.start());
  CHECK(taken());
}

}  // namespace
}  // namespace trellis::server

// SPDX-License-Identifier: Apache-2.0
#include "tls/acme/client.h"

#include <doctest/doctest.h>

#include <boost/json.hpp>
#include <deque>
#include <functional>

#include "unit/tls/acme/vectors.h"

using namespace trellis;
using namespace trellis::tls::acme;
using namespace trellis::testing;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view kDirectory =
    R"({"newNonce":"https://ca/nonce","newAccount":"https://ca/acct",
  "newOrder":"https://ca/order","revokeCert":"https://ca/revoke","keyChange":"https://ca/roll",
  "renewalInfo":"https://ca/ari","meta":{"termsOfService":"https://ca/terms","profiles":{"short":"6 days"}}})";

// Answers each URL with what was laid out for it, in order; the last answer stays. Sees what the
// payloads say.
class ScriptedAuthority final : public AcmeTransport {
 public:
  ScriptedAuthority() {
    says("https://ca/dir", 200, std::string(kDirectory));
    says("https://ca/nonce", 200, "");
    says("https://ca/acct", 201, R"({"status":"valid","contact":["mailto:a@b"]})",
         {{"location", "https://ca/acct/1"}});
  }
  void says(const std::string& url, int status, std::string body,
            std::vector<std::pair<std::string, std::string>> headers = {}) {
    HttpResponse response;
    response.status = status;
    response.body = std::move(body);
    response.headers = std::move(headers);
    answers_[url].push_back(std::move(response));
  }
  void problem(const std::string& url, int status, std::string_view word) {
    says(url, status,
         fmt::format(R"({{"type":"urn:ietf:params:acme:error:{}","detail":"no"}})", word));
  }
  int asked(const std::string& url) const {
    const auto found = counts_.find(url);
    return found == counts_.end() ? 0 : found->second;
  }
  boost::json::object payload;  // of the last POST
  boost::json::object header;   // its protected header

  Answer<HttpResponse> exchange(const HttpRequest& request) override {
    ++counts_[request.url];
    if (request.method == "POST") {
      const auto jws = boost::json::parse(request.body).as_object();
      const auto part = [&](const char* name) {
        return from_base64url(std::string_view(jws.at(name).as_string())).value_or("");
      };
      header = boost::json::parse(part("protected")).as_object();
      const auto text = part("payload");
      payload = text.empty() ? boost::json::object() : boost::json::parse(text).as_object();
    }
    auto& queue = answers_[request.url];
    REQUIRE_MESSAGE(!queue.empty(), request.url);
    HttpResponse response = queue.front();
    if (queue.size() > 1) queue.pop_front();
    response.headers.emplace_back("replay-nonce", fmt::format("nonce{}", ++nonces_));
    return response;
  }

 private:
  std::map<std::string, std::deque<HttpResponse>> answers_;
  std::map<std::string, int> counts_;
  int nonces_ = 0;
};

struct Site {
  Site()
      : client({.directory_url = "https://ca/dir",
                .transport = &ca,
                .clock = &clock,
                .stop = &stop,
                .poll_interval = 1ms,
                .longest_poll = 1s}) {
    client.use_key(*SigningKey::from_pem(Secret(kRfc7515Key)));
  }
  void has_account() { client.use_account("https://ca/acct/1"); }
  Client::Deadline in(std::chrono::nanoseconds time) { return clock.monotonic() + time; }

  ScriptedAuthority ca;
  os::SystemClock clock;
  tls::StopSignal stop;
  Client client;
};

std::string order_json(std::string_view status, std::string_view more = "") {
  return fmt::format(R"({{"status":"{}","identifiers":[{{"type":"dns","value":"a.b"}}],
    "authorizations":["https://ca/authz/1"],"finalize":"https://ca/fin/1"{}}})",
                     status, more);
}

std::string authorization_json(std::string_view status, std::string_view error = "") {
  return fmt::format(R"({{"status":"{0}","identifier":{{"type":"dns","value":"a.b"}},"challenges":[
    {{"type":"http-01","url":"https://ca/ch/1","token":"t","status":"{0}"{1}}},
    {{"type":"dns-01","url":"https://ca/ch/2","token":"t","status":"pending"}}]}})",
                     status, error);
}

}  // namespace

TEST_CASE_FIXTURE(Site, "the directory is asked once, and tells terms and profiles") {
  for (int i = 0; i < 2; ++i) {
    const auto directory = client.directory();
    REQUIRE(directory);
    CHECK((*directory)->terms_of_service == "https://ca/terms");
    CHECK((*directory)->profiles.at("short") == "6 days");
  }
  CHECK(ca.asked("https://ca/dir") == 1);
}

TEST_CASE_FIXTURE(Site, "an account is made by its key, and then speaks by its URL") {
  const auto account = client.register_account({.contact = {"mailto:a@b"}});
  REQUIRE_MESSAGE(account, account.error().text());
  CHECK(account->created);
  CHECK(account->url == "https://ca/acct/1");
  CHECK(account->status == Status::kValid);
  CHECK(ca.header.contains("jwk"));
  CHECK(ca.payload.at("termsOfServiceAgreed").as_bool());
  CHECK_FALSE(ca.payload.contains("externalAccountBinding"));
  ca.says("https://ca/acct/1", 200, R"({"status":"deactivated"})");
  CHECK(client.deactivate_account());
  CHECK(ca.header.at("kid").as_string() == "https://ca/acct/1");
  CHECK(ca.header.at("url").as_string() == "https://ca/acct/1");
  CHECK_FALSE(ca.header.contains("jwk"));
}

TEST_CASE_FIXTURE(Site, "refused nonces are tried again, but not for ever") {
  has_account();
  for (int i = 0; i < 5; ++i) ca.problem("https://ca/order", 400, "badNonce");
  ca.says("https://ca/order", 201, order_json("pending"), {{"location", "/order/1"}});
  const auto order =
      client.new_order({.names = {"a.b", "::1"}, .profile = "short", .replaces = "x.y"});
  REQUIRE_MESSAGE(order, order.error().text());
  CHECK(order->url == "https://ca/order/1");
  CHECK(ca.asked("https://ca/order") == 6);
  CHECK(ca.asked("https://ca/nonce") == 0);  // every answer brings one, refusals too
  CHECK(ca.payload.at("profile").as_string() == "short");
  CHECK(ca.payload.at("replaces").as_string() == "x.y");
  CHECK(ca.payload.at("identifiers").as_array().at(1).as_object().at("type").as_string() == "ip");

  ca.problem("https://ca/order/1", 400, "badNonce");
  const auto never = client.order("https://ca/order/1");
  REQUIRE_FALSE(never);
  CHECK(never.error().is(ProblemType::kBadNonce));
  CHECK(ca.asked("https://ca/order/1") == Client::kMostBadNonces + 1);
}

TEST_CASE_FIXTURE(Site, "no other problem is repeated, and its Retry-After is kept") {
  has_account();
  ca.says("https://ca/order", 429,
          R"({"type":"urn:ietf:params:acme:error:rateLimited","detail":"too many"})",
          {{"retry-after", "3600"}});
  const auto order = client.new_order({.names = {"a.b"}});
  REQUIRE_FALSE(order);
  CHECK(order.error().is(ProblemType::kRateLimited));
  CHECK(order.error().retry_after == 3600s);
  CHECK(ca.asked("https://ca/order") == 1);
  CHECK_FALSE(order.error().is_final());
}

TEST_CASE_FIXTURE(Site,
                  "limits, trouble and foreign pages decide nothing; the authority's no does") {
  has_account();
  const auto answered = [&](int status, std::string_view word) {
    const auto url = fmt::format("https://ca/order/{}{}", status, word);
    if (word.empty()) ca.says(url, status, "<html>Sorry</html>");
    if (!word.empty()) ca.problem(url, status, word);
    return client.order(url).error().is_final();
  };
  for (const int status : {403, 404, 429, 500, 502}) CHECK_FALSE(answered(status, ""));
  CHECK_FALSE(answered(429, "rateLimited"));
  CHECK_FALSE(answered(500, "serverInternal"));
  CHECK_FALSE(answered(503, "malformed"));
  CHECK(answered(404, "malformed"));
  CHECK(answered(403, "unauthorized"));
  // An authorization that failed has failed, whatever the reason.
  ca.says("https://ca/authz/1", 200,
          authorization_json(
              "invalid",
              R"(,"error":{"type":"urn:ietf:params:acme:error:serverInternal","status":500})"));
  CHECK(client.await_authorization("https://ca/authz/1", in(10s)).error().is_final());
}

TEST_CASE_FIXTURE(Site, "an authorization is awaited, and its refusal told whole") {
  has_account();
  ca.says("https://ca/authz/1", 200, authorization_json("pending"));
  ca.says("https://ca/authz/1", 200, authorization_json("pending"), {{"retry-after", "0"}});
  ca.says("https://ca/authz/1", 200, authorization_json("valid"));
  const auto valid = client.await_authorization("https://ca/authz/1", in(10s));
  REQUIRE(valid);
  CHECK(valid->challenge("dns-01")->url == "https://ca/ch/2");
  CHECK(valid->challenge("dns-02") == nullptr);
  // A challenge that is decided is not posted to again.
  CHECK(client.accept(*valid->challenge("http-01")));
  CHECK(ca.asked("https://ca/ch/1") == 0);

  ca.says(
      "https://ca/authz/2", 200,
      authorization_json(
          "invalid", R"(,"error":{"type":"urn:ietf:params:acme:error:dns","detail":"SERVFAIL"})"));
  const auto invalid = client.await_authorization("https://ca/authz/2", in(10s));
  REQUIRE_FALSE(invalid);
  CHECK(invalid.error().is(ProblemType::kDns));
  CHECK(invalid.error().problem.identifier->value == "a.b");
  CHECK(invalid.error().problem.detail == "SERVFAIL");
}

TEST_CASE_FIXTURE(Site, "waiting ends at the deadline or when stopped") {
  has_account();
  ca.says("https://ca/order/1", 200, order_json("processing"), {{"retry-after", "3600"}});
  const auto late = client.await_certificate("https://ca/order/1", in(60ms));
  REQUIRE_FALSE(late);
  CHECK(late.error().kind == Failure::Kind::kTimeout);
  CHECK(ca.asked("https://ca/order/1") <= 2);
  stop.stop();
  const auto stopped = client.await_certificate("https://ca/order/1", in(1h));
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().kind == Failure::Kind::kStopped);
}

TEST_CASE_FIXTURE(Site, "an order that processes becomes a certificate") {
  has_account();
  ca.says("https://ca/order/1", 200, order_json("ready"));
  ca.says("https://ca/order/1", 200, order_json("processing"));
  ca.says("https://ca/order/1", 200, order_json("valid", R"(,"certificate":"https://ca/cert/1")"));
  ca.says("https://ca/fin/1", 200, order_json("processing"));
  const auto ready = client.await_order("https://ca/order/1", in(10s));
  REQUIRE(ready);
  CHECK(ready->status == Status::kReady);
  const auto processing = client.finalize(*ready, "DER");
  REQUIRE(processing);
  CHECK(processing->status == Status::kProcessing);
  CHECK(processing->url == "https://ca/order/1");
  CHECK(ca.payload.at("csr").as_string() == "REVS");
  const auto valid = client.await_certificate(processing->url, in(10s));
  REQUIRE(valid);
  CHECK(valid->certificate == "https://ca/cert/1");
}

TEST_CASE_FIXTURE(Site, "an invalid order tells the problems of all its names") {
  has_account();
  ca.says("https://ca/order/1", 200,
          R"({"status":"invalid","identifiers":[],"finalize":"https://ca/fin/1",
    "authorizations":["https://ca/authz/1","https://ca/authz/2","https://ca/authz/3"]})");
  for (const auto* word : {"dns", "connection"}) {
    ca.says(word[0] == 'd' ? "https://ca/authz/1" : "https://ca/authz/3", 200,
            authorization_json(
                "invalid",
                fmt::format(R"(,"error":{{"type":"urn:ietf:params:acme:error:{}","detail":"d"}})",
                            word)));
  }
  ca.says("https://ca/authz/2", 200, authorization_json("valid"));
  const auto failed = client.await_order("https://ca/order/1", in(10s));
  REQUIRE_FALSE(failed);
  CHECK(failed.error().is(ProblemType::kCompound));
  REQUIRE(failed.error().problem.subproblems.size() == 2);
  CHECK(failed.error().problem.subproblems[1].kind == ProblemType::kConnection);
}

TEST_CASE_FIXTURE(Site, "an order whose URL was lost is found in the account's list") {
  has_account();
  ca.says("https://ca/acct/1", 200, R"({"status":"valid","orders":"https://ca/orders"})");
  ca.says("https://ca/orders", 200, R"({"orders":["https://ca/order/1","https://ca/order/2"]})",
          {{"link", "<https://ca/orders/2>;rel=\"next\""}});
  ca.says("https://ca/orders/2", 200, R"({"orders":["https://ca/order/3","https://ca/order/4"]})");
  ca.says("https://ca/order/1", 200, order_json("ready"));
  ca.says("https://ca/order/2", 200, order_json("pending", R"(,"profile":"short")"));
  ca.says("https://ca/order/3", 200, order_json("invalid"));
  ca.problem("https://ca/order/4", 404, "malformed");
  const auto found = client.find_open_order({.names = {"A.b"}, .profile = "short"});
  REQUIRE_MESSAGE(found, found.error().text());
  REQUIRE(*found);
  CHECK((*found)->url == "https://ca/order/2");
  CHECK(ca.asked("https://ca/order/1") == 0);  // the latest first
  CHECK_FALSE(*client.find_open_order({.names = {"a.b", "c.d"}}));
  CHECK_FALSE(*client.find_open_order({.names = {"a.b"}, .profile = "long"}));
  ca.says("https://ca/acct/2", 200, R"({"status":"valid"})");
  client.use_account("https://ca/acct/2");
  CHECK_FALSE(*client.find_open_order({.names = {"a.b"}}));
}

TEST_CASE_FIXTURE(Site, "broken answers are failures that name the URL") {
  has_account();
  for (const auto* body :
       {"", "[]", "{}", R"({"status":"odd","finalize":"https://ca/f"})",
        R"({"status":"pending","finalize":"http://elsewhere/f"})", "{\"status\""}) {
    ca.says("https://ca/o", 200, body);
  }
  for (int i = 0; i < 6; ++i) {
    const auto order = client.order("https://ca/o");
    REQUIRE_FALSE(order);
    CHECK(order.error().kind == Failure::Kind::kProtocol);
    CHECK(order.error().url == "https://ca/o");
  }
  ca.says("https://ca/moved", 301, "", {{"location", "http://evil/"}});
  CHECK(client.order("https://ca/moved").error().kind == Failure::Kind::kProtocol);
  ca.says("https://ca/cert", 200, "no certificate");
  CHECK(client.download("https://ca/cert", "").error().kind == Failure::Kind::kProtocol);
}

TEST_CASE_FIXTURE(Site, "renewal information: window, when to ask again, and nonsense") {
  ca.says("https://ca/ari/x.y", 200,
          R"({"suggestedWindow":{"start":"2026-01-02T03:04:05Z","end":"2026-01-03T03:04:05Z"},
              "explanationURL":"https://ca/why"})",
          {{"retry-after", "21600"}});
  const auto info = client.renewal_info("x.y");
  REQUIRE(info);
  CHECK(info->end - info->start == 24h);
  CHECK(info->retry_after == 6h);
  CHECK(info->explanation_url == "https://ca/why");
  ca.says("https://ca/ari/z", 200,
          R"({"suggestedWindow":{"start":"2026-01-02T03:04:05Z","end":"2026-01-02T03:04:05Z"}})",
          {{"retry-after", "0"}});
  CHECK(client.renewal_info("z")->retry_after == 0s);
  for (const auto* body :
       {"", "{}", R"({"suggestedWindow":{"start":"x","end":"y"}})",
        R"({"suggestedWindow":{"start":"2026-01-03T03:04:05Z","end":"2026-01-02T03:04:05Z"}})"}) {
    ca.says("https://ca/ari/bad", 200, body);
  }
  for (int i = 0; i < 4; ++i) {
    CHECK(client.renewal_info("bad").error().kind == Failure::Kind::kProtocol);
  }
  ca.problem("https://ca/ari/none", 404, "malformed");
  CHECK(client.renewal_info("none").error().is(ProblemType::kMalformed));
}

TEST_CASE_FIXTURE(Site, "the preferred chain is looked for among the alternates") {
  has_account();
  const std::string chain(kRfc9773Certificate);
  ca.says("https://ca/cert", 200, chain,
          {{"link", "</cert/1>;rel=\"alternate\", <https://ca/cert/2>;rel=\"alternate\""}});
  ca.says("https://ca/cert/1", 500, "");
  ca.says("https://ca/cert/2", 200, chain + chain);
  CHECK(*client.download("https://ca/cert", "Root of the Test") == chain);
  CHECK(ca.asked("https://ca/cert/1") == 0);
  CHECK(*client.download("https://ca/cert", "Another Root") == chain);
  CHECK(ca.asked("https://ca/cert/1") == 1);
  CHECK(ca.asked("https://ca/cert/2") == 1);
  CHECK(*client.download("https://ca/cert", "") == chain);
  CHECK(ca.asked("https://ca/cert/2") == 1);
}

TEST_CASE_FIXTURE(Site, "a rolled key is in force only after the authority took it") {
  has_account();
  const auto next = SigningKey::generate();
  ca.problem("https://ca/roll", 500, "serverInternal");
  ca.says("https://ca/roll", 200, "{}");
  CHECK_FALSE(client.roll_key(*next));
  CHECK(ca.header.at("kid").as_string() == "https://ca/acct/1");
  CHECK(client.roll_key(*next));
  const auto inner =
      boost::json::parse(*from_base64url(std::string_view(ca.payload.at("protected").as_string())))
          .as_object();
  CHECK(inner.at("jwk") == boost::json::parse(next->jwk()));
  CHECK_FALSE(inner.contains("nonce"));
  CHECK(inner.at("url").as_string() == "https://ca/roll");
  CHECK(client.account_url() == "https://ca/acct/1");
}

TEST_CASE_FIXTURE(Site, "a revocation is signed by the account or by the certificate's key") {
  has_account();
  ca.says("https://ca/revoke", 200, "");
  CHECK(client.revoke(kRfc9773Certificate, RevocationReason::kSuperseded));
  CHECK(ca.payload.at("reason").as_int64() == 4);
  CHECK(ca.header.contains("kid"));
  CHECK(client.revoke_with_key(kRfc9773Certificate, *SigningKey::generate(), std::nullopt));
  CHECK_FALSE(ca.payload.contains("reason"));
  CHECK(ca.header.contains("jwk"));
  CHECK_FALSE(client.revoke("nothing", std::nullopt));
}

TEST_CASE_FIXTURE(Site, "a directory that wants external accounts is answered before any account") {
  ScriptedAuthority strict;
  strict.says(
      "https://ca/eab", 200,
      R"({"newNonce":"https://ca/nonce","newAccount":"https://ca/acct","newOrder":"https://ca/order",
                  "meta":{"externalAccountRequired":true}})");
  Client other({.directory_url = "https://ca/eab", .transport = &strict, .clock = &clock});
  other.use_key(*SigningKey::generate());
  const auto refused = other.register_account({});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().is(ProblemType::kExternalAccountRequired));
  CHECK(strict.asked("https://ca/acct") == 0);
  CHECK(other.register_account({.eab_kid = "k", .eab_hmac_key = Secret("Zm9v")}));
  CHECK(strict.payload.contains("externalAccountBinding"));
}

TEST_CASE_FIXTURE(Site, "a contact is changed in the account") {
  ca.says("https://ca/acct/1", 200, R"({"status":"valid"})");
  has_account();
  REQUIRE(client.update_contact({"mailto:x@y"}));
  CHECK(ca.payload.at("contact").as_array().size() == 1);
}

TEST_CASE("a request can be stopped before it leaves") {
  int seen = 0;
  auto inner = std::make_unique<ScriptedAuthority>();
  const auto watched = make_watched_transport(std::move(inner), [&](const HttpRequest&) {
    return ++seen == 2 ? std::optional(Failure{.kind = Failure::Kind::kTimeout}) : std::nullopt;
  });
  CHECK(watched->exchange({.url = "https://ca/dir"}));
  CHECK(watched->exchange({.url = "https://ca/dir"}).error().kind == Failure::Kind::kTimeout);
}

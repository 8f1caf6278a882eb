// SPDX-License-Identifier: Apache-2.0
//
// The ACME client as a process, so that a test can lead it through a real authority: one JSON
// object a line on standard input ({"do": "new_order", "names": [...]}), one a line back: {"ok":
// ...} or {"failure": {...}}.
//
//   acme_probe DIRECTORY_URL TRUST_FILE TIMEOUT_MS
#include <fmt/format.h>

#include <boost/json.hpp>
#include <functional>
#include <iostream>
#include <map>

#include "tls/acme/chain.h"
#include "tls/acme/challenge_answer.h"
#include "tls/acme/client.h"
#include "tls/acme/csr.h"

namespace {

using namespace trellis;
using namespace trellis::tls::acme;
namespace json = boost::json;
using Done = Answer<json::value>;

std::string text(const json::object& o, const char* name) {
  const auto* value = o.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string().c_str()) : "";
}

std::vector<std::string> texts(const json::object& o, const char* name) {
  std::vector<std::string> all;
  if (const auto* value = o.if_contains(name)) {
    for (const auto& element : value->as_array()) all.emplace_back(element.as_string().c_str());
  }
  return all;
}

json::value seconds_of(const std::optional<std::chrono::seconds>& time) {
  return time ? json::value(time->count()) : json::value(nullptr);
}

json::object of(const Failure& failure) {
  static constexpr const char* kKinds[] = {"network", "problem", "protocol",
                                           "timeout", "stopped", "lost lock"};
  return {{"kind", kKinds[static_cast<int>(failure.kind)]},
          {"type", failure.problem.type.substr(failure.problem.type.rfind(':') + 1)},
          {"status", failure.problem.status},
          {"text", failure.text()},
          {"retry_after", seconds_of(failure.retry_after)}};
}

json::object of(const Account& account) {
  return {{"url", account.url},
          {"status", to_string(account.status).data()},
          {"created", account.created},
          {"contact", json::value_from(account.contact)}};
}

json::object of(const Order& order) {
  return {{"url", order.url},
          {"status", to_string(order.status).data()},
          {"authorizations", json::value_from(order.authorizations)},
          {"finalize", order.finalize},
          {"certificate", order.certificate},
          {"profile", order.profile},
          {"retry_after", seconds_of(order.retry_after)}};
}

json::object of(const Authorization& authorization) {
  json::object challenges;
  for (const auto& one : authorization.challenges) {
    challenges[one.type] = json::object{{"type", one.type},
                                        {"url", one.url},
                                        {"token", one.token},
                                        {"status", to_string(one.status).data()}};
  }
  return {{"url", authorization.url},
          {"name", authorization.identifier.value},
          {"wildcard", authorization.wildcard},
          {"status", to_string(authorization.status).data()},
          {"retry_after", seconds_of(authorization.retry_after)},
          {"challenges", std::move(challenges)}};
}

json::object of(const Directory& directory) {
  json::object profiles;
  for (const auto& [name, description] : directory.profiles) profiles[name] = description;
  return {{"terms", directory.terms_of_service},
          {"eab", directory.external_account_required},
          {"renewal_info", directory.renewal_info},
          {"profiles", std::move(profiles)}};
}

json::object of(const RenewalInfo& info) {
  const auto unix_of = [](WallTime at) {
    return std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count();
  };
  return {{"start", unix_of(info.start)},
          {"end", unix_of(info.end)},
          {"explanation", info.explanation_url},
          {"retry_after", seconds_of(info.retry_after)}};
}

template <class T>
Done shown(Answer<T> answer) {
  if (!answer) return tl::unexpected(std::move(answer).error());
  if constexpr (std::is_void_v<T>) {
    return json::value(json::object());
  } else if constexpr (std::is_pointer_v<T>) {
    return json::value(of(**answer));
  } else if constexpr (std::is_same_v<T, std::string>) {
    return json::value(*answer);
  } else {
    return json::value(of(*answer));
  }
}

// What fails here is the test's mistake.
template <class T>
T must(Result<T> result) {
  if (!result) {
    fmt::print(stderr, "{}\n", result.error().message());
    std::exit(2);
  }
  return std::move(*result);
}

class Probe {
 public:
  Probe(std::string directory, std::string trust_file, int timeout_ms)
      : transport_(make_https_transport(
            {.trust_file = trust_file, .timeout = std::chrono::milliseconds(timeout_ms)})),
        counted_(make_watched_transport(std::move(transport_),
                                        [this](const HttpRequest&) {
                                          ++requests_;
                                          return std::optional<Failure>();
                                        })),
        client_({.directory_url = std::move(directory),
                 .transport = counted_.get(),
                 .clock = &clock_,
                 .poll_interval = std::chrono::milliseconds(20)}) {
    use_new_key();
  }

  Done run(const json::object& o);

 private:
  void use_new_key() {
    key_ = must(SigningKey::generate());
    client_.use_key(*key_);
  }
  Client::Deadline deadline(const json::object& o) const {
    const auto* ms = o.if_contains("within_ms");
    return clock_.monotonic() + std::chrono::milliseconds(ms != nullptr ? ms->as_int64() : 30000);
  }
  Done account_step(std::string_view what, const json::object& o);
  Done order_step(std::string_view what, const json::object& o);
  Done certificate_step(std::string_view what, const json::object& o);
  Done local_step(std::string_view what, const json::object& o);
  Done finalize(const json::object& o);

  os::SystemClock clock_;
  int requests_ = 0;
  std::unique_ptr<AcmeTransport> transport_;
  std::unique_ptr<AcmeTransport> counted_;
  Client client_;
  std::optional<SigningKey> key_;
};

Done unknown() { return tl::unexpected(Failure{.message = "no such command"}); }

Done Probe::account_step(std::string_view what, const json::object& o) {
  if (what == "register") {
    return shown(client_.register_account({.contact = texts(o, "contact"),
                                           .eab_kid = text(o, "kid"),
                                           .eab_hmac_key = Secret(text(o, "hmac"))}));
  }
  if (what == "find") return shown(client_.find_account());
  if (what == "contact") return shown(client_.update_contact(texts(o, "contact")));
  if (what == "deactivate") return shown(client_.deactivate_account());
  if (what == "roll") {
    const SigningKey next = must(SigningKey::generate());
    auto rolled = client_.roll_key(next);
    if (rolled) key_ = next;
    return shown(std::move(rolled));
  }
  return unknown();
}

Done Probe::finalize(const json::object& o) {
  Order order;
  order.url = text(o, "url");
  order.finalize = text(o, "finalize");
  static const std::map<std::string, config::AcmeKeyType> kTypes{
      {"ec256", config::AcmeKeyType::kEc256},
      {"ec384", config::AcmeKeyType::kEc384},
      {"rsa2048", config::AcmeKeyType::kRsa2048}};
  const Secret key = must(make_certificate_key(kTypes.at(text(o, "key_type"))));
  auto finalized = client_.finalize(order, must(make_csr(texts(o, "names"), key)));
  if (!finalized) return tl::unexpected(std::move(finalized).error());
  json::object result = of(*finalized);
  result["key"] = std::string(key.reveal());
  return json::value(std::move(result));
}

Done Probe::order_step(std::string_view what, const json::object& o) {
  if (what == "new_order") {
    return shown(client_.new_order({.names = texts(o, "names"),
                                    .profile = text(o, "profile"),
                                    .replaces = text(o, "replaces")}));
  }
  if (what == "find_open_order") {
    auto found = client_.find_open_order(
        {.names = texts(o, "names"), .profile = text(o, "profile"), .replaces = {}});
    if (!found) return tl::unexpected(std::move(found).error());
    return *found ? json::value(of(**found)) : json::value(nullptr);
  }
  if (what == "order") return shown(client_.order(text(o, "url")));
  if (what == "finalize") return finalize(o);
  if (what == "authorization") return shown(client_.authorization(text(o, "url")));
  if (what == "accept") {
    Challenge challenge;
    challenge.url = text(o, "url");
    challenge.status = Status::kPending;
    auto accepted = client_.accept(challenge);
    if (!accepted) return tl::unexpected(std::move(accepted).error());
    return json::value(to_string(accepted->status).data());
  }
  if (what == "await_authorization") {
    return shown(client_.await_authorization(text(o, "url"), deadline(o)));
  }
  if (what == "await_order") return shown(client_.await_order(text(o, "url"), deadline(o)));
  if (what == "await_certificate") {
    return shown(client_.await_certificate(text(o, "url"), deadline(o)));
  }
  return unknown();
}

Done Probe::certificate_step(std::string_view what, const json::object& o) {
  const std::string chain = text(o, "chain");
  std::optional<RevocationReason> reason;
  if (const auto* number = o.if_contains("reason")) {
    reason = static_cast<RevocationReason>(number->as_int64());
  }
  if (what == "download") return shown(client_.download(text(o, "url"), text(o, "root")));
  if (what == "revoke") return shown(client_.revoke(chain, reason));
  if (what == "revoke_with_key") {
    return shown(
        client_.revoke_with_key(chain, must(SigningKey::from_pem(Secret(text(o, "key")))), reason));
  }
  if (what == "renewal_info") return shown(client_.renewal_info(must(renewal_id(chain))));
  return unknown();
}

Done Probe::local_step(std::string_view what, const json::object& o) {
  if (what == "directory") return shown(client_.directory());
  if (what == "renewal_id") return json::value(must(renewal_id(text(o, "chain"))));
  if (what == "new_key") {
    use_new_key();
    return json::value(json::object());
  }
  if (what == "requests") return json::value(requests_);
  if (what == "answers") {
    const std::string authorization = key_authorization(text(o, "token"), *key_);
    const Identifier identifier = Identifier::of(text(o, "name"));
    const AlpnCertificate alpn = must(make_alpn_certificate(identifier, authorization));
    return json::value(json::object{{"http", authorization},
                                    {"dns", dns_record_value(authorization)},
                                    {"server_name", alpn_server_name(identifier)},
                                    {"certificate", alpn.certificate_pem},
                                    {"key", std::string(alpn.key_pem.reveal())}});
  }
  return unknown();
}

Done Probe::run(const json::object& o) {
  const std::string what = text(o, "do");
  for (const auto step :
       {&Probe::account_step, &Probe::order_step, &Probe::certificate_step, &Probe::local_step}) {
    auto done = (this->*step)(what, o);
    if (done || done.error().message != "no such command") return done;
  }
  return unknown();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  Probe probe(argv[1], argv[2], std::atoi(argv[3]));
  for (std::string line; std::getline(std::cin, line);) {
    const auto done = probe.run(json::parse(line).as_object());
    std::cout << (done ? json::serialize(json::object{{"ok", *done}})
                       : json::serialize(json::object{{"failure", of(done.error())}}))
              << std::endl;
  }
}

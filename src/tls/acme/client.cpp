// SPDX-License-Identifier: Apache-2.0
#include "tls/acme/client.h"

#include <algorithm>
#include <boost/json.hpp>

#include "tls/acme/chain.h"
#include "tls/acme/client_answers.h"
#include "tls/acme/json_fields.h"
#include "tls/acme/resources.h"

namespace trellis::tls::acme {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
namespace json = boost::json;

constexpr size_t kLongestNonce = 1000;
constexpr milliseconds kShortestWait{50};

json::string_view view(std::string_view text) { return {text.data(), text.size()}; }

bool is_nonce(std::string_view text) {
  return !text.empty() && text.size() <= kLongestNonce &&
         text.find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == text.npos;
}

}  // namespace

Client::Client(ClientOptions options) : options_(std::move(options)) {
  TRELLIS_ASSERT(options_.transport != nullptr && options_.clock != nullptr);
}

// -- requests ---------------------------------------------------------------------------------

Answer<HttpResponse> Client::exchange(const HttpRequest& request) {
  auto response = options_.transport->exchange(request);
  if (!response) return response;
  if (const auto nonce = response->header("replay-nonce"); is_nonce(nonce)) nonce_ = nonce;
  if (response->status >= 300 && response->status < 400) {
    return broken(request.url,
                  fmt::format("answers with a redirect ({}) to '{}', which is not followed",
                              response->status, one_line(response->header("location"), 500)));
  }
  if (response->status < 200 || response->status >= 400) {
    return tl::unexpected(failure_of(request.url, *response));
  }
  return response;
}

Failure Client::failure_of(const std::string& url, const HttpResponse& response) const {
  Failure failure;
  failure.kind = Failure::Kind::kProblem;
  failure.url = url;
  failure.problem = parse_problem(response.body, response.status);
  failure.retry_after = asked_to_wait(response, *options_.clock);
  const auto terms = response.links("terms-of-service");
  if (failure.problem.instance.empty() && !terms.empty()) failure.problem.instance = terms.front();
  return failure;
}

Answer<const Directory*> Client::directory() {
  if (directory_) return &*directory_;
  auto response = exchange({.url = options_.directory_url});
  if (!response) return tl::unexpected(std::move(response).error());
  directory_ = parse_directory(response->body);
  if (!directory_) {
    return broken(options_.directory_url,
                  fmt::format("is no ACME directory: {}", one_line(response->body, 200)));
  }
  return &*directory_;
}

Answer<std::string> Client::take_nonce() {
  if (nonce_.empty()) {
    auto known = directory();
    if (!known) return tl::unexpected(std::move(known).error());
    const std::string url = (*known)->new_nonce;
    auto response = exchange({.method = "HEAD", .url = url});
    if (!response) return tl::unexpected(std::move(response).error());
    if (nonce_.empty()) return broken(url, "sent no Replay-Nonce");
  }
  return std::exchange(nonce_, {});
}

Answer<HttpResponse> Client::post(const std::string& url, std::string_view payload,
                                  const SigningKey& key, SignWith with, std::string_view accept) {
  for (int attempt = 0;; ++attempt) {
    auto nonce = take_nonce();
    if (!nonce) return tl::unexpected(std::move(nonce).error());
    json::object header{{"alg", view(key.algorithm())}, {"nonce", *nonce}, {"url", url}};
    if (with == SignWith::kJwk) {
      header["jwk"] = json::parse(key.jwk());
    } else {
      header["kid"] = account_url_;
    }
    auto body = sign_jws(key, json::serialize(header), payload);
    if (!body) return local_failure(body.error());
    auto response = exchange({.method = "POST",
                              .url = url,
                              .content_type = "application/jose+json",
                              .accept = std::string(accept),
                              .body = std::move(*body)});
    if (response || !response.error().is(ProblemType::kBadNonce) || attempt == kMostBadNonces) {
      return response;
    }
  }
}

Answer<HttpResponse> Client::post_as_account(const std::string& url, std::string_view payload,
                                             std::string_view accept) {
  if (!key_ || account_url_.empty()) return broken(url, "there is no account yet");
  return post(url, payload, *key_, SignWith::kAccount, accept);
}

Answer<> Client::wait(std::optional<seconds> asked, milliseconds& interval, Deadline deadline,
                      const std::string& url) {
  const auto left = deadline - options_.clock->monotonic();
  if (left <= nanoseconds(0)) {
    return failed(Failure::Kind::kTimeout, url, "the authority did not decide in time");
  }
  nanoseconds time = asked && asked->count() > 0 ? nanoseconds(*asked) : nanoseconds(interval);
  interval = std::min<milliseconds>(interval * 2, options_.longest_poll);
  time = std::min<nanoseconds>(std::max<nanoseconds>(time, kShortestWait), left);
  StopSignal never;
  if ((options_.stop != nullptr ? *options_.stop : never).wait_for(time)) {
    return stopped();
  }
  return {};
}

// -- accounts ---------------------------------------------------------------------------------

void Client::use_key(SigningKey key) {
  key_ = std::move(key);
  account_url_.clear();
}

void Client::use_account(std::string url) { account_url_ = std::move(url); }

Answer<Account> Client::account_request(std::string_view payload) {
  auto known = directory();
  if (!known) return tl::unexpected(std::move(known).error());
  const std::string url = (*known)->new_account;
  if (!key_) return broken(url, "there is no account key");
  auto response = post(url, payload, *key_, SignWith::kJwk);
  if (!response) return tl::unexpected(std::move(response).error());
  auto account = parse_account(response->body);
  if (!account) return broken(url, "answers with no account");
  account->url = resolve(url, response->header("location"));
  if (!account->url.starts_with("https://")) return broken(url, "sent no account URL");
  account->created = response->status == 201;
  account_url_ = account->url;
  return std::move(*account);
}

Answer<Account> Client::register_account(const Registration& registration) {
  auto known = directory();
  if (!known) return tl::unexpected(std::move(known).error());
  const std::string url = (*known)->new_account;
  if (!key_) return broken(url, "there is no account key");
  if (registration.eab_kid.empty()) {
    if ((*known)->external_account_required) {
      Problem problem;
      problem.type = "urn:ietf:params:acme:error:externalAccountRequired";
      problem.kind = ProblemType::kExternalAccountRequired;
      problem.detail =
          "the directory says that accounts are bound to one of the authority's customers; set "
          "server.tls.acme.eab_kid and server.tls.acme.eab_hmac_key to what it handed out";
      return refused(url, std::move(problem));
    }
    return account_request(account_request_body(registration.contact, ""));
  }
  const auto binding =
      external_account_binding(*key_, registration.eab_kid, registration.eab_hmac_key, url);
  if (!binding) return local_failure(binding.error());
  return account_request(account_request_body(registration.contact, *binding));
}

Answer<Account> Client::find_account() { return account_request(R"({"onlyReturnExisting":true})"); }

Answer<Account> Client::update_contact(const std::vector<std::string>& contact) {
  auto response = post_as_account(account_url_, contact_body(contact));
  if (!response) return tl::unexpected(std::move(response).error());
  auto account = parse_account(response->body);
  if (!account) return broken(account_url_, "answers with no account");
  account->url = account_url_;
  return std::move(*account);
}

Answer<> Client::roll_key(const SigningKey& next) {
  auto known = directory();
  if (!known) return tl::unexpected(std::move(known).error());
  const std::string url = (*known)->key_change;
  if (url.empty()) return broken(options_.directory_url, "cannot change an account's key");
  if (!key_) return broken(url, "there is no account key");
  const json::object header{
      {"alg", view(next.algorithm())}, {"jwk", json::parse(next.jwk())}, {"url", url}};
  const json::object payload{{"account", account_url_}, {"oldKey", json::parse(key_->jwk())}};
  const auto inner = sign_jws(next, json::serialize(header), json::serialize(payload));
  if (!inner) return local_failure(inner.error());
  auto response = post_as_account(url, *inner);
  if (!response) return tl::unexpected(std::move(response).error());
  key_ = next;
  return {};
}

Answer<> Client::deactivate_account() {
  auto response = post_as_account(account_url_, R"({"status":"deactivated"})");
  if (!response) return tl::unexpected(std::move(response).error());
  return {};
}

// -- revocation and renewal information ---------------------------------------------------------

Answer<> Client::revoke_by(std::string_view chain_pem, const SigningKey& key, SignWith with,
                           std::optional<RevocationReason> reason) {
  auto known = directory();
  if (!known) return tl::unexpected(std::move(known).error());
  const std::string url = (*known)->revoke_cert;
  if (url.empty()) return broken(options_.directory_url, "cannot revoke certificates");
  const auto certificate = leaf_der_base64url(chain_pem);
  if (!certificate) return local_failure(certificate.error());
  json::object payload{{"certificate", *certificate}};
  if (reason) payload["reason"] = static_cast<int64_t>(*reason);
  auto response = post(url, json::serialize(payload), key, with);
  if (!response) return tl::unexpected(std::move(response).error());
  return {};
}

Answer<> Client::revoke(std::string_view chain_pem, std::optional<RevocationReason> reason) {
  if (!key_ || account_url_.empty()) return broken("", "there is no account yet");
  return revoke_by(chain_pem, *key_, SignWith::kAccount, reason);
}

Answer<> Client::revoke_with_key(std::string_view chain_pem, const SigningKey& certificate_key,
                                 std::optional<RevocationReason> reason) {
  return revoke_by(chain_pem, certificate_key, SignWith::kJwk, reason);
}

Answer<RenewalInfo> Client::renewal_info(std::string_view certificate_id) {
  auto known = directory();
  if (!known) return tl::unexpected(std::move(known).error());
  if ((*known)->renewal_info.empty()) {
    return broken(options_.directory_url, "has no renewal information");
  }
  const std::string url = fmt::format("{}/{}", (*known)->renewal_info, certificate_id);
  auto response = exchange({.url = url});
  if (!response) return tl::unexpected(std::move(response).error());
  auto info = parse_renewal_info(response->body);
  if (!info) {
    return broken(url, "answers with no renewal window: " + one_line(response->body, 200));
  }
  info->retry_after = asked_to_wait(*response, *options_.clock);
  return std::move(*info);
}

}  // namespace trellis::tls::acme

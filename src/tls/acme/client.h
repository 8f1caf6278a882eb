// SPDX-License-Identifier: Apache-2.0
//
// An ACME client (RFC 8555; addresses RFC 8738; renewal information RFC 9773; profiles
// draft-ietf-acme-profiles): one account at one authority, synchronous, used from one thread.
//
// It keeps the directory, a nonce, the account's key and URL; nothing on disk. Each call is a few
// requests, each with the transport's timeout; the await_ calls poll until a deadline.
//
// badNonce is repeated with the nonce that came with it, at most kMostBadNonces times a request.
// Nothing else is repeated: when to try again is the caller's to decide, from Failure.
//
//   Client client({.directory_url = url, .transport = &https, .clock = &clock, .stop = &stop});
//   client.use_key(key);                                  // persisted before
//   register_account({...})  or  find_account()  or  use_account(url)
//   Order order = new_order({...});                       // persist order.url
//   for url of order.authorizations:
//     authorization(url); already valid? else put up the answer, accept(challenge), await
//   finalize(order, csr); await_certificate(order.url, ...); download(order.certificate, root)
//
// Traps of authorities that this is made for: authorizations may be valid from the start; a second
// challenge of an authorization that has failed may never be answered, so order anew; an order may
// be `processing` after finalize for long, and must not be finalized again.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "os/clock.h"
#include "tls/acme/http.h"
#include "tls/acme/jose.h"
#include "tls/acme/problem.h"
#include "tls/stop_signal.h"

namespace trellis::tls::acme {

using WallTime = std::chrono::system_clock::time_point;

struct Directory {
  std::string new_nonce;
  std::string new_account;
  std::string new_order;
  std::string revoke_cert;
  std::string key_change;
  std::string renewal_info;  // empty: the authority has none
  std::string terms_of_service;
  bool external_account_required = false;
  std::map<std::string, std::string> profiles;  // name to description
};

// kOther: a word that RFC 8555 does not have. Valid of an account, order, authorization, challenge.
enum class Status : uint8_t {
  kOther,
  kPending,
  kReady,
  kProcessing,
  kValid,
  kInvalid,
  kExpired,
  kDeactivated,
  kRevoked,
};
std::string_view to_string(Status status);

struct Registration {
  std::vector<std::string> contact{};  // "mailto:..."
  std::string eab_kid{};               // empty: no external account
  Secret eab_hmac_key{};               // base64url
};

struct Account {
  std::string url;
  Status status = Status::kOther;
  std::vector<std::string> contact;
  std::string orders;    // URL of the list of its orders; empty: the authority keeps none
  bool created = false;  // by this call
};

struct Challenge {
  std::string type;  // "http-01"
  std::string url;
  std::string token;
  Status status = Status::kOther;
  std::optional<Problem> error;
};

struct Authorization {
  std::string url;
  Identifier identifier;  // without "*."
  bool wildcard = false;
  Status status = Status::kOther;
  std::vector<Challenge> challenges;
  std::optional<WallTime> expires;
  std::optional<std::chrono::seconds> retry_after;

  const Challenge* challenge(std::string_view type) const;  // null: not offered
  // Why it is invalid: the problems of its challenges, whole.
  Problem why_invalid() const;
};

struct Order {
  std::string url;
  Status status = Status::kOther;
  std::vector<Identifier> identifiers;
  std::vector<std::string> authorizations;  // URLs
  std::string finalize;
  std::string certificate;  // URL, once valid
  std::string profile;
  std::optional<Problem> error;
  std::optional<WallTime> expires;
  std::optional<std::chrono::seconds> retry_after;
};

struct NewOrder {
  std::vector<std::string> names{};  // host names, wildcards, IP literals
  std::string profile{};             // empty: the authority's choice
  std::string replaces{};            // renewal_id() of the certificate before; empty: none
};

struct RenewalInfo {
  WallTime start;  // of the suggested window; start <= end
  WallTime end;
  std::string explanation_url;
  std::optional<std::chrono::seconds> retry_after;  // when to ask again, as the authority wishes
};

// RFC 5280 5.3.1, those that a subscriber may use.
enum class RevocationReason : uint8_t {
  kUnspecified = 0,
  kKeyCompromise = 1,
  kAffiliationChanged = 3,
  kSuperseded = 4,
  kCessationOfOperation = 5,
};

struct ClientOptions {
  std::string directory_url;
  AcmeTransport* transport = nullptr;
  const os::Clock* clock = nullptr;
  StopSignal* stop = nullptr;                    // may be null
  std::chrono::milliseconds poll_interval{200};  // first wait when no Retry-After says; doubles
  std::chrono::seconds longest_poll{10};         // the most that it doubles to
};

class Client {
 public:
  static constexpr int kMostBadNonces = 20;
  static constexpr size_t kMostOrdersLookedAt = 20;
  using Deadline = os::Clock::Monotonic;

  explicit Client(ClientOptions options);

  // Asked once and kept; valid as long as the client.
  Answer<const Directory*> directory();

  void use_key(SigningKey key);  // forgets the account URL
  void use_account(std::string url);
  const std::string& account_url() const { return account_url_; }

  // Accepts the authority's terms. An account that the key has already is returned, not made anew;
  // its contact is then as it was.
  Answer<Account> register_account(const Registration& registration);
  // accountDoesNotExist when the key has none.
  Answer<Account> find_account();
  Answer<Account> update_contact(const std::vector<std::string>& contact);
  // After success `next` is the client's key. After a failure that is not final either key may be
  // in force: find_account() with each tells.
  Answer<> roll_key(const SigningKey& next);
  Answer<> deactivate_account();

  Answer<Order> new_order(const NewOrder& request);
  Answer<Order> order(const std::string& url);
  // An order like `request` that this account has placed and not finalized yet: one whose URL was
  // lost with the answer, or with the process. From the account's list of orders (RFC 8555
  // 7.1.2.1); none where the authority keeps no list. Looks at the latest kMostOrdersLookedAt.
  Answer<std::optional<Order>> find_open_order(const NewOrder& request);
  Answer<Authorization> authorization(const std::string& url);
  // Tells the authority that the answer is up.
  Answer<Challenge> accept(const Challenge& challenge);
  // Until it is no longer pending: valid, or a Failure with the problems of its challenges.
  Answer<Authorization> await_authorization(const std::string& url, Deadline deadline);
  // The order must be ready; it comes back processing or valid.
  Answer<Order> finalize(const Order& order, std::string_view csr_der);
  // Until pending or processing is over: ready or valid, or a Failure with the order's problem.
  Answer<Order> await_order(const std::string& url, Deadline deadline);
  Answer<Order> await_certificate(const std::string& url, Deadline deadline);  // valid only
  // PEM, leaf first. The chain whose root is `preferred_root` (chain_has_root) if one of the
  // default and its alternates has it, else the default.
  Answer<std::string> download(const std::string& certificate_url, std::string_view preferred_root);

  // alreadyRevoked is a Failure like any other.
  Answer<> revoke(std::string_view chain_pem, std::optional<RevocationReason> reason);
  Answer<> revoke_with_key(std::string_view chain_pem, const SigningKey& certificate_key,
                           std::optional<RevocationReason> reason);

  // Failure kProtocol when the authority has no renewalInfo, or answers nonsense.
  Answer<RenewalInfo> renewal_info(std::string_view certificate_id);

 private:
  enum class SignWith : uint8_t { kAccount, kJwk };

  Answer<HttpResponse> exchange(const HttpRequest& request);
  Answer<std::string> take_nonce();
  Answer<HttpResponse> post(const std::string& url, std::string_view payload, const SigningKey& key,
                            SignWith with, std::string_view accept = {});
  Answer<HttpResponse> post_as_account(const std::string& url, std::string_view payload,
                                       std::string_view accept = {});
  Failure failure_of(const std::string& url, const HttpResponse& response) const;
  Answer<Account> account_request(std::string_view payload);
  Answer<Order> order_of(const std::string& url, Answer<HttpResponse> response);
  Problem why_invalid(const Order& order);  // asks its authorizations
  Answer<std::vector<std::string>> order_urls();
  Answer<Order> await_order_until(const std::string& url, Deadline deadline, bool ready_is_enough);
  Answer<> wait(std::optional<std::chrono::seconds> asked, std::chrono::milliseconds& interval,
                Deadline deadline, const std::string& url);
  Answer<> revoke_by(std::string_view chain_pem, const SigningKey& key, SignWith with,
                     std::optional<RevocationReason> reason);

  ClientOptions options_;
  std::optional<Directory> directory_;
  std::optional<SigningKey> key_;
  std::string account_url_;
  std::string nonce_;  // empty: none at hand
};

}  // namespace trellis::tls::acme

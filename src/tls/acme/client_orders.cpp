// SPDX-License-Identifier: Apache-2.0
//
// Client: orders, authorizations, challenges, certificates.
#include <algorithm>
#include <boost/json.hpp>
#include <iterator>
#include <ranges>

#include "tls/acme/chain.h"
#include "tls/acme/client.h"
#include "tls/acme/client_answers.h"
#include "tls/acme/json_fields.h"
#include "tls/acme/resources.h"

namespace trellis::tls::acme {
namespace {

using std::chrono::milliseconds;
namespace json = boost::json;

constexpr std::string_view kPemChain = "application/pem-certificate-chain";
constexpr size_t kMostAlternates = 10;
constexpr size_t kMostOrderPages = 300;

}  // namespace

const Challenge* Authorization::challenge(std::string_view type) const {
  const auto found = std::ranges::find(challenges, type, &Challenge::type);
  return found == challenges.end() ? nullptr : &*found;
}

Problem Authorization::why_invalid() const {
  std::vector<Problem> problems;
  for (const auto& challenge : challenges) {
    if (challenge.error) problems.push_back(*challenge.error);
  }
  if (problems.size() == 1) {
    if (!problems.front().identifier) problems.front().identifier = identifier;
    return std::move(problems.front());
  }
  Problem problem;
  problem.identifier = identifier;
  problem.detail =
      fmt::format("the authorization of {} is {}", identifier.value, to_string(status));
  if (problems.empty()) return problem;
  problem.type = "urn:ietf:params:acme:error:compound";
  problem.kind = ProblemType::kCompound;
  problem.subproblems = std::move(problems);
  return problem;
}

Answer<Order> Client::order_of(const std::string& url, Answer<HttpResponse> response) {
  if (!response) return tl::unexpected(std::move(response).error());
  auto order = parse_order(response->body);
  if (!order) return broken(url, "answers with no order: " + one_line(response->body, 200));
  order->url = url;
  order->retry_after = asked_to_wait(*response, *options_.clock);
  return std::move(*order);
}

Answer<Order> Client::new_order(const NewOrder& request) {
  auto known = directory();
  if (!known) return tl::unexpected(std::move(known).error());
  const std::string url = (*known)->new_order;
  auto response = post_as_account(url, order_body(request));
  if (!response) return tl::unexpected(std::move(response).error());
  const std::string location = resolve(url, response->header("location"));
  if (!location.starts_with("https://")) return broken(url, "sent no order URL");
  return order_of(location, std::move(response));
}

Answer<Order> Client::order(const std::string& url) {
  return order_of(url, post_as_account(url, ""));
}

Answer<std::vector<std::string>> Client::order_urls() {
  auto response = post_as_account(account_url_, "");
  if (!response) return tl::unexpected(std::move(response).error());
  const auto account = parse_account(response->body);
  if (!account) return broken(account_url_, "answers with no account");
  std::vector<std::string> urls;
  std::string page = account->orders;
  for (size_t pages = 0; !page.empty() && pages < kMostOrderPages; ++pages) {
    response = post_as_account(page, "");
    if (!response) return tl::unexpected(std::move(response).error());
    auto list = parse_order_list(response->body);
    if (!list) return broken(page, "answers with no list of orders");
    std::ranges::move(*list, std::back_inserter(urls));
    const auto next = response->links("next");
    page = next.empty() ? "" : resolve(page, next.front());
  }
  return urls;
}

Answer<std::optional<Order>> Client::find_open_order(const NewOrder& request) {
  auto urls = order_urls();
  if (!urls) return tl::unexpected(std::move(urls).error());
  std::vector<Identifier> wanted;
  for (const auto& name : request.names) wanted.push_back(Identifier::of(name));
  if (urls->size() > kMostOrdersLookedAt) {
    urls->erase(urls->begin(), urls->end() - static_cast<ptrdiff_t>(kMostOrdersLookedAt));
  }
  for (const auto& url : *urls | std::views::reverse) {
    auto found = order(url);
    if (!found && found.error().is_final()) continue;  // gone by now
    if (!found) return tl::unexpected(std::move(found).error());
    const bool open = found->status == Status::kPending || found->status == Status::kReady;
    const bool same = std::ranges::is_permutation(found->identifiers, wanted);
    if (open && same && (request.profile.empty() || found->profile == request.profile)) {
      return std::optional(std::move(*found));
    }
  }
  return std::optional<Order>();
}

Answer<Authorization> Client::authorization(const std::string& url) {
  auto response = post_as_account(url, "");
  if (!response) return tl::unexpected(std::move(response).error());
  auto authorization = parse_authorization(response->body);
  if (!authorization) {
    return broken(url, "answers with no authorization: " + one_line(response->body, 200));
  }
  authorization->url = url;
  authorization->retry_after = asked_to_wait(*response, *options_.clock);
  return std::move(*authorization);
}

Answer<Challenge> Client::accept(const Challenge& challenge) {
  // One that was decided, or is being tried, is not to be posted to again.
  if (challenge.status != Status::kPending) return challenge;
  auto response = post_as_account(challenge.url, "{}");
  if (!response) return tl::unexpected(std::move(response).error());
  auto accepted = parse_challenge(response->body);
  if (!accepted) return broken(challenge.url, "answers with no challenge");
  return std::move(*accepted);
}

Answer<Authorization> Client::await_authorization(const std::string& url, Deadline deadline) {
  milliseconds interval = options_.poll_interval;
  while (true) {
    auto answer = authorization(url);
    if (!answer || answer->status == Status::kValid) return answer;
    if (answer->status != Status::kPending) return refused(url, answer->why_invalid());
    if (auto waited = wait(answer->retry_after, interval, deadline, url); !waited) {
      return tl::unexpected(std::move(waited).error());
    }
  }
}

Answer<Order> Client::finalize(const Order& order, std::string_view csr_der) {
  const json::object payload{{"csr", base64url(csr_der)}};
  return order_of(order.url, post_as_account(order.finalize, json::serialize(payload)));
}

Problem Client::why_invalid(const Order& order) {
  Problem problem;
  if (order.error) problem = *order.error;
  if (!order.error) problem.detail = "the order is " + std::string(to_string(order.status));
  for (const auto& url : order.authorizations) {
    // Reads only: an authorization that failed must not be posted to.
    const auto answer = authorization(url);
    if (!answer || answer->status != Status::kInvalid) continue;
    Problem inner = answer->why_invalid();
    if (inner.type != problem.type || inner.detail != problem.detail) {
      problem.subproblems.push_back(std::move(inner));
    }
  }
  if (!order.error && problem.subproblems.size() == 1) return std::move(problem.subproblems[0]);
  if (!order.error && !problem.subproblems.empty()) {
    problem.type = "urn:ietf:params:acme:error:compound";
    problem.kind = ProblemType::kCompound;
  }
  return problem;
}

Answer<Order> Client::await_order_until(const std::string& url, Deadline deadline,
                                        bool ready_is_enough) {
  milliseconds interval = options_.poll_interval;
  while (true) {
    auto answer = order(url);
    if (!answer || (answer->status == Status::kReady && ready_is_enough)) return answer;
    if (answer->status == Status::kValid) {
      if (answer->certificate.empty()) return broken(url, "is valid, without a certificate");
      return answer;
    }
    const bool open = answer->status == Status::kPending || answer->status == Status::kReady ||
                      answer->status == Status::kProcessing;
    if (!open) return refused(url, why_invalid(*answer));
    if (auto waited = wait(answer->retry_after, interval, deadline, url); !waited) {
      return tl::unexpected(std::move(waited).error());
    }
  }
}

Answer<Order> Client::await_order(const std::string& url, Deadline deadline) {
  return await_order_until(url, deadline, true);
}

Answer<Order> Client::await_certificate(const std::string& url, Deadline deadline) {
  return await_order_until(url, deadline, false);
}

Answer<std::string> Client::download(const std::string& certificate_url,
                                     std::string_view preferred_root) {
  auto response = post_as_account(certificate_url, "", kPemChain);
  if (!response) return tl::unexpected(std::move(response).error());
  const auto fits = chain_has_root(response->body, preferred_root);
  if (!fits) return broken(certificate_url, fits.error().message());
  if (preferred_root.empty() || *fits) return std::move(response->body);
  auto alternates = response->links("alternate");
  if (alternates.size() > kMostAlternates) alternates.resize(kMostAlternates);
  for (const auto& link : alternates) {
    auto other = post_as_account(resolve(certificate_url, link), "", kPemChain);
    // The default is still good when an alternate cannot be had, unless nobody waits any more.
    if (!other && other.error().kind == Failure::Kind::kStopped) {
      return tl::unexpected(std::move(other).error());
    }
    if (other && chain_has_root(other->body, preferred_root).value_or(false)) {
      return std::move(other->body);
    }
  }
  return std::move(response->body);
}

}  // namespace trellis::tls::acme

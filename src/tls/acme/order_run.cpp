// SPDX-License-Identifier: Apache-2.0
#include "tls/acme/order_run.h"

#include <algorithm>
#include <utility>

#include "tls/acme/chain.h"
#include "tls/acme/csr.h"
#include "tls/acme/failure.h"
#include "tls/acme/raised_challenges.h"

namespace trellis::tls::acme {
namespace {

// Is the refusal of an order that replaces a certificate perhaps about just that? (RFC 9773 5.)
// Some authorities know too little of the old certificate and answer with an internal error.
bool may_blame_replaces(const Failure& failure) {
  if (failure.kind != Failure::Kind::kProblem) return false;
  switch (failure.problem.kind) {
    case ProblemType::kAlreadyReplaced:
    case ProblemType::kServerInternal:
    case ProblemType::kUnauthorized:
    case ProblemType::kMalformed:
      return true;
    default:
      return failure.problem.status == 404 || failure.problem.status == 409;
  }
}

constexpr int kMostBreaks = 3;
constexpr std::chrono::seconds kAfterBreak{1};

bool is_break(const Failure& failure) {
  return failure.kind == Failure::Kind::kNetwork || failure.kind == Failure::Kind::kTimeout;
}

bool is_gone(const Failure& failure) {
  return failure.is_final() && (failure.problem.status == 404 || failure.problem.status == 403 ||
                                failure.problem.kind == ProblemType::kMalformed ||
                                failure.problem.kind == ProblemType::kUnauthorized);
}

}  // namespace

OrderRun::OrderRun(const Surroundings& around, Client& client, OrderWish wish,
                   std::function<bool()> still_ours)
    : around_(around),
      client_(client),
      wish_(std::move(wish)),
      still_ours_(std::move(still_ours)),
      keeper_(around, *wish_.issuer, client),
      names_(around.config->domains) {}

Answer<Obtained> OrderRun::run() {
  deadline_ = around_.clock->monotonic() + around_.config->order_timeout;
  auto obtained = attempt();
  if (!obtained && is_lost(obtained.error()) && still_ours_()) {
    if (auto gone = forget_order(); !gone) around_.log.warn("{}", gone.error().text());
  }
  return obtained;
}

Answer<Obtained> OrderRun::attempt() {
  if (auto offered = check_profile(); !offered) return tl::unexpected(std::move(offered).error());
  if (auto used = keeper_.use(); !used) return tl::unexpected(std::move(used).error());
  auto order = resume_or_place();
  if (!order) return tl::unexpected(std::move(order).error());
  if (order->status == Status::kPending) {
    if (auto proven = prove(*order); !proven) return tl::unexpected(std::move(proven).error());
    order = client_.await_order(order->url, deadline_);
    if (!order) return tl::unexpected(std::move(order).error());
  }
  if (auto ours = check_still_ours(); !ours) return tl::unexpected(std::move(ours).error());
  if (order->status == Status::kReady) {
    const auto csr = make_csr(names_, saved_.key_pem);
    if (!csr) return local_failure(csr.error());
    const std::string url = order->url;
    order = client_.finalize(*order, *csr);
    if (!order) return tl::unexpected(std::move(order).error());
    if (order->url.empty()) order->url = url;
  }
  if (order->status != Status::kValid) {
    order = client_.await_certificate(order->url, deadline_);
    if (!order) return tl::unexpected(std::move(order).error());
  }
  return keep(*order);
}

Answer<Order> OrderRun::resume_or_place() {
  auto order = resume();
  if (!order || order->status != Status::kOther) return order;
  return place();
}

Answer<Order> OrderRun::resume() {
  auto read = around_.store->order(names_, wish_.issuer->directory);
  if (!read) return local_failure(read.error());
  if (!*read) return Order{};
  saved_ = std::move(**read);
  if (saved_.profile != request().profile) {
    if (auto gone = forget_order(); !gone) return tl::unexpected(std::move(gone).error());
    return Order{};
  }
  if (saved_.url.empty()) return find_lost_order();
  auto order = client_.order(saved_.url);
  if (!order && order.error().is(ProblemType::kAccountDoesNotExist)) {
    if (auto again = keeper_.register_again(); !again) {
      return tl::unexpected(std::move(again).error());
    }
  } else if (!order && !is_gone(order.error())) {
    return order;
  }
  if (order && (order->status == Status::kPending || order->status == Status::kReady ||
                order->status == Status::kProcessing || order->status == Status::kValid)) {
    around_.log.info("ACME order {} is taken up again; it is {}.", saved_.url,
                     to_string(order->status));
    order->url = saved_.url;
    return order;
  }
  if (auto gone = forget_order(); !gone) return tl::unexpected(std::move(gone).error());
  return Order{};
}

// The process ended between the placing of an order and the saving of its URL. Where the authority
// cannot tell, one is placed anew, with the key that was saved.
Answer<Order> OrderRun::find_lost_order() {
  auto found = client_.find_open_order(request());
  if (!found) {
    const Failure& failure = found.error();
    const bool heard =
        failure.kind == Failure::Kind::kProblem || failure.kind == Failure::Kind::kProtocol;
    if (!failure.is_final() && !(heard && is_too_old())) return tl::unexpected(failure);
    return Order{};
  }
  if (!*found) return Order{};
  saved_.url = (*found)->url;
  if (auto written = save_order(); !written) return tl::unexpected(std::move(written).error());
  around_.log.info("ACME order {} is found again; it is {}.", saved_.url,
                   to_string((*found)->status));
  return std::move(**found);
}

NewOrder OrderRun::request() {
  NewOrder request;
  request.names = names_;
  const auto directory = client_.directory();
  request.profile = wish_.profile;
  if (!directory) return request;
  // The second issuer may have other profiles than the first, for which the setting is.
  if (wish_.issuer != &around_.config->issuer && !(*directory)->profiles.contains(wish_.profile)) {
    request.profile.clear();
  }
  if (!wish_.replaces_chain_pem.empty() && !(*directory)->renewal_info.empty()) {
    request.replaces = renewal_id(wish_.replaces_chain_pem).value_or("");
  }
  return request;
}

Result<Secret> OrderRun::certificate_key() const {
  if (!saved_.key_pem.empty()) return saved_.key_pem.clone();
  if (!wish_.key_pem.empty()) return wish_.key_pem.clone();
  return make_certificate_key(around_.config->key_type);
}

Answer<Order> OrderRun::place() {
  const NewOrder wanted = request();
  auto key = certificate_key();
  if (!key) return local_failure(key.error());
  saved_ = SavedOrder{};
  saved_.names = names_;
  saved_.directory = wish_.issuer->directory;
  saved_.profile = wanted.profile;
  saved_.replaces = wanted.replaces;
  saved_.placed = around_.clock->wall();
  saved_.key_pem = std::move(*key);
  if (auto written = save_order(); !written) return tl::unexpected(std::move(written).error());
  auto order = ask_for_order(wanted);
  if (!order) {
    // A clear no: nothing was placed that could have been lost.
    Failure& failure = order.error();
    if (failure.is_final() || failure.is(ProblemType::kRateLimited)) {
      if (auto gone = forget_order(); !gone) around_.log.warn("{}", gone.error().text());
    }
    if (failure.is(ProblemType::kUnauthorized)) {
      failure.message =
          "is the account deactivated? Then `trellis tls acme account deactivate` forgets it, and "
          "the next order makes a new one. ";
    }
    return order;
  }
  saved_.url = order->url;
  if (auto written = save_order(); !written) return tl::unexpected(std::move(written).error());
  around_.log.info("ACME order {} for {} is placed.", saved_.url, fmt::join(names_, ", "));
  return order;
}

Answer<Order> OrderRun::ask_for_order(const NewOrder& request) {
  auto order = client_.new_order(request);
  if (!order && order.error().is(ProblemType::kAccountDoesNotExist)) {
    if (auto again = keeper_.register_again(); !again) {
      return tl::unexpected(std::move(again).error());
    }
    order = client_.new_order(request);
  }
  if (!order && !request.replaces.empty() && may_blame_replaces(order.error())) {
    around_.log.info(
        "The authority does not take the order as a replacement ({}); asked again "
        "without that.",
        order.error().text());
    NewOrder plain = request;
    plain.replaces.clear();
    saved_.replaces.clear();
    order = client_.new_order(plain);
  }
  return order;
}

Answer<> OrderRun::prove(const Order& order) {
  const std::string_view type = challenge_type(around_.config->challenge);
  std::vector<Authorization> pending;
  for (const std::string& url : order.authorizations) {
    auto authorization = client_.authorization(url);
    if (!authorization) return tl::unexpected(std::move(authorization).error());
    if (authorization->status == Status::kValid) continue;
    if (authorization->status != Status::kPending) {
      return refused(url, authorization->why_invalid());
    }
    if (authorization->challenge(type) == nullptr) {
      return broken("", fmt::format("The authority offers no {} for {}. Choose another by "
                                    "server.tls.acme.challenge.",
                                    type, authorization->identifier.value));
    }
    pending.push_back(std::move(*authorization));
  }
  if (pending.empty()) return {};
  if (auto ours = check_still_ours(); !ours) return ours;
  RaisedChallenges raised(around_, names_, still_ours_);
  if (auto up = raised.raise(pending, keeper_.key()); !up) return local_failure(up.error());
  for (const Authorization& one : pending) {
    if (auto told = tell(one, type); !told) return told;
  }
  for (const Authorization& one : pending) {
    auto valid = client_.await_authorization(one.url, deadline_);
    for (int i = 0; i < kMostBreaks && !valid && is_break(valid.error()); ++i) {
      if (around_.stop->wait_for(kAfterBreak)) break;
      valid = client_.await_authorization(one.url, deadline_);
    }
    if (!valid) return tl::unexpected(std::move(valid).error());
  }
  return {};
}

// Taking the answers down while the authority looks for them would cost the order: a connection
// that breaks here is made again.
Answer<> OrderRun::tell(const Authorization& authorization, std::string_view type) {
  auto told = client_.accept(*authorization.challenge(type));
  for (int i = 0; i < kMostBreaks && !told && is_break(told.error()); ++i) {
    if (around_.stop->wait_for(kAfterBreak)) break;
    const auto now = client_.authorization(authorization.url);
    if (!now) continue;
    const Challenge* challenge = now->challenge(type);
    if (now->status != Status::kPending || challenge == nullptr ||
        challenge->status != Status::kPending) {
      return {};  // it has heard us
    }
    told = client_.accept(*challenge);
  }
  if (!told) return tl::unexpected(std::move(told).error());
  return {};
}

Answer<Obtained> OrderRun::keep(const Order& order) {
  auto chain = client_.download(order.certificate, around_.config->preferred_chain);
  if (!chain) return tl::unexpected(std::move(chain).error());
  Obtained obtained;
  auto pair = parse_pair(*chain, saved_.key_pem, wish_.issuer->directory);
  if (!pair) return local_failure(pair.error());
  obtained.pair = std::move(*pair);
  SavedCertificate& certificate = obtained.certificate;
  certificate.names = names_;
  certificate.directory = wish_.issuer->directory;
  certificate.order_url = saved_.url;
  certificate.profile = saved_.profile;
  certificate.obtained = around_.clock->wall();
  certificate.chain_pem = std::move(*chain);
  certificate.key_pem = saved_.key_pem.clone();
  if (auto ours = check_still_ours(); !ours) return tl::unexpected(std::move(ours).error());
  if (!wish_.staging) {
    if (auto written = around_.store->save(certificate); !written) {
      return local_failure(written.error());
    }
  }
  if (auto gone = forget_order(); !gone) around_.log.warn("{}", gone.error().text());
  return obtained;
}

Answer<> OrderRun::check_still_ours() const {
  if (still_ours_()) return {};
  return failed(Failure::Kind::kLostLock, "",
                "Another server has taken over the storage: this one stood still for too long.");
}

// What the authority would refuse, and it says beforehand what it offers. The setting is for the
// first issuer.
Answer<> OrderRun::check_profile() {
  if (wish_.profile.empty() || wish_.issuer != &around_.config->issuer) return {};
  const auto directory = client_.directory();
  if (!directory) return tl::unexpected(directory.error());
  const auto& offered = (*directory)->profiles;
  if (offered.contains(wish_.profile)) return {};
  std::vector<std::string> names;
  for (const auto& [name, description] : offered) names.push_back(name);
  return broken(
      wish_.issuer->directory,
      fmt::format("There is no profile '{}' (server.tls.acme.profile). The authority offers: "
                  "{}.",
                  wish_.profile,
                  names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "))));
}

bool OrderRun::is_too_old() const {
  return around_.clock->wall() - saved_.placed >= around_.config->order_timeout;
}

bool OrderRun::is_lost(const Failure& failure) const {
  if (saved_.url.empty()) return false;
  switch (failure.kind) {
    case Failure::Kind::kStopped:
    case Failure::Kind::kNetwork:
    case Failure::Kind::kLostLock:
      return false;
    case Failure::Kind::kTimeout:
      return is_too_old() || around_.clock->monotonic() >= deadline_;
    case Failure::Kind::kProtocol:
      return is_too_old();
    case Failure::Kind::kProblem:
      return failure.is_final() || is_too_old();
  }
  TRELLIS_UNREACHABLE();
}

Answer<> OrderRun::save_order() {
  if (auto ours = check_still_ours(); !ours) return ours;
  if (auto written = around_.store->save(saved_); !written) return local_failure(written.error());
  return {};
}

Answer<> OrderRun::forget_order() {
  if (auto ours = check_still_ours(); !ours) return ours;
  saved_ = SavedOrder{};
  auto gone = around_.store->remove_order(names_, wish_.issuer->directory);
  if (!gone) return local_failure(gone.error());
  return {};
}

}  // namespace trellis::tls::acme

// SPDX-License-Identifier: Apache-2.0
//
// One order, from its start or from where an earlier process left it, to the certificate.
//
//   saved key -> order placed -> URL saved -> answers put up -> authorizations valid -> finalized
//   -> downloaded -> certificate saved -> order forgotten
//
// What was placed is used: a process that ends anywhere on the way is followed by one that goes on
// with the same account, key and order. An order is begun anew only when the authority says that it
// is invalid or gone, when its profile is no longer the wanted one, or when it has taken
// server.tls.acme.order_timeout; limits, trouble and foreign pages (Failure::is_final) decide
// nothing. Orders by `replaces` that the authority refuses for that reason are placed again without
// it. Once the lock is lost (Failure kLostLock), the storage is the new holder's and is left alone.
// Blocks; ends early by the stop signal (Failure kStopped). One thread; the caller holds the lock
// of these names.
#pragma once

#include <functional>
#include <string>

#include "tls/acme/account_keeper.h"
#include "tls/acme/client.h"
#include "tls/acme/surroundings.h"
#include "tls/certificate_pair.h"

namespace trellis::tls::acme {

struct OrderWish {
  const config::AcmeIssuer* issuer = nullptr;
  std::string profile;
  // The certificate that is to be replaced, when this issuer made it; empty: none.
  std::string replaces_chain_pem;
  Secret key_pem;        // to be used again; empty: a new one
  bool staging = false;  // only tries: nothing is saved or served
};

struct Obtained {
  SavedCertificate certificate;
  PairPtr pair;
};

class OrderRun {
 public:
  // `still_ours`: false once the lock is lost.
  OrderRun(const Surroundings& around, Client& client, OrderWish wish,
           std::function<bool()> still_ours);

  Answer<Obtained> run();

 private:
  Answer<Obtained> attempt();
  Answer<Order> resume_or_place();
  Answer<Order> resume();  // status kOther: there is none to go on with
  Answer<Order> find_lost_order();
  Answer<Order> place();
  Answer<Order> ask_for_order(const NewOrder& request);
  NewOrder request();
  Answer<> prove(const Order& order);
  Answer<> tell(const Authorization& authorization, std::string_view type);
  Answer<Obtained> keep(const Order& order);
  Answer<> check_still_ours() const;
  Answer<> check_profile();
  Answer<> save_order();
  Result<Secret> certificate_key() const;
  // Is it of no use to go on with this order after that?
  bool is_lost(const Failure& failure) const;
  bool is_too_old() const;
  Answer<> forget_order();

  const Surroundings& around_;
  Client& client_;
  const OrderWish wish_;
  const std::function<bool()> still_ours_;
  AccountKeeper keeper_;
  const Names names_;
  Client::Deadline deadline_{};
  SavedOrder saved_;
};

}  // namespace trellis::tls::acme

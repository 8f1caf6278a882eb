// SPDX-License-Identifier: Apache-2.0
//
// The answers of one order, put up where its challenges look for them, and taken down again
// whatever happened: on the board and in the responder (http-01), on the board (tls-alpn-01), in
// the DNS by the operator's program (dns-01); and in the storage, for other servers of these names.
// Once the lock is lost, what is published there is the new holder's and stays.
// Not thread-safe.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "tls/acme/client.h"
#include "tls/acme/dns_hook.h"
#include "tls/acme/surroundings.h"

namespace trellis::tls::acme {

// Puts one saved answer on the board, and takes it off.
Result<> put_up(ChallengeBoard& board, const SavedChallenge& challenge);
void take_down(ChallengeBoard& board, const SavedChallenge& challenge);

class RaisedChallenges {
 public:
  RaisedChallenges(const Surroundings& around, Names names, std::function<bool()> still_ours)
      : around_(around), names_(std::move(names)), still_ours_(std::move(still_ours)) {}
  ~RaisedChallenges() { lower(); }
  RaisedChallenges(const RaisedChallenges&) = delete;
  RaisedChallenges& operator=(const RaisedChallenges&) = delete;

  // All of them, then waits until they can be seen (DNS, other servers). Once.
  Result<> raise(const std::vector<Authorization>& authorizations, const SigningKey& account_key);
  void lower();

 private:
  Result<> raise_in_dns(const std::vector<SavedChallenge>& challenges);
  void lower_in_dns();

  const Surroundings& around_;
  const Names names_;
  const std::function<bool()> still_ours_;
  std::vector<SavedChallenge> up_;
  std::vector<DnsRecord> records_;
  bool responder_open_ = false;
  bool published_ = false;
};

// "http-01"
std::string_view challenge_type(config::AcmeChallenge challenge);

}  // namespace trellis::tls::acme

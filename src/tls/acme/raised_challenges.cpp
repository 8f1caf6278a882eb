// SPDX-License-Identifier: Apache-2.0
#include "tls/acme/raised_challenges.h"

#include "tls/acme/challenge_answer.h"

namespace trellis::tls::acme {
namespace {

// So many of their looks at the storage are waited for until other servers answer too.
constexpr int kLooksOfOthers = 5;

}  // namespace

std::string_view challenge_type(config::AcmeChallenge challenge) {
  switch (challenge) {
    case config::AcmeChallenge::kHttp01:
      return "http-01";
    case config::AcmeChallenge::kTlsAlpn01:
      return "tls-alpn-01";
    case config::AcmeChallenge::kDns01:
      return "dns-01";
  }
  TRELLIS_UNREACHABLE();
}

Result<> put_up(ChallengeBoard& board, const SavedChallenge& challenge) {
  if (challenge.type == "http-01") {
    board.put_http(challenge.token, challenge.key_authorization);
  } else if (challenge.type == "tls-alpn-01") {
    const Identifier identifier = Identifier::of(challenge.name);
    TRELLIS_TRY_ASSIGN(const AlpnCertificate made,
                       make_alpn_certificate(identifier, challenge.key_authorization));
    TRELLIS_TRY_ASSIGN(PairPtr pair, parse_pair(made.certificate_pem, made.key_pem, "tls-alpn-01"));
    board.put_alpn(alpn_server_name(identifier), std::move(pair));
  }
  return {};
}

void take_down(ChallengeBoard& board, const SavedChallenge& challenge) {
  if (challenge.type == "http-01") {
    board.take_down(challenge.token);
  } else if (challenge.type == "tls-alpn-01") {
    board.take_down(alpn_server_name(Identifier::of(challenge.name)));
  }
}

Result<> RaisedChallenges::raise(const std::vector<Authorization>& authorizations,
                                 const SigningKey& account_key) {
  const std::string_view type = challenge_type(around_.config->challenge);
  std::vector<SavedChallenge> challenges;
  for (const Authorization& one : authorizations) {
    const Challenge* challenge = one.challenge(type);
    TRELLIS_ASSERT(challenge != nullptr);
    if (!is_valid_token(challenge->token)) {
      return fail(ErrorCode::IoError, "The authority sent a token for {} that is none.",
                  one.identifier.value);
    }
    challenges.push_back({std::string(type), one.identifier.value, challenge->token,
                          key_authorization(challenge->token, account_key)});
  }
  if (around_.config->challenge == config::AcmeChallenge::kDns01) return raise_in_dns(challenges);
  for (const SavedChallenge& challenge : challenges) {
    up_.push_back(challenge);
    TRELLIS_TRY(put_up(*around_.board, challenge));
  }
  if (type == "http-01" && around_.responder != nullptr) {
    TRELLIS_TRY(around_.responder->open());
    responder_open_ = true;
  }
  if (!around_.store->has_company()) return {};
  published_ = true;
  TRELLIS_TRY(around_.store->publish(names_, challenges));
  (void)around_.stop->wait_for(kLooksOfOthers * around_.between_looks);
  return {};
}

Result<> RaisedChallenges::raise_in_dns(const std::vector<SavedChallenge>& challenges) {
  const config::AcmeConfig& config = *around_.config;
  if (!config.dns_hook) {
    return fail(ErrorCode::InvalidConfiguration,
                "dns-01 needs a program that makes TXT records: server.tls.acme.dns_hook=PROGRAM");
  }
  const DnsHook hook{*config.dns_hook, config.dns_hook_timeout, around_.stop};
  for (const SavedChallenge& challenge : challenges) {
    // Cleaned up even if making it fails half-way.
    records_.push_back({challenge.name, dns_record_value(challenge.key_authorization)});
    TRELLIS_TRY(hook.present(records_.back()));
  }
  return await_records(records_, config.dns_resolver, config.dns_wait, *around_.stop);
}

void RaisedChallenges::lower() {
  for (const SavedChallenge& challenge : up_) take_down(*around_.board, challenge);
  up_.clear();
  if (published_ && still_ours_()) {
    if (auto gone = around_.store->publish(names_, {}); !gone) {
      around_.log.warn("{}", gone.error().message());
    }
  }
  published_ = false;
  if (responder_open_) around_.responder->close();
  responder_open_ = false;
  lower_in_dns();
}

void RaisedChallenges::lower_in_dns() {
  for (const DnsRecord& record : std::exchange(records_, {})) {
    const DnsHook hook{*around_.config->dns_hook, around_.config->dns_hook_timeout, around_.stop};
    if (auto gone = hook.cleanup(record); !gone) around_.log.warn("{}", gone.error().message());
  }
}

}  // namespace trellis::tls::acme

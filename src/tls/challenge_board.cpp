// SPDX-License-Identifier: Apache-2.0
#include "tls/challenge_board.h"

#include "tls/x509_facts.h"

namespace trellis::tls {
namespace {

template <class Map>
void make_room(Map& answers) {
  while (answers.size() > ChallengeBoard::kMostAnswers) answers.erase(answers.begin());
}

}  // namespace

void ChallengeBoard::put_http(std::string token, std::string key_authorization) {
  const MutexLock lock(mutex_);
  http_.insert_or_assign(std::move(token), std::move(key_authorization));
  make_room(http_);
}

void ChallengeBoard::put_alpn(std::string name, PairPtr certificate) {
  const MutexLock lock(mutex_);
  alpn_.insert_or_assign(lower_case(name), std::move(certificate));
  make_room(alpn_);
}

void ChallengeBoard::take_down(std::string_view token_or_name) {
  const std::string name = lower_case(token_or_name);
  const MutexLock lock(mutex_);
  if (const auto at = http_.find(token_or_name); at != http_.end()) http_.erase(at);
  alpn_.erase(name);
}

std::optional<std::string> ChallengeBoard::http_answer(std::string_view token) const {
  const MutexLock lock(mutex_);
  const auto at = http_.find(token);
  return at == http_.end() ? std::nullopt : std::optional(at->second);
}

PairPtr ChallengeBoard::alpn_answer(std::string_view name) const {
  const std::string wanted = lower_case(name);
  const MutexLock lock(mutex_);
  const auto at = alpn_.find(wanted);
  return at == alpn_.end() ? nullptr : at->second;
}

bool ChallengeBoard::has_alpn() const {
  const MutexLock lock(mutex_);
  return !alpn_.empty();
}

bool ChallengeBoard::has_http() const {
  const MutexLock lock(mutex_);
  return !http_.empty();
}

}  // namespace trellis::tls

// SPDX-License-Identifier: Apache-2.0
#include "tls/scope_policy.h"

#include "tls/pair_choice.h"
#include "tls/pair_places.h"
#include "tls/ticket_keys.h"

namespace trellis::tls {
ScopePolicy::ScopePolicy(const config::SslPolicySettings& policy, const PolicyStoreOptions& options)
    : policy_(policy), options_(options) {}

Result<std::shared_ptr<ScopePolicy>> ScopePolicy::open(const config::SslPolicySettings& policy,
                                                       const PolicyStoreOptions& options) {
  std::shared_ptr<ScopePolicy> scope(new ScopePolicy(policy, options));
  scope->stamp_ = FileStamp::of(watched_paths(policy));
  TRELLIS_TRY_ASSIGN(PolicyMaterial material, load_material(policy));
  scope->last_failure_ = material.first_error();
  if (!scope->last_failure_.empty()) {
    options.log.error("SSL policy '{}': {}", to_string(policy.scope), scope->last_failure_);
  }
  TRELLIS_TRY(scope->put_in_force(std::move(material)));
  scope->log_served();
  return scope;
}

std::shared_ptr<const ServerContext> ScopePolicy::current() const {
  const MutexLock lock(mutex_);
  return current_;
}

std::vector<CertificateStatus> ScopePolicy::status() const {
  const MutexLock lock(mutex_);
  std::vector<CertificateStatus> rows = status_;
  rows.front().next_renewal = next_renewal_;
  if (rows.front().last_error.empty()) rows.front().last_error = renewal_failure_;
  return rows;
}

// -- loading --

ScopePolicy::Outcome ScopePolicy::load_again(bool asked) {
  // Taken before the files are read: what changes while they are is seen at the next look.
  FileStamp stamp = FileStamp::of(watched_paths(policy_));
  if (!asked && last_failure_.empty() && !material_.waits() && stamp_.surely_equals(stamp)) {
    return {Reload::kIdle, told(false, "")};
  }
  stamp_ = std::move(stamp);
  PolicyMaterial next = reload_material(policy_, material_, asked ? Haste::kAsked : Haste::kNone);
  std::string failure = next.first_error();
  const bool changed = !same_material(material_, next);
  if (auto done = put_in_force(std::move(next)); !done) failure = done.error().message();

  const bool told_before = failure == last_failure_;
  last_failure_ = failure;
  if (!failure.empty() && (asked || !told_before)) {
    options_.log.error("SSL policy '{}' keeps what it had: {}", to_string(scope()), failure);
  }
  if (failure.empty() && !told_before) {
    options_.log.info("SSL policy '{}': its files are in order again.", to_string(scope()));
  }
  if (changed) log_served();
  Outcome outcome{Reload::kUnchanged, told(changed, failure), changed || !told_before};
  if (!failure.empty()) {
    outcome.what = told_before && !asked ? Reload::kStillFailed : Reload::kFailed;
  } else if (changed) {
    outcome.what = Reload::kChanged;
  } else if (!asked) {
    outcome.what = Reload::kIdle;
  }
  return outcome;
}

bool ScopePolicy::take(PairPtr pair, std::optional<os::Clock::Wall> next_renewal) {
  {
    const MutexLock lock(mutex_);
    next_renewal_ = next_renewal;
    renewal_failure_.clear();
  }
  if (same_pair(pair, material_.main)) return false;
  PolicyMaterial next = material_;
  next.main = std::move(pair);
  // Versions and ciphers have passed before: only pairs change.
  TRELLIS_ASSERT(put_in_force(std::move(next)).has_value());
  log_served();
  return true;
}

void ScopePolicy::note_failure(std::string reason) {
  const MutexLock lock(mutex_);
  renewal_failure_ = std::move(reason);
}

void ScopePolicy::note_renewal(std::optional<os::Clock::Wall> next, std::string failure) {
  const MutexLock lock(mutex_);
  next_renewal_ = next;
  renewal_failure_ = std::move(failure);
}

// -- the swap --

Result<> ScopePolicy::put_in_force(PolicyMaterial next) {
  std::shared_ptr<const ServerContext> old = current();
  auto fresh = std::make_shared<ServerContext>();
  fresh->trust = next.trust;
  std::shared_ptr<TicketKeys> tickets = tickets_;
  if (old && next.trust == old->trust) {
    fresh->context = old->context;
  } else {
    tickets = std::make_shared<TicketKeys>(*options_.clock);
    ServerContextParts parts;
    parts.policy = &policy_;
    parts.pairs = pairs_;
    parts.tickets = tickets;
    parts.trust = next.trust;
    parts.challenges = options_.challenges;
    parts.clock = options_.clock;
    TRELLIS_TRY_ASSIGN(fresh->context, make_server_context(std::move(parts)));
  }
  auto choice = next.choice();
  fresh->pairs = choice->pairs();
  pairs_->set(choice);
  tickets_ = std::move(tickets);
  material_ = std::move(next);

  const auto now = options_.clock->wall();
  const MutexLock lock(mutex_);
  current_ = fresh;
  std::map<std::string, os::Clock::Wall> since;
  status_.clear();
  for (const Part& part : parts()) {
    CertificateStatus row;
    row.scope = policy_.scope;
    row.source = part.pair ? part.pair->source() : part.place;
    row.last_error = part.error;
    if (part.pair) {
      row.identity = part.pair->identity();
      if (!part.main) row.sni_names = row.identity->dns_names;
      const std::string& digest = row.identity->sha256;
      const auto known = in_force_since_.find(digest);
      row.last_reload = since[digest] = known != in_force_since_.end() ? known->second : now;
    }
    status_.push_back(std::move(row));
  }
  in_force_since_ = std::move(since);
  return {};
}

std::vector<ScopePolicy::Part> ScopePolicy::parts() const {
  std::string error = material_.main_error;
  for (const std::string* other : {&material_.trust_error, &material_.named_error}) {
    if (error.empty()) error = *other;
  }
  std::vector<Part> all{{material_.main, std::move(error), true,
                         policy_.obtained ? "" : main_place(policy_).certificate.string()}};
  for (const NamedPair& one : material_.named) {
    all.push_back({one.pair, one.error, false, one.folder.string()});
  }
  return all;
}

std::vector<ServedChain> ScopePolicy::chains() const {
  std::vector<ServedChain> all;
  for (Part& part : parts()) {
    ServedChain one{scope(),
                    {},
                    part.pair ? part.pair->source() : part.place,
                    part.main,
                    std::move(part.error)};
    if (part.main) {
      one.trust = material_.trust;
      const MutexLock lock(mutex_);
      if (!part.pair && one.last_error.empty()) one.last_error = renewal_failure_;
    }
    if (part.pair) {
      one.chain.push_back(part.pair->leaf());
      one.chain.insert(one.chain.end(), part.pair->issuers().begin(), part.pair->issuers().end());
      one.reordered = part.pair->identity().reordered;
      one.left_out = part.pair->identity().left_out;
    }
    all.push_back(std::move(one));
  }
  return all;
}

ScopeReload ScopePolicy::told(bool changed, const std::string& failure) const {
  ScopeReload reload;
  reload.scope = policy_.scope;
  reload.changed = changed;
  if (!failure.empty()) {
    reload.kept_old = make_error(ErrorCode::InvalidConfiguration, "{}", failure);
  }
  if (material_.main) {
    reload.sha256 = material_.main->identity().sha256;
    reload.not_after = material_.main->identity().not_after;
  }
  return reload;
}

// -- words --

void ScopePolicy::log_served() const {
  if (!material_.main) {
    options_.log.warn(
        "SSL policy '{}' has no certificate yet: TLS handshakes end with an alert until there is "
        "one.",
        to_string(scope()));
  }
  for (const auto& pair : current()->pairs) {
    const ServerIdentity& identity = pair->identity();
    options_.log.info(
        "SSL policy '{}' serves {} until {}, from {}: key {}, {} in the chain, SHA-256 {}.",
        to_string(scope()), identity.title(), to_text(identity.not_after), pair->source(),
        identity.key_kind, identity.chain_length, identity.sha256);
  }
}

void ScopePolicy::look_after() {
  if (tickets_) tickets_->rotate_if_due();
}

}  // namespace trellis::tls

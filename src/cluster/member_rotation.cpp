// SPDX-License-Identifier: Apache-2.0
#include "cluster/member_rotation.h"

#include <algorithm>
#include <thread>

#include "tls/private_ca.h"
#include "tls/readable_file.h"
#include "tls/x509_facts.h"

namespace trellis::cluster {
namespace {

// Of the authority's certificate the last part of its life, in which its holder is told of the end.
constexpr int kLastPart = 10;

Result<tls::IssuedFacts> facts_in(const std::filesystem::path& file) {
  TRELLIS_TRY_ASSIGN(const Secret chain, tls::read_small_file(file, "certificate"));
  return tls::facts_of(chain.reveal());
}

os::Clock::Wall due_time(const tls::IssuedFacts& facts) {
  return facts.not_after - (facts.not_after - facts.not_before) / 3;
}

// What differs in numbers alone (milliseconds, ports of ours) is the same reason.
std::string without_digits(std::string text) {
  std::erase_if(text, [](char c) { return c >= '0' && c <= '9'; });
  return text;
}

Result<> renew(const MemberRotation::Options& options) {
  TRELLIS_TRY_ASSIGN(const tls::KeyAndRequest made,
                     tls::new_key_and_request(options.membership.names.front()));
  TRELLIS_TRY_ASSIGN(const tls::MemberCertificate member,
                     options.authority->renew(made.request_pem));
  // Trust first: the new chain may end at an authority that we do not know yet.
  TRELLIS_TRY(options.files.write_trust(member.trust));
  return options.files.write_pair(made.key_pem, member.chain);
}

class RotationThread final : public MemberRotation {
 public:
  explicit RotationThread(Options options) : options_(std::move(options)) {
    thread_ = std::thread([this] { run(); });
  }
  ~RotationThread() override {
    options_.stop->stop();
    thread_.join();
  }

 private:
  void run() {
    do {
      tell(rotate_once(options_));
      look_ahead();
    } while (!options_.stop->wait_for(options_.poll_interval));
  }

  void tell(const Result<bool>& round) {
    if (options_.stop->stopped()) return;
    const auto facts = facts_in(options_.files.certificate);
    std::string failure;
    if (!round) {
      failure = fmt::format("Our certificate cannot be looked after: {}", round.error().message());
      if (facts && facts->not_after <= options_.clock->wall()) failure += remedy(*facts);
    }
    if (round && *round) {
      options_.log.info("The cluster's authority has renewed our certificate.");
    }
    if (without_digits(failure) != without_digits(failure_)) {
      if (failure.empty()) {
        options_.log.info("Our certificate is looked after again.");
      } else {
        options_.log.warn("{}", failure);
      }
    }
    failure_ = failure;
    if (!options_.told) return;
    options_.told(facts ? std::optional(due_time(*facts)) : std::nullopt, std::move(failure));
  }

  // Nobody accepts it any more, the authority neither.
  std::string remedy(const tls::IssuedFacts& facts) const {
    const Membership& us = options_.membership;
    const std::string names = fmt::format("{}", fmt::join(us.names, " "));
    const std::string ended = fmt::format(" It ended on {}.", tls::to_text(facts.not_after));
    if (us.authority.empty())
      return fmt::format("{} Issue a new one: trellis tls ca issue {}", ended, names);
    return fmt::format(
        "{} Join again: trellis tls ca join-token {} (where the authority is), then here trellis "
        "tls join --authority {} --token TOKEN {}",
        ended, names, us.authority, names);
  }

  // The holder's alone to mend, so told nowhere else.
  void look_ahead() {
    if (!options_.membership.authority.empty()) return;
    const auto facts = facts_in(options_.files.trusted);  // the one that issues comes first
    if (!facts || facts->not_after == end_told_) return;
    const auto last_part = (facts->not_after - facts->not_before) / kLastPart;
    if (options_.clock->wall() < facts->not_after - last_part) return;
    end_told_ = facts->not_after;
    options_.log.warn(
        "The cluster's authority ends on {}, and no member's certificate outlives it. Replace it "
        "in time for all members to renew theirs: trellis tls ca init --rotate",
        tls::to_text(facts->not_after));
  }

  Options options_;
  std::string failure_;  // of the last round
  tls::CertificateTime end_told_;
  std::thread thread_;
};

}  // namespace

Result<bool> rotate_once(MemberRotation::Options& options) {
  TRELLIS_TRY(options.files.finish_pair());  // the key of half a pair proves nothing to anybody
  TRELLIS_TRY_ASSIGN(const tls::TrustBundle trust, options.authority->trust());
  TRELLIS_TRY_ASSIGN(const bool trust_changed, options.files.write_trust(trust));
  TRELLIS_TRY_ASSIGN(const tls::IssuedFacts facts, facts_in(options.files.certificate));
  const bool due = options.clock->wall() >= due_time(facts);
  Result<> renewed = due ? renew(options) : Result<>();
  if ((trust_changed || (due && renewed)) && options.changed) options.changed();
  if (!renewed) return fail(std::move(renewed.error()));
  return due;
}

std::unique_ptr<MemberRotation> MemberRotation::start(Options options) {
  return std::make_unique<RotationThread>(std::move(options));
}

}  // namespace trellis::cluster

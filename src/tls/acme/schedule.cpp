// SPDX-License-Identifier: Apache-2.0
#include "tls/acme/schedule.h"

#include <algorithm>
#include <array>

namespace trellis::tls::acme {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr hours kShortLife{10 * 24};
constexpr hours kLongestSilence{12};  // between two looks at the suggestion
constexpr hours kUsualSilence{6};
constexpr hours kSilenceAfterFailure{1};
constexpr hours kLongRefusal{1};  // longer ones send us to the second issuer
constexpr hours kLongestRefusal{30 * 24};

constexpr std::array<minutes, 9> kWaits = {minutes(1),   minutes(2),   minutes(10),
                                           minutes(20),  minutes(30),  minutes(60),
                                           minutes(120), minutes(180), minutes(360)};

nanoseconds part(nanoseconds whole, double fraction) {
  return nanoseconds(static_cast<int64_t>(static_cast<double>(whole.count()) * fraction));
}

const IssuerFailures* of(const std::vector<IssuerFailures>& failures, std::string_view directory) {
  const auto found = std::find_if(failures.begin(), failures.end(),
                                  [&](const auto& one) { return one.directory == directory; });
  return found == failures.end() ? nullptr : &*found;
}

Wall due(Wall now, const IssuerFailures* failures) {
  if (failures == nullptr) return now;
  Wall at = failures->last + wait_after(failures->count);
  if (failures->not_before) at = std::max(at, *failures->not_before);
  return std::max(at, now);
}

}  // namespace

double lot_of(std::string_view certificate_sha256, const std::optional<RenewalWindow>& window) {
  uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a
  const auto mix = [&hash](uint64_t byte) { hash = (hash ^ byte) * 0x100000001b3U; };
  for (const char c : certificate_sha256) mix(static_cast<unsigned char>(c));
  if (window) {
    for (const Wall end : {window->start, window->end}) {
      auto bits = static_cast<uint64_t>(end.time_since_epoch().count());
      for (int i = 0; i < 8; ++i, bits >>= 8) mix(bits & 0xff);
    }
  }
  hash ^= hash >> 29;
  hash *= 0xbf58476d1ce4e5b9U;
  hash ^= hash >> 32;
  return static_cast<double>(hash >> 11) / static_cast<double>(uint64_t{1} << 53);
}

Wall renewal_time(const Validity& validity, const std::optional<RenewalWindow>& window,
                  std::optional<nanoseconds> renew_before, double lot) {
  const nanoseconds life =
      std::max(validity.not_after - validity.not_before, nanoseconds(seconds(1)));
  const Wall overdue = validity.not_after - life / 20;
  const Wall backstop = validity.not_after - (life < kShortLife ? life / 2 : life / 3);
  Wall at = backstop - part(life / 200, lot);
  // A window that ends before it starts is no window (RFC 9773 4.2).
  if (window && window->start <= window->end) {
    at = window->start + part(window->end - window->start, lot);
    if (renew_before) at = window->end;
  }
  if (renew_before) {
    // More than two thirds of a life ahead would mean renewing without end.
    const Wall wanted = validity.not_after - std::min(*renew_before, life * 2 / 3);
    at = window ? std::min(at, wanted) : wanted;
  }
  return std::min(at, overdue);
}

Wall next_window_check(Wall last, std::optional<seconds> retry_after, bool failed) {
  const nanoseconds wish = retry_after ? nanoseconds(*retry_after)
                           : failed    ? nanoseconds(kSilenceAfterFailure)
                                       : nanoseconds(kUsualSilence);
  return last + std::clamp(wish, nanoseconds(minutes(1)), nanoseconds(kLongestSilence));
}

nanoseconds wait_after(uint32_t failures_in_a_row) {
  if (failures_in_a_row == 0) return {};
  return kWaits[std::min<size_t>(failures_in_a_row, kWaits.size()) - 1];
}

Attempt next_attempt(Wall now, const Issuers& issuers,
                     const std::vector<IssuerFailures>& failures) {
  const IssuerFailures* first = of(failures, issuers.first);
  Attempt attempt;
  attempt.at = due(now, first);
  const bool repeated = first != nullptr && first->count >= kRepeated;
  attempt.staging_first = repeated && !issuers.staging.empty();
  const bool refused =
      first != nullptr && first->not_before && *first->not_before > now + kLongRefusal;
  if (issuers.fallback.empty() || !(repeated || refused)) return attempt;
  const Wall second = due(now, of(failures, issuers.fallback));
  if (second <= attempt.at && attempt.at > now) {
    return {.at = second, .fallback = true, .staging_first = false};
  }
  return attempt;
}

void note_failure(std::vector<IssuerFailures>& failures, std::string_view directory, Wall now,
                  std::optional<seconds> retry_after, std::string error) {
  auto found = std::find_if(failures.begin(), failures.end(),
                            [&](const auto& one) { return one.directory == directory; });
  if (found == failures.end()) {
    found = failures.insert(found, IssuerFailures());
    found->directory = directory;
  }
  ++found->count;
  found->last = now;
  found->error = std::move(error);
  if (retry_after) {
    const Wall until = now + *retry_after;
    found->not_before = std::max(found->not_before.value_or(until), until);
  }
}

bool bring_back(std::vector<IssuerFailures>& failures, Wall now) {
  bool changed = false;
  for (IssuerFailures& one : failures) {
    if (one.last > now) {
      if (one.not_before) *one.not_before -= one.last - now;
      one.last = now;
      changed = true;
    }
    if (one.not_before && *one.not_before > now + kLongestRefusal) {
      one.not_before = now + kLongestRefusal;
      changed = true;
    }
  }
  return changed;
}

void note_success(std::vector<IssuerFailures>& failures, Wall now) {
  for (auto& one : failures) one.count = 0;
  std::erase_if(failures,
                [now](const auto& one) { return !one.not_before || *one.not_before <= now; });
}

}  // namespace trellis::tls::acme

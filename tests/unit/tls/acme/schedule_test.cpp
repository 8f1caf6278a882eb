// SPDX-License-Identifier: Apache-2.0
#include "tls/acme/schedule.h"

#include <doctest/doctest.h>

#include <random>

namespace trellis::tls::acme {
namespace {

using namespace std::chrono_literals;
using std::chrono::hours;
using std::chrono::minutes;

const Wall kStart = Wall(std::chrono::hours(24 * 20000));
constexpr hours kDay{24};

Validity life_of(std::chrono::nanoseconds life) { return {kStart, kStart + life}; }

TEST_CASE("without a suggestion a third of the life is left, half of a short one") {
  for (const double lot : {0.0, 0.5, 0.999}) {
    const Wall ninety = renewal_time(life_of(90 * kDay), {}, {}, lot);
    CHECK(ninety <= kStart + 60 * kDay);
    CHECK(ninety >= kStart + 60 * kDay - 11h);
    const Wall six = renewal_time(life_of(160h), {}, {}, lot);
    CHECK(six <= kStart + 80h);
    CHECK(six >= kStart + 79h);
  }
}

TEST_CASE("the suggested window is used, each lot at its place") {
  const RenewalWindow window{kStart + 10 * kDay, kStart + 12 * kDay};
  CHECK(renewal_time(life_of(90 * kDay), window, {}, 0) == window.start);
  CHECK(renewal_time(life_of(90 * kDay), window, {}, 0.5) == kStart + 11 * kDay);
  // In the past: at once.
  const RenewalWindow past{kStart - 2 * kDay, kStart - kDay};
  CHECK(renewal_time(life_of(90 * kDay), past, {}, 0.9) < kStart);
  // Later than a twentieth of the life left: overruled.
  const RenewalWindow late{kStart + 89 * kDay, kStart + 95 * kDay};
  CHECK(renewal_time(life_of(90 * kDay), late, {}, 0.9) == kStart + 90 * kDay - 90 * kDay / 20);
  // A window that ends before it starts is none.
  const RenewalWindow broken{kStart + 12 * kDay, kStart + 10 * kDay};
  CHECK(renewal_time(life_of(90 * kDay), broken, {}, 0) == kStart + 60 * kDay);
}

TEST_CASE("renew_before stands in place of the window, bounded by sense and by the authority") {
  CHECK(renewal_time(life_of(90 * kDay), {}, 20 * kDay, 0.3) == kStart + 70 * kDay);
  const RenewalWindow window{kStart + 59 * kDay, kStart + 61 * kDay};
  CHECK(renewal_time(life_of(90 * kDay), window, 40 * kDay, 0.3) == kStart + 50 * kDay);
  CHECK(renewal_time(life_of(90 * kDay), window, 10 * kDay, 0.3) == kStart + 61 * kDay);
  // Longer than the life: a third of it is used all the same.
  CHECK(renewal_time(life_of(6 * kDay), {}, 30 * kDay, 0.3) == kStart + 2 * kDay);
  CHECK(renewal_time(life_of(90 * kDay), {}, 1min, 0.3) == kStart + 90 * kDay - 90 * kDay / 20);
}

TEST_CASE("lots are spread, and stay as they are") {
  int low = 0;
  for (int i = 0; i < 1000; ++i) {
    const double lot = lot_of("certificate " + std::to_string(i), {});
    CHECK(lot >= 0);
    CHECK(lot < 1);
    CHECK(lot == lot_of("certificate " + std::to_string(i), {}));
    if (lot < 0.5) ++low;
  }
  CHECK(low > 400);
  CHECK(low < 600);
  CHECK(lot_of("a", RenewalWindow{kStart, kStart}) != lot_of("a", {}));
}

TEST_CASE("the suggestion is asked for at least twice a day") {
  CHECK(next_window_check(kStart, {}, false) == kStart + 6h);
  CHECK(next_window_check(kStart, 3600s, false) == kStart + 1h);
  CHECK(next_window_check(kStart, 1s, false) == kStart + 1min);
  CHECK(next_window_check(kStart, 86400s, false) == kStart + 12h);
  CHECK(next_window_check(kStart, {}, true) == kStart + 1h);
  CHECK(next_window_check(kStart, 4 * 3600s, true) == kStart + 4h);
  CHECK(next_window_check(kStart, 30 * 86400s, true) == kStart + 12h);
}

TEST_CASE("the first order starts at once; failures wait longer and longer, at most six hours") {
  const Issuers issuers{.first = "A", .staging = "", .fallback = ""};
  std::vector<IssuerFailures> failures;
  CHECK(next_attempt(kStart, issuers, failures).at == kStart);
  Wall now = kStart;
  std::vector<Wall> attempts{now};
  for (int i = 0; i < 12; ++i) {
    note_failure(failures, "A", now, {}, "no");
    const Wall next = next_attempt(now, issuers, failures).at;
    CHECK(next > now);
    CHECK(next - now <= 6h);
    now = next;
    attempts.push_back(now);
  }
  // Five failed validations an hour are what Let's Encrypt allows.
  for (size_t i = 5; i < attempts.size(); ++i) CHECK(attempts[i] - attempts[i - 5] >= 1h);
  CHECK(now - attempts[attempts.size() - 2] == 6h);
}

TEST_CASE("twenty restarts make no attempt that the schedule does not have") {
  const Issuers issuers{.first = "A", .staging = "", .fallback = ""};
  std::vector<IssuerFailures> failures;
  int attempts = 0;
  for (int restart = 0; restart < 20; ++restart) {
    const Wall now = kStart + restart * 10s;
    if (next_attempt(now, issuers, failures).at > now) continue;
    ++attempts;
    note_failure(failures, "A", now, {}, "no");
  }
  CHECK(attempts == 3);  // at 0 s, 60 s and 180 s
}

TEST_CASE("an authority that asks to be left alone is, and only as long as it asked") {
  const Issuers issuers{.first = "A", .staging = "", .fallback = ""};
  std::vector<IssuerFailures> failures;
  note_failure(failures, "A", kStart, 7200s, "rateLimited");
  CHECK(next_attempt(kStart, issuers, failures).at == kStart + 2h);
  CHECK(next_attempt(kStart + 3h, issuers, failures).at == kStart + 3h);
  note_success(failures, kStart + 1h);  // from the second issuer
  CHECK(next_attempt(kStart + 1h, issuers, failures).at == kStart + 2h);
  note_success(failures, kStart + 2h);
  CHECK(failures.empty());
}

TEST_CASE("repeated failures lead to staging, and to the second issuer") {
  const Issuers issuers{.first = "A", .staging = "S", .fallback = "B"};
  std::vector<IssuerFailures> failures;
  Wall now = kStart;
  for (uint32_t i = 1; i < kRepeated; ++i) {
    note_failure(failures, "A", now, {}, "no");
    const Attempt next = next_attempt(now, issuers, failures);
    CHECK_FALSE(next.staging_first);
    CHECK_FALSE(next.fallback);
    now = next.at;
  }
  note_failure(failures, "A", now, {}, "no");
  const Attempt second = next_attempt(now, issuers, failures);
  CHECK(second.fallback);
  CHECK(second.at == now);
  note_failure(failures, "B", now, {}, "no");
  CHECK(next_attempt(now, issuers, failures).at == now + 1min);
  CHECK(next_attempt(now, issuers, failures).fallback);
  note_failure(failures, "B", now + 1min, {}, "no");
  note_failure(failures, "B", now + 3min, {}, "no");
  const Attempt first = next_attempt(now + 11min, issuers, failures);
  CHECK_FALSE(first.fallback);
  CHECK(first.staging_first);
  CHECK(first.at == now + 11min);
}

TEST_CASE("a first issuer that refuses for long is not waited for") {
  const Issuers issuers{.first = "A", .staging = "", .fallback = "B"};
  std::vector<IssuerFailures> failures;
  note_failure(failures, "A", kStart, 24 * 3600s, "rateLimited");
  const Attempt next = next_attempt(kStart, issuers, failures);
  CHECK(next.fallback);
  CHECK(next.at == kStart);
}

TEST_CASE("a clock that was set back makes no wait longer") {
  const Issuers issuers{.first = "A", .staging = "", .fallback = ""};
  std::vector<IssuerFailures> failures;
  note_failure(failures, "A", kStart, 7200s, "no");
  const Wall now = kStart - 100 * kDay;
  CHECK(bring_back(failures, now));
  CHECK(next_attempt(now, issuers, failures).at == now + 2h);
  // Waited for once, not for ever.
  CHECK_FALSE(bring_back(failures, now + 2h));
  CHECK(next_attempt(now + 2h, issuers, failures).at == now + 2h);
  failures[0].not_before = kStart + 4000 * kDay;
  CHECK(bring_back(failures, kStart));
  CHECK(next_attempt(kStart, issuers, failures).at == kStart + 30 * kDay);
}

TEST_CASE("whatever the numbers, a renewal lies before the end and after two failures") {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20000; ++i) {
    const auto any = [&](int64_t most) {
      return std::chrono::seconds(static_cast<int64_t>(random() % static_cast<uint64_t>(most)));
    };
    const Validity validity = life_of(std::chrono::seconds(60) + any(86400 * 400));
    std::optional<RenewalWindow> window;
    if (random() % 2 == 0) {
      window = RenewalWindow{kStart - 1000h + any(86400 * 500), kStart - 1000h + any(86400 * 500)};
    }
    std::optional<std::chrono::nanoseconds> before;
    if (random() % 3 == 0) before = std::chrono::minutes(1) + any(86400 * 500);
    const double lot = static_cast<double>(random() % 1000) / 1000;
    const Wall at = renewal_time(validity, window, before, lot);
    const auto life = validity.not_after - validity.not_before;
    CHECK(at <= validity.not_after - life / 20);
    if (!window) CHECK(at >= validity.not_before + life / 4);
  }
}

}  // namespace
}  // namespace trellis::tls::acme

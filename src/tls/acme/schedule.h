// SPDX-License-Identifier: Apache-2.0
//
// When to ask an authority for a certificate: pure functions of the time, the certificate, the
// authority's suggestion and the failures so far.
//
// Renewal
//   - a random time in the window that the authority suggests (RFC 9773 4.2); the lot is drawn once
//     for a certificate and a window, so that restarts do not draw again;
//   - without a window, when a third of its life is left, half of it below ten days of life, spread
//     over the two hundredth part of its life before;
//   - `renew_before`, when set, in place of the window, but never later than the window's end;
//   - at the latest when a twentieth of its life is left, whatever the authority says.
// Only renewals are spread. The first certificate is asked for at once.
//
// After failures
//   - each issuer waits by its own count of failures in a row: 1, 2, 10, 20, 30 minutes, 1, 2, 3,
//     then 6 hours, and as long as it asked to be left alone (rateLimited) if that is longer, up to
//     thirty days. That makes at most five failed validations of a name in any hour, as many as
//     Let's Encrypt allows, and three where there is a staging directory;
//   - from the third failure on, the first issuer is tried at its staging directory first, where
//     there is one, and the second issuer is tried too, where there is one.
// A clock that was set back never makes a wait longer than the table says (bring_back()).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "os/clock.h"

namespace trellis::tls::acme {

using Wall = os::Clock::Wall;

struct Validity {
  Wall not_before;
  Wall not_after;
};

struct RenewalWindow {
  Wall start;
  Wall end;
  friend bool operator==(const RenewalWindow&, const RenewalWindow&) = default;
};

// In [0, 1), the same for the same certificate and window.
double lot_of(std::string_view certificate_sha256, const std::optional<RenewalWindow>& window);

Wall renewal_time(const Validity& validity, const std::optional<RenewalWindow>& window,
                  std::optional<std::chrono::nanoseconds> renew_before, double lot);

// When the authority's suggestion is asked for again: as it wishes, but at least every twelve hours
// and at most once a minute. If it does not say: in six hours, after a failure in one.
Wall next_window_check(Wall last, std::optional<std::chrono::seconds> retry_after, bool failed);

// What went wrong at one directory since the last certificate came from it.
struct IssuerFailures {
  std::string directory;
  uint32_t count = 0;  // in a row
  Wall last;
  std::optional<Wall> not_before;  // the authority asked to be left alone until then
  std::string error;               // the last one, whole
};

struct Issuers {
  std::string first;
  std::string staging;   // empty: none
  std::string fallback;  // empty: none
};

struct Attempt {
  Wall at;
  bool fallback = false;
  bool staging_first = false;
};

inline constexpr uint32_t kRepeated = 3;  // failures in a row that change where to ask

std::chrono::nanoseconds wait_after(uint32_t failures_in_a_row);
Attempt next_attempt(Wall now, const Issuers& issuers, const std::vector<IssuerFailures>& failures);
// Adds a failure to the list.
void note_failure(std::vector<IssuerFailures>& failures, std::string_view directory, Wall now,
                  std::optional<std::chrono::seconds> retry_after, std::string error);
// Times that lie ahead, as after a clock was set back, become now, and what was to be waited from
// then on is waited from now on. True: there were some, and the list is to be saved.
bool bring_back(std::vector<IssuerFailures>& failures, Wall now);
// A certificate came: counts are forgotten; "leave me alone until" is not.
void note_success(std::vector<IssuerFailures>& failures, Wall now);

}  // namespace trellis::tls::acme

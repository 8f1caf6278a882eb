// SPDX-License-Identifier: Apache-2.0
#include "tls/findings/clock_findings.h"

#include <fmt/format.h>

#include "tls/findings/certificate_facts.h"

namespace trellis::tls {
namespace {

// Below this no certificate is refused: authorities date them back by an hour.
constexpr std::chrono::seconds kLargestSkew{60};

}  // namespace

Findings clock_findings(const std::string& source, os::Clock::Wall elsewhere,
                        os::Clock::Wall here) {
  const auto ahead = here - elsewhere;
  if (ahead <= kLargestSkew && ahead >= -kLargestSkew) return {};
  return {make_finding(
      FindingId::kClockSkewed, "clock",
      fmt::format(
          "This machine's clock ({}) is {} {} the one of {}. Certificates then seem expired "
          "or not yet valid, and orders of new ones fail.",
          to_text(here), span_in_words(ahead), ahead.count() > 0 ? "ahead of" : "behind", source),
      "timedatectl set-ntp true")};
}

}  // namespace trellis::tls

// SPDX-License-Identifier: Apache-2.0
#include "tls/findings/clock_findings.h"

#include <fmt/format.h>

#include <ctime>

#include "tls/findings/certificate_facts.h"

namespace trellis::tls {
namespace {

// Below this no certificate is refused: authorities date them back by an hour.
constexpr std::chrono::seconds kLargestSkew{60};

}  // namespace

std::optional<os::Clock::Wall> parse_http_date(std::string_view text) {
  std::tm parts{};
  const std::string copy(text);
  const char* end = ::strptime(copy.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (end == nullptr) return std::nullopt;
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

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

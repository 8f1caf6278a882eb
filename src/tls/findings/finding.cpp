// SPDX-License-Identifier: Apache-2.0
#include "tls/findings/finding.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace trellis::tls {
namespace {

using enum Severity;

constexpr auto kKinds = std::to_array<FindingKind>({
#define TRELLIS_FINDING(name, id, severity, meaning) {id, severity, meaning},
#include "tls/findings/finding_table.inc"
#undef TRELLIS_FINDING
});

}  // namespace

std::string_view to_string(Severity severity) {
  switch (severity) {
    case kInformation:
      return "information";
    case kWarning:
      return "warning";
    case kError:
      break;
  }
  return "error";
}

std::span<const FindingKind> finding_kinds() { return kKinds; }

Finding make_finding(FindingId id, std::string subject, std::string cause, std::string command) {
  const FindingKind& kind = kKinds[static_cast<size_t>(id)];
  return {kind.id, kind.severity, std::move(subject), std::move(cause), std::move(command)};
}

void append(Findings& to, Findings more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

void sort_by_severity(Findings& findings) {
  Findings sorted;
  for (const Severity severity : {kError, kWarning, kInformation}) {
    for (Finding& finding : findings) {
      if (finding.severity == severity) sorted.push_back(std::move(finding));
    }
  }
  findings = std::move(sorted);
}

bool worth_an_alarm(const Findings& findings) {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& f) { return f.severity != kInformation; });
}

}  // namespace trellis::tls

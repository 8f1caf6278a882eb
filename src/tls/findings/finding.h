// SPDX-License-Identifier: Apache-2.0
//
// What is wrong, or could be better, with certificates: the language of `trellis tls doctor`, of
// the checks at start and at every reload, and of SHOW CERTIFICATES. Ids are stable: they are
// interface (finding_table.inc is the one list, docs/tls.md says what to do); texts are prose.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace trellis::tls {

enum class Severity : uint8_t { kInformation, kWarning, kError };
std::string_view to_string(Severity severity);  // "information", "warning", "error"

struct Finding {
  std::string_view id;  // "certificate-expired", from finding_table.inc
  Severity severity = Severity::kWarning;
  std::string subject;  // what it is about: "bolt", a path, a URI
  std::string cause;    // one paragraph
  std::string command;  // what mends it: a command or a line of configuration; empty: none
};
using Findings = std::vector<Finding>;

enum class FindingId : uint8_t {
#define TRELLIS_FINDING(name, id, severity, meaning) name,
#include "tls/findings/finding_table.inc"
#undef TRELLIS_FINDING
};

struct FindingKind {
  std::string_view id;
  Severity severity = Severity::kWarning;  // the usual one
  std::string_view meaning;
};
std::span<const FindingKind> finding_kinds();  // in the order of FindingId

Finding make_finding(FindingId id, std::string subject, std::string cause,
                     std::string command = {});

void append(Findings& to, Findings more);
// The worst first; order is otherwise kept.
void sort_by_severity(Findings& findings);
bool worth_an_alarm(const Findings& findings);  // any above information

}  // namespace trellis::tls

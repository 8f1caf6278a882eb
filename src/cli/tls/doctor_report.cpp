// SPDX-License-Identifier: Apache-2.0
#include "cli/tls/doctor_report.h"

#include <boost/json.hpp>

namespace trellis::cli::tls_command {
namespace {

namespace json = boost::json;

constexpr size_t kWidth = 96;
constexpr size_t kIndent = 13;

// Breaks lines between words; words that are longer than a line (digests, paths) stay whole.
std::string wrapped(std::string_view text, size_t indent) {
  std::string out;
  size_t column = indent;
  while (!text.empty()) {
    const size_t space = text.find(' ');
    const std::string_view word = text.substr(0, space);
    if (column > indent && column + 1 + word.size() > kWidth) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
    text.remove_prefix(space == text.npos ? text.size() : space + 1);
  }
  return out;
}

const char* label(tls::Severity severity) {
  switch (severity) {
    case tls::Severity::kInformation:
      return "information";
    case tls::Severity::kWarning:
      return "WARNING";
    case tls::Severity::kError:
      break;
  }
  return "ERROR";
}

std::string text_of(const tls::Finding& finding) {
  const std::string indent(kIndent, ' ');
  std::string out = fmt::format("{:<{}}{}  ({})\n", label(finding.severity), kIndent, finding.id,
                                finding.subject);
  out += indent + wrapped(finding.cause, kIndent) + "\n";
  if (!finding.command.empty()) out += fmt::format("{}-> {}\n", indent, finding.command);
  return out;
}

}  // namespace

std::string text_report(const Diagnosis& diagnosis) {
  std::string out = "Looked at\n";
  for (const std::string& one : diagnosis.looked_at) out += "  " + one + "\n";
  out += "\n";
  for (const tls::Finding& finding : diagnosis.findings) out += text_of(finding) + "\n";
  if (!diagnosis.driver.empty()) out += wrapped(diagnosis.driver, 0) + "\n\n";
  size_t alarms = 0;
  for (const tls::Finding& finding : diagnosis.findings) {
    alarms += finding.severity != tls::Severity::kInformation ? 1 : 0;
  }
  if (alarms == 0) return out + "Nothing is wrong.\n";
  return out + fmt::format("{} to mend.\n", alarms);
}

std::string json_report(const Diagnosis& diagnosis) {
  json::array looked_at;
  for (const std::string& one : diagnosis.looked_at) looked_at.emplace_back(one);
  json::array findings;
  for (const tls::Finding& finding : diagnosis.findings) {
    findings.push_back(json::object{{"id", std::string(finding.id)},
                                    {"severity", std::string(tls::to_string(finding.severity))},
                                    {"subject", finding.subject},
                                    {"cause", finding.cause},
                                    {"command", finding.command}});
  }
  json::object all{{"lookedAt", std::move(looked_at)},
                   {"findings", std::move(findings)},
                   {"driver", diagnosis.driver},
                   {"exit", tls::worth_an_alarm(diagnosis.findings) ? 1 : 0}};
  return json::serialize(all);
}

std::string json_report(const Error& error) {
  return json::serialize(json::object{{"error", error.message()}, {"exit", 2}});
}

}  // namespace trellis::cli::tls_command

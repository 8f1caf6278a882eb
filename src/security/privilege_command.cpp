// SPDX-License-Identifier: Apache-2.0
//
// Privileges as the commands that make them (SHOW PRIVILEGES AS COMMANDS).
#include <fmt/format.h>

#include "base/macros.h"
#include "security/privilege.h"

namespace trellis::security {
namespace {

std::string quote_all(const std::optional<std::string>& name) {
  return name ? quote_name(*name) : "*";
}

// A glob: back-ticks only around parts that need none of * and ?; simple names stay bare.
std::string glob_text(const std::optional<std::string>& glob) { return glob.value_or("*"); }

std::string action_words(const Privilege& privilege) {
  const std::string words(traits_of(privilege.action).words);
  switch (privilege.action) {
    case Action::kRead:
    case Action::kMatch:
    case Action::kMerge:
    case Action::kSetProperty:
      return fmt::format("{} {{{}}}", words, quote_all(privilege.resource));
    case Action::kSetLabel:
    case Action::kRemoveLabel:
      return fmt::format("{} {}", words, quote_all(privilege.resource));
    case Action::kTransactionManagement:
    case Action::kShowTransaction:
    case Action::kTerminateTransaction:
    case Action::kImpersonate:
      return fmt::format("{} ({})", words, quote_all(privilege.qualifier));
    case Action::kExecute:
    case Action::kExecuteBoosted:
      return fmt::format("{} {} {}", words,
                         privilege.segment == Segment::kFunctions ? "FUNCTION" : "PROCEDURE",
                         glob_text(privilege.qualifier));
    case Action::kShowSetting:
      return fmt::format("{} {}", words, glob_text(privilege.qualifier));
    default:
      return words;
  }
}

std::string target_words(const Privilege& privilege) {
  const ActionTarget target = traits_of(privilege.action).target;
  if (target == ActionTarget::kDbms) return "DBMS";
  if (target == ActionTarget::kLoad) {
    if (privilege.segment == Segment::kAllData) return "ALL DATA";
    return fmt::format("CIDR \"{}\"", privilege.qualifier.value_or(""));
  }
  const std::string_view kind = target == ActionTarget::kGraph ? "GRAPH" : "DATABASE";
  switch (privilege.scope.kind) {
    case GraphScopeKind::kAll:
      return fmt::format("{} *", kind);
    case GraphScopeKind::kHome:
      return fmt::format("HOME {}", kind);
    case GraphScopeKind::kNamed:
      return fmt::format("{} {}", kind, quote_name(privilege.scope.name));
  }
  TRELLIS_UNREACHABLE();
}

std::string element_words(const Privilege& privilege) {
  switch (privilege.segment) {
    case Segment::kNodes:
      return fmt::format(" NODE {}", quote_all(privilege.qualifier));
    case Segment::kRelationships:
      return fmt::format(" RELATIONSHIP {}", quote_all(privilege.qualifier));
    default:
      return {};
  }
}

}  // namespace

std::string quote_name(std::string_view name) {
  std::string quoted = "`";
  for (const char c : name) {
    if (c == '`') quoted += '`';
    quoted += c;
  }
  return quoted + "`";
}

std::string command_text(const Privilege& privilege, std::string_view role, bool revoke) {
  std::string words = revoke ? "REVOKE " : "";
  if (revoke && privilege.immutable) words += "IMMUTABLE ";
  words += privilege.effect == Effect::kGrant ? "GRANT " : "DENY ";
  if (!revoke && privilege.immutable) words += "IMMUTABLE ";
  return fmt::format("{}{} ON {}{} {} {}", words, action_words(privilege), target_words(privilege),
                     element_words(privilege), revoke ? "FROM" : "TO", role);
}

}  // namespace trellis::security

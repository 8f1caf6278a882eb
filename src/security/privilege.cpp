// SPDX-License-Identifier: Apache-2.0
#include "security/privilege.h"

#include <fmt/format.h>

#include <array>

#include "base/macros.h"

namespace trellis::security {
namespace {

constexpr ActionTraits kTraits[] = {
#define TRELLIS_ACTION(name, stored, words, target, parent) \
  ActionTraits{stored, words, ActionTarget::target, Action::parent},
#include "security/action_table.inc"
#undef TRELLIS_ACTION
};

constexpr Action kActions[] = {
#define TRELLIS_ACTION(name, stored, words, target, parent) Action::name,
#include "security/action_table.inc"
#undef TRELLIS_ACTION
};

constexpr std::array<std::string_view, 9> kSegments = {"DATABASE", "NODE",      "RELATIONSHIP",
                                                       "USER",     "PROCEDURE", "FUNCTION",
                                                       "SETTING",  "CIDR",      "ALL DATA"};

bool includes_by_parent(Action held, Action wanted) {
  while (wanted != held) {
    const Action parent = traits_of(wanted).parent;
    if (parent == wanted) return false;
    wanted = parent;
  }
  return true;
}

bool takes_property(Action action) {
  return action == Action::kRead || action == Action::kMatch || action == Action::kMerge ||
         action == Action::kSetProperty;
}
bool takes_label(Action action) {
  return action == Action::kSetLabel || action == Action::kRemoveLabel;
}

// Does the privilege's qualifier cover what is asked? Procedures, functions, settings are globs.
bool qualifier_matches(const Privilege& privilege, std::string_view asked) {
  if (!privilege.qualifier) return true;
  switch (privilege.segment) {
    case Segment::kProcedures:
    case Segment::kFunctions:
    case Segment::kSettings:
      return glob_matches(*privilege.qualifier, asked);
    default:
      return *privilege.qualifier == asked;
  }
}

bool applies(const Privilege& privilege, const PrivilegeRequest& request) {
  if (!includes(privilege.action, request.action)) return false;
  const ActionTarget target = traits_of(privilege.action).target;
  if (target == ActionTarget::kDatabase || target == ActionTarget::kGraph) {
    if (!privilege.scope.covers(request.database, request.database_is_home)) return false;
  }
  return qualifier_matches(privilege, request.qualifier);
}

}  // namespace

const ActionTraits& traits_of(Action action) {
  const auto index = static_cast<size_t>(action);
  TRELLIS_ASSERT(index < std::size(kTraits));
  return kTraits[index];
}

std::span<const Action> all_actions() { return kActions; }

std::optional<Action> action_from_stored(std::string_view stored) {
  for (const Action action : kActions) {
    if (traits_of(action).stored == stored) return action;
  }
  return std::nullopt;
}

bool includes(Action held, Action wanted) {
  if (includes_by_parent(held, wanted)) return true;
  if (held != Action::kMerge) return false;
  return includes_by_parent(Action::kMatch, wanted) || wanted == Action::kCreate ||
         wanted == Action::kSetProperty;
}

bool GraphScope::covers(std::string_view database, bool database_is_home) const {
  switch (kind) {
    case GraphScopeKind::kAll:
      return true;
    case GraphScopeKind::kHome:
      return database_is_home;
    case GraphScopeKind::kNamed:
      return name == database;
  }
  TRELLIS_UNREACHABLE();
}

std::string_view to_string(Segment segment) { return kSegments[static_cast<size_t>(segment)]; }

std::optional<Segment> segment_from_stored(std::string_view stored) {
  for (size_t i = 0; i < kSegments.size(); ++i) {
    if (kSegments[i] == stored) return static_cast<Segment>(i);
  }
  return std::nullopt;
}

std::string_view access_column(const Privilege& privilege) {
  return privilege.effect == Effect::kGrant ? "GRANTED" : "DENIED";
}

std::string resource_column(const Privilege& privilege) {
  if (takes_property(privilege.action)) {
    return privilege.resource ? fmt::format("property({})", *privilege.resource) : "all_properties";
  }
  if (takes_label(privilege.action)) {
    return privilege.resource ? fmt::format("label({})", *privilege.resource) : "all_labels";
  }
  switch (traits_of(privilege.action).target) {
    case ActionTarget::kGraph:
      return "graph";
    case ActionTarget::kLoad:
      return "load";
    default:
      return "database";
  }
}

std::string graph_column(const Privilege& privilege) {
  switch (privilege.scope.kind) {
    case GraphScopeKind::kAll:
      return "*";
    case GraphScopeKind::kHome:
      return "DEFAULT";
    case GraphScopeKind::kNamed:
      return privilege.scope.name;
  }
  TRELLIS_UNREACHABLE();
}

std::string segment_column(const Privilege& privilege) {
  if (privilege.segment == Segment::kDatabase) return "database";
  if (privilege.segment == Segment::kAllData) return "ALL DATA";
  return fmt::format("{}({})", to_string(privilege.segment),
                     privilege.qualifier ? *privilege.qualifier : "*");
}

bool glob_matches(std::string_view glob, std::string_view text) {
  size_t g = 0, t = 0, star = std::string_view::npos, retry = 0;
  while (t < text.size()) {
    if (g < glob.size() && (glob[g] == '?' || (glob[g] == text[t] && glob[g] != '*'))) {
      ++g, ++t;
    } else if (g < glob.size() && glob[g] == '*') {
      star = g++;
      retry = t;
    } else if (star != std::string_view::npos) {
      g = star + 1;
      t = ++retry;
    } else {
      return false;
    }
  }
  while (g < glob.size() && glob[g] == '*') ++g;
  return g == glob.size();
}

bool is_denied(std::span<const Privilege> privileges, const PrivilegeRequest& request) {
  for (const Privilege& privilege : privileges) {
    if (privilege.effect == Effect::kDeny && applies(privilege, request)) return true;
  }
  return false;
}

bool is_allowed(std::span<const Privilege> privileges, const PrivilegeRequest& request) {
  bool granted = false;
  for (const Privilege& privilege : privileges) {
    if (!applies(privilege, request)) continue;
    if (privilege.effect == Effect::kDeny) return false;
    granted = true;
  }
  return granted;
}

}  // namespace trellis::security

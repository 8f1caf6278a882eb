// SPDX-License-Identifier: Apache-2.0
//
// One privilege: an effect (GRANT, DENY) on an action, a scope, a segment and a resource, all by
// name. A command that lists several names is split into one Privilege for each combination, as
// SHOW PRIVILEGES shows them (Operations Manual, "Manage privileges").
//
// Values: compared, ordered and serialised; no thread-safety concern.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace trellis::security {

enum class Effect : uint8_t { kGrant, kDeny };

// What the scope of an action is.
enum class ActionTarget : uint8_t { kGraph, kDatabase, kDbms, kLoad };

// The order is free: names (below) are what is stored. Row: enumerator, stored name (SHOW
// PRIVILEGES column `action`), words of the command, target, the action whose grant includes it.
enum class Action : uint8_t {
#define TRELLIS_ACTION(name, stored, words, target, parent) name,
#include "security/action_table.inc"
#undef TRELLIS_ACTION
};

struct ActionTraits {
  std::string_view stored;  // "create_element"
  std::string_view words;   // "CREATE"
  ActionTarget target;
  Action parent;  // itself for a root
};
const ActionTraits& traits_of(Action action);
std::optional<Action> action_from_stored(std::string_view stored);
std::span<const Action> all_actions();

// Does a grant of `held` include `wanted`? (Reflexive; MERGE includes MATCH, CREATE, SET PROPERTY.)
bool includes(Action held, Action wanted);

enum class GraphScopeKind : uint8_t { kAll, kHome, kNamed };
struct GraphScope {
  GraphScopeKind kind = GraphScopeKind::kAll;
  std::string name;  // lower case, when kNamed
  bool covers(std::string_view database, bool database_is_home) const;
  auto operator<=>(const GraphScope&) const = default;
};

// What the qualifier names.
enum class Segment : uint8_t {
  kDatabase,       // no qualifier
  kNodes,          // label
  kRelationships,  // type
  kUsers,          // user name
  kProcedures,     // glob
  kFunctions,      // glob
  kSettings,       // glob
  kCidr,           // address range, of LOAD
  kAllData,        // LOAD ON ALL DATA
};
std::string_view to_string(Segment segment);  // stored form: "NODE", "RELATIONSHIP", "USER", ...
std::optional<Segment> segment_from_stored(std::string_view stored);

struct Privilege {
  Effect effect = Effect::kGrant;
  Action action = Action::kAccess;
  GraphScope scope;
  Segment segment = Segment::kDatabase;
  std::optional<std::string> qualifier;  // none: all of the segment
  // The property (READ, MATCH, SET PROPERTY, MERGE) or the label (SET and REMOVE LABEL); none: all.
  std::optional<std::string> resource;
  bool immutable = false;

  auto operator<=>(const Privilege&) const = default;
};

// Columns of SHOW PRIVILEGES.
std::string_view access_column(const Privilege& privilege);  // GRANTED, DENIED
std::string resource_column(const Privilege& privilege);  // property(p), all_properties, graph, ...
std::string graph_column(const Privilege& privilege);     // name, *, DEFAULT
std::string segment_column(const Privilege& privilege);   // NODE(A), database, USER(*), ...

// The command that makes (or, revoking, takes) the privilege: GRANT MATCH {*} ON GRAPH * NODE * TO
// `reader`. role is put in as it stands: quoted by quote_name, or "$role".
std::string command_text(const Privilege& privilege, std::string_view role, bool revoke);
// `name` in back-ticks, inner ones doubled.
std::string quote_name(std::string_view name);
// Is the text matched by a glob of * and ?
bool glob_matches(std::string_view glob, std::string_view text);

// A question: may somebody with these privileges do that there? DENY beats GRANT, nothing granted
// is denied. database: lower case, empty for DBMS actions. qualifier: user, procedure, function,
// setting.
struct PrivilegeRequest {
  Action action;
  std::string_view database = {};
  bool database_is_home = false;
  std::string_view qualifier = {};
};
// Segment-free actions and those with users, globs; graph element rights: see AccessRules.
bool is_allowed(std::span<const Privilege> privileges, const PrivilegeRequest& request);
// Is it explicitly denied?
bool is_denied(std::span<const Privilege> privileges, const PrivilegeRequest& request);

// The built-in roles and what they hold.
struct BuiltInRole {
  std::string name;
  std::vector<Privilege> privileges;
};
inline constexpr std::string_view kPublicRole = "PUBLIC";
inline constexpr std::string_view kAdminRole = "admin";
std::vector<BuiltInRole> built_in_roles();

}  // namespace trellis::security

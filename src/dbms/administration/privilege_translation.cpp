// SPDX-License-Identifier: Apache-2.0
#include "dbms/administration/privilege_translation.h"

#include <arpa/inet.h>

#include <charconv>

namespace trellis::dbms {
namespace {

using security::Action;
using security::GraphScope;
using security::GraphScopeKind;
using security::Privilege;
using security::Segment;
using P = ast::PrivilegeAction;

struct Row {
  P written;
  Action stored;
  Segment segment = Segment::kDatabase;  // of what `resources` names, when they are a qualifier
};

constexpr Row kRows[] = {
    {P::kTraverse, Action::kTraverse},
    {P::kRead, Action::kRead},
    {P::kMatch, Action::kMatch},
    {P::kMerge, Action::kMerge},
    {P::kCreateElement, Action::kCreate},
    {P::kDeleteElement, Action::kDelete},
    {P::kSetLabel, Action::kSetLabel},
    {P::kRemoveLabel, Action::kRemoveLabel},
    {P::kSetProperty, Action::kSetProperty},
    {P::kWrite, Action::kWrite},
    {P::kAllGraph, Action::kAllGraph},
    {P::kAccess, Action::kAccess},
    {P::kStartDatabase, Action::kStartDatabase},
    {P::kStopDatabase, Action::kStopDatabase},
    {P::kCreateIndex, Action::kCreateIndex},
    {P::kDropIndex, Action::kDropIndex},
    {P::kShowIndex, Action::kShowIndex},
    {P::kIndexManagement, Action::kIndex},
    {P::kCreateConstraint, Action::kCreateConstraint},
    {P::kDropConstraint, Action::kDropConstraint},
    {P::kShowConstraint, Action::kShowConstraint},
    {P::kConstraintManagement, Action::kConstraint},
    {P::kCreateLabel, Action::kCreateLabel},
    {P::kCreateRelationshipType, Action::kCreateRelationshipType},
    {P::kCreatePropertyKey, Action::kCreatePropertyKey},
    {P::kNameManagement, Action::kToken},
    {P::kShowTransaction, Action::kShowTransaction, Segment::kUsers},
    {P::kTerminateTransaction, Action::kTerminateTransaction, Segment::kUsers},
    {P::kTransactionManagement, Action::kTransactionManagement, Segment::kUsers},
    {P::kAllDatabase, Action::kAllDatabase},
    {P::kCreateRole, Action::kCreateRole},
    {P::kRenameRole, Action::kRenameRole},
    {P::kDropRole, Action::kDropRole},
    {P::kAssignRole, Action::kAssignRole},
    {P::kRemoveRole, Action::kRemoveRole},
    {P::kShowRole, Action::kShowRole},
    {P::kRoleManagement, Action::kRoleManagement},
    {P::kCreateUser, Action::kCreateUser},
    {P::kRenameUser, Action::kRenameUser},
    {P::kDropUser, Action::kDropUser},
    {P::kShowUser, Action::kShowUser},
    {P::kAlterUser, Action::kAlterUser},
    {P::kSetPassword, Action::kSetPasswords},
    {P::kSetAuth, Action::kSetAuth},
    {P::kSetUserHomeDatabase, Action::kSetUserHomeDatabase},
    {P::kSetUserStatus, Action::kSetUserStatus},
    {P::kUserManagement, Action::kUserManagement},
    {P::kCreateDatabase, Action::kCreateDatabase},
    {P::kDropDatabase, Action::kDropDatabase},
    {P::kAlterDatabase, Action::kAlterDatabase},
    {P::kSetDatabaseAccess, Action::kSetDatabaseAccess},
    {P::kCreateCompositeDatabase, Action::kCreateCompositeDatabase},
    {P::kDropCompositeDatabase, Action::kDropCompositeDatabase},
    {P::kAlterCompositeDatabase, Action::kAlterDatabase},
    {P::kCompositeDatabaseManagement, Action::kCompositeDatabaseManagement},
    {P::kDatabaseManagement, Action::kDatabaseManagement},
    {P::kCreateAlias, Action::kCreateAlias},
    {P::kDropAlias, Action::kDropAlias},
    {P::kAlterAlias, Action::kAlterAlias},
    {P::kShowAlias, Action::kShowAlias},
    {P::kAliasManagement, Action::kAliasManagement},
    {P::kShowPrivilege, Action::kShowPrivilege},
    {P::kAssignPrivilege, Action::kAssignPrivilege},
    {P::kRemovePrivilege, Action::kRemovePrivilege},
    {P::kPrivilegeManagement, Action::kPrivilegeManagement},
    {P::kShowServer, Action::kShowServer},
    {P::kServerManagement, Action::kServerManagement},
    {P::kShowSetting, Action::kShowSetting, Segment::kSettings},
    {P::kExecuteProcedure, Action::kExecute, Segment::kProcedures},
    {P::kExecuteBoostedProcedure, Action::kExecuteBoosted, Segment::kProcedures},
    {P::kExecuteAdminProcedures, Action::kExecuteAdmin},
    {P::kExecuteFunction, Action::kExecute, Segment::kFunctions},
    {P::kExecuteBoostedFunction, Action::kExecuteBoosted, Segment::kFunctions},
    {P::kImpersonate, Action::kImpersonate, Segment::kUsers},
    {P::kAllDbms, Action::kAllDbms},
    {P::kLoad, Action::kLoad, Segment::kAllData},
};

const Row* find_row(P written) {
  for (const Row& row : kRows) {
    if (row.written == written) return &row;
  }
  return nullptr;
}

bool has_elements(Action action) {
  switch (action) {
    case Action::kTraverse:
    case Action::kRead:
    case Action::kMatch:
    case Action::kMerge:
    case Action::kCreate:
    case Action::kDelete:
    case Action::kSetProperty:
      return true;
    default:
      return false;
  }
}

Result<std::vector<GraphScope>> scopes_of(CommandContext& context, const ast::PrivilegeSpec& spec,
                                          Action action, bool must_exist) {
  const security::ActionTarget target = security::traits_of(action).target;
  const bool scoped =
      target == security::ActionTarget::kGraph || target == security::ActionTarget::kDatabase;
  if (!scoped || spec.all_graphs) return std::vector<GraphScope>{GraphScope{}};
  if (spec.home) return std::vector<GraphScope>{{GraphScopeKind::kHome, ""}};
  std::vector<GraphScope> scopes;
  for (const ast::GraphName& written : spec.graphs) {
    TRELLIS_TRY_ASSIGN(std::string name, context.arguments.graph_name(written));
    if (name == "*") {
      return fail(ErrorCode::InvalidArguments,
                  "A parameter cannot stand for all graphs; write * itself.");
    }
    // A local alias stands for its target.
    const AliasRecord* alias = context.system->alias(name);
    if (alias != nullptr && !alias->remote) name = alias->target;
    if (must_exist && alias == nullptr && context.system->database(name) == nullptr) {
      return fail(ErrorCode::DatabaseNotFound, "Database '{}' does not exist.", name);
    }
    scopes.push_back({GraphScopeKind::kNamed, std::move(name)});
  }
  return scopes;
}

Result<> check_cidr(std::string_view text) {
  const size_t slash = text.find('/');
  const std::string address(text.substr(0, slash));
  unsigned char buffer[sizeof(in6_addr)];
  const int bits = inet_pton(AF_INET, address.c_str(), buffer) == 1    ? 32
                   : inet_pton(AF_INET6, address.c_str(), buffer) == 1 ? 128
                                                                       : -1;
  int prefix = -1;
  if (slash != std::string_view::npos) {
    const char* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data() + slash + 1, end, prefix);
    if (error != std::errc() || at != end) prefix = -1;
  }
  if (bits < 0 || prefix < 0 || prefix > bits) {
    return fail(ErrorCode::InvalidArguments, "'{}' is no address range in CIDR notation.", text);
  }
  return {};
}

using Names = std::vector<std::optional<std::string>>;

Result<Names> names_or_all(CommandContext& context, const std::vector<ast::Name>& written,
                           bool all) {
  if (all || written.empty()) return Names{std::nullopt};
  TRELLIS_TRY_ASSIGN(const auto names, context.arguments.names(written));
  Names result;
  for (const std::string& name : names) {
    // A bare * among names of procedures and the like is the glob that means all.
    result.push_back(name == "*" ? std::nullopt : std::optional(name));
  }
  return result;
}

std::vector<Segment> element_segments(const ast::PrivilegeSpec& spec) {
  switch (spec.elements) {
    case ast::ElementScope::kNodes:
      return {Segment::kNodes};
    case ast::ElementScope::kRelationships:
      return {Segment::kRelationships};
    default:
      return {Segment::kNodes, Segment::kRelationships};
  }
}

}  // namespace

Result<std::vector<Privilege>> translate_privilege(CommandContext& context,
                                                   const ast::PrivilegeSpec& spec,
                                                   bool must_exist) {
  if (spec.pattern || spec.elements == ast::ElementScope::kPattern) {
    return fail(ErrorCode::UnsupportedAdministrationCommand,
                "Property-based privileges (FOR ... WHERE ...) are not supported yet.");
  }
  const Row* row = find_row(spec.action);
  TRELLIS_ASSERT(row != nullptr);
  TRELLIS_TRY_ASSIGN(const auto scopes, scopes_of(context, spec, row->stored, must_exist));
  TRELLIS_TRY_ASSIGN(const Names resources,
                     names_or_all(context, spec.resources, spec.all_resources));

  std::vector<Segment> segments = {row->segment};
  Names qualifiers = {std::nullopt};
  Names property_or_label = {std::nullopt};
  if (has_elements(row->stored)) {
    segments = element_segments(spec);
    TRELLIS_TRY_ASSIGN(qualifiers, names_or_all(context, spec.labels_or_types, spec.all_elements));
    property_or_label = resources;
  } else if (row->stored == Action::kSetLabel || row->stored == Action::kRemoveLabel) {
    property_or_label = resources;
  } else if (row->stored == Action::kLoad) {
    if (spec.scope == ast::PrivilegeScope::kUrl) {
      return fail(ErrorCode::UnsupportedAdministrationCommand, "LOAD ON URL is not supported.");
    }
    if (spec.scope == ast::PrivilegeScope::kCidr && spec.load_source) {
      TRELLIS_TRY_ASSIGN(std::string range, context.arguments.name(*spec.load_source));
      TRELLIS_TRY(check_cidr(range));
      segments = {Segment::kCidr};
      qualifiers = {std::move(range)};
    }
  } else if (row->segment != Segment::kDatabase) {
    qualifiers = resources;
  }

  std::vector<Privilege> result;
  for (const GraphScope& scope : scopes) {
    for (const Segment segment : segments) {
      for (const auto& qualifier : qualifiers) {
        for (const auto& resource : property_or_label) {
          Privilege privilege;
          privilege.action = row->stored;
          privilege.scope = scope;
          privilege.segment = segment;
          privilege.qualifier = qualifier;
          privilege.resource = resource;
          result.push_back(std::move(privilege));
        }
      }
    }
  }
  return result;
}

}  // namespace trellis::dbms

// SPDX-License-Identifier: Apache-2.0
#include "dbms/router.h"

#include "dbms/names.h"

namespace trellis::dbms {
namespace {

Target to_database(const DatabaseRecord& database) {
  Target target;
  target.kind = database.kind == DatabaseKind::kSystem      ? TargetKind::kSystem
                : database.kind == DatabaseKind::kComposite ? TargetKind::kComposite
                                                            : TargetKind::kLocal;
  target.name = database.name;
  target.database = &database;
  return target;
}

}  // namespace

Result<Target> resolve_target(const SystemSnapshot& system, std::string_view name) {
  const std::string wanted = normalize_database_name(name);
  if (const DatabaseRecord* database = system.database(wanted)) return to_database(*database);
  if (const AliasRecord* alias = system.alias(wanted)) {
    if (alias->remote) {
      Target target;
      target.kind = TargetKind::kRemote;
      target.name = alias->name;
      target.alias = alias;
      return target;
    }
    if (const DatabaseRecord* database = system.database(alias->target)) {
      Target target = to_database(*database);
      target.alias = alias;
      return target;
    }
  }
  return fail(ErrorCode::DatabaseNotFound,
              "Graph not found: '{}'. SHOW DATABASES and SHOW ALIASES FOR DATABASE list what there "
              "is.",
              name);
}

Result<> check_access(const Principal& principal, const Target& target) {
  if (target.kind == TargetKind::kSystem) return {};
  if (principal.may(security::Action::kAccess, target.name)) return {};
  return fail(ErrorCode::Forbidden, "Database access is not allowed for user '{}' on '{}'.",
              principal.username, target.name);
}

}  // namespace trellis::dbms

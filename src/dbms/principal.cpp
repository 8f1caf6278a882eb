// SPDX-License-Identifier: Apache-2.0
#include "dbms/principal.h"

namespace trellis::dbms {

bool Principal::is_home(std::string_view database) const {
  const std::string home = home_database();
  if (home == database) return true;
  const AliasRecord* alias = system->alias(home);
  return alias != nullptr && !alias->remote && alias->target == database;
}

std::shared_ptr<const security::AccessRules> Principal::access(std::string_view database) const {
  if (full_access) return security::AccessRules::full();
  return system->access(roles, database, is_home(database));
}

bool Principal::may(security::Action action, std::string_view database,
                    std::string_view qualifier) const {
  return full_access || access(database)->allows(action, qualifier);
}

Result<> Principal::require(security::Action action, std::string_view database,
                            std::string_view qualifier) const {
  if (may(action, database, qualifier)) return {};
  const std::string_view words = security::traits_of(action).words;
  if (database.empty()) {
    return fail(ErrorCode::Forbidden,
                "Permission denied for user '{}': this needs the privilege {}{}{}. See SHOW USER "
                "PRIVILEGES.",
                username, words, qualifier.empty() ? "" : " on ", qualifier);
  }
  return fail(ErrorCode::Forbidden,
              "Permission denied for user '{}': this needs the privilege {} on database '{}'. See "
              "SHOW USER PRIVILEGES.",
              username, words, database);
}

Result<Principal> make_principal(std::shared_ptr<const SystemSnapshot> system, bool auth_enabled,
                                 std::string_view authenticated_user,
                                 std::string_view impersonated) {
  Principal principal;
  principal.system = std::move(system);
  principal.username = principal.authenticated_user = authenticated_user;
  if (!auth_enabled) {
    principal.full_access = true;
    return principal;
  }
  const UserRecord* user = principal.user();
  if (user == nullptr || user->suspended) {
    return fail(ErrorCode::AuthorizationExpired,
                "User '{}' was dropped or suspended meanwhile. Log on again.", authenticated_user);
  }
  principal.roles = principal.system->effective_roles(*user);
  if (impersonated.empty() || impersonated == authenticated_user) return principal;

  const bool allowed = principal.may(security::Action::kImpersonate, {}, impersonated);
  const UserRecord* other = principal.system->user(impersonated);
  // One answer for both: whether a user exists is not to be found out this way.
  if (!allowed || other == nullptr || other->suspended) {
    return fail(ErrorCode::Forbidden,
                "User '{}' cannot be impersonated by '{}': it does not exist, or the privilege "
                "IMPERSONATE is missing.",
                impersonated, authenticated_user);
  }
  principal.username = impersonated;
  principal.roles = principal.system->effective_roles(*other);
  return principal;
}

Result<std::shared_ptr<const Principal>> PrincipalSource::get(std::string_view impersonated) {
  if (!logged_on_) return fail(ErrorCode::Unauthorized, "Log on first.");
  auto system = system_.current();
  if (impersonated.empty() && latest_ && latest_->system == system) return latest_;
  TRELLIS_TRY_ASSIGN(Principal made,
                     make_principal(std::move(system), auth_enabled_, username_, impersonated));
  auto principal = std::make_shared<const Principal>(std::move(made));
  if (impersonated.empty()) latest_ = principal;
  return principal;
}

}  // namespace trellis::dbms

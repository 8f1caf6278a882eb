// SPDX-License-Identifier: Apache-2.0
//
// Who runs a statement, and what that person may do, in the light of one SystemSnapshot.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "dbms/system_snapshot.h"
#include "security/access_rules.h"
#include "security/privilege.h"

namespace trellis::dbms {

struct Principal {
  std::shared_ptr<const SystemSnapshot> system;
  std::string username;            // in whose name: the impersonated user, if any
  std::string authenticated_user;  // who logged on
  std::vector<std::string> roles;
  bool full_access = false;  // authentication is disabled
  bool impersonated() const { return username != authenticated_user; }
  const UserRecord* user() const { return system->user(username); }

  // The name of a database that exists or an alias: home, else default.
  std::string home_database() const { return system->home_database_of(user()); }
  // Is this the database that HOME GRAPH and HOME DATABASE mean?
  bool is_home(std::string_view database) const;

  std::shared_ptr<const security::AccessRules> access(std::string_view database) const;
  // On the DBMS, or on a database.
  bool may(security::Action action, std::string_view database = {},
           std::string_view qualifier = {}) const;
  // Forbidden when not.
  Result<> require(security::Action action, std::string_view database = {},
                   std::string_view qualifier = {}) const;
};

// AuthorizationExpired when the user is gone or suspended; Forbidden when impersonation is not
// allowed or its user does not exist. impersonated: empty for nobody.
Result<Principal> make_principal(std::shared_ptr<const SystemSnapshot> system, bool auth_enabled,
                                 std::string_view authenticated_user,
                                 std::string_view impersonated);

// The principals of one session, kept as long as `system` stays what it was. Not thread-safe.
class PrincipalSource {
 public:
  PrincipalSource(const SystemState& system, bool auth_enabled)
      : system_(system), auth_enabled_(auth_enabled) {}
  void log_on(std::string username) {
    username_ = std::move(username);
    logged_on_ = true;
    latest_.reset();
  }
  void log_off() {
    username_.clear();
    logged_on_ = false;
    latest_.reset();
  }
  bool logged_on() const { return logged_on_; }
  const std::string& username() const { return username_; }
  // Unauthorized when nobody has logged on; else as make_principal.
  Result<std::shared_ptr<const Principal>> get(std::string_view impersonated);

 private:
  const SystemState& system_;
  const bool auth_enabled_;
  bool logged_on_ = false;
  std::string username_;
  std::shared_ptr<const Principal> latest_;  // of nobody impersonated
};

}  // namespace trellis::dbms

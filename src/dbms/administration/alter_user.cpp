// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "dbms/administration/user_settings.h"
#include "dbms/system_schema.h"

namespace trellis::dbms {
namespace {

namespace key = system_schema::key;
using security::Action;
using value::Value;

Result<> authorize(CommandContext& context, const ast::Statement& statement) {
  const auto& command = ast::as<ast::AlterUser>(statement);
  const Principal& principal = context.principal;
  const bool external =
      std::any_of(command.settings.auth.begin(), command.settings.auth.end(),
                  [](const ast::AuthBlock& block) { return block.provider != kNativeProvider; });
  if (external || command.remove_all_auth || !command.remove_auth.empty()) {
    TRELLIS_TRY(principal.require(Action::kSetAuth));
  }
  if (native_block(command.settings) != nullptr && !principal.may(Action::kSetAuth)) {
    TRELLIS_TRY(principal.require(Action::kSetPasswords));
  }
  if (command.settings.suspended) TRELLIS_TRY(principal.require(Action::kSetUserStatus));
  if (command.settings.home_database || command.remove_home_database) {
    TRELLIS_TRY(principal.require(Action::kSetUserHomeDatabase));
  }
  return {};
}

Result<std::vector<PasswordRequest>> passwords(CommandContext& context,
                                               const ast::Statement& statement) {
  return native_password_request(context, ast::as<ast::AlterUser>(statement).settings);
}

// One ALTER USER on one user.
class Alteration {
 public:
  Alteration(CommandContext& context, const ast::AlterUser& command, const UserRecord& user)
      : context_(context), command_(command), user_(user), auth_(user.external_auth) {}

  Result<> run() {
    TRELLIS_TRY(remove_auth());
    TRELLIS_TRY(set_native());
    TRELLIS_TRY(set_external());
    if (!has_native_ && auth_.empty()) {
      return fail(ErrorCode::InvalidArguments,
                  "User '{}' must keep a password or another auth provider.", user_.name);
    }
    TRELLIS_TRY(set_status());
    TRELLIS_TRY(set_home());
    context_.branch->forget_logins.push_back(user_.name);
    context_.writer->count_update();
    return {};
  }

 private:
  Result<> set(std::string_view property, const Value& v) {
    return context_.writer->set(user_.node, property, v);
  }

  Result<> remove_provider(std::string_view provider) {
    if (provider == kNativeProvider) {
      has_native_ = false;
      TRELLIS_TRY(set(key::kCredential, Value::null()));
      return set(key::kChangeRequired, Value::boolean(false));
    }
    for (auto it = auth_.begin(); it != auth_.end(); ++it) {
      if (it->provider != provider) continue;
      TRELLIS_TRY(context_.writer->remove(it->node));
      auth_.erase(it);
      return {};
    }
    return {};
  }

  Result<> remove_auth() {
    if (command_.remove_all_auth) {
      TRELLIS_TRY(remove_provider(kNativeProvider));
      while (!auth_.empty()) {
        const std::string provider = auth_.front().provider;
        TRELLIS_TRY(remove_provider(provider));
      }
    }
    TRELLIS_TRY_ASSIGN(const auto providers, context_.arguments.strings(command_.remove_auth));
    for (const std::string& provider : providers) TRELLIS_TRY(remove_provider(provider));
    return {};
  }

  Result<> set_native() {
    const ast::AuthBlock* block = native_block(command_.settings);
    if (block == nullptr) return {};
    TRELLIS_TRY_ASSIGN(const std::string credential,
                       native_credential(context_, command_.settings));
    if (!credential.empty()) {
      TRELLIS_TRY(set(key::kCredential, Value::string(credential)));
      has_native_ = true;
    }
    if (!has_native_) {
      return fail(ErrorCode::InvalidArguments, "User '{}' has no password yet: set one.",
                  user_.name);
    }
    const bool change = block->change_required.value_or(user_.change_required);
    return set(key::kChangeRequired, Value::boolean(change));
  }

  Result<> set_external() {
    for (const ast::AuthBlock& block : command_.settings.auth) {
      if (block.provider == kNativeProvider) continue;
      if (!block.external_id) {
        return fail(ErrorCode::InvalidArguments, "The auth provider '{}' needs SET ID.",
                    block.provider);
      }
      TRELLIS_TRY_ASSIGN(const std::string id, context_.arguments.name(*block.external_id));
      TRELLIS_TRY(remove_provider(block.provider));
      TRELLIS_TRY(add_auth(*context_.writer, user_.node, block.provider, id));
      auth_.push_back({0, block.provider, id});
    }
    return {};
  }

  Result<> set_status() {
    if (!command_.settings.suspended) return {};
    if (user_.name == context_.principal.authenticated_user) {
      return fail(ErrorCode::InvalidArguments, "You cannot change your own status.");
    }
    return set(key::kSuspended, Value::boolean(*command_.settings.suspended));
  }

  Result<> set_home() {
    if (command_.remove_home_database) TRELLIS_TRY(set(key::kHomeDatabase, Value::null()));
    if (!command_.settings.home_database) return {};
    TRELLIS_TRY_ASSIGN(const std::string home,
                       context_.arguments.graph_name(*command_.settings.home_database));
    return set(key::kHomeDatabase, Value::string(home));
  }

  CommandContext& context_;
  const ast::AlterUser& command_;
  const UserRecord& user_;
  std::vector<AuthRecord> auth_;
  bool has_native_ = !user_.credential.empty();
};

Result<> apply(CommandContext& context, const ast::Statement& statement) {
  const auto& command = ast::as<ast::AlterUser>(statement);
  TRELLIS_TRY_ASSIGN(const std::string name, context.arguments.name(command.name));
  if (command.if_exists && context.system->user(name) == nullptr) {
    notify_no_effect(context, fmt::format("User '{}' does not exist.", name));
    return {};
  }
  TRELLIS_TRY_ASSIGN(const UserRecord* user, existing_user(*context.system, name));
  return Alteration(context, command, *user).run();
}

}  // namespace

const Command kAlterUser = {.kind = ast::StatementKind::kAlterUser,
                            .authorize = authorize,
                            .passwords = passwords,
                            .apply = apply};

}  // namespace trellis::dbms

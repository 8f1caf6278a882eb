// SPDX-License-Identifier: Apache-2.0
#include "dbms/administration/user_settings.h"

#include "security/password_hash.h"

namespace trellis::dbms {

const ast::AuthBlock* native_block(const ast::UserSettings& settings) {
  for (const ast::AuthBlock& block : settings.auth) {
    if (block.provider == kNativeProvider) return &block;
  }
  return nullptr;
}

Result<std::vector<PasswordRequest>> native_password_request(CommandContext& context,
                                                             const ast::UserSettings& settings) {
  std::vector<PasswordRequest> requests;
  const ast::AuthBlock* block = native_block(settings);
  if (block == nullptr || !block->password || block->encrypted) return requests;
  TRELLIS_TRY_ASSIGN(Secret password, context.arguments.password(*block->password));
  TRELLIS_TRY(check_new_password(context, password));
  requests.push_back({std::move(password), ""});
  return requests;
}

Result<std::string> native_credential(CommandContext& context, const ast::UserSettings& settings) {
  const ast::AuthBlock* block = native_block(settings);
  if (block == nullptr || !block->password) return std::string();
  if (!block->encrypted) return context.passwords.at(0).encoded;
  TRELLIS_TRY_ASSIGN(const Secret encoded, context.arguments.password(*block->password));
  if (!security::is_encoded_password(encoded.reveal())) {
    return fail(ErrorCode::InvalidArguments,
                "An encrypted password has the form version,hash,salt (version 0 or 1) or that of "
                "Argon2id in PHC notation.");
  }
  return std::string(encoded.reveal());
}

}  // namespace trellis::dbms

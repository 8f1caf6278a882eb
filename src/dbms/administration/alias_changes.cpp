// SPDX-License-Identifier: Apache-2.0
#include "dbms/administration/alias_changes.h"

#include "dbms/names.h"

namespace trellis::dbms {

Result<> check_local_target(const SystemSnapshot& system, std::string_view target) {
  if (system.alias(target) != nullptr) {
    return fail(ErrorCode::InvalidArguments, "An alias cannot point to another alias: '{}'.",
                target);
  }
  TRELLIS_TRY_ASSIGN(const DatabaseRecord* database, existing_database(system, target));
  if (database->kind == DatabaseKind::kComposite) {
    return fail(ErrorCode::InvalidArguments,
                "An alias cannot point to the composite database '{}'.", target);
  }
  return {};
}

Result<ValueMap> alias_properties(CommandContext& context, const ast::ExpressionPtr& expression) {
  TRELLIS_TRY_ASSIGN(ValueMap given, context.arguments.map(expression));
  ValueMap result;
  for (auto& [name, holder] : given) {
    switch (holder.get().type()) {
      case value::Type::kMap:
      case value::Type::kNode:
      case value::Type::kRelationship:
      case value::Type::kPath:
        return fail(ErrorCode::InvalidPropertyType,
                    "The property '{}' of an alias has a type that cannot be stored.", name);
      case value::Type::kNull:
        continue;
      default:
        result.insert_or_assign(normalize_database_name(name), std::move(holder));
    }
  }
  return result;
}

}  // namespace trellis::dbms

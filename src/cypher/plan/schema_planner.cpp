// SPDX-License-Identifier: Apache-2.0
//
// Index and constraint commands, and the tails of SHOW commands.
#include "cypher/plan/plan_builder.h"

namespace trellis::cypher::plan {

namespace {

tl::unexpected<Error> not_yet(std::string_view what, SourcePosition position) {
  return fail(make_error(ErrorCode::NotSupportedHere, "{} are not supported yet.", what)
                  .at(position));
}

Result<std::string> literal_name(const ast::Name& name) {
  if (name.parameter) {
    return fail(make_error(ErrorCode::NotSupportedHere,
                           "The name of an index or constraint cannot be a parameter.")
                    .at(name.position));
  }
  return name.text;
}

Result<std::string> literal_name(const std::optional<ast::Name>& name) {
  if (!name) return std::string();
  return literal_name(*name);
}

}  // namespace

Result<OperatorPtr> PlanBuilder::schema_command(const ast::Statement& statement) {
  const auto over_argument = [](auto op) -> OperatorPtr {
    auto end = std::make_unique<EmptyResult>();
    op->input = std::make_unique<Argument>();
    end->input = std::move(op);
    return end;
  };
  switch (statement.kind) {
    case ast::StatementKind::kCreateIndex: {
      const auto& create = ast::as<ast::CreateIndex>(statement);
      if (create.index != ast::IndexKind::kRange) {
        return not_yet("Indexes other than RANGE", statement.position);
      }
      if (create.properties.size() != 1) {
        return not_yet("Indexes on several properties", statement.position);
      }
      if (create.entity != ast::EntityType::kNode) {
        return not_yet("Indexes on relationships", statement.position);
      }
      auto op = std::make_unique<plan::CreateIndex>();
      TRELLIS_TRY_ASSIGN(op->name, literal_name(create.name));
      op->token = token(storage::TokenKind::kLabel, create.labels_or_types.at(0));
      op->keys.push_back(token(storage::TokenKind::kKey, create.properties[0]));
      op->if_not_exists = create.if_not_exists;
      return over_argument(std::move(op));
    }
    case ast::StatementKind::kDropIndex: {
      const auto& drop = ast::as<ast::DropIndex>(statement);
      auto op = std::make_unique<plan::DropIndex>();
      TRELLIS_TRY_ASSIGN(op->name, literal_name(drop.name));
      op->if_exists = drop.if_exists;
      return over_argument(std::move(op));
    }
    case ast::StatementKind::kCreateConstraint: {
      const auto& create = ast::as<ast::CreateConstraint>(statement);
      if (create.constraint != ast::ConstraintKind::kUnique ||
          create.entity != ast::EntityType::kNode) {
        return not_yet("Constraints other than node uniqueness", statement.position);
      }
      if (create.properties.size() != 1) {
        return not_yet("Constraints on several properties", statement.position);
      }
      auto op = std::make_unique<plan::CreateConstraint>();
      TRELLIS_TRY_ASSIGN(op->name, literal_name(create.name));
      op->label = token(storage::TokenKind::kLabel, create.label_or_type);
      op->keys.push_back(token(storage::TokenKind::kKey, create.properties[0]));
      op->if_not_exists = create.if_not_exists;
      return over_argument(std::move(op));
    }
    case ast::StatementKind::kDropConstraint: {
      const auto& drop = ast::as<ast::DropConstraint>(statement);
      auto op = std::make_unique<plan::DropConstraint>();
      TRELLIS_TRY_ASSIGN(op->name, literal_name(drop.name));
      op->if_exists = drop.if_exists;
      return over_argument(std::move(op));
    }
    default:
      return fail(make_error(ErrorCode::UnsupportedAdministrationCommand,
                             "This command does not run on a graph.")
                      .at(statement.position));
  }
}

}  // namespace trellis::cypher::plan

// SPDX-License-Identifier: Apache-2.0
#include "cypher/procedures/show_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cypher/functions/function_rows.h"
#include "cypher/procedures/row_list.h"
#include "security/access_rules.h"
#include "storage/storage.h"
#include "value/compare.h"

namespace trellis::cypher {
namespace {

using storage::EntityKind;
using storage::IndexType;
using storage::TokenKind;
using value::MapEntry;
using value::Value;
using Opened = Result<std::unique_ptr<RowSource>>;

Result<> may_show(const CallEnvironment& environment, security::Action action,
                  std::string_view what) {
  if (environment.database == nullptr) {
    return fail(ErrorCode::NotSupportedHere, "{} belong to a database: use one.", what);
  }
  if (environment.access == nullptr || environment.access->allows(action)) return {};
  return fail(ErrorCode::Forbidden,
              "Showing {} is not allowed for the current user. Ask an administrator for the "
              "privilege.",
              what);
}

std::string_view state_name(storage::IndexState state) {
  switch (state) {
    case storage::IndexState::kPopulating:
      return "POPULATING";
    case storage::IndexState::kOnline:
      return "ONLINE";
    case storage::IndexState::kFailed:
      return "FAILED";
  }
  TRELLIS_UNREACHABLE();
}

Value index_options(RowList& rows, std::string_view provider) {
  const std::array<MapEntry, 2> entries{MapEntry{"indexConfig", Value::map({})},
                                        MapEntry{"indexProvider", rows.text(provider)}};
  return value::make_map(rows.arena(), entries);
}

std::string key_list(const storage::TokenCatalog& tokens, const std::vector<storage::KeyId>& keys,
                     char variable) {
  std::string text;
  for (const storage::KeyId key : keys) {
    if (!text.empty()) text += ", ";
    text += fmt::format("{}.{}", variable, security::quote_name(tokens.name(TokenKind::kKey, key)));
  }
  return text;
}

std::string create_statement(const storage::TokenCatalog& tokens,
                             const storage::IndexDescriptor& index) {
  const std::string name = security::quote_name(index.name);
  const bool node = index.entity == EntityKind::kNode;
  if (index.type == IndexType::kLookup) {
    return node ? fmt::format("CREATE LOOKUP INDEX {} FOR (n) ON EACH labels(n)", name)
                : fmt::format("CREATE LOOKUP INDEX {} FOR ()-[r]-() ON EACH type(r)", name);
  }
  if (node) {
    return fmt::format("CREATE RANGE INDEX {} FOR (n:{}) ON ({})", name,
                       security::quote_name(tokens.name(TokenKind::kLabel, index.token)),
                       key_list(tokens, index.keys, 'n'));
  }
  return fmt::format("CREATE RANGE INDEX {} FOR ()-[r:{}]-() ON ({})", name,
                     security::quote_name(tokens.name(TokenKind::kType, index.token)),
                     key_list(tokens, index.keys, 'r'));
}

bool wanted(const ast::ShowCommand& command, IndexType type) {
  if (!command.index_filter) return true;
  return (*command.index_filter == ast::IndexKind::kRange && type == IndexType::kRange) ||
         (*command.index_filter == ast::IndexKind::kLookup && type == IndexType::kLookup);
}

Value key_names(RowList& rows, const storage::TokenCatalog& tokens,
                const std::vector<storage::KeyId>& keys) {
  std::vector<std::string_view> names;
  for (const storage::KeyId key : keys) names.push_back(tokens.name(TokenKind::kKey, key));
  return rows.texts(names);
}

Opened show_indexes(const ast::ShowCommand& command, const CallEnvironment& environment) {
  TRELLIS_TRY(may_show(environment, security::Action::kShowIndex, "indexes"));
  const storage::TokenCatalog& tokens = environment.database->tokens();
  const auto schema = environment.database->schema();
  auto rows = std::make_unique<RowList>(16);
  for (const storage::IndexDescriptor& index : schema->indexes) {
    if (!wanted(command, index.type)) continue;
    const bool lookup = index.type == IndexType::kLookup;
    const bool node = index.entity == EntityKind::kNode;
    const std::string_view provider = lookup ? "token-lookup-1.0" : "range-1.0";
    Value owner;
    for (const storage::ConstraintDescriptor& constraint : schema->constraints) {
      if (index.owning_constraint == constraint.id) owner = rows->text(constraint.name);
    }
    const bool online = index.state == storage::IndexState::kOnline;
    rows->add({Value::integer(index.id), rows->text(index.name),
               rows->text(state_name(index.state)), Value::real(online ? 100.0 : 0.0),
               rows->text(lookup ? "LOOKUP" : "RANGE"), rows->text(node ? "NODE" : "RELATIONSHIP"),
               lookup ? Value()
                      : rows->texts({tokens.name(node ? TokenKind::kLabel : TokenKind::kType,
                                                 index.token)}),
               lookup ? Value() : key_names(*rows, tokens, index.keys), rows->text(provider), owner,
               Value(), Value(), Value(), index_options(*rows, provider), rows->text(""),
               rows->text(create_statement(tokens, index))});
  }
  return rows;
}

bool shows_uniqueness(ast::ConstraintFilter filter) {
  return filter == ast::ConstraintFilter::kAll || filter == ast::ConstraintFilter::kUnique ||
         filter == ast::ConstraintFilter::kNodeUnique;
}

Opened show_constraints(const ast::ShowCommand& command, const CallEnvironment& environment) {
  TRELLIS_TRY(may_show(environment, security::Action::kShowConstraint, "constraints"));
  const storage::TokenCatalog& tokens = environment.database->tokens();
  const auto schema = environment.database->schema();
  auto rows = std::make_unique<RowList>(10);
  for (const storage::ConstraintDescriptor& constraint : schema->constraints) {
    if (!shows_uniqueness(command.constraint_filter)) break;
    const std::string_view label = tokens.name(TokenKind::kLabel, constraint.label);
    Value owned;
    for (const storage::IndexDescriptor& index : schema->indexes) {
      if (index.id == constraint.owned_index) owned = rows->text(index.name);
    }
    const std::string create =
        fmt::format("CREATE CONSTRAINT {} FOR (n:{}) REQUIRE ({}) IS UNIQUE",
                    security::quote_name(constraint.name), security::quote_name(label),
                    key_list(tokens, constraint.keys, 'n'));
    rows->add({Value::integer(constraint.id), rows->text(constraint.name), rows->text("UNIQUENESS"),
               rows->text("NODE"), rows->texts({label}), key_names(*rows, tokens, constraint.keys),
               owned, Value(), index_options(*rows, "range-1.0"), rows->text(create)});
  }
  return rows;
}

Value argument_map(RowList& rows, std::string_view name, std::string_view type,
                   std::optional<std::string> default_value) {
  std::vector<MapEntry> entries{{"name", rows.text(name)},
                                {"description", rows.text(fmt::format("{} :: {}", name, type))},
                                {"type", rows.text(type)},
                                {"isDeprecated", Value::boolean(false)}};
  if (default_value) {
    entries.push_back(
        {"default", rows.text(fmt::format("DefaultParameterValue{{value={}}}", *default_value))});
  }
  return value::make_map(rows.arena(), entries);
}

Opened show_functions(const ast::ShowCommand& command, const CallEnvironment& environment,
                      const FunctionRegistry& functions) {
  if (command.function_filter == ast::FunctionFilter::kUserDefined) {
    return std::make_unique<RowList>(static_cast<uint32_t>(function_columns().size()));
  }
  const bool own = command.executable && !command.executable->user;
  if (!own || environment.access == nullptr) return make_function_rows(functions);
  return make_function_rows(functions, [&](std::string_view name) {
    return environment.access->may_execute_function(name);
  });
}

std::string_view mode_name(ProcedureMode mode) {
  switch (mode) {
    case ProcedureMode::kRead:
      return "READ";
    case ProcedureMode::kWrite:
      return "WRITE";
    case ProcedureMode::kSchema:
      return "SCHEMA";
    case ProcedureMode::kDbms:
      return "DBMS";
  }
  TRELLIS_UNREACHABLE();
}

Opened show_procedures(const ast::ShowCommand& command, const CallEnvironment& environment,
                       const ProcedureTable& procedures) {
  auto rows = std::make_unique<RowList>(13);
  for (const Procedure& p : procedures.all()) {
    const bool own = command.executable && !command.executable->user;
    if (own && environment.access != nullptr &&
        !environment.access->may_execute_procedure(p.name, p.admin_only)) {
      continue;
    }
    std::vector<Value> arguments;
    for (const ProcedureArgument& argument : p.arguments) {
      std::optional<std::string> default_value;
      if (argument.default_value) default_value = value::to_text(argument.default_value->get());
      arguments.push_back(argument_map(*rows, argument.name, argument.type, default_value));
    }
    std::vector<Value> returns;
    for (const SourceColumn& column : p.columns) {
      returns.push_back(argument_map(*rows, column.name, column.type, std::nullopt));
    }
    const std::array<MapEntry, 1> option{MapEntry{"deprecated", Value::boolean(false)}};
    rows->add({rows->text(p.name), rows->text(p.description), rows->text(mode_name(p.mode)),
               Value::boolean(p.works_on_system), rows->text(p.signature()),
               value::make_list(rows->arena(), arguments), value::make_list(rows->arena(), returns),
               Value::boolean(p.admin_only), Value(), Value(), Value::boolean(false), Value(),
               value::make_map(rows->arena(), option)});
  }
  return rows;
}

}  // namespace

Result<std::unique_ptr<RowSource>> open_show_source(const ast::ShowCommand& command,
                                                    const CallEnvironment& environment,
                                                    const FunctionRegistry& functions,
                                                    const ProcedureTable& procedures) {
  switch (command.kind) {
    case ast::ShowKind::kIndexes:
      return show_indexes(command, environment);
    case ast::ShowKind::kConstraints:
      return show_constraints(command, environment);
    case ast::ShowKind::kFunctions:
      return show_functions(command, environment, functions);
    case ast::ShowKind::kProcedures:
      return show_procedures(command, environment, procedures);
    default:
      return fail(ErrorCode::NotSupportedHere, "This SHOW command does not belong to a graph.");
  }
}

}  // namespace trellis::cypher

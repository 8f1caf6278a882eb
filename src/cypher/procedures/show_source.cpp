// SPDX-License-Identifier: Apache-2.0
#include "cypher/procedures/show_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

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

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// "f(a :: STRING, b = 1 :: INTEGER) :: FLOAT" taken apart.
Value arguments_of(RowList& rows, std::string_view signature) {
  std::vector<Value> list;
  const size_t open = signature.find('(');
  const size_t close = signature.rfind(") :: ");
  if (open == std::string_view::npos || close == std::string_view::npos || close <= open) {
    return value::make_list(rows.arena(), list);
  }
  std::string_view rest = signature.substr(open + 1, close - open - 1);
  while (!rest.empty()) {
    size_t end = 0;
    for (int depth = 0; end < rest.size() && (rest[end] != ',' || depth > 0); ++end) {
      if (rest[end] == '<' || rest[end] == '(') ++depth;
      if (rest[end] == '>' || rest[end] == ')') --depth;
    }
    const std::string_view part = rest.substr(0, end);
    rest = end < rest.size() ? rest.substr(end + 1) : std::string_view();
    const size_t colons = part.find("::");
    if (colons == std::string_view::npos) continue;
    std::string_view name = trimmed(part.substr(0, colons));
    std::optional<std::string> default_value;
    if (const size_t equals = name.find('='); equals != std::string_view::npos) {
      default_value = std::string(trimmed(name.substr(equals + 1)));
      name = trimmed(name.substr(0, equals));
    }
    list.push_back(argument_map(rows, name, trimmed(part.substr(colons + 2)), default_value));
  }
  return value::make_list(rows.arena(), list);
}

std::string_view result_of(std::string_view signature) {
  const size_t at = signature.rfind(") :: ");
  return at == std::string_view::npos ? std::string_view() : signature.substr(at + 5);
}

void add_function(RowList& rows, const FunctionSignature& function,
                  const FunctionDescription& text) {
  rows.add({rows.text(function.name), rows.text(to_string(text.category)),
            rows.text(text.description), rows.text(text.signature), Value::boolean(true),
            arguments_of(rows, text.signature), rows.text(result_of(text.signature)),
            Value::boolean(function.aggregating), Value(), Value(), Value::boolean(text.deprecated),
            rows.text_or_null(text.deprecated_by)});
}

Opened show_functions(const ast::ShowCommand& command, const FunctionRegistry& functions) {
  auto rows = std::make_unique<RowList>(12);
  if (command.function_filter == ast::FunctionFilter::kUserDefined) return rows;
  const auto scalars = functions.scalars();
  const auto aggregates = functions.aggregates();
  size_t s = 0;
  size_t a = 0;
  while (s < scalars.size() || a < aggregates.size()) {
    const bool scalar_next =
        a == aggregates.size() || (s < scalars.size() && scalars[s].name < aggregates[a].name);
    if (scalar_next) {
      add_function(*rows, scalars[s], scalars[s].text);
      ++s;
    } else {
      add_function(*rows, aggregates[a], aggregates[a].text);
      ++a;
    }
  }
  return rows;
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
      return show_functions(command, functions);
    case ast::ShowKind::kProcedures:
      return show_procedures(command, environment, procedures);
    default:
      return fail(ErrorCode::NotSupportedHere, "This SHOW command does not belong to a graph.");
  }
}

}  // namespace trellis::cypher

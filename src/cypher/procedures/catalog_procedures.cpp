// SPDX-License-Identifier: Apache-2.0
//
// db.*: what a database consists of.
#include <chrono>

#include "cypher/plan/expression.h"
#include "cypher/procedures/built_in.h"
#include "cypher/procedures/row_list.h"
#include "security/access_rules.h"
#include "storage/storage.h"

namespace trellis::cypher {
namespace {

using storage::TokenKind;
using value::Type;
using value::Value;
using Arguments = std::span<const Value>;
using Opened = Result<std::unique_ptr<RowSource>>;

Result<> need_graph(const CallEnvironment& environment) {
  if (environment.transaction != nullptr) return {};
  return fail(ErrorCode::ProcedureCallFailed, "This procedure needs a database to run in.");
}

// Names of one kind that are in use and may be seen.
Opened names_of(const CallEnvironment& environment, TokenKind kind) {
  TRELLIS_TRY(need_graph(environment));
  const storage::TokenCatalog& tokens = environment.database->tokens();
  const storage::Statistics& statistics = environment.database->statistics();
  auto rows = std::make_unique<RowList>(1);
  const bool own_changes = environment.transaction->has_writes();
  for (uint32_t id = 0; id < tokens.size(kind); ++id) {
    const std::string_view name = tokens.name(kind, id);
    bool shown = true;
    if (kind == TokenKind::kLabel) {
      shown = (own_changes || statistics.node_count(id) > 0) &&
              environment.access->node_visible({&name, 1});
    } else if (kind == TokenKind::kType) {
      shown = (own_changes || statistics.relationship_count(id) > 0) &&
              environment.access->relationship_type_visible(name);
    }
    if (shown) rows->add({rows->text(name)});
  }
  return rows;
}

Procedure listing(std::string name, std::string description, std::string column, TokenKind kind) {
  Procedure p;
  p.name = std::move(name);
  p.description = std::move(description);
  p.columns = {{std::move(column), "STRING"}};
  p.open = [kind](const CallEnvironment& environment, Arguments) {
    return names_of(environment, kind);
  };
  return p;
}

class MakeToken {
 public:
  MakeToken(TokenKind kind, security::Action action) : kind_(kind), action_(action) {}
  Opened operator()(const CallEnvironment& environment, Arguments arguments) const {
    TRELLIS_TRY(need_graph(environment));
    if (!arguments[0].is(Type::kString) || arguments[0].as_string().empty()) {
      return fail(ErrorCode::ProcedureCallFailed, "The name must be a string that is not empty.");
    }
    const std::string_view name = arguments[0].as_string();
    if (!environment.database->tokens().find(kind_, name)) {
      if (!environment.access->allows(action_)) {
        return fail(ErrorCode::Forbidden, "Creating the name `{}` is not allowed.", name);
      }
      TRELLIS_TRY(environment.transaction->make_token(kind_, name));
    }
    return std::make_unique<RowList>(0);
  }

 private:
  TokenKind kind_;
  security::Action action_;
};

Procedure token_maker(std::string name, std::string argument, MakeToken open) {
  Procedure p;
  p.name = std::move(name);
  p.description = "Create a name without using it.";
  p.mode = ProcedureMode::kWrite;
  p.arguments.push_back({std::move(argument), "STRING", std::nullopt});
  p.open = open;
  return p;
}

// Yields no rows, and not before every index (or the one of that name) is online.
class AwaitIndexes final : public RowSource {
 public:
  AwaitIndexes(const storage::Database& database, std::string name, int64_t timeout_s)
      : database_(database),
        name_(std::move(name)),
        until_(PollContext::Clock::now() + std::chrono::seconds(timeout_s)) {}

  Result<Poll> next(const PollContext&, RowBatch& out) override {
    out = {};
    bool found = name_.empty();
    for (const storage::IndexDescriptor& index : database_.schema()->indexes) {
      if (!name_.empty() && index.name != name_) continue;
      found = true;
      if (index.state == storage::IndexState::kFailed) {
        return fail(ErrorCode::ProcedureCallFailed, "The index '{}' is in a failed state.",
                    index.name);
      }
      if (index.state == storage::IndexState::kOnline) continue;
      if (PollContext::Clock::now() >= until_) {
        return fail(ErrorCode::ProcedureCallFailed,
                    "The index '{}' did not come online in the time given.", index.name);
      }
      return Poll::kYielded;
    }
    if (!found) {
      return fail(ErrorCode::ProcedureCallFailed, "There is no index called '{}'.", name_);
    }
    return Poll::kReady;
  }

 private:
  const storage::Database& database_;
  const std::string name_;
  const PollContext::Clock::time_point until_;
};

Procedure await_indexes(bool one) {
  Procedure p;
  p.name = one ? "db.awaitIndex" : "db.awaitIndexes";
  p.description =
      one ? "Wait for an index to come online." : "Wait for all indexes to come online.";
  if (one) p.arguments.push_back({"indexName", "STRING", std::nullopt});
  p.arguments.push_back({"timeOutSeconds", "INTEGER", value::ValueHolder(Value::integer(300))});
  p.open = [one](const CallEnvironment& environment, Arguments arguments) -> Opened {
    TRELLIS_TRY(need_graph(environment));
    std::string name;
    if (one && arguments[0].is(Type::kString)) name = arguments[0].as_string();
    const Value& timeout = arguments.back();
    const int64_t seconds = timeout.is(Type::kInteger) ? timeout.as_integer() : 300;
    return std::make_unique<AwaitIndexes>(*environment.database, std::move(name), seconds);
  };
  return p;
}

Procedure ping() {
  Procedure p;
  p.name = "db.ping";
  p.description =
      "This procedure can be used by client side tooling to test whether they are "
      "correctly connected to a database.";
  p.works_on_system = true;
  p.columns = {{"success", "BOOLEAN"}};
  p.open = [](const CallEnvironment&, Arguments) -> Opened {
    auto rows = std::make_unique<RowList>(1);
    rows->add({Value::boolean(true)});
    return rows;
  };
  return p;
}

Procedure info() {
  Procedure p;
  p.name = "db.info";
  p.description = "Provides information regarding the database.";
  p.works_on_system = true;
  p.columns = {{"id", "STRING"}, {"name", "STRING"}, {"creationDate", "STRING"}};
  p.open = [](const CallEnvironment& environment, Arguments) -> Opened {
    TRELLIS_TRY(need_graph(environment));
    auto rows = std::make_unique<RowList>(3);
    rows->add(
        {rows->text(environment.database->uuid()), rows->text(environment.database_name), Value()});
    return rows;
  };
  return p;
}

}  // namespace

void add_catalog_procedures(std::vector<Procedure>& table) {
  table.push_back(ping());
  table.push_back(info());
  table.push_back(listing("db.labels", "List all labels attached to nodes within a database.",
                          "label", TokenKind::kLabel));
  table.push_back(listing("db.relationshipTypes",
                          "List all types attached to relationships within a database.",
                          "relationshipType", TokenKind::kType));
  table.push_back(listing("db.propertyKeys", "List all property keys in a database.", "propertyKey",
                          TokenKind::kKey));
  table.push_back(token_maker("db.createLabel", "newLabel",
                              {TokenKind::kLabel, security::Action::kCreateLabel}));
  table.push_back(token_maker("db.createRelationshipType", "newRelationshipType",
                              {TokenKind::kType, security::Action::kCreateRelationshipType}));
  table.push_back(token_maker("db.createProperty", "newProperty",
                              {TokenKind::kKey, security::Action::kCreatePropertyKey}));
  table.push_back(await_indexes(false));
  table.push_back(await_indexes(true));
}

}  // namespace trellis::cypher

// SPDX-License-Identifier: Apache-2.0
//
// Statements, queries, unions, subqueries, procedure calls.
#include "cypher/plan/plan_builder.h"

namespace trellis::cypher::plan {

uint32_t Token::resolve(const storage::TokenCatalog& catalog) const {
  uint32_t known = id.load(std::memory_order_relaxed);
  if (known == storage::kNoToken) {
    if (const auto found = catalog.find(kind, name)) {
      known = *found;
      id.store(known, std::memory_order_relaxed);
    }
  }
  return known;
}

Chain::Chain() : top(std::make_unique<Argument>()) {}

TokenRef PlanBuilder::token(storage::TokenKind kind, const std::string& name) {
  auto& entry = tokens_[{kind, name}];
  if (!entry) entry = std::make_shared<const Token>(kind, name);
  return entry;
}

Chain PlanBuilder::subchain(const Chain& outer) const {
  Chain inner;
  inner.bound = outer.bound;
  return inner;
}

// -- reads and writes kept apart (plan.h, invariant 3) --

namespace {
void make_eager(Chain& chain) {
  chain.append(std::make_unique<Eager>());
  chain.read = chain.written = chain.created = false;
}
}  // namespace

void PlanBuilder::before_read(Chain& chain) {
  if (chain.created) make_eager(chain);
}

void PlanBuilder::before_write(Chain& chain) {
  if (chain.read) make_eager(chain);
}

void PlanBuilder::after_write(Chain& chain) { chain.written = true; }

// -- queries --

Result<> PlanBuilder::query(const ast::Query& query, Chain& chain) {
  if (query.parts.size() == 1) return single_query(query.parts[0], chain);
  const QueryInfo& info = info_.query(query.id);
  auto made = std::make_unique<Union>();
  bool writes = false;
  for (size_t i = 0; i < query.parts.size(); ++i) {
    Chain branch = subchain(chain);
    TRELLIS_TRY(single_query(query.parts[i], branch));
    writes |= branch.written || branch.created;
    made->branches.push_back(std::move(branch.top));
    made->branch_slots.push_back(info.part_columns.at(i));
  }
  for (const QueryColumn& column : info.columns) {
    made->slots.push_back(column.symbol);
    chain.bound.insert(column.symbol);
  }
  const std::vector<SlotId> slots = made->slots;
  chain.read = true;
  chain.written |= writes;
  chain.append(std::move(made));
  if (!query.union_all.empty() && !query.union_all[0]) {
    auto distinct = std::make_unique<Distinct>();
    distinct->slots = slots;
    chain.append(std::move(distinct));
  }
  return {};
}

Result<> PlanBuilder::single_query(const ast::SingleQuery& query, Chain& chain) {
  for (const auto& c : query.clauses) TRELLIS_TRY(clause(*c, chain));
  return {};
}

Result<> PlanBuilder::clause(const ast::Clause& c, Chain& chain) {
  // What follows a write sees all its effects, not only those of the rows before its own. (What was
  // created cannot have been seen before: CREATE alone needs this only before a read.)
  if (chain.written) make_eager(chain);
  switch (c.kind) {
    case ast::ClauseKind::kUse:  // the router has seen to it
    case ast::ClauseKind::kFinish:
      return {};
    case ast::ClauseKind::kMatch:
      return match(ast::as<ast::Match>(c), chain);
    case ast::ClauseKind::kUnwind:
      return unwind(ast::as<ast::Unwind>(c), chain);
    case ast::ClauseKind::kWith: {
      const auto& with = ast::as<ast::With>(c);
      return projection(with.projection, info_.projection(c.id), with.where.get(), chain);
    }
    case ast::ClauseKind::kReturn:
      return projection(ast::as<ast::Return>(c).projection, info_.projection(c.id), nullptr, chain);
    case ast::ClauseKind::kCreate:
      return create(ast::as<ast::Create>(c), chain);
    case ast::ClauseKind::kMerge:
      return merge(ast::as<ast::Merge>(c), chain);
    case ast::ClauseKind::kSet:
      return set_items(ast::as<ast::Set>(c).items, chain);
    case ast::ClauseKind::kRemove:
      return remove(ast::as<ast::Remove>(c), chain);
    case ast::ClauseKind::kDelete:
      return delete_clause(ast::as<ast::Delete>(c), chain);
    case ast::ClauseKind::kForeach:
      return foreach_clause(ast::as<ast::Foreach>(c), chain);
    case ast::ClauseKind::kCallProcedure:
      return call_procedure(ast::as<ast::CallProcedure>(c), chain);
    case ast::ClauseKind::kCallSubquery:
      return call_subquery(ast::as<ast::CallSubquery>(c), chain);
    case ast::ClauseKind::kLoadCsv:
      return load_csv(ast::as<ast::LoadCsv>(c), chain);
  }
  TRELLIS_UNREACHABLE();
}

Result<> PlanBuilder::unwind(const ast::Unwind& unwind, Chain& chain) {
  TRELLIS_TRY_ASSIGN(auto list, expression(*unwind.list, chain));
  auto op = std::make_unique<plan::Unwind>();
  op->element = slot_of(unwind.variable.id);
  op->list = std::move(list);
  op->estimated_rows = chain.top->estimated_rows * 10;
  chain.bound.insert(op->element);
  chain.append(std::move(op));
  return {};
}

Result<> PlanBuilder::load_csv(const ast::LoadCsv& load, Chain& chain) {
  auto op = std::make_unique<plan::LoadCsv>();
  TRELLIS_TRY_ASSIGN(op->url, expression(*load.url, chain));
  op->row = slot_of(load.variable.id);
  op->headers = load.with_headers;
  if (load.field_terminator) {
    const auto* literal = ast::try_as<ast::Literal>(load.field_terminator.get());
    const auto* text = literal ? std::get_if<std::string>(&literal->value) : nullptr;
    if (!text) {
      return fail(make_error(ErrorCode::SyntaxError, "FIELDTERMINATOR takes a string literal.")
                      .at(load.field_terminator->position));
    }
    op->field_terminator = *text;
  }
  chain.bound.insert(op->row);
  chain.append(std::move(op));
  return {};
}

Result<> PlanBuilder::call_procedure(const ast::CallProcedure& call, Chain& chain) {
  const Procedure* procedure = context_.procedures.find(call.name);
  if (!procedure) {
    return fail(make_error(ErrorCode::ProcedureNotFound,
                           "There is no procedure with the name `{}` registered for this database "
                           "instance. Please ensure you've spelled the procedure name correctly.",
                           call.name)
                    .at(call.position));
  }
  const bool writes = procedure->mode == ProcedureMode::kWrite;
  writes ? before_write(chain) : before_read(chain);
  auto op = std::make_unique<plan::ProcedureCall>();
  op->procedure = procedure;
  for (const auto& argument : call.arguments) {
    TRELLIS_TRY_ASSIGN(auto built, expression(*argument, chain));
    op->arguments.push_back(std::move(built));
  }
  if (!call.has_arguments) {  // CALL p: from the statement's parameters, by name
    for (const auto& argument : procedure->arguments) {
      auto parameter = make_expression(ExpressionKind::kParameter, call.position);
      parameter->name = argument.name;
      op->arguments.push_back(std::move(parameter));
    }
  }
  for (size_t i = op->arguments.size(); i < procedure->arguments.size(); ++i) {
    TRELLIS_ASSERT(procedure->arguments[i].default_value);  // semantics has counted
    op->arguments.push_back(literal_expression(procedure->arguments[i].default_value->get()));
  }
  for (const auto& yield : call.yields) {
    for (uint32_t i = 0; i < procedure->columns.size(); ++i) {
      if (procedure->columns[i].name != yield.column) continue;
      op->yields.emplace_back(i, slot_of(yield.alias.id));
      chain.bound.insert(slot_of(yield.alias.id));
    }
  }
  // Alone in its statement, or with YIELD *, it gives all its columns.
  if (call.yields.empty() && !procedure->columns.empty()) {
    const ProjectionInfo& all = info_.projection(call.id);
    for (uint32_t i = 0; i < procedure->columns.size(); ++i) {
      for (const ProjectionColumn& column : all.columns) {
        if (column.name != procedure->columns[i].name) continue;
        op->yields.emplace_back(i, column.symbol);
        chain.bound.insert(column.symbol);
      }
    }
  }
  const bool optional = call.optional;
  if (optional) {
    Chain inner = subchain(chain);
    auto apply = std::make_unique<OptionalApply>();
    for (const auto& [column, slot] : op->yields) apply->nullable.push_back(slot);
    inner.append(std::move(op));
    apply->subplan = std::move(inner.top);
    chain.append(std::move(apply));
  } else {
    chain.append(std::move(op));
  }
  if (writes) {
    after_write(chain);
  } else {
    chain.read = true;
  }
  if (call.where) TRELLIS_TRY(filter(*call.where, chain));
  return {};
}

Result<> PlanBuilder::call_subquery(const ast::CallSubquery& call, Chain& chain) {
  if (call.in_transactions) {
    return fail(make_error(ErrorCode::NotSupportedHere,
                           "CALL {{ ... }} IN TRANSACTIONS is not supported yet.")
                    .at(call.position));
  }
  const QueryInfo& info = info_.query(call.query->id);
  if (info.writes) {
    before_write(chain);
  } else {
    before_read(chain);
  }
  Chain inner = subchain(chain);
  TRELLIS_TRY(query(*call.query, inner));
  std::vector<SlotId> columns;
  for (const QueryColumn& column : info.columns) {
    columns.push_back(column.symbol);
    chain.bound.insert(column.symbol);
  }
  if (call.optional) {
    auto apply = std::make_unique<OptionalApply>();
    apply->nullable = columns;
    apply->subplan = std::move(inner.top);
    chain.append(std::move(apply));
  } else {
    auto apply = std::make_unique<Apply>();
    apply->unit = info.columns.empty();
    apply->subplan = std::move(inner.top);
    chain.append(std::move(apply));
  }
  if (info.writes) {
    after_write(chain);
  } else {
    chain.read = true;
  }
  return {};
}

// -- statements --

Result<Plan> PlanBuilder::statement(const ast::Statement& statement) {
  Plan plan;
  plan.type = info_.query_type();
  if (const auto* q = ast::try_as<ast::QueryStatement>(&statement)) {
    Chain chain;
    TRELLIS_TRY(query(q->query, chain));
    if (info_.columns().empty()) {
      chain.append(std::make_unique<EmptyResult>());
    } else {
      auto results = std::make_unique<ProduceResults>();
      for (const QueryColumn& column : info_.columns()) {
        results->columns.push_back({column.name, column.symbol});
      }
      plan.columns = results->columns;
      chain.append(std::move(results));
    }
    plan.root = std::move(chain.top);
  } else {
    TRELLIS_TRY_ASSIGN(plan.root, schema_command(statement));
    plan.type = QueryType::kSchema;
  }
  finish(plan);
  return plan;
}

void PlanBuilder::finish(Plan& plan) const {
  plan.slot_count = next_slot_;
  plan.slot_names.resize(next_slot_);
  for (SymbolId i = 0; i < info_.symbol_count(); ++i) plan.slot_names[i] = info_.symbol(i).name;
}

Result<Plan> make_plan(const ast::Statement& statement, const SemanticInfo& info,
                       const PlannerContext& context) {
  PlanBuilder builder(info, context);
  return builder.statement(statement);
}

}  // namespace trellis::cypher::plan

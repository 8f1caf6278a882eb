// SPDX-License-Identifier: Apache-2.0
//
// Every clause but the projections.
#include <algorithm>

#include "cypher/semantics/analyzer.h"

namespace trellis::cypher {

using ast::as;
using ast::ExpressionKind;

Result<> Analyzer::where(const ast::ExpressionPtr& where, const Projected* projected) {
  if (!where) return {};
  Context context;
  context.predicate = true;
  context.projected = projected;
  TRELLIS_TRY_ASSIGN(const StaticType type, expression(*where, context));
  if (!type.may_be(kBooleanType | kListType)) {
    return type_mismatch(where->position, "Boolean", type);
  }
  return {};
}

Result<> Analyzer::match(const ast::Match& match) {
  match_relationships_.clear();
  for (const auto& each : match.patterns) TRELLIS_TRY(pattern(each, PatternUse::kMatch));
  for (const auto& each : match.patterns) {
    TRELLIS_TRY(pattern_properties(each, PatternUse::kMatch));
  }
  match_relationships_.clear();
  TRELLIS_TRY(hints(match));
  return where(match.where);
}

Result<> Analyzer::hints(const ast::Match& match) {
  for (const ast::Hint& hint : match.hints) {
    for (const ast::VariableName& variable : hint.variables) {
      const SymbolId symbol = scope_.find(variable.name);
      if (symbol == kNoSymbol) return undefined(variable.name, variable.position);
      bind(variable.id, symbol, true);
    }
  }
  return {};
}

Result<> Analyzer::unwind(const ast::Unwind& unwind) {
  TRELLIS_TRY_ASSIGN(const StaticType type, expression(*unwind.list, {}));
  TRELLIS_TRY(undeclared(unwind.variable));
  const bool only_list = type.is_only(kListType);
  declare(unwind.variable, SymbolKind::kValue,
          only_list ? StaticType::of(type.element) : StaticType());
  return {};
}

Result<> Analyzer::load_csv(const ast::LoadCsv& load) {
  TRELLIS_TRY_ASSIGN(const StaticType type, expression(*load.url, {}));
  if (!type.may_be(kStringType)) return type_mismatch(load.url->position, "String", type);
  if (load.field_terminator) TRELLIS_TRY(expression(*load.field_terminator, {}));
  TRELLIS_TRY(undeclared(load.variable));
  declare(load.variable, SymbolKind::kValue,
          load.with_headers ? StaticType::of(kMapType) : StaticType::list_of(kStringType));
  return {};
}

Result<> Analyzer::create(const ast::Create& create) {
  for (const auto& each : create.patterns) TRELLIS_TRY(pattern(each, PatternUse::kCreate));
  return {};
}

Result<> Analyzer::merge(const ast::Merge& merge) {
  TRELLIS_TRY(pattern(merge.pattern, PatternUse::kMerge));
  TRELLIS_TRY(set_items(merge.on_create));
  return set_items(merge.on_match);
}

Result<> Analyzer::label_references(const std::vector<ast::LabelReference>& labels) {
  for (const ast::LabelReference& label : labels) {
    if (!label.expression) continue;
    TRELLIS_TRY_ASSIGN(const StaticType type, expression(*label.expression, {}));
    if (!type.may_be(kStringType | kListType)) {
      return type_mismatch(label.expression->position, "String or List<String>", type);
    }
  }
  return {};
}

Result<> Analyzer::set_items(const std::vector<ast::SetItem>& items) {
  for (const ast::SetItem& item : items) {
    const ast::Expression* entity = item.target.get();
    if (item.kind == ast::SetItemKind::kProperty) {
      TRELLIS_TRY(expression(*item.target, {}));
      if (const auto* access = ast::try_as<ast::PropertyAccess>(entity)) {
        entity = access->subject.get();
      } else {
        entity = as<ast::IndexAccess>(*entity).subject.get();
      }
    } else {
      TRELLIS_TRY(expression(*item.target, {}));
    }
    const StaticType type = info_.node(entity->id).type;
    const bool labels = item.kind == ast::SetItemKind::kLabels;
    if (!type.may_be(labels ? kNodeType : kEntityType)) {
      return type_mismatch(entity->position, labels ? "Node" : "Node or Relationship", type);
    }
    TRELLIS_TRY(label_references(item.labels));
    if (!item.value) continue;
    TRELLIS_TRY_ASSIGN(const StaticType value, expression(*item.value, {}));
    const bool whole =
        item.kind == ast::SetItemKind::kReplace || item.kind == ast::SetItemKind::kMerge;
    if (whole && !value.may_be(kMapType | kEntityType)) {
      return type_mismatch(item.value->position, "Map, Node or Relationship", value);
    }
  }
  return {};
}

Result<> Analyzer::remove(const ast::Remove& remove) {
  for (const ast::RemoveItem& item : remove.items) {
    TRELLIS_TRY(expression(*item.target, {}));
    TRELLIS_TRY(label_references(item.labels));
  }
  return {};
}

Result<> Analyzer::delete_clause(const ast::Delete& clause) {
  for (const auto& each : clause.expressions) {
    if (each->kind == ExpressionKind::kLabelPredicate) {
      return fail_at(each->position, ErrorCode::InvalidDelete,
                     "DELETE removes nodes, relationships and paths; REMOVE takes labels away.");
    }
    TRELLIS_TRY_ASSIGN(const StaticType type, expression(*each, {}));
    if (!type.may_be(kEntityType | kPathType)) {
      return type_mismatch(each->position, "Node, Path or Relationship", type);
    }
  }
  return {};
}

Result<> Analyzer::foreach (const ast::Foreach& foreach) {
  TRELLIS_TRY_ASSIGN(const StaticType element, list_operand(*foreach.list, {}));
  const ScopeGuard guard(*this);
  TRELLIS_TRY(undeclared(foreach.variable));
  declare(foreach.variable, SymbolKind::kValue, element);
  for (const auto& update : foreach.updates) {
    TRELLIS_TRY(clause(*update, QueryPlace::kCall));
  }
  return {};
}

Result<> Analyzer::use(const ast::Use& use, size_t index) {
  if (index > 0) {
    return fail_at(use.position, ErrorCode::InvalidUse,
                   "USE must be the first clause of a query or of a part of a UNION.");
  }
  if (use.argument) TRELLIS_TRY(expression(*use.argument, {}));
  enclosing_use_ = &use;
  return {};
}

Result<> Analyzer::procedure_arguments(const ast::CallProcedure& call,
                                       const ProcedureSignature& signature, bool standalone) {
  if (!call.has_arguments) {
    if (standalone || signature.inputs.empty()) return {};
    return fail_at(call.position, ErrorCode::InvalidArgumentPassingMode,
                   "The arguments of {} must be given: parameters fill them only where CALL stands "
                   "alone.",
                   signature.name);
  }
  size_t required = signature.inputs.size();
  while (required > 0 && signature.inputs[required - 1].has_default) --required;
  const size_t given = call.arguments.size();
  if (given < required || given > signature.inputs.size()) {
    return fail_at(call.position, ErrorCode::InvalidNumberOfArguments,
                   "Procedure {} takes {} argument(s), not {}.", signature.name,
                   signature.inputs.size(), given);
  }
  for (size_t i = 0; i < given; ++i) {
    TRELLIS_TRY_ASSIGN(const StaticType type, expression(*call.arguments[i], {}));
    const ProcedureField& input = signature.inputs[i];
    // An INTEGER is good where a FLOAT is wanted.
    TypeMask accepted = input.type.mask;
    if (accepted & kFloatType) accepted |= kIntegerType;
    if (!type.may_be(accepted)) {
      return type_mismatch(call.arguments[i]->position, to_string(input.type), type);
    }
  }
  return {};
}

Result<> Analyzer::call_procedure(const ast::CallProcedure& call, bool standalone) {
  const ProcedureSignature* signature = options_.procedures->find_procedure(call.name);
  if (!signature) {
    return fail_at(call.position, ErrorCode::ProcedureNotFound,
                   "There is no procedure with the name `{}` registered for this database "
                   "instance. Please ensure you've spelled the procedure name correctly and that "
                   "the procedure is properly deployed.",
                   call.name);
  }
  info_.procedure(call.id) = signature;
  reads_ = true;
  if (signature->mode == ProcedureMode::kWrite || signature->mode == ProcedureMode::kSchema) {
    writes_ = true;
  }
  TRELLIS_TRY(procedure_arguments(call, *signature, standalone));
  if (call.yield_star && !standalone) {
    return fail_at(call.position, ErrorCode::SyntaxError,
                   "YIELD * is possible only where CALL stands alone; name the columns.");
  }
  ProjectionInfo& columns = info_.projection(call.id);
  const bool all = call.yield_star || (standalone && !call.has_yield);
  if (all) {
    for (const ProcedureField& output : signature->outputs) {
      const SymbolId symbol = info_.new_symbol(output.name, SymbolKind::kValue, output.type);
      scope_.add(output.name, symbol);
      columns.columns.push_back({std::string(output.name), symbol, nullptr, false});
    }
  }
  for (const ast::YieldItem& item : call.yields) {
    const auto& outputs = signature->outputs;
    const auto output =
        std::find_if(outputs.begin(), outputs.end(),
                     [&](const ProcedureField& field) { return field.name == item.column; });
    if (output == outputs.end()) {
      return fail_at(item.alias.position, ErrorCode::UndefinedVariable,
                     "Unknown procedure output: `{}`", item.column);
    }
    TRELLIS_TRY(undeclared(item.alias));
    const SymbolId symbol = declare(item.alias, SymbolKind::kValue, output->type);
    columns.columns.push_back({item.alias.name, symbol, nullptr, false});
  }
  return where(call.where);
}

Result<> Analyzer::call_subquery(const ast::CallSubquery& call) {
  const Scope outer = scope_;
  Result<QueryResult> result = QueryResult();
  {
    const Capture capture(*this, call.id);
    const ScopeGuard guard(*this);
    if (call.scope == ast::SubqueryScope::kVariables) {
      Scope imported;
      for (const ast::VariableName& variable : call.imports) {
        const SymbolId symbol = outer.find(variable.name);
        if (symbol == kNoSymbol) return undefined(variable.name, variable.position);
        if (imported.find(variable.name) != kNoSymbol) {
          return fail_at(variable.position, ErrorCode::VariableAlreadyBound,
                         "Variable `{}` already declared", variable.name);
        }
        bind(variable.id, symbol, true);
        imported.add(variable.name, symbol);
      }
      scope_ = imported;
    }
    const size_t aggregates = aggregate_count_;
    result = query(*call.query, QueryPlace::kCall, &call);
    aggregate_count_ = aggregates;
  }
  if (!result) return fail(std::move(result).error());
  if (call.in_transactions) {
    info_.in_transactions() = true;
    TRELLIS_TRY(in_transactions(*call.in_transactions));
  }
  for (const QueryColumn& column : result->columns) {
    if (outer.find(column.name) != kNoSymbol) {
      return fail_at(call.position, ErrorCode::VariableAlreadyBound,
                     "Variable `{}` already declared in outer scope", column.name);
    }
    scope_.add(column.name, column.symbol);
  }
  if (call.in_transactions && call.in_transactions->status) {
    const ast::VariableName& status = *call.in_transactions->status;
    if (call.in_transactions->on_error == ast::OnBatchError::kFail) {
      return fail_at(status.position, ErrorCode::SyntaxError,
                     "REPORT STATUS needs ON ERROR CONTINUE, BREAK or RETRY.");
    }
    TRELLIS_TRY(undeclared(status));
    declare(status, SymbolKind::kValue, StaticType::of(kMapType));
  }
  return {};
}

Result<> Analyzer::in_transactions(const ast::InTransactions& batches) {
  TRELLIS_TRY(page(batches.concurrency, "CONCURRENT"));
  TRELLIS_TRY(page(batches.batch_rows, "OF ROWS"));
  if (batches.retry_seconds) TRELLIS_TRY(expression(*batches.retry_seconds, {}));
  return {};
}

}  // namespace trellis::cypher

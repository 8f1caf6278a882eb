// SPDX-License-Identifier: Apache-2.0
//
// Patterns: which variables they bind, and what MATCH, CREATE and MERGE allow in them.
#include "cypher/semantics/analyzer.h"

namespace trellis::cypher {

using ast::LabelExpressionKind;

namespace {

std::string_view kind_name(SymbolKind kind) {
  switch (kind) {
    case SymbolKind::kNode:
      return "Node";
    case SymbolKind::kRelationship:
      return "Relationship";
    case SymbolKind::kRelationshipList:
      return "List<Relationship>";
    case SymbolKind::kNodeList:
      return "List<Node>";
    case SymbolKind::kPath:
      return "Path";
    case SymbolKind::kValue:
      return "Any";
  }
  TRELLIS_UNREACHABLE();
}

bool is_conjunction_of_names(const ast::LabelExpression& labels) {
  switch (labels.kind) {
    case LabelExpressionKind::kName:
    case LabelExpressionKind::kDynamicAll:
      return true;
    case LabelExpressionKind::kAnd:
      for (const auto& child : labels.children) {
        if (!is_conjunction_of_names(*child)) return false;
      }
      return true;
    default:
      return false;
  }
}

}  // namespace

Result<> Analyzer::pattern(const ast::PathPattern& pattern, PatternUse use) {
  const bool writing = use == PatternUse::kCreate || use == PatternUse::kMerge;
  if (writing && (pattern.shortest != ast::ShortestPathKind::kNone ||
                  pattern.selector.kind != ast::PathSelectorKind::kNone)) {
    return fail_at(pattern.position, ErrorCode::SyntaxError,
                   "A shortest path cannot be created; use MATCH.");
  }
  if (pattern.selector.count) TRELLIS_TRY(page(pattern.selector.count, "the number of paths"));
  if (pattern.shortest != ast::ShortestPathKind::kNone && pattern.elements.size() != 3) {
    return fail_at(pattern.position, ErrorCode::SyntaxError,
                   "shortestPath(...) requires a pattern containing a single relationship");
  }
  const bool alone = pattern.elements.size() == 1;
  if (writing && alone) {
    if (const auto* only = std::get_if<ast::NodePattern>(&pattern.elements[0])) {
      // CREATE (a) with a bound `a` says nothing, so it is a mistake.
      TRELLIS_TRY(node(*only, use, true));
    }
  }
  if (!writing || !alone) TRELLIS_TRY(elements(pattern.elements, use));
  if (pattern.variable) TRELLIS_TRY(path_variable(*pattern.variable));
  return {};
}

Result<> Analyzer::path_variable(const ast::VariableName& variable) {
  TRELLIS_TRY(undeclared(variable));
  declare(variable, SymbolKind::kPath, StaticType::of(kPathType));
  return {};
}

// Binds the elements. Written patterns see their properties at once, in order; of matched ones all
// elements are bound first, because any may refer to any other.
Result<> Analyzer::elements(const std::vector<ast::PatternElement>& elements, PatternUse use) {
  for (const ast::PatternElement& element : elements) {
    if (const auto* node = std::get_if<ast::NodePattern>(&element)) {
      TRELLIS_TRY(this->node(*node, use, false));
    } else if (const auto* relationship = std::get_if<ast::RelationshipPattern>(&element)) {
      TRELLIS_TRY(this->relationship(*relationship, use));
    } else {
      TRELLIS_TRY(
          parenthesized(*std::get<std::unique_ptr<const ast::ParenthesizedPath>>(element), use));
    }
  }
  return {};
}

Result<> Analyzer::pattern_properties(const ast::PathPattern& pattern, PatternUse use) {
  return element_properties(pattern.elements, use);
}

Result<> Analyzer::element_properties(const std::vector<ast::PatternElement>& elements,
                                      PatternUse use) {
  for (const ast::PatternElement& element : elements) {
    if (const auto* node = std::get_if<ast::NodePattern>(&element)) {
      TRELLIS_TRY(labels(node->labels.get()));
      TRELLIS_TRY(properties(node->properties, use));
      TRELLIS_TRY(where(node->where));
    } else if (const auto* relationship = std::get_if<ast::RelationshipPattern>(&element)) {
      TRELLIS_TRY(labels(relationship->types.get()));
      TRELLIS_TRY(properties(relationship->properties, use));
      const ScopeGuard guard(*this);
      if (relationship->quantifier && relationship->where && !relationship->variable.anonymous()) {
        // Inside, the variable is the one relationship at hand.
        scope_.add(relationship->variable.name,
                   info_.new_symbol(relationship->variable.name, SymbolKind::kRelationship,
                                    StaticType::of(kRelationshipType)));
      }
      TRELLIS_TRY(where(relationship->where));
    }
    // A parenthesised path has seen to itself, where its own variables were visible.
  }
  return {};
}

Result<> Analyzer::labels(const ast::LabelExpression* labels) {
  if (!labels) return {};
  if (labels->expression) {
    TRELLIS_TRY_ASSIGN(const StaticType type, expression(*labels->expression, {}));
    if (!type.may_be(kStringType | kListType)) {
      return type_mismatch(labels->expression->position, "String or List<String>", type);
    }
  }
  for (const auto& child : labels->children) TRELLIS_TRY(this->labels(child.get()));
  return {};
}

Result<> Analyzer::properties(const ast::ExpressionPtr& properties, PatternUse use) {
  if (!properties) return {};
  if (properties->kind == ast::ExpressionKind::kParameter && use != PatternUse::kCreate) {
    return fail_at(properties->position, ErrorCode::InvalidParameterUse,
                   "Parameter maps cannot be used in MATCH and MERGE patterns (use a literal map "
                   "instead, e.g. `{{id: $param.id}}`)");
  }
  TRELLIS_TRY(expression(*properties, {}));
  return {};
}

Result<> Analyzer::node(const ast::NodePattern& node, PatternUse use, bool alone) {
  const bool writing = use == PatternUse::kCreate || use == PatternUse::kMerge;
  if (writing) {
    if (node.where) {
      return fail_at(node.where->position, ErrorCode::SyntaxError,
                     "WHERE is not allowed in a pattern that is written.");
    }
    if (node.labels && !is_conjunction_of_names(*node.labels)) {
      return fail_at(node.labels->position, ErrorCode::SyntaxError,
                     "A node is created with labels joined by ':' or '&'.");
    }
    TRELLIS_TRY(labels(node.labels.get()));
    TRELLIS_TRY(properties(node.properties, use));
  }
  const SymbolId bound = node.variable.anonymous() ? kNoSymbol : scope_.find(node.variable.name);
  if (bound == kNoSymbol) {
    if (use == PatternUse::kPredicate && !node.variable.anonymous()) {
      return undefined(node.variable.name, node.variable.position);
    }
    declare(node.variable, SymbolKind::kNode, StaticType::of(kNodeType));
    return {};
  }
  const Symbol& symbol = info_.symbol(bound);
  if (writing && (alone || node.labels || node.properties)) {
    return fail_at(node.variable.position, ErrorCode::VariableAlreadyBound,
                   "Variable `{}` already declared", node.variable.name);
  }
  if (!symbol.type.may_be(kNodeType)) {
    return fail_at(node.variable.position, ErrorCode::VariableTypeConflict,
                   "Type mismatch: `{}` defined with conflicting type {} (expected Node)",
                   node.variable.name,
                   symbol.kind == SymbolKind::kValue ? to_string(symbol.type)
                                                     : std::string(kind_name(symbol.kind)));
  }
  bind(node.variable.id, bound, true);
  return {};
}

Result<> Analyzer::written_relationship(const ast::RelationshipPattern& relationship,
                                        PatternUse use) {
  if (relationship.length || relationship.quantifier) {
    return fail_at(relationship.position, ErrorCode::CreatingVarLength,
                   "Variable length relationships cannot be used in {}.",
                   use == PatternUse::kCreate ? "CREATE" : "MERGE");
  }
  const auto* types = relationship.types.get();
  const bool single = types && (types->kind == LabelExpressionKind::kName ||
                                types->kind == LabelExpressionKind::kDynamicAll);
  if (!single) {
    return fail_at(relationship.position, ErrorCode::NoSingleRelationshipType,
                   "Exactly one relationship type must be specified for {}. Did you forget to "
                   "prefix your relationship type with a ':'?",
                   use == PatternUse::kCreate ? "CREATE" : "MERGE");
  }
  if (use == PatternUse::kCreate && relationship.direction == ast::Direction::kEither) {
    return fail_at(relationship.position, ErrorCode::RequiresDirectedRelationship,
                   "Only directed relationships are supported in CREATE");
  }
  if (relationship.where) {
    return fail_at(relationship.where->position, ErrorCode::SyntaxError,
                   "WHERE is not allowed in a pattern that is written.");
  }
  TRELLIS_TRY(labels(types));
  return properties(relationship.properties, use);
}

Result<> Analyzer::relationship(const ast::RelationshipPattern& relationship, PatternUse use) {
  const bool writing = use == PatternUse::kCreate || use == PatternUse::kMerge;
  const ast::VariableName& variable = relationship.variable;
  if (writing) {
    TRELLIS_TRY(undeclared(variable));
    TRELLIS_TRY(written_relationship(relationship, use));
  }
  const bool many = relationship.length || relationship.quantifier;
  const SymbolId bound = variable.anonymous() ? kNoSymbol : scope_.find(variable.name);
  if (bound == kNoSymbol) {
    if (use == PatternUse::kPredicate && !variable.anonymous()) {
      return undefined(variable.name, variable.position);
    }
    const SymbolId symbol =
        declare(variable, many ? SymbolKind::kRelationshipList : SymbolKind::kRelationship,
                many ? StaticType::list_of(kRelationshipType) : StaticType::of(kRelationshipType));
    match_relationships_.insert(symbol);
    return {};
  }
  const Symbol& symbol = info_.symbol(bound);
  const bool fits =
      many ? symbol.type.may_be(kListType) && (symbol.type.element == kNullType ||
                                               (symbol.type.element & kRelationshipType) != 0)
           : symbol.type.may_be(kRelationshipType);
  if (!fits) {
    return fail_at(variable.position, ErrorCode::VariableTypeConflict,
                   "Type mismatch: `{}` defined with conflicting type {} (expected {})",
                   variable.name,
                   symbol.kind == SymbolKind::kValue ? to_string(symbol.type)
                                                     : std::string(kind_name(symbol.kind)),
                   many ? "List<Relationship>" : "Relationship");
  }
  if (match_relationships_.contains(bound)) {
    return fail_at(variable.position, ErrorCode::RelationshipUniquenessViolation,
                   "Cannot use the same relationship variable '{}' for multiple relationships",
                   variable.name);
  }
  bind(variable.id, bound, true);
  return {};
}

// Inside a repeated path, variables are single elements; outside they are lists.
Result<> Analyzer::parenthesized(const ast::ParenthesizedPath& path, PatternUse use) {
  if (use == PatternUse::kCreate || use == PatternUse::kMerge) {
    return fail_at(path.position, ErrorCode::SyntaxError,
                   "A path in parentheses cannot be written; use MATCH.");
  }
  auto& groups = info_.groups(path.id);
  if (!path.quantifier) {
    TRELLIS_TRY(elements(path.elements, use));
    TRELLIS_TRY(element_properties(path.elements, use));
    if (path.variable) TRELLIS_TRY(path_variable(*path.variable));
    return where(path.where);
  }
  const Scope outer = scope_;
  std::vector<Scope::Entry> inside;
  {
    const ScopeGuard guard(*this);
    const size_t first = scope_.entries().size();
    TRELLIS_TRY(elements(path.elements, use));
    TRELLIS_TRY(element_properties(path.elements, use));
    if (path.variable) TRELLIS_TRY(path_variable(*path.variable));
    TRELLIS_TRY(where(path.where));
    inside.assign(scope_.entries().begin() + static_cast<ptrdiff_t>(first), scope_.entries().end());
  }
  for (const Scope::Entry& entry : inside) {
    const Symbol single = info_.symbol(entry.symbol);
    const SymbolKind kind = single.kind == SymbolKind::kNode ? SymbolKind::kNodeList
                            : single.kind == SymbolKind::kRelationship
                                ? SymbolKind::kRelationshipList
                                : SymbolKind::kValue;
    const SymbolId list = info_.new_symbol(entry.name, kind, StaticType::list_of(single.type.mask));
    groups.push_back({entry.symbol, list});
    scope_.add(entry.name, list);
  }
  return {};
}

}  // namespace trellis::cypher

// SPDX-License-Identifier: Apache-2.0
//
// One MATCH (or one pattern in an expression) to a chain of scans, seeks and expands.
//
// The pattern is first taken apart: nodes, relationships between them, predicates with the symbols
// they need. Then, until everything is solved: apply every predicate whose symbols are bound;
// expand along the cheapest relationship that touches what is bound; where nothing touches, start
// the next component at its cheapest leaf.
#include <algorithm>
#include <limits>

#include "cypher/plan/ast_walk.h"
#include "cypher/plan/plan_builder.h"

namespace trellis::cypher::plan {

using Kind = plan::ExpressionKind;

class MatchPlanner {
 public:
  MatchPlanner(PlanBuilder& builder, Chain& chain) : builder_(builder), chain_(chain) {}

  Result<> add_path(const ast::PathPattern& path);
  Result<> add_where(const ast::Expression& where);
  Result<> solve();

 private:
  struct Node {
    SymbolId symbol;
    std::vector<std::string> labels;  // those it certainly has: what a scan or seek may start at
    bool solved = false;
  };
  struct Relationship {
    const ast::RelationshipPattern* pattern;
    SymbolId symbol;
    size_t left, right;  // into nodes_
    std::vector<TokenRef> types;
    const ast::PathPattern* path;
    bool solved = false;
  };
  // A conjunct of WHERE, an inline property, or a label: exactly one of the three is set.
  struct Predicate {
    const ast::Expression* expression = nullptr;
    const ast::LabelExpression* labels = nullptr;
    std::string key;                           // key of an inline property: subject.key = value
    const ast::Expression* value = nullptr;
    SymbolId subject = kNoSymbol;
    std::set<SymbolId> needs;
    bool solved = false;
  };
  struct Leaf {
    size_t node = 0;
    double rows = std::numeric_limits<double>::infinity();
    Predicate* seek = nullptr;        // an index or id seek solves it
    const storage::IndexDescriptor* index = nullptr;
    const std::string* label = nullptr;
    enum class What : uint8_t { kAll, kLabel, kIndex, kId } what = What::kAll;
  };

  Result<size_t> add_node(const ast::NodePattern& pattern);
  Result<> add_relationship(const ast::RelationshipPattern& pattern, size_t left, size_t right,
                            const ast::PathPattern& path);
  Result<> add_properties(const ast::ExpressionPtr& properties, SymbolId subject);
  void add_labels(const ast::LabelExpression& labels, Node& node);
  bool needs_met(const Predicate& predicate) const;
  Result<> apply_predicates();
  Result<ExpressionPtr> predicate_expression(const Predicate& predicate, Chain& chain);
  bool expandable(const Relationship& r) const {
    return !r.solved && (nodes_[r.left].solved || nodes_[r.right].solved);
  }
  Relationship* next_relationship();
  double expansion_cost(const Relationship& r) const;
  Result<> expand(Relationship& r);
  void expand_single(const Relationship& r, size_t from, size_t to, storage::Direction direction);
  Result<> expand_variable(const Relationship& r, size_t from, size_t to,
                           storage::Direction direction, bool reversed);
  Result<ExpressionPtr> each_predicate(const Relationship& r, SlotId each);
  Result<> shortest_path(Relationship& r);
  std::vector<SlotId> distinct_from() const;
  void start_at_bound_relationship(Relationship& r);
  Result<> start_component();
  Leaf best_leaf(size_t node);
  void consider_seeks(size_t node, Leaf& best);
  const ast::Expression* equal_to(const Predicate& predicate, SymbolId symbol,
                                  const std::string& key, bool& many) const;
  const ast::Expression* id_equal_to(const Predicate& predicate, SymbolId symbol, bool& many,
                                     bool& element_id) const;
  bool bound_without(const ast::Expression& expression) const;
  Result<> apply_leaf(const Leaf& leaf);
  void solve_node(size_t node) {
    nodes_[node].solved = true;
    chain_.bound.insert(nodes_[node].symbol);
  }

  PlanBuilder& builder_;
  Chain& chain_;
  std::vector<Node> nodes_;
  std::vector<Relationship> relationships_;
  std::vector<Predicate> predicates_;
  std::vector<SlotId> matched_relationships_;  // of this MATCH, solved so far
};

// -- taking the pattern apart --

Result<size_t> MatchPlanner::add_node(const ast::NodePattern& pattern) {
  const SymbolId symbol = builder_.slot_of(pattern.variable.id);
  auto it = std::ranges::find(nodes_, symbol, &Node::symbol);
  if (it == nodes_.end()) {
    nodes_.push_back({symbol, {}, chain_.bound.contains(symbol)});
    it = nodes_.end() - 1;
  }
  const auto index = static_cast<size_t>(it - nodes_.begin());
  if (pattern.labels) add_labels(*pattern.labels, nodes_[index]);
  TRELLIS_TRY(add_properties(pattern.properties, symbol));
  if (pattern.where) TRELLIS_TRY(add_where(*pattern.where));
  return index;
}

void MatchPlanner::add_labels(const ast::LabelExpression& labels, Node& node) {
  if (labels.kind == ast::LabelExpressionKind::kAnd) {
    for (const auto& child : labels.children) add_labels(*child, node);
    return;
  }
  if (labels.kind == ast::LabelExpressionKind::kName) node.labels.push_back(labels.name);
  Predicate predicate;
  predicate.labels = &labels;
  predicate.subject = node.symbol;
  predicate.needs = {node.symbol};
  predicates_.push_back(std::move(predicate));
}

Result<> MatchPlanner::add_properties(const ast::ExpressionPtr& properties, SymbolId subject) {
  if (!properties) return {};
  const auto* map = ast::try_as<ast::MapLiteral>(properties.get());
  if (!map) {
    return fail(make_error(ErrorCode::InvalidParameterUse,
                           "A parameter map cannot be used in a MATCH pattern. Name each property, "
                           "as in {{name: $parameter.name}}.")
                    .at(properties->position));
  }
  for (const auto& entry : map->entries) {
    Predicate predicate;
    predicate.key = entry.key;
    predicate.value = entry.value.get();
    predicate.subject = subject;
    predicate.needs = symbols_used(*entry.value, builder_.info_);
    predicate.needs.insert(subject);
    predicates_.push_back(std::move(predicate));
  }
  return {};
}

Result<> MatchPlanner::add_where(const ast::Expression& where) {
  std::vector<const ast::Expression*> conjuncts;
  split_conjunction(where, conjuncts);
  for (const ast::Expression* conjunct : conjuncts) {
    Predicate predicate;
    predicate.expression = conjunct;
    predicate.needs = symbols_used(*conjunct, builder_.info_);
    predicates_.push_back(std::move(predicate));
    if (const auto* test = ast::try_as<ast::LabelPredicate>(conjunct)) {
      const auto* variable = ast::try_as<ast::Variable>(test->subject.get());
      if (!variable || test->labels->kind != ast::LabelExpressionKind::kName) continue;
      const SymbolId symbol = builder_.slot_of(variable->id);
      const auto node = std::ranges::find(nodes_, symbol, &Node::symbol);
      if (node != nodes_.end()) node->labels.push_back(test->labels->name);
    }
  }
  return {};
}

Result<> MatchPlanner::add_relationship(const ast::RelationshipPattern& pattern, size_t left,
                                        size_t right, const ast::PathPattern& path) {
  Relationship r{&pattern, builder_.slot_of(pattern.variable.id), left, right, {}, &path, false};
  const bool single = !pattern.length && !pattern.quantifier;
  if (pattern.types) {
    std::vector<const ast::LabelExpression*> names{pattern.types.get()};
    if (pattern.types->kind == ast::LabelExpressionKind::kOr) {
      names.clear();
      for (const auto& child : pattern.types->children) names.push_back(child.get());
    }
    const bool plain = std::ranges::all_of(
        names, [](const auto* n) { return n->kind == ast::LabelExpressionKind::kName; });
    if (plain) {
      for (const auto* name : names) {
        r.types.push_back(builder_.token(storage::TokenKind::kType, name->name));
      }
    } else if (single) {
      Predicate predicate;
      predicate.labels = pattern.types.get();
      predicate.subject = r.symbol;
      predicate.needs = {r.symbol};
      predicates_.push_back(std::move(predicate));
    } else {
      return fail(make_error(ErrorCode::NotSupportedHere,
                             "Type expressions other than A|B are not supported on variable-length "
                             "relationships.")
                      .at(pattern.position));
    }
  }
  if (single) {
    TRELLIS_TRY(add_properties(pattern.properties, r.symbol));
    if (pattern.where) TRELLIS_TRY(add_where(*pattern.where));
  }
  relationships_.push_back(std::move(r));
  return {};
}

Result<> MatchPlanner::add_path(const ast::PathPattern& path) {
  if (path.selector.kind != ast::PathSelectorKind::kNone &&
      path.selector.kind != ast::PathSelectorKind::kAll) {
    return fail(make_error(ErrorCode::NotSupportedHere,
                           "Path selectors are not supported yet. Use shortestPath() or "
                           "allShortestPaths().")
                    .at(path.position));
  }
  std::optional<size_t> previous;
  const ast::RelationshipPattern* pending = nullptr;
  for (const auto& element : path.elements) {
    if (const auto* node = std::get_if<ast::NodePattern>(&element)) {
      TRELLIS_TRY_ASSIGN(const size_t index, add_node(*node));
      if (pending) TRELLIS_TRY(add_relationship(*pending, *previous, index, path));
      pending = nullptr;
      previous = index;
    } else if (const auto* relationship = std::get_if<ast::RelationshipPattern>(&element)) {
      pending = relationship;
    } else {
      return fail(make_error(ErrorCode::NotSupportedHere,
                             "Quantified path patterns are not supported yet. Use a variable-length "
                             "relationship.")
                      .at(path.position));
    }
  }
  return {};
}

// -- predicates --

bool MatchPlanner::needs_met(const Predicate& predicate) const {
  // Symbols that are bound inside the predicate (comprehension variables) are nobody's need; a need
  // counts when it belongs to this pattern and is not solved yet.
  return std::ranges::all_of(predicate.needs, [&](SymbolId symbol) {
    if (chain_.bound.contains(symbol)) return true;
    const bool node = std::ranges::any_of(
        nodes_, [&](const Node& n) { return n.symbol == symbol && !n.solved; });
    const bool relationship = std::ranges::any_of(
        relationships_, [&](const Relationship& r) { return r.symbol == symbol && !r.solved; });
    const bool path = std::ranges::any_of(relationships_, [&](const Relationship& r) {
      return r.path->variable && builder_.slot_of(r.path->variable->id) == symbol;
    });
    return !node && !relationship && !path;
  });
}

Result<ExpressionPtr> MatchPlanner::predicate_expression(const Predicate& predicate, Chain& chain) {
  if (predicate.labels) {
    return builder_.label_test(*predicate.labels, predicate.subject, nullptr, chain);
  }
  TRELLIS_TRY_ASSIGN(auto value, builder_.expression(*predicate.value, chain));
  auto property =
      property_expression(slot_expression(predicate.subject, predicate.value->position),
                          builder_.token(storage::TokenKind::kKey, predicate.key));
  return binary_expression(Kind::kCompare, std::move(property), std::move(value));
}

Result<> MatchPlanner::apply_predicates() {
  for (const bool subplans : {false, true}) {
    for (Predicate& predicate : predicates_) {
      if (predicate.solved || !needs_met(predicate)) continue;
      const bool has_subplan =
          (predicate.expression && needs_subplan(*predicate.expression)) ||
          (predicate.value && needs_subplan(*predicate.value));
      if (has_subplan != subplans) continue;
      predicate.solved = true;
      if (predicate.expression) {
        TRELLIS_TRY(builder_.filter_conjunct(*predicate.expression, chain_));
      } else {
        TRELLIS_TRY_ASSIGN(auto built, predicate_expression(predicate, chain_));
        builder_.filter_by(std::move(built), chain_, predicate.labels ? 0.5 : 0.1);
      }
    }
  }
  return {};
}

// -- leaves --

bool MatchPlanner::bound_without(const ast::Expression& expression) const {
  if (needs_subplan(expression)) return false;
  const auto used = symbols_used(expression, builder_.info_);
  return std::ranges::all_of(used, [&](SymbolId s) { return chain_.bound.contains(s); });
}

// The other side of `symbol.key = e` or `symbol.key IN e` (many), where e is known by now.
const ast::Expression* MatchPlanner::equal_to(const Predicate& predicate, SymbolId symbol,
                                              const std::string& key, bool& many) const {
  many = false;
  if (predicate.value) {
    const bool same = predicate.subject == symbol && predicate.key == key;
    return same && bound_without(*predicate.value) ? predicate.value : nullptr;
  }
  const auto* binary = ast::try_as<ast::Binary>(predicate.expression);
  if (!binary) return nullptr;
  const auto is_property = [&](const ast::Expression& e) {
    const auto* access = ast::try_as<ast::PropertyAccess>(&e);
    const auto* variable = access ? ast::try_as<ast::Variable>(access->subject.get()) : nullptr;
    return variable && access->key == key && builder_.slot_of(variable->id) == symbol;
  };
  if (binary->op == ast::BinaryOperator::kEqual) {
    if (is_property(*binary->left) && bound_without(*binary->right)) return binary->right.get();
    if (is_property(*binary->right) && bound_without(*binary->left)) return binary->left.get();
  }
  if (binary->op == ast::BinaryOperator::kIn && is_property(*binary->left) &&
      bound_without(*binary->right)) {
    many = true;
    return binary->right.get();
  }
  return nullptr;
}

// The other side of id(symbol) = e, id(symbol) IN e, elementId(symbol) = e.
const ast::Expression* MatchPlanner::id_equal_to(const Predicate& predicate, SymbolId symbol,
                                                 bool& many, bool& element_id) const {
  const auto* binary = ast::try_as<ast::Binary>(predicate.expression);
  if (!binary) return nullptr;
  const auto is_id = [&](const ast::Expression& e) {
    const auto* call = ast::try_as<ast::FunctionCall>(&e);
    if (!call || call->arguments.size() != 1) return false;
    const std::string name = lower_case(call->name);
    const auto* variable = ast::try_as<ast::Variable>(call->arguments[0].get());
    element_id = name == "elementid";
    return variable && (name == "id" || element_id) && builder_.slot_of(variable->id) == symbol;
  };
  many = binary->op == ast::BinaryOperator::kIn;
  if (!many && binary->op != ast::BinaryOperator::kEqual) return nullptr;
  if (is_id(*binary->left) && bound_without(*binary->right)) return binary->right.get();
  if (!many && is_id(*binary->right) && bound_without(*binary->left)) return binary->left.get();
  return nullptr;
}

void MatchPlanner::consider_seeks(size_t node, Leaf& best) {
  const Node& n = nodes_[node];
  const auto& context = builder_.context_;
  for (Predicate& predicate : predicates_) {
    if (predicate.solved) continue;
    bool many = false;
    bool element_id = false;
    if (id_equal_to(predicate, n.symbol, many, element_id)) {
      const double rows = many ? 5 : 1;
      if (rows < best.rows) best = {node, rows, &predicate, nullptr, nullptr, Leaf::What::kId};
      continue;
    }
    for (const std::string& label : n.labels) {
      const auto label_id = context.tokens.find(storage::TokenKind::kLabel, label);
      if (!label_id) continue;
      for (const auto& index : context.schema.indexes) {
        if (index.type != storage::IndexType::kRange || index.token != *label_id ||
            index.entity != storage::EntityKind::kNode || index.keys.size() != 1 ||
            index.state != storage::IndexState::kOnline) {
          continue;
        }
        const std::string key(context.tokens.name(storage::TokenKind::kKey, index.keys[0]));
        if (!equal_to(predicate, n.symbol, key, many)) continue;
        const double count = static_cast<double>(context.statistics.node_count(*label_id));
        double rows = index.owning_constraint ? 1 : std::max(1.0, count * 0.1);
        if (many) rows *= 5;
        if (rows <= best.rows) {
          best = {node, rows, &predicate, &index, &label, Leaf::What::kIndex};
        }
      }
    }
  }
}

MatchPlanner::Leaf MatchPlanner::best_leaf(size_t node) {
  const auto& context = builder_.context_;
  Leaf best;
  best.node = node;
  // A plan outlives the counts it was made with: a scan of what is empty today never beats a seek.
  constexpr double kFewestScanned = 2;
  best.rows = static_cast<double>(context.statistics.node_count()) + 1 + kFewestScanned;
  for (const std::string& label : nodes_[node].labels) {
    const auto id = context.tokens.find(storage::TokenKind::kLabel, label);
    const double rows =
        kFewestScanned + (id ? static_cast<double>(context.statistics.node_count(*id)) : 0);
    if (rows < best.rows) best = {node, rows, nullptr, nullptr, &label, Leaf::What::kLabel};
  }
  consider_seeks(node, best);
  return best;
}

Result<> MatchPlanner::apply_leaf(const Leaf& leaf) {
  const Node& node = nodes_[leaf.node];
  const double rows = std::max(1.0, chain_.top->estimated_rows * leaf.rows);
  chain_.read = true;
  switch (leaf.what) {
    case Leaf::What::kAll: {
      auto scan = std::make_unique<AllNodesScan>();
      scan->node = node.symbol;
      scan->estimated_rows = rows;
      chain_.append(std::move(scan));
      break;
    }
    case Leaf::What::kLabel: {
      auto scan = std::make_unique<NodeByLabelScan>();
      scan->node = node.symbol;
      scan->label = builder_.token(storage::TokenKind::kLabel, *leaf.label);
      scan->estimated_rows = rows;
      chain_.append(std::move(scan));
      for (Predicate& predicate : predicates_) {
        if (predicate.labels && predicate.subject == node.symbol &&
            predicate.labels->kind == ast::LabelExpressionKind::kName &&
            predicate.labels->name == *leaf.label) {
          predicate.solved = true;
        }
      }
      break;
    }
    case Leaf::What::kIndex: {
      const auto& tokens = builder_.context_.tokens;
      const std::string key(tokens.name(storage::TokenKind::kKey, leaf.index->keys[0]));
      auto seek = std::make_unique<NodeIndexSeek>();
      seek->node = node.symbol;
      seek->label = builder_.token(storage::TokenKind::kLabel, *leaf.label);
      seek->key = builder_.token(storage::TokenKind::kKey, key);
      seek->index = leaf.index->id;
      seek->unique = leaf.index->owning_constraint.has_value();
      const ast::Expression* value = equal_to(*leaf.seek, node.symbol, key, seek->many);
      TRELLIS_TRY_ASSIGN(seek->value, builder_.expression(*value, chain_));
      seek->estimated_rows = rows;
      chain_.append(std::move(seek));
      leaf.seek->solved = true;
      break;
    }
    case Leaf::What::kId: {
      auto seek = std::make_unique<NodeByIdSeek>();
      seek->node = node.symbol;
      const ast::Expression* ids =
          id_equal_to(*leaf.seek, node.symbol, seek->many, seek->element_id);
      TRELLIS_TRY_ASSIGN(seek->ids, builder_.expression(*ids, chain_));
      seek->estimated_rows = rows;
      chain_.append(std::move(seek));
      leaf.seek->solved = true;
      break;
    }
  }
  solve_node(leaf.node);
  return {};
}

// -- expansion --

std::vector<SlotId> MatchPlanner::distinct_from() const { return matched_relationships_; }

double MatchPlanner::expansion_cost(const Relationship& r) const {
  if (nodes_[r.left].solved && nodes_[r.right].solved) return 0;
  if (r.path->shortest != ast::ShortestPathKind::kNone) {
    return std::numeric_limits<double>::max();  // both ends first
  }
  const auto& statistics = builder_.context_.statistics;
  double relationships = 0;
  if (r.types.empty()) {
    relationships = static_cast<double>(statistics.relationship_count());
  }
  for (const auto& type : r.types) {
    const auto id = builder_.context_.tokens.find(storage::TokenKind::kType, type->name);
    if (id) relationships += static_cast<double>(statistics.relationship_count(*id));
  }
  const double nodes = static_cast<double>(statistics.node_count()) + 1;
  double degree = relationships / nodes;
  if (r.pattern->direction == ast::Direction::kEither) degree *= 2;
  if (r.pattern->length || r.pattern->quantifier) degree = 100 + degree * degree * degree;
  return degree;
}

MatchPlanner::Relationship* MatchPlanner::next_relationship() {
  Relationship* best = nullptr;
  for (Relationship& r : relationships_) {
    if (!expandable(r)) continue;
    if (!best || expansion_cost(r) < expansion_cost(*best)) best = &r;
  }
  if (best && best->path->shortest != ast::ShortestPathKind::kNone &&
      !(nodes_[best->left].solved && nodes_[best->right].solved)) {
    return nullptr;  // its other end has to come from a leaf
  }
  return best;
}

void MatchPlanner::expand_single(const Relationship& r, size_t from, size_t to,
                                 storage::Direction direction) {
  auto made = std::make_unique<Expand>();
  made->from = nodes_[from].symbol;
  made->to = nodes_[to].symbol;
  made->relationship = r.symbol;
  made->direction = direction;
  made->types = r.types;
  made->into = nodes_[to].solved;
  made->relationship_bound = chain_.bound.contains(r.symbol);
  made->distinct_from = distinct_from();
  made->estimated_rows = chain_.top->estimated_rows * std::max(expansion_cost(r), 0.1);
  chain_.append(std::move(made));
}

// Inline properties and WHERE of a variable-length relationship hold for each one on the way.
Result<ExpressionPtr> MatchPlanner::each_predicate(const Relationship& r, SlotId each) {
  std::vector<ExpressionPtr> tests;
  if (r.pattern->properties) {
    const auto* map = ast::try_as<ast::MapLiteral>(r.pattern->properties.get());
    if (!map) {
      return fail(make_error(ErrorCode::InvalidParameterUse,
                             "A parameter map cannot be used in a MATCH pattern.")
                      .at(r.pattern->properties->position));
    }
    for (const auto& entry : map->entries) {
      TRELLIS_TRY_ASSIGN(auto value, builder_.expression(*entry.value, chain_));
      tests.push_back(binary_expression(
          Kind::kCompare,
          property_expression(slot_expression(each),
                              builder_.token(storage::TokenKind::kKey, entry.key)),
          std::move(value)));
    }
  }
  if (r.pattern->where) {
    return fail(make_error(ErrorCode::NotSupportedHere,
                           "WHERE inside a variable-length relationship is not supported yet. Use "
                           "all(r IN relationships WHERE ...).")
                    .at(r.pattern->position));
  }
  if (tests.empty()) return ExpressionPtr();
  auto all = make_expression(Kind::kAnd, r.pattern->position);
  all->args = std::move(tests);
  return all;
}

namespace {
std::pair<uint32_t, std::optional<uint32_t>> bounds(const ast::RelationshipPattern& pattern) {
  constexpr uint64_t kMost = std::numeric_limits<uint32_t>::max();
  uint64_t min = 1;
  std::optional<uint64_t> max;
  if (pattern.length) {
    min = pattern.length->min.value_or(1);
    max = pattern.length->max;
  } else if (pattern.quantifier) {
    min = pattern.quantifier->min;
    max = pattern.quantifier->max;
  } else {
    max = 1;
  }
  std::optional<uint32_t> most;
  if (max) most = static_cast<uint32_t>(std::min(*max, kMost));
  return {static_cast<uint32_t>(std::min(min, kMost)), most};
}
}  // namespace

Result<> MatchPlanner::expand_variable(const Relationship& r, size_t from, size_t to,
                                       storage::Direction direction, bool reversed) {
  auto made = std::make_unique<VarLengthExpand>();
  made->from = nodes_[from].symbol;
  made->to = nodes_[to].symbol;
  made->relationships = r.symbol;
  made->direction = direction;
  made->types = r.types;
  std::tie(made->min, made->max) = bounds(*r.pattern);
  made->into = nodes_[to].solved;
  made->relationships_bound = chain_.bound.contains(r.symbol);
  made->reversed = reversed;
  made->distinct_from = distinct_from();
  made->each_relationship = builder_.temporary();
  TRELLIS_TRY_ASSIGN(made->each_predicate, each_predicate(r, made->each_relationship));
  made->estimated_rows = chain_.top->estimated_rows * 10;
  chain_.append(std::move(made));
  return {};
}

Result<> MatchPlanner::shortest_path(Relationship& r) {
  auto made = std::make_unique<ShortestPath>();
  made->from = nodes_[r.left].symbol;
  made->to = nodes_[r.right].symbol;
  made->relationships = r.symbol;
  made->direction = static_cast<storage::Direction>(r.pattern->direction);
  made->types = r.types;
  std::tie(made->min, made->max) = bounds(*r.pattern);
  made->all = r.path->shortest == ast::ShortestPathKind::kAll;
  made->each_relationship = builder_.temporary();
  TRELLIS_TRY_ASSIGN(made->each_predicate, each_predicate(r, made->each_relationship));
  chain_.append(std::move(made));
  r.solved = true;
  chain_.bound.insert(r.symbol);
  return {};
}

Result<> MatchPlanner::expand(Relationship& r) {
  chain_.read = true;
  if (r.path->shortest != ast::ShortestPathKind::kNone) return shortest_path(r);
  const bool from_left = nodes_[r.left].solved;
  const size_t from = from_left ? r.left : r.right;
  const size_t to = from_left ? r.right : r.left;
  storage::Direction direction = storage::Direction::kBoth;
  if (r.pattern->direction != ast::Direction::kEither) {
    const bool outgoing = (r.pattern->direction == ast::Direction::kOutgoing) == from_left;
    direction = outgoing ? storage::Direction::kOutgoing : storage::Direction::kIncoming;
  }
  if (r.pattern->length || r.pattern->quantifier) {
    TRELLIS_TRY(expand_variable(r, from, to, direction, !from_left));
  } else {
    expand_single(r, from, to, direction);
  }
  r.solved = true;
  matched_relationships_.push_back(r.symbol);
  chain_.bound.insert(r.symbol);
  if (!nodes_[to].solved) solve_node(to);
  return {};
}

// (a)-[r]->(b) with r known and neither end: a can only be an end of r.
void MatchPlanner::start_at_bound_relationship(Relationship& r) {
  const auto& functions = builder_.context_.functions;
  const auto end_of = [&](std::string_view name) -> ExpressionPtr {
    auto made = make_expression(Kind::kCall, r.pattern->position);
    made->function = functions.find_scalar(name);
    TRELLIS_ASSERT(made->function);
    made->args.push_back(slot_expression(r.symbol));
    return made;
  };
  const auto list_of = [&](ExpressionPtr a, ExpressionPtr b) -> ExpressionPtr {
    auto made = make_expression(Kind::kList, r.pattern->position);
    made->args.push_back(std::move(a));
    if (b) made->args.push_back(std::move(b));
    return made;
  };
  auto unwind = std::make_unique<Unwind>();
  unwind->element = nodes_[r.left].symbol;
  switch (r.pattern->direction) {
    case ast::Direction::kOutgoing:
      unwind->list = list_of(end_of("startnode"), nullptr);
      break;
    case ast::Direction::kIncoming:
      unwind->list = list_of(end_of("endnode"), nullptr);
      break;
    case ast::Direction::kEither: {
      auto choose = make_expression(Kind::kCase, r.pattern->position);
      choose->args.push_back(
          binary_expression(Kind::kCompare, end_of("startnode"), end_of("endnode")));
      choose->args.push_back(list_of(end_of("startnode"), nullptr));
      choose->args.push_back(list_of(end_of("startnode"), end_of("endnode")));
      unwind->list = std::move(choose);
      break;
    }
  }
  chain_.append(std::move(unwind));
  solve_node(r.left);
}

Result<> MatchPlanner::start_component() {
  for (Relationship& r : relationships_) {
    if (!r.solved && !r.pattern->length && !r.pattern->quantifier &&
        chain_.bound.contains(r.symbol)) {
      start_at_bound_relationship(r);
      return {};
    }
  }
  Leaf best;
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].solved) continue;
    const Leaf leaf = best_leaf(i);
    if (leaf.rows < best.rows) best = leaf;
  }
  return apply_leaf(best);
}

Result<> MatchPlanner::solve() {
  while (true) {
    TRELLIS_TRY(apply_predicates());
    if (Relationship* r = next_relationship()) {
      TRELLIS_TRY(expand(*r));
      continue;
    }
    const bool done = std::ranges::all_of(nodes_, &Node::solved);
    if (done) break;
    TRELLIS_TRY(start_component());
  }
  return {};
}

// -- entry points --

ExpressionPtr PlanBuilder::path_expression(const ast::PathPattern& path) {
  auto made = make_expression(Kind::kPath, path.position);
  for (const auto& element : path.elements) {
    if (const auto* node = std::get_if<ast::NodePattern>(&element)) {
      made->path.push_back({PathElement::Kind::kNode, slot_of(node->variable.id)});
    } else if (const auto* r = std::get_if<ast::RelationshipPattern>(&element)) {
      const bool list = r->length || r->quantifier || path.shortest != ast::ShortestPathKind::kNone;
      made->path.push_back(
          {list ? PathElement::Kind::kRelationshipList : PathElement::Kind::kRelationship,
           slot_of(r->variable.id)});
    }
  }
  return made;
}

Result<> PlanBuilder::patterns(const std::vector<const ast::PathPattern*>& patterns,
                               const ast::Expression* where, Chain& chain) {
  MatchPlanner planner(*this, chain);
  for (const ast::PathPattern* path : patterns) TRELLIS_TRY(planner.add_path(*path));
  // A condition on a path waits for the path, which is made after everything is bound.
  std::vector<const ast::Expression*> late;
  if (where) {
    std::set<SymbolId> paths;
    for (const auto* path : patterns) {
      if (path->variable) paths.insert(slot_of(path->variable->id));
    }
    std::vector<const ast::Expression*> conjuncts;
    split_conjunction(*where, conjuncts);
    for (const ast::Expression* conjunct : conjuncts) {
      const auto used = symbols_used(*conjunct, info_);
      const bool waits =
          std::ranges::any_of(used, [&](SymbolId s) { return paths.contains(s); });
      if (waits) {
        late.push_back(conjunct);
      } else {
        TRELLIS_TRY(planner.add_where(*conjunct));
      }
    }
  }
  TRELLIS_TRY(planner.solve());
  auto project = std::make_unique<Project>();
  for (const auto* path : patterns) {
    if (!path->variable) continue;
    const SlotId slot = slot_of(path->variable->id);
    project->items.push_back({slot, path_expression(*path)});
    chain.bound.insert(slot);
  }
  if (!project->items.empty()) chain.append(std::move(project));
  for (const ast::Expression* conjunct : late) TRELLIS_TRY(filter_conjunct(*conjunct, chain));
  return {};
}

Result<> PlanBuilder::match(const ast::Match& match, Chain& chain) {
  std::vector<const ast::PathPattern*> paths;
  for (const auto& path : match.patterns) paths.push_back(&path);
  before_read(chain);
  if (!match.optional) return patterns(paths, match.where.get(), chain);
  Chain inner = subchain(chain);
  TRELLIS_TRY(patterns(paths, match.where.get(), inner));
  auto apply = std::make_unique<OptionalApply>();
  for (const SymbolId symbol : inner.bound) {
    if (!chain.bound.contains(symbol)) apply->nullable.push_back(symbol);
  }
  apply->estimated_rows = std::max(chain.top->estimated_rows, inner.top->estimated_rows);
  apply->subplan = std::move(inner.top);
  chain.bound = std::move(inner.bound);
  chain.read = true;
  chain.append(std::move(apply));
  return {};
}

}  // namespace trellis::cypher::plan

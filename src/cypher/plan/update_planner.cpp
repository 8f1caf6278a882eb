// SPDX-License-Identifier: Apache-2.0
//
// CREATE, MERGE, SET, REMOVE, DELETE, FOREACH.
#include "cypher/plan/plan_builder.h"

namespace trellis::cypher::plan {

namespace {
tl::unexpected<Error> dynamic_label_refused(SourcePosition position) {
  return fail(make_error(ErrorCode::NotSupportedHere,
                         "Labels and types that are computed are not supported yet.")
                  .at(position));
}
}  // namespace

Result<std::vector<TokenRef>> PlanBuilder::label_tokens(const ast::LabelExpression* labels,
                                                        storage::TokenKind kind) {
  std::vector<TokenRef> tokens;
  if (!labels) return tokens;
  if (labels->kind == ast::LabelExpressionKind::kAnd) {
    for (const auto& child : labels->children) {
      TRELLIS_TRY_ASSIGN(auto more, label_tokens(child.get(), kind));
      tokens.insert(tokens.end(), more.begin(), more.end());
    }
    return tokens;
  }
  if (labels->kind != ast::LabelExpressionKind::kName) {
    return dynamic_label_refused(labels->position);
  }
  tokens.push_back(token(kind, labels->name));
  return tokens;
}

Result<std::vector<TokenRef>> PlanBuilder::label_tokens(
    const std::vector<ast::LabelReference>& labels) {
  std::vector<TokenRef> tokens;
  for (const auto& label : labels) {
    if (label.expression) return dynamic_label_refused(label.expression->position);
    tokens.push_back(token(storage::TokenKind::kLabel, label.name));
  }
  return tokens;
}

// What of the path is not bound yet has to be made; it is bound afterwards.
Result<> PlanBuilder::creations(const ast::PathPattern& path, Creations& out, Chain& chain) {
  std::optional<SlotId> previous;
  const ast::RelationshipPattern* pending = nullptr;
  for (const auto& element : path.elements) {
    if (const auto* r = std::get_if<ast::RelationshipPattern>(&element)) {
      pending = r;
      continue;
    }
    const auto* node = std::get_if<ast::NodePattern>(&element);
    if (!node) {
      return fail(make_error(ErrorCode::SyntaxError,
                             "A parenthesised path cannot be created. Write its nodes and "
                             "relationships without the parentheses around them.")
                      .at(path.position));
    }
    const SlotId slot = slot_of(node->variable.id);
    if (!chain.bound.contains(slot)) {
      NodeCreation creation;
      creation.node = slot;
      TRELLIS_TRY_ASSIGN(creation.labels,
                         label_tokens(node->labels.get(), storage::TokenKind::kLabel));
      if (node->properties) {
        TRELLIS_TRY_ASSIGN(creation.properties, expression(*node->properties, chain));
      }
      out.nodes.push_back(std::move(creation));
      chain.bound.insert(slot);
    }
    if (pending) {
      RelationshipCreation creation;
      creation.relationship = slot_of(pending->variable.id);
      const bool incoming = pending->direction == ast::Direction::kIncoming;
      creation.start = incoming ? slot : *previous;
      creation.end = incoming ? *previous : slot;
      TRELLIS_TRY_ASSIGN(auto types,
                         label_tokens(pending->types.get(), storage::TokenKind::kType));
      if (types.size() != 1) {
        return fail(make_error(ErrorCode::NoSingleRelationshipType,
                               "Exactly one relationship type must be specified for CREATE and "
                               "MERGE.")
                        .at(pending->position));
      }
      creation.type = types[0];
      if (pending->properties) {
        TRELLIS_TRY_ASSIGN(creation.properties, expression(*pending->properties, chain));
      }
      out.relationships.push_back(std::move(creation));
      chain.bound.insert(slot_of(pending->variable.id));
      pending = nullptr;
    }
    previous = slot;
  }
  return {};
}

Result<> PlanBuilder::create(const ast::Create& create, Chain& chain) {
  before_write(chain);
  // Each path by itself: a later one may read properties of what an earlier one made.
  for (const auto& path : create.patterns) {
    Creations made;
    TRELLIS_TRY(creations(path, made, chain));
    auto op = std::make_unique<plan::Create>();
    op->nodes = std::move(made.nodes);
    op->relationships = std::move(made.relationships);
    chain.append(std::move(op));
    if (path.variable) {
      const SlotId slot = slot_of(path.variable->id);
      auto project = std::make_unique<Project>();
      project->items.push_back({slot, path_expression(path)});
      chain.append(std::move(project));
      chain.bound.insert(slot);
    }
  }
  chain.created = true;
  return {};
}

Result<> PlanBuilder::merge(const ast::Merge& merge, Chain& chain) {
  before_write(chain);
  auto op = std::make_unique<plan::Merge>();

  // The pattern as a path without its name: the path is made once, from either side's elements.
  Chain match = subchain(chain);
  TRELLIS_TRY(patterns({&merge.pattern}, nullptr, match));
  op->match = std::move(match.top);

  Creations made;
  TRELLIS_TRY(creations(merge.pattern, made, chain));
  op->nodes = std::move(made.nodes);
  op->relationships = std::move(made.relationships);
  for (const auto* items : {&merge.on_match, &merge.on_create}) {
    if (items->empty()) continue;
    Chain sets = subchain(chain);
    for (const auto& item : *items) TRELLIS_TRY(set_item(item, sets));
    (items == &merge.on_match ? op->on_match : op->on_create) = std::move(sets.top);
  }
  chain.append(std::move(op));
  if (merge.pattern.variable) {
    const SlotId slot = slot_of(merge.pattern.variable->id);
    auto project = std::make_unique<Project>();
    project->items.push_back({slot, path_expression(merge.pattern)});
    chain.append(std::move(project));
    chain.bound.insert(slot);
  }
  after_write(chain);
  return {};
}

Result<> PlanBuilder::set_items(const std::vector<ast::SetItem>& items, Chain& chain) {
  before_write(chain);
  for (const auto& item : items) TRELLIS_TRY(set_item(item, chain));
  after_write(chain);
  return {};
}

Result<> PlanBuilder::set_item(const ast::SetItem& item, Chain& chain) {
  switch (item.kind) {
    case ast::SetItemKind::kProperty: {
      auto op = std::make_unique<SetProperty>();
      if (const auto* access = ast::try_as<ast::PropertyAccess>(item.target.get())) {
        TRELLIS_TRY_ASSIGN(op->entity, expression(*access->subject, chain));
        op->key = token(storage::TokenKind::kKey, access->key);
      } else {
        const auto& index = ast::as<ast::IndexAccess>(*item.target);
        TRELLIS_TRY_ASSIGN(op->entity, expression(*index.subject, chain));
        TRELLIS_TRY_ASSIGN(op->dynamic_key, expression(*index.index, chain));
      }
      TRELLIS_TRY_ASSIGN(op->value, expression(*item.value, chain));
      chain.append(std::move(op));
      return {};
    }
    case ast::SetItemKind::kReplace:
    case ast::SetItemKind::kMerge: {
      auto op = std::make_unique<SetProperties>();
      op->entity = slot_of(item.target->id);
      op->replace = item.kind == ast::SetItemKind::kReplace;
      TRELLIS_TRY_ASSIGN(op->value, expression(*item.value, chain));
      chain.append(std::move(op));
      return {};
    }
    case ast::SetItemKind::kLabels: {
      auto op = std::make_unique<SetLabels>();
      op->node = slot_of(item.target->id);
      TRELLIS_TRY_ASSIGN(op->labels, label_tokens(item.labels));
      chain.append(std::move(op));
      return {};
    }
  }
  TRELLIS_UNREACHABLE();
}

Result<> PlanBuilder::remove(const ast::Remove& remove, Chain& chain) {
  before_write(chain);
  for (const auto& item : remove.items) {
    if (!item.labels.empty()) {
      auto op = std::make_unique<RemoveLabels>();
      op->node = slot_of(item.target->id);
      TRELLIS_TRY_ASSIGN(op->labels, label_tokens(item.labels));
      chain.append(std::move(op));
      continue;
    }
    auto op = std::make_unique<RemoveProperty>();
    if (const auto* access = ast::try_as<ast::PropertyAccess>(item.target.get())) {
      TRELLIS_TRY_ASSIGN(op->entity, expression(*access->subject, chain));
      op->key = token(storage::TokenKind::kKey, access->key);
    } else {
      const auto& index = ast::as<ast::IndexAccess>(*item.target);
      TRELLIS_TRY_ASSIGN(op->entity, expression(*index.subject, chain));
      TRELLIS_TRY_ASSIGN(op->dynamic_key, expression(*index.index, chain));
    }
    chain.append(std::move(op));
  }
  after_write(chain);
  return {};
}

Result<> PlanBuilder::delete_clause(const ast::Delete& del, Chain& chain) {
  before_write(chain);
  auto op = std::make_unique<plan::Delete>();
  op->detach = del.detach;
  for (const auto& e : del.expressions) {
    TRELLIS_TRY_ASSIGN(auto built, expression(*e, chain));
    op->expressions.push_back(std::move(built));
  }
  chain.append(std::move(op));
  after_write(chain);
  return {};
}

Result<> PlanBuilder::foreach_clause(const ast::Foreach& foreach, Chain& chain) {
  before_write(chain);
  TRELLIS_TRY_ASSIGN(auto list, expression(*foreach.list, chain));
  Chain body = subchain(chain);
  body.bound.insert(slot_of(foreach.variable.id));
  for (const auto& update : foreach.updates) TRELLIS_TRY(clause(*update, body));
  auto op = std::make_unique<plan::Foreach>();
  op->element = slot_of(foreach.variable.id);
  op->list = std::move(list);
  op->subplan = std::move(body.top);
  chain.append(std::move(op));
  after_write(chain);
  return {};
}

}  // namespace trellis::cypher::plan

// SPDX-License-Identifier: Apache-2.0
#include "cypher/exec/explain_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cypher/functions/function.h"
#include "cypher/row_source.h"
#include "value/compare.h"

namespace trellis::cypher::exec {

using plan::Expression;
using plan::ExpressionKind;
using plan::Operator;
using plan::OperatorKind;
using plan::SlotId;

std::string ExplainText::slot(SlotId s) const {
  if (s == plan::kNoSlot) return "";
  if (s < plan_.slot_names.size() && !plan_.slot_names[s].empty()) return plan_.slot_names[s];
  return fmt::format("anon_{}", s);
}

std::string ExplainText::joined(const std::vector<plan::ExpressionPtr>& args,
                                std::string_view between) const {
  std::string text;
  for (const plan::ExpressionPtr& arg : args) {
    if (!text.empty()) text += between;
    text += expression(arg.get());
  }
  return text;
}

namespace {

std::string_view symbol_of(const Expression& e) {
  static constexpr std::string_view kComparisons[] = {" = ", " <> ", " < ", " <= ", " > ", " >= "};
  static constexpr std::string_view kArithmetic[] = {" + ", " - ", " * ", " / ", " % ", " ^ "};
  switch (e.kind) {
    case ExpressionKind::kAnd:
      return " AND ";
    case ExpressionKind::kOr:
      return " OR ";
    case ExpressionKind::kXor:
      return " XOR ";
    case ExpressionKind::kCompare:
      return kComparisons[static_cast<size_t>(e.comparison)];
    case ExpressionKind::kArithmetic:
      return kArithmetic[static_cast<size_t>(e.arithmetic)];
    case ExpressionKind::kConcatenate:
      return " || ";
    case ExpressionKind::kIn:
      return " IN ";
    case ExpressionKind::kStartsWith:
      return " STARTS WITH ";
    case ExpressionKind::kEndsWith:
      return " ENDS WITH ";
    case ExpressionKind::kContains:
      return " CONTAINS ";
    case ExpressionKind::kRegexMatch:
      return " =~ ";
    default:
      return "";
  }
}

}  // namespace

std::string ExplainText::expression(const Expression* e) const {
  if (e == nullptr) return "";
  if (const std::string_view symbol = symbol_of(*e); !symbol.empty()) {
    return joined(e->args, symbol);
  }
  switch (e->kind) {
    case ExpressionKind::kLiteral:
      return value::to_text(e->literal.get());
    case ExpressionKind::kParameter:
      return "$" + e->name;
    case ExpressionKind::kAutoParameter:
      return fmt::format("$autoint_{}", e->index);
    case ExpressionKind::kSlot:
      return slot(e->slot);
    case ExpressionKind::kProperty:
      return expression(e->args[0].get()) + "." + e->token->name;
    case ExpressionKind::kHasLabel:
      return expression(e->args[0].get()) + ":" + e->token->name;
    case ExpressionKind::kNot:
      return "not " + expression(e->args[0].get());
    case ExpressionKind::kNegate:
      return "-" + expression(e->args[0].get());
    case ExpressionKind::kIsNull:
      return expression(e->args[0].get()) + " IS NULL";
    case ExpressionKind::kIsNotNull:
      return expression(e->args[0].get()) + " IS NOT NULL";
    case ExpressionKind::kIndex:
      return fmt::format("{}[{}]", expression(e->args[0].get()), expression(e->args[1].get()));
    case ExpressionKind::kSlice:
      return fmt::format("{}[{}..{}]", expression(e->args[0].get()), expression(e->args[1].get()),
                         expression(e->args[2].get()));
    case ExpressionKind::kCall:
      return fmt::format("{}({})", e->function->name, joined(e->args, ", "));
    case ExpressionKind::kCoalesce:
      return fmt::format("coalesce({})", joined(e->args, ", "));
    case ExpressionKind::kList:
      return fmt::format("[{}]", joined(e->args, ", "));
    case ExpressionKind::kMap: {
      std::vector<std::string> entries;
      for (size_t i = 0; i < e->keys.size(); ++i) {
        entries.push_back(fmt::format("{}: {}", e->keys[i], expression(e->args[i].get())));
      }
      return fmt::format("{{{}}}", fmt::join(entries, ", "));
    }
    case ExpressionKind::kCase:
      return "CASE ... END";
    case ExpressionKind::kMapProjection:
      return expression(e->args[0].get()) + " {...}";
    case ExpressionKind::kListComprehension:
      return fmt::format("[{} IN {} ...]", slot(e->slot), expression(e->args[0].get()));
    case ExpressionKind::kQuantifier: {
      static constexpr std::string_view kNames[] = {"all", "any", "none", "single"};
      return fmt::format("{}({} IN {} WHERE {})", kNames[static_cast<size_t>(e->quantifier)],
                         slot(e->slot), expression(e->args[0].get()), expression(e->args[1].get()));
    }
    case ExpressionKind::kReduce:
      return "reduce(...)";
    case ExpressionKind::kTypeTest:
      return expression(e->args[0].get()) + " IS :: ...";
    case ExpressionKind::kIsNormalized:
      return expression(e->args[0].get()) + " IS NORMALIZED";
    case ExpressionKind::kPath: {
      std::string text;
      for (const plan::PathElement& element : e->path) {
        const bool node = element.kind == plan::PathElement::Kind::kNode;
        text += node ? "(" + slot(element.slot) + ")" : "-[" + slot(element.slot) + "]-";
      }
      return text;
    }
    case ExpressionKind::kCountOfSlots:
      return fmt::format("size({})", joined(e->args, ", "));
    default:
      return "";
  }
}

std::string ExplainText::hop(SlotId from, SlotId relationship, SlotId to,
                             storage::Direction direction, const std::vector<plan::TokenRef>& types,
                             const std::string& length) const {
  std::vector<std::string> names;
  for (const plan::TokenRef& type : types) names.push_back(type->name);
  const std::string inside = slot(relationship) +
                             (names.empty() ? "" : fmt::format(":{}", fmt::join(names, "|"))) +
                             length;
  const bool incoming = direction == storage::Direction::kIncoming;
  const bool outgoing = direction == storage::Direction::kOutgoing;
  return fmt::format("({}){}-[{}]-{}({})", slot(from), incoming ? "<" : "", inside,
                     outgoing ? ">" : "", slot(to));
}

namespace {

std::string length_text(uint32_t min, std::optional<uint32_t> max) {
  return max ? fmt::format("*{}..{}", min, *max) : fmt::format("*{}..", min);
}

}  // namespace

std::string ExplainText::details(const Operator& op) const {
  switch (op.kind) {
    case OperatorKind::kAllNodesScan:
      return slot(static_cast<const plan::AllNodesScan&>(op).node);
    case OperatorKind::kNodeByLabelScan: {
      const auto& scan = static_cast<const plan::NodeByLabelScan&>(op);
      return fmt::format("{}:{}", slot(scan.node), scan.label->name);
    }
    case OperatorKind::kNodeIndexSeek: {
      const auto& seek = static_cast<const plan::NodeIndexSeek&>(op);
      return fmt::format("{} {}:{}({}) WHERE {} {} {}", seek.unique ? "UNIQUE" : "RANGE INDEX",
                         slot(seek.node), seek.label->name, seek.key->name, seek.key->name,
                         seek.many ? "IN" : "=", expression(seek.value.get()));
    }
    case OperatorKind::kNodeByIdSeek: {
      const auto& seek = static_cast<const plan::NodeByIdSeek&>(op);
      return fmt::format("{} WHERE id({}) {} {}", slot(seek.node), slot(seek.node),
                         seek.many ? "IN" : "=", expression(seek.ids.get()));
    }
    case OperatorKind::kAllRelationshipsScan: {
      const auto& scan = static_cast<const plan::AllRelationshipsScan&>(op);
      return hop(scan.start, scan.relationship, scan.end, scan.direction, scan.types, "");
    }
    case OperatorKind::kExpand: {
      const auto& expand = static_cast<const plan::Expand&>(op);
      return hop(expand.from, expand.relationship, expand.to, expand.direction, expand.types, "");
    }
    case OperatorKind::kVarLengthExpand: {
      const auto& expand = static_cast<const plan::VarLengthExpand&>(op);
      return hop(expand.from, expand.relationships, expand.to, expand.direction, expand.types,
                 length_text(expand.min, expand.max));
    }
    case OperatorKind::kShortestPath: {
      const auto& path = static_cast<const plan::ShortestPath&>(op);
      return hop(path.from, path.relationships, path.to, path.direction, path.types,
                 length_text(path.min, path.max));
    }
    case OperatorKind::kUnwind: {
      const auto& unwind = static_cast<const plan::Unwind&>(op);
      return fmt::format("{} AS {}", expression(unwind.list.get()), slot(unwind.element));
    }
    case OperatorKind::kProcedureCall: {
      const auto& call = static_cast<const plan::ProcedureCall&>(op);
      return fmt::format("{}({})", call.procedure->name, joined(call.arguments, ", "));
    }
    case OperatorKind::kFilter:
      return expression(static_cast<const plan::Filter&>(op).predicate.get());
    case OperatorKind::kProject: {
      std::vector<std::string> items;
      for (const plan::ProjectItem& item : static_cast<const plan::Project&>(op).items) {
        const std::string text = expression(item.expression.get());
        const std::string name = slot(item.slot);
        items.push_back(text == name ? name : fmt::format("{} AS {}", text, name));
      }
      return fmt::format("{}", fmt::join(items, ", "));
    }
    case OperatorKind::kAggregate: {
      const auto& aggregate = static_cast<const plan::Aggregate&>(op);
      std::vector<std::string> items;
      for (const plan::ProjectItem& key : aggregate.keys) items.push_back(slot(key.slot));
      for (const plan::AggregateItem& item : aggregate.items) {
        items.push_back(item.function == nullptr
                            ? fmt::format("count(*) AS {}", slot(item.slot))
                            : fmt::format("{}({}{}) AS {}", item.function->name,
                                          item.distinct ? "DISTINCT " : "",
                                          joined(item.arguments, ", "), slot(item.slot)));
      }
      return fmt::format("{}", fmt::join(items, ", "));
    }
    case OperatorKind::kSort: {
      const auto& sort = static_cast<const plan::Sort&>(op);
      std::vector<std::string> keys;
      for (const plan::SortKey& key : sort.keys) {
        keys.push_back(expression(key.expression.get()) + (key.descending ? " DESC" : " ASC"));
      }
      const std::string text = fmt::format("{}", fmt::join(keys, ", "));
      return sort.limit == nullptr ? text : text + " LIMIT " + expression(sort.limit.get());
    }
    case OperatorKind::kSkip:
      return expression(static_cast<const plan::Skip&>(op).count.get());
    case OperatorKind::kLimit:
      return expression(static_cast<const plan::Limit&>(op).count.get());
    case OperatorKind::kProduceResults: {
      std::vector<std::string> names;
      for (const auto& column : static_cast<const plan::ProduceResults&>(op).columns) {
        names.push_back(column.name);
      }
      return fmt::format("{}", fmt::join(names, ", "));
    }
    default:
      return "";
  }
}

std::vector<SlotId> ExplainText::written_slots(const Operator& op) const {
  switch (op.kind) {
    case OperatorKind::kAllNodesScan:
      return {static_cast<const plan::AllNodesScan&>(op).node};
    case OperatorKind::kNodeByLabelScan:
      return {static_cast<const plan::NodeByLabelScan&>(op).node};
    case OperatorKind::kNodeIndexSeek:
      return {static_cast<const plan::NodeIndexSeek&>(op).node};
    case OperatorKind::kNodeByIdSeek:
      return {static_cast<const plan::NodeByIdSeek&>(op).node};
    case OperatorKind::kAllRelationshipsScan: {
      const auto& scan = static_cast<const plan::AllRelationshipsScan&>(op);
      return {scan.start, scan.relationship, scan.end};
    }
    case OperatorKind::kExpand: {
      const auto& expand = static_cast<const plan::Expand&>(op);
      return {expand.from, expand.relationship, expand.to};
    }
    case OperatorKind::kVarLengthExpand: {
      const auto& expand = static_cast<const plan::VarLengthExpand&>(op);
      return {expand.from, expand.relationships, expand.to};
    }
    case OperatorKind::kShortestPath:
      return {static_cast<const plan::ShortestPath&>(op).relationships};
    case OperatorKind::kUnwind:
      return {static_cast<const plan::Unwind&>(op).element};
    case OperatorKind::kProcedureCall: {
      std::vector<SlotId> slots;
      for (const auto& yield : static_cast<const plan::ProcedureCall&>(op).yields) {
        slots.push_back(yield.second);
      }
      return slots;
    }
    case OperatorKind::kProject: {
      std::vector<SlotId> slots;
      for (const auto& item : static_cast<const plan::Project&>(op).items)
        slots.push_back(item.slot);
      return slots;
    }
    case OperatorKind::kAggregate: {
      const auto& aggregate = static_cast<const plan::Aggregate&>(op);
      std::vector<SlotId> slots;
      for (const auto& key : aggregate.keys) slots.push_back(key.slot);
      for (const auto& item : aggregate.items) slots.push_back(item.slot);
      return slots;
    }
    case OperatorKind::kUnion:
      return static_cast<const plan::Union&>(op).slots;
    case OperatorKind::kCreate: {
      const auto& create = static_cast<const plan::Create&>(op);
      std::vector<SlotId> slots;
      for (const auto& node : create.nodes) slots.push_back(node.node);
      for (const auto& relationship : create.relationships) {
        slots.push_back(relationship.relationship);
      }
      return slots;
    }
    default:
      return {};
  }
}

}  // namespace trellis::cypher::exec

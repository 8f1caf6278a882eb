// SPDX-License-Identifier: Apache-2.0
#include "cypher/exec/explain.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>

#include "cypher/exec/explain_text.h"
#include "cypher/row_source.h"

namespace trellis::cypher::exec {
namespace {

using plan::Operator;
using plan::OperatorKind;
using plan::SlotId;

std::string_view name_of(const Operator& op) {
  switch (op.kind) {
    case OperatorKind::kArgument:
      return "Argument";
    case OperatorKind::kAllNodesScan:
      return "AllNodesScan";
    case OperatorKind::kNodeByLabelScan:
      return "NodeByLabelScan";
    case OperatorKind::kNodeIndexSeek:
      return static_cast<const plan::NodeIndexSeek&>(op).unique ? "NodeUniqueIndexSeek"
                                                                : "NodeIndexSeek";
    case OperatorKind::kNodeByIdSeek:
      return static_cast<const plan::NodeByIdSeek&>(op).element_id ? "NodeByElementIdSeek"
                                                                   : "NodeByIdSeek";
    case OperatorKind::kAllRelationshipsScan:
      return "AllRelationshipsScan";
    case OperatorKind::kExpand:
      return static_cast<const plan::Expand&>(op).into ? "Expand(Into)" : "Expand(All)";
    case OperatorKind::kVarLengthExpand:
      return static_cast<const plan::VarLengthExpand&>(op).into ? "VarLengthExpand(Into)"
                                                                : "VarLengthExpand(All)";
    case OperatorKind::kShortestPath:
      return "ShortestPath";
    case OperatorKind::kUnwind:
      return "Unwind";
    case OperatorKind::kProcedureCall:
      return "ProcedureCall";
    case OperatorKind::kRowSource:
      return "RowSource";
    case OperatorKind::kLoadCsv:
      return "LoadCSV";
    case OperatorKind::kFilter:
      return "Filter";
    case OperatorKind::kProject:
      return "Projection";
    case OperatorKind::kAggregate:
      return "EagerAggregation";
    case OperatorKind::kDistinct:
      return "Distinct";
    case OperatorKind::kSort:
      return static_cast<const plan::Sort&>(op).limit != nullptr ? "Top" : "Sort";
    case OperatorKind::kSkip:
      return "Skip";
    case OperatorKind::kLimit:
      return "Limit";
    case OperatorKind::kUnion:
      return "Union";
    case OperatorKind::kEager:
      return "Eager";
    case OperatorKind::kApply:
      return "Apply";
    case OperatorKind::kOptionalApply:
      return "OptionalApply";
    case OperatorKind::kSemiApply:
      return static_cast<const plan::SemiApply&>(op).anti ? "AntiSemiApply" : "SemiApply";
    case OperatorKind::kRollUpApply:
      return "RollUpApply";
    case OperatorKind::kForeach:
      return "Foreach";
    case OperatorKind::kCreate:
      return "Create";
    case OperatorKind::kMerge:
      return "Merge";
    case OperatorKind::kSetProperty:
      return "SetProperty";
    case OperatorKind::kSetProperties:
      return "SetPropertiesFromMap";
    case OperatorKind::kSetLabels:
      return "SetLabels";
    case OperatorKind::kRemoveProperty:
      return "RemoveProperty";
    case OperatorKind::kRemoveLabels:
      return "RemoveLabels";
    case OperatorKind::kDelete:
      return static_cast<const plan::Delete&>(op).detach ? "DetachDelete" : "Delete";
    case OperatorKind::kCreateIndex:
      return "CreateIndex";
    case OperatorKind::kDropIndex:
      return "DropIndex";
    case OperatorKind::kCreateConstraint:
      return "CreateConstraint";
    case OperatorKind::kDropConstraint:
      return "DropConstraint";
    case OperatorKind::kProduceResults:
      return "ProduceResults";
    case OperatorKind::kEmptyResult:
      return "EmptyResult";
  }
  TRELLIS_UNREACHABLE();
}

std::vector<const Operator*> subplans_of(const Operator& op) {
  switch (op.kind) {
    case OperatorKind::kUnion: {
      std::vector<const Operator*> branches;
      for (const auto& branch : static_cast<const plan::Union&>(op).branches) {
        branches.push_back(branch.get());
      }
      return branches;
    }
    case OperatorKind::kApply:
      return {static_cast<const plan::Apply&>(op).subplan.get()};
    case OperatorKind::kOptionalApply:
      return {static_cast<const plan::OptionalApply&>(op).subplan.get()};
    case OperatorKind::kSemiApply:
      return {static_cast<const plan::SemiApply&>(op).subplan.get()};
    case OperatorKind::kRollUpApply:
      return {static_cast<const plan::RollUpApply&>(op).subplan.get()};
    case OperatorKind::kForeach:
      return {static_cast<const plan::Foreach&>(op).subplan.get()};
    case OperatorKind::kMerge: {
      const auto& merge = static_cast<const plan::Merge&>(op);
      std::vector<const Operator*> plans{merge.match.get()};
      if (merge.on_match != nullptr) plans.push_back(merge.on_match.get());
      if (merge.on_create != nullptr) plans.push_back(merge.on_create.get());
      return plans;
    }
    default:
      return {};
  }
}

class Describer {
 public:
  explicit Describer(const plan::Plan& plan) : plan_(plan), text_(plan) {}

  PlanDescription operator_tree(const Operator& op, const std::set<std::string>& outer) {
    PlanDescription description;
    std::set<std::string> names = outer;
    if (op.input != nullptr) {
      PlanDescription input = operator_tree(*op.input, outer);
      names.insert(input.identifiers.begin(), input.identifiers.end());
      description.children.push_back(std::move(input));
    }
    if (op.kind == OperatorKind::kProject && static_cast<const plan::Project&>(op).replaces) {
      names = outer;
    }
    if (op.kind == OperatorKind::kAggregate) names = outer;
    for (const Operator* subplan : subplans_of(op)) {
      PlanDescription child = operator_tree(*subplan, names);
      names.insert(child.identifiers.begin(), child.identifiers.end());
      description.children.push_back(std::move(child));
    }
    for (const SlotId slot : text_.written_slots(op)) {
      if (slot < plan_.slot_names.size() && !plan_.slot_names[slot].empty()) {
        names.insert(plan_.slot_names[slot]);
      }
    }
    // A leaf that only hands on the outer row is left out, as Neo4j does, when something feeds on
    // it.
    std::erase_if(description.children, [](const PlanDescription& child) {
      return child.operator_type == "Argument" && child.identifiers.empty();
    });
    description.operator_type = name_of(op);
    description.identifiers.assign(names.begin(), names.end());
    add(description, "EstimatedRows", value::Value::real(op.estimated_rows));
    const std::string details = text_.details(op);
    if (!details.empty()) add(description, "Details", value::Value::string(details));
    return description;
  }

  static void add(PlanDescription& description, std::string name, const value::Value& value) {
    description.arguments.emplace_back(std::move(name), value::ValueHolder(value));
  }

 private:
  const plan::Plan& plan_;
  const ExplainText text_;
};

}  // namespace

std::shared_ptr<const PlanDescription> describe(const plan::Plan& plan) {
  auto root = std::make_shared<PlanDescription>(Describer(plan).operator_tree(*plan.root, {}));
  using value::Value;
  for (const auto& [name, text] : {std::pair{"planner", "COST"},
                                   {"planner-impl", "IDP"},
                                   {"planner-version", "5.26"},
                                   {"runtime", "PIPELINED"},
                                   {"runtime-impl", "PIPELINED"},
                                   {"runtime-version", "5.26"},
                                   {"version", "5"}}) {
    Describer::add(*root, name, Value::string(text));
  }
  return root;
}

}  // namespace trellis::cypher::exec

// SPDX-License-Identifier: Apache-2.0
#include "cypher/exec/operators/factory.h"

namespace trellis::cypher::exec {

using plan::OperatorKind;

Result<OperatorInstancePtr> make_operator(Execution& x, const plan::Operator& op) {
  switch (op.kind) {
    case OperatorKind::kArgument:
      return make_instance(x, static_cast<const plan::Argument&>(op));
    case OperatorKind::kAllNodesScan:
      return make_instance(x, static_cast<const plan::AllNodesScan&>(op));
    case OperatorKind::kNodeByLabelScan:
      return make_instance(x, static_cast<const plan::NodeByLabelScan&>(op));
    case OperatorKind::kNodeIndexSeek:
      return make_instance(x, static_cast<const plan::NodeIndexSeek&>(op));
    case OperatorKind::kNodeByIdSeek:
      return make_instance(x, static_cast<const plan::NodeByIdSeek&>(op));
    case OperatorKind::kAllRelationshipsScan:
      return make_instance(x, static_cast<const plan::AllRelationshipsScan&>(op));
    case OperatorKind::kExpand:
      return make_instance(x, static_cast<const plan::Expand&>(op));
    case OperatorKind::kVarLengthExpand:
      return make_instance(x, static_cast<const plan::VarLengthExpand&>(op));
    case OperatorKind::kShortestPath:
      return make_instance(x, static_cast<const plan::ShortestPath&>(op));
    case OperatorKind::kUnwind:
      return make_instance(x, static_cast<const plan::Unwind&>(op));
    case OperatorKind::kProcedureCall:
      return make_instance(x, static_cast<const plan::ProcedureCall&>(op));
    case OperatorKind::kRowSource:
      return make_instance(x, static_cast<const plan::RowSourceScan&>(op));
    case OperatorKind::kLoadCsv:
      return make_instance(x, static_cast<const plan::LoadCsv&>(op));
    case OperatorKind::kFilter:
      return make_instance(x, static_cast<const plan::Filter&>(op));
    case OperatorKind::kProject:
      return make_instance(x, static_cast<const plan::Project&>(op));
    case OperatorKind::kAggregate:
      return make_instance(x, static_cast<const plan::Aggregate&>(op));
    case OperatorKind::kDistinct:
      return make_instance(x, static_cast<const plan::Distinct&>(op));
    case OperatorKind::kSort:
      return make_instance(x, static_cast<const plan::Sort&>(op));
    case OperatorKind::kSkip:
      return make_instance(x, static_cast<const plan::Skip&>(op));
    case OperatorKind::kLimit:
      return make_instance(x, static_cast<const plan::Limit&>(op));
    case OperatorKind::kUnion:
      return make_instance(x, static_cast<const plan::Union&>(op));
    case OperatorKind::kEager:
      return make_instance(x, static_cast<const plan::Eager&>(op));
    case OperatorKind::kApply:
      return make_instance(x, static_cast<const plan::Apply&>(op));
    case OperatorKind::kOptionalApply:
      return make_instance(x, static_cast<const plan::OptionalApply&>(op));
    case OperatorKind::kSemiApply:
      return make_instance(x, static_cast<const plan::SemiApply&>(op));
    case OperatorKind::kRollUpApply:
      return make_instance(x, static_cast<const plan::RollUpApply&>(op));
    case OperatorKind::kForeach:
      return make_instance(x, static_cast<const plan::Foreach&>(op));
    case OperatorKind::kCreate:
      return make_instance(x, static_cast<const plan::Create&>(op));
    case OperatorKind::kMerge:
      return make_instance(x, static_cast<const plan::Merge&>(op));
    case OperatorKind::kSetProperty:
      return make_instance(x, static_cast<const plan::SetProperty&>(op));
    case OperatorKind::kSetProperties:
      return make_instance(x, static_cast<const plan::SetProperties&>(op));
    case OperatorKind::kSetLabels:
      return make_instance(x, static_cast<const plan::SetLabels&>(op));
    case OperatorKind::kRemoveProperty:
      return make_instance(x, static_cast<const plan::RemoveProperty&>(op));
    case OperatorKind::kRemoveLabels:
      return make_instance(x, static_cast<const plan::RemoveLabels&>(op));
    case OperatorKind::kDelete:
      return make_instance(x, static_cast<const plan::Delete&>(op));
    case OperatorKind::kCreateIndex:
      return make_instance(x, static_cast<const plan::CreateIndex&>(op));
    case OperatorKind::kDropIndex:
      return make_instance(x, static_cast<const plan::DropIndex&>(op));
    case OperatorKind::kCreateConstraint:
      return make_instance(x, static_cast<const plan::CreateConstraint&>(op));
    case OperatorKind::kDropConstraint:
      return make_instance(x, static_cast<const plan::DropConstraint&>(op));
    case OperatorKind::kProduceResults:
      return make_instance(x, static_cast<const plan::ProduceResults&>(op));
    case OperatorKind::kEmptyResult:
      return make_instance(x, static_cast<const plan::EmptyResult&>(op));
  }
  TRELLIS_UNREACHABLE();
}

}  // namespace trellis::cypher::exec

// SPDX-License-Identifier: Apache-2.0
//
// From plan operators to instances. Each make_instance stands in the file of its operator.
#pragma once

#include "cypher/exec/operator.h"

namespace trellis::cypher::exec {

Result<OperatorInstancePtr> make_operator(Execution& x, const plan::Operator& op);

Result<OperatorInstancePtr> make_instance(Execution& x, const plan::Argument& op);
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::AllNodesScan& op);
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::NodeByLabelScan& op);
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::NodeIndexSeek& op);
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::NodeByIdSeek& op);
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::AllRelationshipsScan& op);
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::Expand& op);
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::VarLengthExpand& op);
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::ShortestPath& op);
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::Unwind& op);
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::ProcedureCall& op);
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::RowSourceScan& op);
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::LoadCsv& op);
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::Filter& op);
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::Project& op);
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::Aggregate& op);
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::Distinct& op);
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::Sort& op);
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::Skip& op);
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::Limit& op);
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::Union& op);
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::Eager& op);
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::Apply& op);
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::OptionalApply& op);
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::SemiApply& op);
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::RollUpApply& op);
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::Foreach& op);
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::Create& op);
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::Merge& op);
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::SetProperty& op);
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::SetProperties& op);
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::SetLabels& op);
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::RemoveProperty& op);
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::RemoveLabels& op);
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::Delete& op);
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::CreateIndex& op);
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::DropIndex& op);
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::CreateConstraint& op);
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::DropConstraint& op);
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::ProduceResults& op);
Result<OperatorInstancePtr> make_instance(Execution& x, const plan::EmptyResult& op);

}  // namespace trellis::cypher::exec

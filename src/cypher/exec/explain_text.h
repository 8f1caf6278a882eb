// SPDX-License-Identifier: Apache-2.0
//
// The words of EXPLAIN: what an operator works on, and expressions as Cypher writes them.
#pragma once

#include <string>
#include <vector>

#include "cypher/plan/plan.h"

namespace trellis::cypher::exec {

class ExplainText {
 public:
  explicit ExplainText(const plan::Plan& plan) : plan_(plan) {}

  std::string details(const plan::Operator& op) const;
  // Slots that the operator itself adds to its rows.
  std::vector<plan::SlotId> written_slots(const plan::Operator& op) const;
  std::string expression(const plan::Expression* e) const;

 private:
  std::string slot(plan::SlotId s) const;
  std::string joined(const std::vector<plan::ExpressionPtr>& args, std::string_view between) const;
  std::string hop(plan::SlotId from, plan::SlotId relationship, plan::SlotId to,
                  storage::Direction direction, const std::vector<plan::TokenRef>& types,
                  const std::string& length) const;

  const plan::Plan& plan_;
};

}  // namespace trellis::cypher::exec

// SPDX-License-Identifier: Apache-2.0
//
// What the built-in roles hold (Operations Manual, "Built-in roles").
#include "security/privilege.h"

namespace trellis::security {
namespace {

Privilege grant(Action action, Segment segment = Segment::kDatabase,
                GraphScopeKind scope = GraphScopeKind::kAll) {
  Privilege privilege;
  privilege.action = action;
  privilege.segment = segment;
  privilege.scope.kind = scope;
  return privilege;
}

std::vector<Privilege> with(std::vector<Privilege> base, std::vector<Privilege> more) {
  base.insert(base.end(), more.begin(), more.end());
  return base;
}

}  // namespace

std::vector<BuiltInRole> built_in_roles() {
  const std::vector<Privilege> reader = {
      grant(Action::kAccess),
      grant(Action::kMatch, Segment::kNodes),
      grant(Action::kMatch, Segment::kRelationships),
      grant(Action::kShowConstraint),
      grant(Action::kShowIndex),
  };
  const std::vector<Privilege> editor = with(reader, {grant(Action::kWrite)});
  const std::vector<Privilege> publisher = with(editor, {grant(Action::kToken)});
  const std::vector<Privilege> architect =
      with(publisher, {grant(Action::kConstraint), grant(Action::kIndex)});
  const std::vector<Privilege> admin =
      with(architect, {grant(Action::kAllDbms), grant(Action::kLoad, Segment::kAllData),
                       grant(Action::kStartDatabase), grant(Action::kStopDatabase),
                       grant(Action::kTransactionManagement, Segment::kUsers)});
  const std::vector<Privilege> everybody = {
      grant(Action::kAccess, Segment::kDatabase, GraphScopeKind::kHome),
      grant(Action::kExecute, Segment::kProcedures),
      grant(Action::kExecute, Segment::kFunctions),
      grant(Action::kLoad, Segment::kAllData),
  };
  return {{std::string(kPublicRole), everybody},
          {"reader", reader},
          {"editor", editor},
          {"publisher", publisher},
          {"architect", architect},
          {std::string(kAdminRole), admin}};
}

}  // namespace trellis::security

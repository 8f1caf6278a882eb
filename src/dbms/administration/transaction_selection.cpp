// SPDX-License-Identifier: Apache-2.0
#include "dbms/administration/transaction_selection.h"

namespace trellis::dbms {

bool may_touch(const Principal& principal, const TransactionRecord::View& view,
               security::Action action) {
  if (view.username == principal.username &&
      view.authenticated_user == principal.authenticated_user) {
    return true;
  }
  return principal.may(action, view.database, view.username);
}

}  // namespace trellis::dbms

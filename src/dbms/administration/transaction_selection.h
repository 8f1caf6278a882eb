// SPDX-License-Identifier: Apache-2.0
//
// What SHOW and TERMINATE TRANSACTIONS share.
#pragma once

#include "dbms/administration/show.h"
#include "dbms/transaction_registry.h"

namespace trellis::dbms {

// One's own, or with the privilege for that user in that database.
bool may_touch(const Principal& principal, const TransactionRecord::View& view,
               security::Action action);

}  // namespace trellis::dbms

// SPDX-License-Identifier: Apache-2.0
//
// The procedures of this room, one family per function. `dbms` is read when a procedure is called.
#pragma once

#include <vector>

#include "cypher/row_source.h"
#include "dbms/dbms.h"

namespace trellis::dbms {

void add_user_procedures(std::vector<cypher::Procedure>& table, Dbms* const* dbms);
void add_configuration_procedures(std::vector<cypher::Procedure>& table, Dbms* const* dbms);
void add_certificate_procedures(std::vector<cypher::Procedure>& table, Dbms* const* dbms);
void add_default_database_procedure(std::vector<cypher::Procedure>& table, Dbms* const* dbms);

}  // namespace trellis::dbms

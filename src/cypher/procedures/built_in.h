// SPDX-License-Identifier: Apache-2.0
//
// The procedures that need a graph or nothing at all. Others (users, configuration, connections)
// are contributed by the rooms that know them, under names of their own or in place of one of
// these. Source: Operations manual, "Procedures".
#pragma once

#include <memory>
#include <vector>

#include "cypher/row_source.h"

namespace trellis::cypher {

// Of the built-in ones and the contributed ones, which go first under the same name. Sorted by
// name.
std::unique_ptr<ProcedureTable> make_procedure_table(std::vector<Procedure> contributed = {});

// The families, one file each.
void add_catalog_procedures(std::vector<Procedure>& table);  // db.labels, db.ping, db.info, ...
void add_visualization_procedure(std::vector<Procedure>& table);  // db.schema.visualization
void add_dbms_procedures(std::vector<Procedure>& table);  // dbms.components, trellis.info, ...
void add_transaction_procedures(std::vector<Procedure>& table);  // tx.getMetaData, tx.setMetaData

}  // namespace trellis::cypher

// SPDX-License-Identifier: Apache-2.0
//
// IS :: TYPE, and valueType(). Source: Neo4j Cypher manual, "Type predicate expressions".
// null is of every type without NOT NULL.
#pragma once

#include <string>

#include "cypher/plan/expression.h"
#include "value/value.h"

namespace trellis::cypher {

bool has_type(const value::Value& value, const plan::TypeSpec& type);

// "INTEGER NOT NULL", "LIST<INTEGER NOT NULL | STRING NOT NULL> NOT NULL", "NULL".
std::string type_text(const value::Value& value);

}  // namespace trellis::cypher

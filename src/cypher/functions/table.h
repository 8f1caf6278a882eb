// SPDX-License-Identifier: Apache-2.0
//
// How the families of functions fill the registry. Private to the folder.
#pragma once

#include <string_view>
#include <vector>

#include "cypher/functions/function.h"

namespace trellis::cypher::functions {

struct Table {
  std::vector<Function> scalars;
  std::vector<AggregateFunction> aggregates;
};

// One row. The name is what stands before '(' in the signature; arguments are required unless
// min_arguments says otherwise.
struct Row {
  std::string_view signature;
  std::vector<TypeMask> arguments = {};
  StaticType result = {};
  std::string_view description;
  Function::Call call = nullptr;
  int min_arguments = -1;  // -1: all of them
  bool unlimited = false;  // the last argument may repeat
  bool null_propagating = true;
  bool deterministic = true;
  std::string_view deprecated_by = {};
  bool deprecated = false;
};

void add_rows(Table& table, FunctionCategory category, std::vector<Row> rows);
std::string_view name_in(std::string_view signature);

// TypeError (InvalidArgumentValue): toUpper() takes a STRING, not INTEGER.
tl::unexpected<Error> wrong_argument(std::string_view function, std::string_view expected,
                                     const value::Value& given);

void add_aggregating(Table& table);
void add_conversion(Table& table);
void add_duration(Table& table);
void add_entity(Table& table);
void add_list(Table& table);
void add_logarithmic(Table& table);
void add_numeric(Table& table);
void add_predicate(Table& table);
void add_scalar(Table& table);
void add_spatial(Table& table);
void add_string(Table& table);
void add_syntax_forms(Table& table);
void add_temporal(Table& table);
void add_trigonometric(Table& table);
void add_vector(Table& table);

}  // namespace trellis::cypher::functions

// SPDX-License-Identifier: Apache-2.0
#include "cypher/functions/table.h"

namespace trellis::cypher::functions {
namespace {

using value::Type;
using value::Value;

Result<Value> exists(const FunctionContext&, std::span<const Value> args) {
  return Value::boolean(!args[0].is_null());
}

Result<Value> is_empty(const FunctionContext&, std::span<const Value> args) {
  const Value& subject = args[0];
  if (subject.is(Type::kString)) return Value::boolean(subject.as_string().empty());
  if (subject.is(Type::kList)) return Value::boolean(subject.as_list().empty());
  if (subject.is(Type::kMap)) return Value::boolean(subject.as_map().empty());
  return wrong_argument("isEmpty", "a STRING, a LIST or a MAP", subject);
}

}  // namespace

void add_predicate(Table& table) {
  const StaticType boolean = StaticType::of(kBooleanType);
  add_rows(table, FunctionCategory::kPredicate,
           {
               {.signature = "exists(input :: ANY) :: BOOLEAN",
                .arguments = {kAnyType},
                .result = boolean,
                .description = "Whether a pattern has a match, or a value is not null.",
                .call = exists,
                .null_propagating = false},
               {.signature = "isEmpty(input :: STRING | MAP | LIST<ANY>) :: BOOLEAN",
                .arguments = {kStringType | kMapType | kListType},
                .result = boolean,
                .description = "Whether a string, list or map has nothing in it.",
                .call = is_empty},
           });
}

}  // namespace trellis::cypher::functions

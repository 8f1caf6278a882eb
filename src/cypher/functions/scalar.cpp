// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <chrono>

#include "cypher/functions/table.h"
#include "cypher/functions/type_test.h"
#include "value/compare.h"
#include "value/unicode.h"

namespace trellis::cypher::functions {
namespace {

using value::Type;
using value::Value;
using Arguments = std::span<const Value>;

Result<Value> coalesce(const FunctionContext&, Arguments args) {
  for (const Value& argument : args) {
    if (!argument.is_null()) return argument;
  }
  return Value();
}

Result<Value> null_if(const FunctionContext&, Arguments args) {
  if (value::equals(args[0], args[1]) == value::Ternary::kTrue) return Value();
  return args[0];
}

Result<Value> random_uuid(const FunctionContext& context, Arguments) {
  TRELLIS_ASSERT(context.environment.random != nullptr);
  // RFC 9562, version 4, variant 1.
  const uint64_t high =
      (context.environment.random->next() & 0xFFFFFFFFFFFF0FFFULL) | 0x0000000000004000ULL;
  const uint64_t low =
      (context.environment.random->next() & 0x3FFFFFFFFFFFFFFFULL) | 0x8000000000000000ULL;
  return value::make_string(
      context.arena,
      fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, (high >> 16) & 0xFFFF,
                  high & 0xFFFF, low >> 48, low & 0xFFFFFFFFFFFFULL));
}

Result<Value> timestamp(const FunctionContext& context, Arguments) {
  const auto since = context.environment.statement_time.time_since_epoch();
  return Value::integer(std::chrono::floor<std::chrono::milliseconds>(since).count());
}

Result<Value> value_type(const FunctionContext& context, Arguments args) {
  return value::make_string(context.arena, type_text(args[0]));
}

Result<Value> size(const FunctionContext&, Arguments args) {
  const Value& subject = args[0];
  if (subject.is(Type::kList))
    return Value::integer(static_cast<int64_t>(subject.as_list().size()));
  if (subject.is(Type::kBytes)) {
    return Value::integer(static_cast<int64_t>(subject.as_bytes().size()));
  }
  if (subject.is(Type::kString)) {
    return Value::integer(static_cast<int64_t>(value::code_points(subject.as_string())));
  }
  return wrong_argument("size", "a STRING or a LIST", subject);
}

Result<Value> char_length(const FunctionContext&, Arguments args) {
  if (!args[0].is(Type::kString)) return wrong_argument("char_length", "a STRING", args[0]);
  return Value::integer(static_cast<int64_t>(value::code_points(args[0].as_string())));
}

Result<Value> head(const FunctionContext&, Arguments args) {
  if (!args[0].is(Type::kList)) return wrong_argument("head", "a LIST", args[0]);
  const auto list = args[0].as_list();
  return list.empty() ? Value() : list.front();
}

Result<Value> last(const FunctionContext&, Arguments args) {
  if (!args[0].is(Type::kList)) return wrong_argument("last", "a LIST", args[0]);
  const auto list = args[0].as_list();
  return list.empty() ? Value() : list.back();
}

// Outside LOAD CSV there is no file.
Result<Value> no_value(const FunctionContext&, Arguments) { return Value(); }

}  // namespace

void add_scalar(Table& table) {
  const StaticType string = StaticType::of(kStringType);
  const StaticType integer = StaticType::of(kIntegerType);
  add_rows(
      table, FunctionCategory::kScalar,
      {
          {.signature = "coalesce(input :: ANY) :: ANY",
           .arguments = {kAnyType},
           .description = "The first of its arguments that is not null.",
           .call = coalesce,
           .unlimited = true,
           .null_propagating = false},
          {.signature = "nullIf(v1 :: ANY, v2 :: ANY) :: ANY",
           .arguments = {kAnyType, kAnyType},
           .description = "Null when both values are equal, else the first one.",
           .call = null_if,
           .null_propagating = false},
          {.signature = "randomUUID() :: STRING",
           .result = string,
           .description = "A new random UUID (version 4).",
           .call = random_uuid,
           .deterministic = false},
          {.signature = "timestamp() :: INTEGER",
           .result = integer,
           .description = "Milliseconds since 1970-01-01T00:00Z, the same during one statement.",
           .call = timestamp},
          {.signature = "valueType(input :: ANY) :: STRING",
           .arguments = {kAnyType},
           .result = string,
           .description = "The most precise type of a value, as text.",
           .call = value_type,
           .null_propagating = false},
          {.signature = "size(input :: STRING | LIST<ANY>) :: INTEGER",
           .arguments = {kStringType | kListType},
           .result = integer,
           .description = "How many elements a list has, or code points a string.",
           .call = size},
          {.signature = "char_length(input :: STRING) :: INTEGER",
           .arguments = {kStringType},
           .result = integer,
           .description = "How many code points a string has.",
           .call = char_length},
          {.signature = "character_length(input :: STRING) :: INTEGER",
           .arguments = {kStringType},
           .result = integer,
           .description = "How many code points a string has.",
           .call = char_length},
          {.signature = "head(list :: LIST<ANY>) :: ANY",
           .arguments = {kListType},
           .description = "The first element of a list, or null.",
           .call = head},
          {.signature = "last(list :: LIST<ANY>) :: ANY",
           .arguments = {kListType},
           .description = "The last element of a list, or null.",
           .call = last},
          {.signature = "file() :: STRING",
           .result = string,
           .description = "The absolute path of the file that LOAD CSV reads.",
           .call = no_value},
          {.signature = "linenumber() :: INTEGER",
           .result = integer,
           .description = "The line that LOAD CSV reads.",
           .call = no_value},
      });
}

void add_syntax_forms(Table& table) {
  add_rows(table, FunctionCategory::kPredicate,
           {
               {.signature = "all(variable :: VARIABLE IN list :: LIST<ANY> WHERE predicate :: "
                             "ANY) :: BOOLEAN",
                .description = "Whether the predicate holds for every element."},
               {.signature = "any(variable :: VARIABLE IN list :: LIST<ANY> WHERE predicate :: "
                             "ANY) :: BOOLEAN",
                .description = "Whether the predicate holds for at least one element."},
               {.signature = "none(variable :: VARIABLE IN list :: LIST<ANY> WHERE predicate :: "
                             "ANY) :: BOOLEAN",
                .description = "Whether the predicate holds for no element."},
               {.signature = "single(variable :: VARIABLE IN list :: LIST<ANY> WHERE predicate "
                             ":: ANY) :: BOOLEAN",
                .description = "Whether the predicate holds for exactly one element."},
           });
  add_rows(table, FunctionCategory::kList,
           {{.signature = "reduce(accumulator :: VARIABLE = initial :: ANY, variable :: VARIABLE "
                          "IN list :: LIST<ANY> | expression :: ANY) :: ANY",
             .description = "Folds a list: the expression's value becomes the accumulator."}});
  add_rows(table, FunctionCategory::kGraph,
           {{.signature = "graph.byName(name :: STRING) :: GRAPH",
             .description = "The graph of a composite database with that name, for USE."},
            {.signature = "graph.byElementId(elementId :: STRING) :: GRAPH",
             .description = "The graph that the entity with that element id is in, for USE."}});
}

}  // namespace trellis::cypher::functions

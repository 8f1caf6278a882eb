// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>

#include "base/memory_limit.h"
#include "cypher/functions/table.h"
#include "value/compare.h"
#include "value/unicode.h"

namespace trellis::cypher::functions {
namespace {

using value::Type;
using value::Value;
using Arguments = std::span<const Value>;

Result<Value> range(const FunctionContext& context, Arguments args) {
  for (const Value& argument : args) {
    if (!argument.is(Type::kInteger)) {
      return fail(ErrorCode::ArgumentError, "range() takes INTEGER bounds and step, not {}.",
                  value::type_name(argument.type()));
    }
  }
  const int64_t first = args[0].as_integer();
  const int64_t end = args[1].as_integer();
  const int64_t step = args.size() > 2 ? args[2].as_integer() : 1;
  if (step == 0) return fail(ErrorCode::NumberOutOfRange, "The step of range() cannot be zero.");
  if (step > 0 ? first > end : first < end) return Value::list({});
  const __int128 steps = (__int128{end} - first) / step;
  // A list's length is 32 bits wide.
  if (steps >= std::numeric_limits<int32_t>::max()) {
    return fail(ErrorCode::NumberOutOfRange,
                "range({}, {}, {}) is too long for a list: unwind it in parts.", first, end, step);
  }
  const size_t count = static_cast<size_t>(steps) + 1;
  TRELLIS_TRY(ask_for(context.arena, count * sizeof(Value)));
  Value* out = context.arena.alloc_array<Value>(count);
  int64_t at = first;
  for (size_t i = 0; i < count; ++i) {
    new (&out[i]) Value(Value::integer(at));
    if (i + 1 < count) at += step;
  }
  return Value::list({out, count});
}

Result<Value> tail(const FunctionContext&, Arguments args) {
  if (!args[0].is(Type::kList)) return wrong_argument("tail", "a LIST", args[0]);
  const auto list = args[0].as_list();
  return Value::list(list.empty() ? list : list.subspan(1));
}

Result<Value> reverse(const FunctionContext& context, Arguments args) {
  if (args[0].is(Type::kString)) {
    return Value::string(value::reverse(context.arena, args[0].as_string()));
  }
  if (!args[0].is(Type::kList)) return wrong_argument("reverse", "a STRING or a LIST", args[0]);
  const auto list = args[0].as_list();
  Value* out = context.arena.alloc_array<Value>(list.size());
  std::uninitialized_copy(list.rbegin(), list.rend(), out);
  return Value::list({out, list.size()});
}

}  // namespace

void add_list(Table& table) {
  add_rows(table, FunctionCategory::kList,
           {
               // Wrong types are told at run time, as an argument error.
               {.signature = "range(start :: INTEGER, end :: INTEGER, step :: INTEGER) :: "
                             "LIST<INTEGER>",
                .arguments = {kAnyType, kAnyType, kAnyType},
                .result = StaticType::list_of(kIntegerType),
                .description = "The integers from start to end, both included, step by step.",
                .call = range,
                .min_arguments = 2},
               {.signature = "tail(input :: LIST<ANY>) :: LIST<ANY>",
                .arguments = {kListType},
                .result = StaticType::of(kListType),
                .description = "All elements of a list but the first.",
                .call = tail},
           });
  add_rows(table, FunctionCategory::kString,
           {{.signature = "reverse(input :: STRING | LIST<ANY>) :: STRING | LIST<ANY>",
             .arguments = {kStringType | kListType},
             .result = StaticType::of(kStringType | kListType),
             .description = "The code points of a string, or elements of a list, backwards.",
             .call = reverse}});
}

}  // namespace trellis::cypher::functions

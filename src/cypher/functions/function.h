// SPDX-License-Identifier: Apache-2.0
//
// What a function is. The table of all is in registry.h.
//
//   Function           scalar: values in, one value out, no effects
//   AggregateFunction  many rows in, one value out: see aggregation.h
// Both begin with the signature that semantics reads, so that what FunctionCatalog::find_function
// gave can be cast back (Function::of, AggregateFunction::of).
//
// Invariants
//   1. Function::call is given between min_arguments and max_arguments values, all of them
//   evaluated.
//      When null_propagating, none of them is null: call_function() sees to that.
//   2. A result points into the context's arena, into the arguments, or to static memory.
//   3. Arguments of a wrong type give TypeError (InvalidArgumentValue), never a crash: static types
//      are only a first check.
// Thread-safety: functions are immutable and pure; a context belongs to one execution.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "base/arena.h"
#include "base/result.h"
#include "cypher/functions/entity_reader.h"
#include "cypher/semantics/catalog.h"
#include "os/clock.h"
#include "value/value.h"

namespace trellis::cypher {

// xoshiro256**. Not thread-safe. from_system() takes its state from the kernel: good for UUIDs.
class RandomBits {
 public:
  explicit RandomBits(uint64_t seed);
  static RandomBits from_system();
  uint64_t next();
  double next_unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }  // [0, 1)

 private:
  uint64_t state_[4];
};

// What functions may use of the execution around them. One per execution.
struct FunctionEnvironment {
  os::Clock::Wall transaction_time{};   // date.transaction()
  os::Clock::Wall statement_time{};     // date(), date.statement(), timestamp()
  const os::Clock* clock = nullptr;     // date.realtime(); null: statement_time
  std::string_view default_zone = "Z";  // db.temporal.timezone: offset or IANA name
  RandomBits* random = nullptr;         // rand(), randomUUID(); must be given where they are used
  const EntityReader* entities = nullptr;  // null: entities are records only
};

struct FunctionContext {
  Arena& arena;  // results live here
  const FunctionEnvironment& environment;
};

enum class FunctionCategory : uint8_t {
  kAggregating,
  kDatabase,
  kGraph,
  kList,
  kLogarithmic,
  kNumeric,
  kPredicate,
  kScalar,
  kSpatial,
  kString,
  kTemporal,
  kTrigonometric,
  kVector,
};
std::string_view to_string(FunctionCategory category);  // as SHOW FUNCTIONS prints it

// What SHOW FUNCTIONS says. Static text.
struct FunctionDescription {
  FunctionCategory category = FunctionCategory::kScalar;
  std::string_view description;
  // "toUpper(input :: STRING) :: STRING": names and types of arguments and result are read from it.
  std::string_view signature;
  std::string_view deprecated_by;  // empty: not deprecated, or by nothing
  bool deprecated = false;
};

struct Function : FunctionSignature {
  using Call = Result<value::Value> (*)(const FunctionContext& context,
                                        std::span<const value::Value> arguments);
  bool null_propagating = true;  // any null argument: null, without a call
  Call call = nullptr;  // null: a form of syntax (all, reduce, ...), listed but never found
  FunctionDescription text;

  // Null when the signature is an aggregate's.
  static const Function* of(const FunctionSignature* signature) {
    return signature->aggregating ? nullptr : static_cast<const Function*>(signature);
  }
};

// The one way to call a function: handles null_propagating.
inline Result<value::Value> call_function(const Function& function, const FunctionContext& context,
                                          std::span<const value::Value> arguments) {
  if (function.null_propagating) {
    for (const value::Value& argument : arguments) {
      if (argument.is_null()) return value::Value();
    }
  }
  return function.call(context, arguments);
}

class Aggregation;
struct AggregateFunction : FunctionSignature {
  using Make = std::unique_ptr<Aggregation> (*)(Arena& arena);
  Make make = nullptr;
  FunctionDescription text;

  static const AggregateFunction* of(const FunctionSignature* signature) {
    return signature->aggregating ? static_cast<const AggregateFunction*>(signature) : nullptr;
  }
};

}  // namespace trellis::cypher

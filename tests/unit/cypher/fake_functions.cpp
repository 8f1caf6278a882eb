// SPDX-License-Identifier: Apache-2.0
#include "unit/cypher/fake_functions.h"

namespace trellis::test {

using namespace cypher;

FakeFunctions::FakeFunctions() {
  const auto add = [this](const char* name, int min, int max, std::vector<TypeMask> arguments = {},
                          StaticType result = {}) -> FunctionSignature& {
    FunctionSignature& signature = functions_[name];
    signature.name = functions_.find(name)->first;
    signature.min_arguments = static_cast<uint8_t>(min);
    signature.max_arguments = static_cast<uint8_t>(max);
    signature.argument_types = std::move(arguments);
    signature.result = result;
    return signature;
  };
  for (const char* name : {"count", "sum", "avg", "min", "max", "collect", "stdev", "stdevp"}) {
    add(name, 1, 1).aggregating = true;
  }
  add("percentiledisc", 2, 2).aggregating = true;
  add("percentilecont", 2, 2).aggregating = true;
  add("rand", 0, 0).deterministic = false;
  add("labels", 1, 1, {kNodeType}, StaticType::list_of(kStringType));
  add("type", 1, 1, {kRelationshipType}, StaticType::of(kStringType));
  add("properties", 1, 1, {kEntityType | kMapType}, StaticType::of(kMapType));
  add("keys", 1, 1, {kEntityType | kMapType}, StaticType::list_of(kStringType));
  add("size", 1, 1, {kListType | kStringType}, StaticType::of(kIntegerType));
  add("length", 1, 1, {kPathType}, StaticType::of(kIntegerType));
  add("nodes", 1, 1, {kPathType}, StaticType::list_of(kNodeType));
  add("relationships", 1, 1, {kPathType}, StaticType::list_of(kRelationshipType));
  add("exists", 1, 1, {}, StaticType::of(kBooleanType));
  for (const char* name :
       {"id",        "head", "last",    "tail",      "abs",      "ceil",          "floor",
        "sign",      "sqrt", "tolower", "toupper",   "tostring", "tointeger",     "tofloat",
        "toboolean", "trim", "ltrim",   "rtrim",     "reverse",  "startnode",     "endnode",
        "timestamp", "date", "time",    "localtime", "datetime", "localdatetime", "duration"}) {
    add(name, 0, 1);
  }
  for (const char* name : {"coalesce",
                           "substring",
                           "left",
                           "right",
                           "split",
                           "replace",
                           "range",
                           "round",
                           "date.truncate",
                           "time.truncate",
                           "localtime.truncate",
                           "datetime.truncate",
                           "localdatetime.truncate",
                           "duration.between",
                           "duration.inmonths",
                           "duration.indays",
                           "duration.inseconds",
                           "datetime.fromepoch",
                           "datetime.fromepochmillis",
                           "date.transaction",
                           "date.statement",
                           "date.realtime",
                           "time.transaction",
                           "time.statement",
                           "time.realtime",
                           "localtime.transaction",
                           "localtime.statement",
                           "localtime.realtime",
                           "datetime.transaction",
                           "datetime.statement",
                           "datetime.realtime",
                           "localdatetime.transaction",
                           "localdatetime.statement",
                           "localdatetime.realtime"}) {
    add(name, 0, FunctionSignature::kUnlimited);
  }
}

}  // namespace trellis::test

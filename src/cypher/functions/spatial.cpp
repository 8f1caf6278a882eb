// SPDX-License-Identifier: Apache-2.0
#include "value/spatial.h"

#include "cypher/functions/table.h"

namespace trellis::cypher::functions {
namespace {

using value::Type;
using value::Value;
using Arguments = std::span<const Value>;

Result<Value> point(const FunctionContext& context, Arguments args) {
  if (args[0].is(Type::kPoint)) return args[0];
  std::span<const value::MapEntry> components;
  if (args[0].is(Type::kMap)) {
    components = args[0].as_map();
  } else if (args[0].is_entity()) {
    TRELLIS_TRY_ASSIGN(components,
                       properties_of(context.environment.entities, args[0], context.arena));
  } else {
    return wrong_argument("point", "a MAP", args[0]);
  }
  return value::make_point(context.arena, components);
}

Result<Value> distance(const FunctionContext&, Arguments args) {
  // What is no point has no distance.
  if (!args[0].is(Type::kPoint) || !args[1].is(Type::kPoint)) return Value();
  const auto metres = value::distance(args[0].as_point(), args[1].as_point());
  return metres ? Value::real(*metres) : Value();
}

Result<Value> within_box(const FunctionContext&, Arguments args) {
  for (const Value& argument : args) {
    if (!argument.is(Type::kPoint)) return Value();
  }
  return value::to_value(
      value::within_box(args[0].as_point(), args[1].as_point(), args[2].as_point()));
}

}  // namespace

void add_spatial(Table& table) {
  add_rows(
      table, FunctionCategory::kSpatial,
      {
          {.signature = "point(input :: MAP) :: POINT",
           .arguments = {kMapType | kEntityType | kPointType},
           .result = StaticType::of(kPointType),
           .description = "A point from x and y, or longitude and latitude, in two dimensions or "
                          "three.",
           .call = point},
          {.signature = "point.distance(from :: POINT, to :: POINT) :: FLOAT",
           .arguments = {kPointType, kPointType},
           .result = StaticType::of(kFloatType),
           .description = "The distance of two points in one coordinate reference system; metres "
                          "for geographic ones.",
           .call = distance},
          {.signature = "point.withinBBox(point :: POINT, lowerLeft :: POINT, upperRight :: POINT) "
                        ":: BOOLEAN",
           .arguments = {kPointType, kPointType, kPointType},
           .result = StaticType::of(kBooleanType),
           .description = "Whether a point lies in a box, its border included.",
           .call = within_box},
      });
}

}  // namespace trellis::cypher::functions

// SPDX-License-Identifier: Apache-2.0
#include "cypher/semantics/static_type.h"

#include <string_view>

namespace trellis::cypher {
namespace {

struct Row {
  TypeMask bit;
  std::string_view name;
};
constexpr Row kNames[] = {
    {kBooleanType, "Boolean"},
    {kIntegerType, "Integer"},
    {kFloatType, "Float"},
    {kStringType, "String"},
    {kListType, "List"},
    {kMapType, "Map"},
    {kNodeType, "Node"},
    {kRelationshipType, "Relationship"},
    {kPathType, "Path"},
    {kPointType, "Point"},
    {kDateType, "Date"},
    {kLocalTimeType, "LocalTime"},
    {kZonedTimeType, "Time"},
    {kLocalDateTimeType, "LocalDateTime"},
    {kZonedDateTimeType, "DateTime"},
    {kDurationType, "Duration"},
};

std::string mask_name(TypeMask mask) {
  if (mask == kNullType) return "Null";
  if ((mask & kAnyType) == kAnyType) return "Any";
  std::string text;
  TypeMask left = mask;
  for (const Row& row : kNames) {
    if ((left & row.bit) == 0) continue;
    left &= ~TypeMask{row.bit};
    if (!text.empty()) text += left == 0 ? " or " : ", ";
    text += row.name;
  }
  return text;
}

}  // namespace

std::string to_string(StaticType type) {
  if (type.mask == kListType) return "List<" + mask_name(type.element) + ">";
  return mask_name(type.mask);
}

}  // namespace trellis::cypher

// SPDX-License-Identifier: Apache-2.0
#include "storage/storable.h"

#include "value/compare.h"

namespace trellis::storage {
namespace {

bool storable(const value::Value& value, bool inside_list) {
  switch (value.type()) {
    case value::Type::kNull:
      return !inside_list;
    case value::Type::kMap:
    case value::Type::kNode:
    case value::Type::kRelationship:
    case value::Type::kPath:
      return false;
    case value::Type::kList:
      if (inside_list) return false;
      for (const value::Value& element : value.as_list()) {
        if (!storable(element, true)) return false;
      }
      return true;
    default:
      return true;
  }
}

}  // namespace

Result<> check_storable(const value::Value& value) {
  if (storable(value, false)) return {};
  return fail(ErrorCode::InvalidPropertyType,
              "Property values can only be of primitive types or arrays thereof. This is a {}: "
              "store its parts in properties of their own.",
              value::type_name(value.type()));
}

Result<> check_storable(std::span<const Property> properties) {
  for (const Property& property : properties) TRELLIS_TRY(check_storable(property.value));
  return {};
}

}  // namespace trellis::storage

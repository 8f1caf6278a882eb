// SPDX-License-Identifier: Apache-2.0
//
// What is known of a value's type before execution: a set of possible types, and for lists the set
// of possible element types (one level). kAnyType is "nothing is known". null is possible
// everywhere and not tracked, except that an expression that can only be null has kNullType.
#pragma once

#include <cstdint>
#include <string>

namespace trellis::cypher {

enum TypeBit : uint32_t {
  kNullType = 0,
  kBooleanType = 1u << 0,
  kIntegerType = 1u << 1,
  kFloatType = 1u << 2,
  kStringType = 1u << 3,
  kListType = 1u << 4,
  kMapType = 1u << 5,
  kNodeType = 1u << 6,
  kRelationshipType = 1u << 7,
  kPathType = 1u << 8,
  kPointType = 1u << 9,
  kDateType = 1u << 10,
  kLocalTimeType = 1u << 11,
  kZonedTimeType = 1u << 12,
  kLocalDateTimeType = 1u << 13,
  kZonedDateTimeType = 1u << 14,
  kDurationType = 1u << 15,

  kAnyType = (1u << 16) - 1,
  kNumberType = kIntegerType | kFloatType,
  kTemporalInstantType =
      kDateType | kLocalTimeType | kZonedTimeType | kLocalDateTimeType | kZonedDateTimeType,
  kTemporalType = kTemporalInstantType | kDurationType,
  kEntityType = kNodeType | kRelationshipType,
  // What has properties or fields behind a dot.
  kPropertyBearingType = kEntityType | kMapType | kTemporalType | kPointType,
};
using TypeMask = uint32_t;

struct StaticType {
  TypeMask mask = kAnyType;
  TypeMask element = kAnyType;  // of the list elements, when the value is a list

  static StaticType of(TypeMask mask) { return {mask, kAnyType}; }
  static StaticType list_of(TypeMask element) { return {kListType, element}; }

  bool may_be(TypeMask types) const { return mask == kNullType || (mask & types) != 0; }
  bool is_only(TypeMask types) const { return mask != kNullType && (mask & ~types) == 0; }
  StaticType united(StaticType other) const {
    const bool mine = (mask & kListType) != 0;
    const bool theirs = (other.mask & kListType) != 0;
    return {mask | other.mask, mine && theirs ? element | other.element
                               : mine         ? element
                                              : other.element};
  }
  friend bool operator==(const StaticType&, const StaticType&) = default;
};

// "Integer", "Integer or Float", "List<Node>", for messages.
std::string to_string(StaticType type);

}  // namespace trellis::cypher

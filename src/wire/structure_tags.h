// SPDX-License-Identifier: Apache-2.0
//
// Tags of PackStream structures. Source: neo4j.com/docs/bolt, "Structure semantics".
#pragma once

#include <cstdint>

namespace trellis::wire {

inline constexpr uint8_t kNode = 0x4E;
inline constexpr uint8_t kRelationship = 0x52;
inline constexpr uint8_t kUnboundRelationship = 0x72;
inline constexpr uint8_t kPath = 0x50;
inline constexpr uint8_t kDate = 0x44;
inline constexpr uint8_t kTime = 0x54;
inline constexpr uint8_t kLocalTime = 0x74;
inline constexpr uint8_t kDateTime = 0x49;        // UTC seconds, offset
inline constexpr uint8_t kDateTimeZone = 0x69;    // UTC seconds, zone
inline constexpr uint8_t kLegacyDateTime = 0x46;  // local seconds, offset
inline constexpr uint8_t kLegacyDateTimeZone = 0x66;
inline constexpr uint8_t kLocalDateTime = 0x64;
inline constexpr uint8_t kDuration = 0x45;
inline constexpr uint8_t kPoint2D = 0x58;
inline constexpr uint8_t kPoint3D = 0x59;

}  // namespace trellis::wire

// SPDX-License-Identifier: Apache-2.0
//
// Points in four coordinate reference systems (CRS):
//   4326 wgs-84         x longitude, y latitude, degrees
//   4979 wgs-84-3d      the same, z height in metres
//   7203 cartesian      9157 cartesian-3d
// Longitude is wrapped into -180 .. 180; a latitude beyond +-90 is refused (ArgumentError).
// Source: Neo4j Cypher manual, "Spatial values" and "Spatial functions".
#pragma once

#include <string>

#include "base/result.h"
#include "value/compare.h"
#include "value/value.h"

namespace trellis::value {

inline constexpr uint32_t kWgs84 = 4326;
inline constexpr uint32_t kWgs84_3d = 4979;
inline constexpr uint32_t kCartesian = 7203;
inline constexpr uint32_t kCartesian3d = 9157;

constexpr bool is_geographic(uint32_t srid) { return srid == kWgs84 || srid == kWgs84_3d; }
std::string_view crs_name(uint32_t srid);  // "wgs-84-3d"; empty for an unknown one

// point({x, y[, z] | longitude, latitude[, height], crs | srid}). Null if any component is null.
Result<Value> make_point(Arena& arena, std::span<const MapEntry> components);
// Metres on the sphere for WGS-84, else Euclidean; nullopt when the systems differ.
std::optional<double> distance(const Point& a, const Point& b);
// Null when the three systems differ. A box whose west is east of its east crosses the date line.
Ternary within_box(const Point& point, const Point& lower_left, const Point& upper_right);
// x, y, z, longitude, latitude, height, crs, srid; ArgumentError when the system lacks it.
Result<Value> point_component(Arena& arena, const Point& point, std::string_view name);

void append_text(std::string& out,
                 const Point& point);  // point({x: 1.0, y: 2.0, crs: 'cartesian'})

}  // namespace trellis::value

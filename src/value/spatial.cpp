// SPDX-License-Identifier: Apache-2.0
#include "value/spatial.h"

#include <cmath>
#include <numbers>

#include "value/number_text.h"

namespace trellis::value {
namespace {

constexpr double kEarthRadiusMetres = 6'378'140.0;

struct Crs {
  uint32_t srid;
  std::string_view name;
};
constexpr Crs kSystems[] = {{kWgs84, "wgs-84"},
                            {kWgs84_3d, "wgs-84-3d"},
                            {kCartesian, "cartesian"},
                            {kCartesian3d, "cartesian-3d"}};

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    const char c = a[i] >= 'A' && a[i] <= 'Z' ? static_cast<char>(a[i] + 32) : a[i];
    if (c != b[i]) return false;
  }
  return true;
}

// The numbers that a map gives, each nullopt when its key is absent.
struct Components {
  std::optional<double> x, y, z, longitude, latitude, height;
};

Result<std::optional<double>> number_at(std::span<const MapEntry> map, std::string_view key) {
  const Value value = map_get(map, key);
  if (value.is_null()) return std::optional<double>();
  if (!value.is_number()) {
    return fail(ErrorCode::TypeError,
                "Cannot assign {} to the coordinate {} of a point: give a number.",
                type_name(value.type()), key);
  }
  return std::optional<double>(value.as_number());
}

Result<Components> read_components(std::span<const MapEntry> map) {
  Components c;
  TRELLIS_TRY_ASSIGN(c.x, number_at(map, "x"));
  TRELLIS_TRY_ASSIGN(c.y, number_at(map, "y"));
  TRELLIS_TRY_ASSIGN(c.z, number_at(map, "z"));
  TRELLIS_TRY_ASSIGN(c.longitude, number_at(map, "longitude"));
  TRELLIS_TRY_ASSIGN(c.latitude, number_at(map, "latitude"));
  TRELLIS_TRY_ASSIGN(c.height, number_at(map, "height"));
  return c;
}

// The system that the map names by crs or srid, or 0.
Result<uint32_t> named_system(std::span<const MapEntry> map) {
  const Value crs = map_get(map, "crs");
  const Value srid = map_get(map, "srid");
  if (!crs.is_null() && !srid.is_null()) {
    return fail(ErrorCode::ArgumentError,
                "A point cannot have both crs and srid: give only one of them.");
  }
  if (!crs.is_null()) {
    if (!crs.is(Type::kString)) {
      return fail(ErrorCode::TypeError, "The crs of a point must be a STRING, not {}.",
                  type_name(crs.type()));
    }
    for (const Crs& system : kSystems) {
      if (equal_ignoring_case(crs.as_string(), system.name)) return system.srid;
    }
    return fail(ErrorCode::ArgumentError,
                "Unknown coordinate reference system: {}. Use wgs-84, wgs-84-3d, cartesian or "
                "cartesian-3d.",
                crs.as_string());
  }
  if (srid.is_null()) return 0U;
  if (srid.is(Type::kInteger)) {
    for (const Crs& system : kSystems) {
      if (srid.as_integer() == system.srid) return system.srid;
    }
  }
  return fail(ErrorCode::ArgumentError, "Unknown srid: {}. Use 4326, 4979, 7203 or 9157.",
              to_text(srid));
}

double wrap_longitude(double x) {
  if (x > 180) return x - 360 * std::ceil((x - 180) / 360);
  if (x < -180) return x + 360 * std::ceil((-180 - x) / 360);
  return x;
}

// Metres along the sphere for one radius.
double great_circle(const Point& a, const Point& b, double radius) {
  constexpr double kRadian = std::numbers::pi / 180.0;
  const double a_latitude = a.y * kRadian;
  const double b_latitude = b.y * kRadian;
  const double sin_y = std::sin((b_latitude - a_latitude) / 2);
  const double sin_x = std::sin((b.x * kRadian - a.x * kRadian) / 2);
  const double h = sin_y * sin_y + std::cos(a_latitude) * std::cos(b_latitude) * sin_x * sin_x;
  return radius * (2.0 * std::atan2(std::sqrt(h), std::sqrt(1 - h)));
}

bool between(double x, double low, double high) { return x >= low && x <= high; }

}  // namespace

std::string_view crs_name(uint32_t srid) {
  for (const Crs& system : kSystems) {
    if (system.srid == srid) return system.name;
  }
  return {};
}

Result<Value> make_point(Arena& arena, std::span<const MapEntry> map) {
  constexpr std::string_view kKeys[] = {"x",        "y",      "z",   "longitude",
                                        "latitude", "height", "crs", "srid"};
  for (const MapEntry& entry : map) {
    for (const std::string_view key : kKeys) {
      if (entry.key == key && entry.value.is_null()) return Value();
    }
  }
  TRELLIS_TRY_ASSIGN(const Components c, read_components(map));
  TRELLIS_TRY_ASSIGN(uint32_t srid, named_system(map));

  Point p{0, 0, 0, 0};
  std::optional<double> z = c.z;
  bool geographic_names = false;
  if (c.x && c.y) {
    p.x = *c.x;
    p.y = *c.y;
    if (!z && c.height) z = c.height;
  } else if (c.longitude && c.latitude) {
    geographic_names = true;
    p.x = *c.longitude;
    p.y = *c.latitude;
    if (c.height) z = c.height;
  } else {
    return fail(ErrorCode::ArgumentError,
                "A point needs either x and y, or longitude and latitude.");
  }
  if (srid == 0) {
    srid = geographic_names ? (z ? kWgs84_3d : kWgs84) : (z ? kCartesian3d : kCartesian);
  }
  if (geographic_names && !is_geographic(srid)) {
    return fail(ErrorCode::ArgumentError,
                "Geographic points do not support the coordinate reference system {}: use x and y.",
                crs_name(srid));
  }
  p.srid = srid;
  if (p.three_dimensional() != z.has_value()) {
    return fail(ErrorCode::ArgumentError,
                "Cannot create a point in {} from {} coordinates: use the system with as many "
                "dimensions.",
                crs_name(srid), z ? 3 : 2);
  }
  if (z) p.z = *z;
  if (is_geographic(srid)) {
    if (!(p.y >= -90 && p.y <= 90)) {
      return fail(ErrorCode::ArgumentError,
                  "Cannot create a WGS-84 point with latitude {}: the range is -90 to 90.", p.y);
    }
    p.x = wrap_longitude(p.x);
  }
  return make_point(arena, p);
}

std::optional<double> distance(const Point& a, const Point& b) {
  if (a.srid != b.srid) return std::nullopt;
  const double dz = a.z - b.z;
  if (!is_geographic(a.srid)) {
    const double dx = a.x - b.x;
    const double dy = a.y - b.y;
    return std::sqrt(dx * dx + dy * dy + dz * dz);
  }
  const double flat = great_circle(a, b, kEarthRadiusMetres + (a.z + b.z) / 2);
  return dz == 0 ? flat : std::sqrt(flat * flat + dz * dz);
}

Ternary within_box(const Point& point, const Point& lower_left, const Point& upper_right) {
  if (point.srid != lower_left.srid || point.srid != upper_right.srid) return Ternary::kUnknown;
  bool inside = between(point.y, lower_left.y, upper_right.y) &&
                (!point.three_dimensional() || between(point.z, lower_left.z, upper_right.z));
  if (is_geographic(point.srid) && lower_left.x > upper_right.x) {
    inside = inside && (point.x >= lower_left.x || point.x <= upper_right.x);
  } else {
    inside = inside && between(point.x, lower_left.x, upper_right.x);
  }
  return inside ? Ternary::kTrue : Ternary::kFalse;
}

Result<Value> point_component(Arena& arena, const Point& point, std::string_view name) {
  const bool geographic = is_geographic(point.srid);
  if (name == "x") return Value::real(point.x);
  if (name == "y") return Value::real(point.y);
  if (name == "z" && point.three_dimensional()) return Value::real(point.z);
  if (name == "longitude" && geographic) return Value::real(point.x);
  if (name == "latitude" && geographic) return Value::real(point.y);
  if (name == "height" && point.srid == kWgs84_3d) return Value::real(point.z);
  if (name == "crs") return make_string(arena, crs_name(point.srid));
  if (name == "srid") return Value::integer(point.srid);
  return fail(ErrorCode::ArgumentError, "A point in {} has no component {}.", crs_name(point.srid),
              name);
}

void append_text(std::string& out, const Point& point) {
  out += "point({x: ";
  append_float(out, point.x);
  out += ", y: ";
  append_float(out, point.y);
  if (point.three_dimensional()) {
    out += ", z: ";
    append_float(out, point.z);
  }
  out += ", crs: '";
  out += crs_name(point.srid);
  out += "'})";
}

}  // namespace trellis::value

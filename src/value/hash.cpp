// SPDX-License-Identifier: Apache-2.0
#include <xxhash.h>

#include <cmath>

#include "value/compare.h"

namespace trellis::value {
namespace {

// Spreads 64 bits over 64 bits, one to one.
uint64_t mix(uint64_t x) {
  x ^= x >> 32;
  x *= 0xD6E8FEB86659FD93ULL;
  x ^= x >> 32;
  x *= 0xD6E8FEB86659FD93ULL;
  return x ^ (x >> 32);
}

uint64_t combine(uint64_t seed, uint64_t next) {
  return mix(seed ^ (next + 0x9E3779B97F4A7C15ULL + (seed << 6) + (seed >> 2)));
}

uint64_t of_type(Type type, uint64_t payload) {
  return combine(static_cast<uint64_t>(type) + 1, payload);
}

uint64_t of_bytes(const void* data, size_t size) { return XXH3_64bits(data, size); }

// A float that is a whole number hashes as that integer: 1 ~ 1.0.
uint64_t of_number(double d) {
  constexpr double kTwoTo63 = 9223372036854775808.0;
  if (std::isnan(d)) return of_type(Type::kFloat, 0x7FF8000000000000ULL);
  if (d >= -kTwoTo63 && d < kTwoTo63 && d == std::trunc(d)) {
    return of_type(Type::kInteger, static_cast<uint64_t>(static_cast<int64_t>(d)));
  }
  return of_type(Type::kFloat, std::bit_cast<uint64_t>(d));
}

uint64_t of_elements(Type type, std::span<const Value> elements) {
  uint64_t h = of_type(type, elements.size());
  for (const Value& element : elements) h = combine(h, hash(element));
  return h;
}

// The sum does not depend on the order of the keys.
uint64_t of_map(std::span<const MapEntry> map) {
  uint64_t sum = 0;
  for (const MapEntry& entry : map) {
    sum += combine(of_bytes(entry.key.data(), entry.key.size()), hash(entry.value));
  }
  return of_type(Type::kMap, sum + map.size());
}

uint64_t of_coordinate(double d) { return std::bit_cast<uint64_t>(d == 0 ? 0.0 : d); }

}  // namespace

uint64_t hash(const Value& value) {
  const Type type = value.type();
  switch (type) {
    case Type::kNull:
      return of_type(type, 0);
    case Type::kBoolean:
      return of_type(type, value.as_boolean() ? 1 : 0);
    case Type::kInteger:
      return of_type(type, static_cast<uint64_t>(value.as_integer()));
    case Type::kFloat:
      return of_number(value.as_float());
    case Type::kString:
      return of_bytes(value.as_string().data(), value.as_string().size());
    case Type::kBytes:
      return of_type(type, of_bytes(value.as_bytes().data(), value.as_bytes().size()));
    case Type::kList:
      return of_elements(type, value.as_list());
    case Type::kPath:
      return of_elements(type, value.as_path());
    case Type::kMap:
      return of_map(value.as_map());
    case Type::kNode:
    case Type::kRelationship:
      return of_type(type, value.entity_id());
    case Type::kDate:
      return of_type(type, static_cast<uint64_t>(value.as_date().days));
    case Type::kLocalTime:
      return of_type(type, static_cast<uint64_t>(value.as_local_time().nanos));
    case Type::kTime:
      return combine(of_type(type, static_cast<uint64_t>(value.as_time().nanos)),
                     static_cast<uint64_t>(value.as_time().offset_s));
    case Type::kLocalDateTime: {
      const LocalDateTime t = value.as_local_date_time();
      return combine(of_type(type, static_cast<uint64_t>(t.seconds)),
                     static_cast<uint64_t>(t.nanos));
    }
    case Type::kDateTime: {
      const DateTime& t = value.as_date_time();
      return combine(of_type(type, static_cast<uint64_t>(t.seconds)),
                     static_cast<uint64_t>(t.nanos));
    }
    case Type::kDuration: {
      const Duration& d = value.as_duration();
      uint64_t h = of_type(type, static_cast<uint64_t>(d.months));
      h = combine(h, static_cast<uint64_t>(d.days));
      h = combine(h, static_cast<uint64_t>(d.seconds));
      return combine(h, static_cast<uint64_t>(d.nanos));
    }
    case Type::kPoint: {
      const Point& p = value.as_point();
      uint64_t h = of_type(type, p.srid);
      h = combine(h, of_coordinate(p.x));
      h = combine(h, of_coordinate(p.y));
      return combine(h, of_coordinate(p.z));
    }
  }
  TRELLIS_UNREACHABLE();
}

}  // namespace trellis::value

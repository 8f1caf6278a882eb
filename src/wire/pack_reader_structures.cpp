// SPDX-License-Identifier: Apache-2.0
//
// The structures that PackReader knows: entities, temporal values, points.
#include <array>
#include <charconv>
#include <new>

#include "value/time_zone.h"
#include "wire/pack_reader.h"
#include "wire/structure_tags.h"

namespace trellis::wire {
namespace {

using value::MapEntry;
using value::Value;

constexpr int64_t kNanosPerSecond = 1'000'000'000;
constexpr int64_t kNanosPerDay = 86'400 * kNanosPerSecond;
constexpr int64_t kMaxOffset = 18 * 3600;
// Years -999,999,999 to 999,999,999, as Neo4j (Cypher manual, "Temporal values").
constexpr int64_t kMinDay = -365'243'219'162;
constexpr int64_t kMaxDay = 365'241'780'471;
constexpr int64_t kMinSecond = kMinDay * 86'400;
constexpr int64_t kMaxSecond = kMaxDay * 86'400 + 86'399;

Result<> in_range(std::string_view what, int64_t number, int64_t least, int64_t most) {
  if (number >= least && number <= most) return {};
  return fail(ErrorCode::InvalidRequest, "The {} {} is out of range: {} to {} are possible.", what,
              number, least, most);
}

template <class T>
T* make(Arena& arena, const T& item) {
  return new (arena.alloc(sizeof(T), alignof(T))) T(item);
}

Result<> wants(uint8_t tag, uint8_t fields, uint8_t wanted) {
  if (fields == wanted) return {};
  return fail(ErrorCode::InvalidRequestFormat,
              "The message has a structure 0x{:02X} with {} fields instead of {}.", tag, fields,
              wanted);
}

tl::unexpected<Error> unknown_structure(uint8_t tag) {
  return fail(ErrorCode::InvalidRequestFormat,
              "The message has a structure 0x{:02X}, which has no meaning here.", tag);
}

}  // namespace

Result<Value> PackReader::structure_of(Arena& arena, Structure head, uint32_t depth) {
  switch (head.tag) {
    case kNode:
    case kRelationship:
    case kPath:
      if (!limits_.entities) return unknown_structure(head.tag);
      if (head.tag == kNode) return node(arena, head.fields, depth);
      if (head.tag == kRelationship) return relationship(arena, head.fields, depth);
      return path(arena, head.fields, depth);
    case kDateTime:
    case kDateTimeZone:
    case kLegacyDateTime:
    case kLegacyDateTimeZone: {
      const bool legacy = head.tag == kLegacyDateTime || head.tag == kLegacyDateTimeZone;
      if (legacy == options_.utc_date_times()) return unknown_structure(head.tag);
      TRELLIS_TRY(wants(head.tag, head.fields, 3));
      return date_time(arena, head.tag);
    }
    case kDate:
    case kTime:
    case kLocalTime:
    case kLocalDateTime:
    case kDuration:
      return temporal(arena, head);
    case kPoint2D:
    case kPoint3D:
      return point(arena, head);
    default:
      return unknown_structure(head.tag);
  }
}

Result<std::span<const MapEntry>> PackReader::properties(Arena& arena, uint32_t depth) {
  TRELLIS_TRY_ASSIGN(const uint32_t count, map());
  return entries_of(arena, count, depth + 1);
}

Result<std::span<const std::string_view>> PackReader::labels(Arena& arena) {
  TRELLIS_TRY_ASSIGN(const uint32_t count, list());
  auto* labels = arena.alloc_array<std::string_view>(count);
  for (uint32_t i = 0; i < count; ++i) {
    TRELLIS_TRY_ASSIGN(const std::string_view label, text());
    new (&labels[i]) std::string_view(arena.copy(label));
  }
  return std::span<const std::string_view>(labels, count);
}

// Before 5.0 the id in text stands for the element id.
Result<std::string_view> PackReader::element_id(Arena& arena, uint64_t id) {
  if (options_.version.has_element_ids()) {
    TRELLIS_TRY_ASSIGN(const std::string_view sent, text());
    return arena.copy(sent);
  }
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), id).ptr;
  return arena.copy({digits.data(), static_cast<size_t>(end - digits.data())});
}

Result<Value> PackReader::node(Arena& arena, uint8_t fields, uint32_t depth) {
  TRELLIS_TRY(wants(kNode, fields, options_.version.has_element_ids() ? 4 : 3));
  value::NodeRecord record{};
  TRELLIS_TRY_ASSIGN(const int64_t id, integer());
  record.id = static_cast<uint64_t>(id);
  TRELLIS_TRY_ASSIGN(record.labels, labels(arena));
  TRELLIS_TRY_ASSIGN(record.properties, properties(arena, depth));
  TRELLIS_TRY_ASSIGN(record.element_id, element_id(arena, record.id));
  return Value::node(make(arena, record));
}

Result<Value> PackReader::relationship(Arena& arena, uint8_t fields, uint32_t depth) {
  TRELLIS_TRY(wants(kRelationship, fields, options_.version.has_element_ids() ? 8 : 5));
  value::RelationshipRecord record{};
  TRELLIS_TRY_ASSIGN(const int64_t id, integer());
  TRELLIS_TRY_ASSIGN(const int64_t start, integer());
  TRELLIS_TRY_ASSIGN(const int64_t end, integer());
  record.id = static_cast<uint64_t>(id);
  record.start_id = static_cast<uint64_t>(start);
  record.end_id = static_cast<uint64_t>(end);
  TRELLIS_TRY_ASSIGN(const std::string_view type, text());
  record.type = arena.copy(type);
  TRELLIS_TRY_ASSIGN(record.properties, properties(arena, depth));
  TRELLIS_TRY_ASSIGN(record.element_id, element_id(arena, record.id));
  TRELLIS_TRY_ASSIGN(record.start_element_id, element_id(arena, record.start_id));
  TRELLIS_TRY_ASSIGN(record.end_element_id, element_id(arena, record.end_id));
  return Value::relationship(make(arena, record));
}

Result<value::RelationshipRecord> PackReader::unbound(Arena& arena, uint32_t depth) {
  TRELLIS_TRY_ASSIGN(const Structure head, structure());
  if (head.tag != kUnboundRelationship) return unknown_structure(head.tag);
  TRELLIS_TRY(wants(head.tag, head.fields, options_.version.has_element_ids() ? 4 : 3));
  value::RelationshipRecord record{};
  TRELLIS_TRY_ASSIGN(const int64_t id, integer());
  record.id = static_cast<uint64_t>(id);
  TRELLIS_TRY_ASSIGN(const std::string_view type, text());
  record.type = arena.copy(type);
  TRELLIS_TRY_ASSIGN(record.properties, properties(arena, depth));
  TRELLIS_TRY_ASSIGN(record.element_id, element_id(arena, record.id));
  return record;
}

Result<Value> PackReader::path(Arena& arena, uint8_t fields, uint32_t depth) {
  TRELLIS_TRY(wants(kPath, fields, 3));
  TRELLIS_TRY_ASSIGN(const uint32_t node_count, list());
  Value* nodes = arena.alloc_array<Value>(node_count);
  for (uint32_t i = 0; i < node_count; ++i) {
    TRELLIS_TRY_ASSIGN(const Structure head, structure());
    if (head.tag != kNode) return unknown_structure(head.tag);
    TRELLIS_TRY_ASSIGN(const Value n, node(arena, head.fields, depth + 1));
    new (&nodes[i]) Value(n);
  }
  TRELLIS_TRY_ASSIGN(const uint32_t relationship_count, list());
  auto* walked = arena.alloc_array<value::RelationshipRecord>(relationship_count);
  for (uint32_t i = 0; i < relationship_count; ++i) {
    TRELLIS_TRY_ASSIGN(const value::RelationshipRecord r, unbound(arena, depth + 1));
    new (&walked[i]) value::RelationshipRecord(r);
  }
  TRELLIS_TRY_ASSIGN(const uint32_t steps, list());
  if (node_count == 0 || steps % 2 != 0) {
    return fail(ErrorCode::InvalidRequestFormat, "The message has a path of no possible shape.");
  }
  Value* alternating = arena.alloc_array<Value>(size_t{steps} + 1);
  new (&alternating[0]) Value(nodes[0]);
  for (uint32_t i = 0; i < steps; i += 2) {
    TRELLIS_TRY_ASSIGN(const int64_t r, integer());
    TRELLIS_TRY_ASSIGN(const int64_t n, integer());
    const uint64_t r_index =
        r < 0 ? uint64_t{0} - static_cast<uint64_t>(r) : static_cast<uint64_t>(r);
    if (r_index == 0 || r_index > relationship_count || n < 0 || n >= node_count) {
      return fail(ErrorCode::InvalidRequestFormat,
                  "The message has a path that names an entity it does not carry.");
    }
    const value::NodeRecord& before = alternating[i].as_node_record();
    const value::NodeRecord& after = nodes[n].as_node_record();
    const value::NodeRecord& from = r > 0 ? before : after;
    const value::NodeRecord& to = r > 0 ? after : before;
    value::RelationshipRecord bound = walked[r_index - 1];
    bound.start_id = from.id;
    bound.start_element_id = from.element_id;
    bound.end_id = to.id;
    bound.end_element_id = to.element_id;
    new (&alternating[i + 1]) Value(Value::relationship(make(arena, bound)));
    new (&alternating[i + 2]) Value(nodes[n]);
  }
  return Value::path({alternating, size_t{steps} + 1});
}

Result<Value> PackReader::date_time(Arena& arena, uint8_t tag) {
  const bool legacy = tag == kLegacyDateTime || tag == kLegacyDateTimeZone;
  TRELLIS_TRY_ASSIGN(const int64_t seconds, integer());
  TRELLIS_TRY_ASSIGN(const int64_t nanos, integer());
  value::DateTime t{seconds, static_cast<int32_t>(nanos), 0, {}};
  if (tag == kDateTime || tag == kLegacyDateTime) {
    TRELLIS_TRY_ASSIGN(const int64_t offset, integer());
    TRELLIS_TRY(in_range("offset", offset, -kMaxOffset, kMaxOffset));
    t.offset_s = static_cast<int32_t>(offset);
  } else {
    TRELLIS_TRY_ASSIGN(const std::string_view zone, text());
    const auto known = value::find_zone(zone);
    if (!known || known->fixed()) {
      return fail(ErrorCode::InvalidRequest, "The time zone '{}' is not known to this server.",
                  zone.substr(0, 64));
    }
    TRELLIS_TRY(in_range("number of seconds", seconds, kMinSecond, kMaxSecond));
    t.offset_s =
        legacy ? value::offset_of_wall(*known, seconds) : value::offset_at(*known, seconds);
    t.zone = zone;
  }
  TRELLIS_TRY(in_range("number of nanoseconds", nanos, 0, kNanosPerSecond - 1));
  TRELLIS_TRY(in_range("number of seconds", seconds, kMinSecond, kMaxSecond));
  if (legacy) t.seconds -= t.offset_s;
  return value::make_date_time(arena, t);
}

Result<Value> PackReader::temporal(Arena& arena, Structure head) {
  std::array<int64_t, 4> parts{};
  const uint8_t wanted = head.tag == kDuration                             ? 4
                         : head.tag == kTime || head.tag == kLocalDateTime ? 2
                                                                           : 1;
  TRELLIS_TRY(wants(head.tag, head.fields, wanted));
  for (uint8_t i = 0; i < wanted; ++i) {
    TRELLIS_TRY_ASSIGN(parts[i], integer());
  }
  switch (head.tag) {
    case kDate:
      TRELLIS_TRY(in_range("day", parts[0], kMinDay, kMaxDay));
      return Value::date({parts[0]});
    case kLocalTime:
      TRELLIS_TRY(in_range("nanosecond of the day", parts[0], 0, kNanosPerDay - 1));
      return Value::local_time({parts[0]});
    case kTime:
      TRELLIS_TRY(in_range("nanosecond of the day", parts[0], 0, kNanosPerDay - 1));
      TRELLIS_TRY(in_range("offset", parts[1], -kMaxOffset, kMaxOffset));
      return Value::time({parts[0], static_cast<int32_t>(parts[1])});
    case kLocalDateTime:
      TRELLIS_TRY(in_range("number of seconds", parts[0], kMinSecond, kMaxSecond));
      TRELLIS_TRY(in_range("number of nanoseconds", parts[1], 0, kNanosPerSecond - 1));
      return Value::local_date_time({parts[0], static_cast<int32_t>(parts[1])});
    default:
      break;
  }
  // A duration's nanoseconds may have any size and sign: whole seconds are carried over, downwards.
  int64_t carried = parts[3] / kNanosPerSecond;
  int64_t nanos = parts[3] % kNanosPerSecond;
  if (nanos < 0) {
    nanos += kNanosPerSecond;
    carried -= 1;
  }
  int64_t seconds;
  if (__builtin_add_overflow(parts[2], carried, &seconds)) {
    return fail(ErrorCode::InvalidRequest, "The duration's seconds are out of range.");
  }
  return value::make_duration(arena, {parts[0], parts[1], seconds, static_cast<int32_t>(nanos)});
}

Result<Value> PackReader::point(Arena& arena, Structure head) {
  const bool three = head.tag == kPoint3D;
  TRELLIS_TRY(wants(head.tag, head.fields, three ? 4 : 3));
  TRELLIS_TRY_ASSIGN(const int64_t srid, integer());
  value::Point p{};
  TRELLIS_TRY_ASSIGN(p.x, real());
  TRELLIS_TRY_ASSIGN(p.y, real());
  if (three) {
    TRELLIS_TRY_ASSIGN(p.z, real());
  }
  const bool known = three ? srid == 4979 || srid == 9157 : srid == 4326 || srid == 7203;
  if (!known) {
    return fail(ErrorCode::InvalidRequest,
                "The SRID {} names no coordinate system of {} dimensions.", srid, three ? 3 : 2);
  }
  p.srid = static_cast<uint32_t>(srid);
  return value::make_point(arena, p);
}

}  // namespace trellis::wire

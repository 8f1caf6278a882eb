// SPDX-License-Identifier: Apache-2.0
#include "wire/pack_writer.h"

#include <unordered_map>
#include <vector>

#include "wire/big_endian.h"
#include "wire/structure_tags.h"

namespace trellis::wire {
namespace {

using value::Type;
using value::Value;

// A marker and a big-endian number behind it.
void put_wide(ByteBuffer& out, uint8_t marker, uint64_t number, size_t bytes) {
  std::byte* at = out.extend(1 + bytes);
  at[0] = std::byte{marker};
  store_big_endian(at + 1, number, bytes);
}

// Which of a path's entities come for the first time, and under which index each is known.
// Positions step by two: nodes are at even places, relationships at odd ones.
class DistinctEntities {
 public:
  DistinctEntities(std::span<const Value> path, size_t first) : path_(path), first_(first) {
    const size_t count = path.size() > first ? (path.size() - first + 1) / 2 : 0;
    if (count > kLinear) {
      for (size_t at = first; at < path.size(); at += 2) {
        known_.try_emplace(path[at].entity_id(), static_cast<int64_t>(known_.size()));
      }
    }
  }

  bool is_first(size_t at) const {
    if (!known_.empty()) return false;
    for (size_t before = first_; before < at; before += 2) {
      if (path_[before].entity_id() == path_[at].entity_id()) return false;
    }
    return true;
  }

  size_t count() const {
    if (!known_.empty()) return known_.size();
    size_t distinct = 0;
    for (size_t at = first_; at < path_.size(); at += 2) distinct += is_first(at) ? 1 : 0;
    return distinct;
  }

  // Calls take(position) for each entity's first occurrence, in order.
  template <class Take>
  void each(Take take) const {
    if (known_.empty()) {
      for (size_t at = first_; at < path_.size(); at += 2) {
        if (is_first(at)) take(at);
      }
      return;
    }
    int64_t next = 0;
    for (size_t at = first_; at < path_.size(); at += 2) {
      if (known_.at(path_[at].entity_id()) == next) {
        take(at);
        ++next;
      }
    }
  }

  int64_t index_of(uint64_t id) const {
    if (!known_.empty()) return known_.at(id);
    int64_t index = 0;
    for (size_t at = first_; at < path_.size(); at += 2) {
      if (!is_first(at)) continue;
      if (path_[at].entity_id() == id) return index;
      ++index;
    }
    TRELLIS_UNREACHABLE();
  }

 private:
  static constexpr size_t kLinear = 16;
  std::span<const Value> path_;
  size_t first_;
  std::unordered_map<uint64_t, int64_t> known_;
};

}  // namespace

void PackWriter::wide_integer(int64_t i) {
  const auto number = static_cast<uint64_t>(i);
  if (i >= INT8_MIN && i <= INT8_MAX) {
    put_wide(*out_, 0xC8, number, 1);
  } else if (i >= INT16_MIN && i <= INT16_MAX) {
    put_wide(*out_, 0xC9, number, 2);
  } else if (i >= INT32_MIN && i <= INT32_MAX) {
    put_wide(*out_, 0xCA, number, 4);
  } else {
    put_wide(*out_, 0xCB, number, 8);
  }
}

void PackWriter::real(double d) { put_wide(*out_, 0xC1, std::bit_cast<uint64_t>(d), 8); }

void PackWriter::sized(uint8_t tiny, uint8_t marker8, size_t count) {
  TRELLIS_ASSERT(count <= UINT32_MAX);
  if (count < 16 && tiny != 0) {
    out_->put(static_cast<uint8_t>(tiny | count));
  } else if (count <= UINT8_MAX) {
    put_wide(*out_, marker8, count, 1);
  } else if (count <= UINT16_MAX) {
    put_wide(*out_, static_cast<uint8_t>(marker8 + 1), count, 2);
  } else {
    put_wide(*out_, static_cast<uint8_t>(marker8 + 2), count, 4);
  }
}

void PackWriter::string(std::string_view text) {
  sized(0x80, 0xD0, text.size());
  out_->append(text);
}

void PackWriter::bytes(std::span<const std::byte> b) {
  sized(0, 0xCC, b.size());
  out_->append(b);
}

void PackWriter::structure(uint8_t tag, uint8_t fields) {
  TRELLIS_ASSERT(fields < 16);
  std::byte* at = out_->extend(2);
  at[0] = static_cast<std::byte>(0xB0 | fields);
  at[1] = std::byte{tag};
}

void PackWriter::map(std::span<const value::MapEntry> entries) {
  map(entries.size());
  for (const value::MapEntry& e : entries) entry(e.key, e.value);
}

void PackWriter::value(const Value& v) {
  switch (v.type()) {
    case Type::kNull:
      return null();
    case Type::kBoolean:
      return boolean(v.as_boolean());
    case Type::kInteger:
      return integer(v.as_integer());
    case Type::kFloat:
      return real(v.as_float());
    case Type::kString:
      return string(v.as_string());
    case Type::kBytes:
      return bytes(v.as_bytes());
    case Type::kList:
      list(v.as_list().size());
      for (const Value& element : v.as_list()) value(element);
      return;
    case Type::kMap:
      return map(v.as_map());
    case Type::kNode:
      return node(v.as_node_record());
    case Type::kRelationship:
      return relationship(v.as_relationship_record());
    case Type::kPath:
      return path(v.as_path());
    case Type::kDate:
      structure(kDate, 1);
      return integer(v.as_date().days);
    case Type::kLocalTime:
      structure(kLocalTime, 1);
      return integer(v.as_local_time().nanos);
    case Type::kTime:
      structure(kTime, 2);
      integer(v.as_time().nanos);
      return integer(v.as_time().offset_s);
    case Type::kLocalDateTime:
      structure(kLocalDateTime, 2);
      integer(v.as_local_date_time().seconds);
      return integer(v.as_local_date_time().nanos);
    case Type::kDateTime:
      return date_time(v.as_date_time());
    case Type::kDuration:
      structure(kDuration, 4);
      integer(v.as_duration().months);
      integer(v.as_duration().days);
      integer(v.as_duration().seconds);
      return integer(v.as_duration().nanos);
    case Type::kPoint:
      return point(v.as_point());
  }
  TRELLIS_UNREACHABLE();
}

void PackWriter::labels(std::span<const std::string_view> labels) {
  list(labels.size());
  for (const std::string_view label : labels) string(label);
}

void PackWriter::node(const value::NodeRecord& node) {
  const bool element_ids = options_.version.has_element_ids();
  structure(kNode, element_ids ? 4 : 3);
  integer(static_cast<int64_t>(node.id));
  labels(node.labels);
  map(node.properties);
  if (element_ids) string(node.element_id);
}

void PackWriter::relationship(const value::RelationshipRecord& relationship) {
  const bool element_ids = options_.version.has_element_ids();
  structure(kRelationship, element_ids ? 8 : 5);
  integer(static_cast<int64_t>(relationship.id));
  integer(static_cast<int64_t>(relationship.start_id));
  integer(static_cast<int64_t>(relationship.end_id));
  string(relationship.type);
  map(relationship.properties);
  if (!element_ids) return;
  string(relationship.element_id);
  string(relationship.start_element_id);
  string(relationship.end_element_id);
}

void PackWriter::unbound(const value::RelationshipRecord& relationship) {
  const bool element_ids = options_.version.has_element_ids();
  structure(kUnboundRelationship, element_ids ? 4 : 3);
  integer(static_cast<int64_t>(relationship.id));
  string(relationship.type);
  map(relationship.properties);
  if (element_ids) string(relationship.element_id);
}

void PackWriter::path(std::span<const Value> alternating) {
  TRELLIS_ASSERT(alternating.size() % 2 == 1);
  const DistinctEntities nodes(alternating, 0);
  const DistinctEntities relationships(alternating, 1);
  structure(kPath, 3);
  list(nodes.count());
  nodes.each([&](size_t at) { node(alternating[at].as_node_record()); });
  list(relationships.count());
  relationships.each([&](size_t at) { unbound(alternating[at].as_relationship_record()); });
  list(alternating.size() - 1);
  for (size_t at = 1; at < alternating.size(); at += 2) {
    const value::RelationshipRecord& walked = alternating[at].as_relationship_record();
    const bool forwards = walked.start_id == alternating[at - 1].entity_id();
    const int64_t index = relationships.index_of(walked.id) + 1;
    integer(forwards ? index : -index);
    integer(nodes.index_of(alternating[at + 1].entity_id()));
  }
}

void PackWriter::date_time(const value::DateTime& t) {
  const bool utc = options_.utc_date_times();
  const int64_t seconds = utc ? t.seconds : t.seconds + t.offset_s;
  if (t.zone.empty()) {
    structure(utc ? kDateTime : kLegacyDateTime, 3);
  } else {
    structure(utc ? kDateTimeZone : kLegacyDateTimeZone, 3);
  }
  integer(seconds);
  integer(t.nanos);
  if (t.zone.empty()) {
    integer(t.offset_s);
  } else {
    string(t.zone);
  }
}

void PackWriter::point(const value::Point& p) {
  structure(p.three_dimensional() ? kPoint3D : kPoint2D, p.three_dimensional() ? 4 : 3);
  integer(p.srid);
  real(p.x);
  real(p.y);
  if (p.three_dimensional()) real(p.z);
}

}  // namespace trellis::wire

// SPDX-License-Identifier: Apache-2.0
#include "storage/codec.h"

#include <bit>

namespace trellis::storage {
namespace {

using value::Type;
using value::Value;

// On disk; never renumbered. value::Type is free to change.
enum class Tag : uint8_t {
  kNull = 0,
  kFalse = 1,
  kTrue = 2,
  kInteger = 3,
  kFloat = 4,
  kString = 5,
  kBytes = 6,
  kList = 7,
  kDate = 8,
  kLocalTime = 9,
  kTime = 10,
  kLocalDateTime = 11,
  kDateTime = 12,
  kDuration = 13,
  kPoint = 14,
};
constexpr int kDepthLimit = 64;

}  // namespace

void ByteWriter::value(const Value& v) {
  const auto tag = [this](Tag t) { u8(static_cast<uint8_t>(t)); };
  switch (v.type()) {
    case Type::kNull:
      return tag(Tag::kNull);
    case Type::kBoolean:
      return tag(v.as_boolean() ? Tag::kTrue : Tag::kFalse);
    case Type::kInteger:
      tag(Tag::kInteger);
      return signed_varint(v.as_integer());
    case Type::kFloat:
      tag(Tag::kFloat);
      return u64(std::bit_cast<uint64_t>(v.as_float()));
    case Type::kString:
      tag(Tag::kString);
      return text(v.as_string());
    case Type::kBytes:
      tag(Tag::kBytes);
      varint(v.as_bytes().size());
      return raw(v.as_bytes().data(), v.as_bytes().size());
    case Type::kList:
      tag(Tag::kList);
      varint(v.as_list().size());
      for (const Value& element : v.as_list()) value(element);
      return;
    case Type::kDate:
      tag(Tag::kDate);
      return signed_varint(v.as_date().days);
    case Type::kLocalTime:
      tag(Tag::kLocalTime);
      return signed_varint(v.as_local_time().nanos);
    case Type::kTime:
      tag(Tag::kTime);
      signed_varint(v.as_time().nanos);
      return signed_varint(v.as_time().offset_s);
    case Type::kLocalDateTime:
      tag(Tag::kLocalDateTime);
      signed_varint(v.as_local_date_time().seconds);
      return signed_varint(v.as_local_date_time().nanos);
    case Type::kDateTime:
      tag(Tag::kDateTime);
      signed_varint(v.as_date_time().seconds);
      signed_varint(v.as_date_time().nanos);
      signed_varint(v.as_date_time().offset_s);
      return text(v.as_date_time().zone);
    case Type::kDuration:
      tag(Tag::kDuration);
      signed_varint(v.as_duration().months);
      signed_varint(v.as_duration().days);
      signed_varint(v.as_duration().seconds);
      return signed_varint(v.as_duration().nanos);
    case Type::kPoint:
      tag(Tag::kPoint);
      varint(v.as_point().srid);
      u64(std::bit_cast<uint64_t>(v.as_point().x));
      u64(std::bit_cast<uint64_t>(v.as_point().y));
      return u64(std::bit_cast<uint64_t>(v.as_point().z));
    case Type::kMap:
    case Type::kNode:
    case Type::kRelationship:
    case Type::kPath:
      break;
  }
  TRELLIS_UNREACHABLE();  // not storable: refused above storage
}

void ByteWriter::properties(std::span<const Property> properties) {
  varint(properties.size());
  for (const Property& property : properties) {
    varint(property.key);
    value(property.value);
  }
}

uint64_t ByteReader::varint() {
  uint64_t v = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const uint8_t part = u8();
    v |= uint64_t{part & 0x7Fu} << shift;
    if (part < 0x80) return good_ ? v : 0;
  }
  good_ = false;
  return 0;
}

uint32_t ByteReader::varint32() {
  const uint64_t v = varint();
  if (v > UINT32_MAX) good_ = false;
  return good_ ? static_cast<uint32_t>(v) : 0;
}

std::string_view ByteReader::text() {
  const uint64_t size = varint();
  if (!good_ || size > left()) {
    good_ = false;
    return {};
  }
  const std::string_view t(reinterpret_cast<const char*>(bytes_.data()) + at_, size);
  at_ += size;
  return t;
}

Value ByteReader::list_at(Arena& arena, int depth) {
  const uint64_t count = varint();
  if (!good_ || count > left() || depth >= kDepthLimit) {
    good_ = false;
    return {};
  }
  Value* elements = arena.alloc_array<Value>(count);
  for (uint64_t i = 0; i < count; ++i) elements[i] = value_at(arena, depth + 1);
  return Value::list({elements, count});
}

Value ByteReader::date_time(Arena& arena) {
  value::DateTime t;
  t.seconds = signed_varint();
  t.nanos = static_cast<int32_t>(signed_varint());
  t.offset_s = static_cast<int32_t>(signed_varint());
  t.zone = text();
  return value::make_date_time(arena, t);
}

Value ByteReader::duration(Arena& arena) {
  value::Duration d;
  d.months = signed_varint();
  d.days = signed_varint();
  d.seconds = signed_varint();
  d.nanos = static_cast<int32_t>(signed_varint());
  return value::make_duration(arena, d);
}

Value ByteReader::point(Arena& arena) {
  value::Point p;
  p.srid = varint32();
  p.x = std::bit_cast<double>(u64());
  p.y = std::bit_cast<double>(u64());
  p.z = std::bit_cast<double>(u64());
  return value::make_point(arena, p);
}

Value ByteReader::value_at(Arena& arena, int depth) {
  switch (static_cast<Tag>(u8())) {
    case Tag::kNull:
      return {};
    case Tag::kFalse:
      return Value::boolean(false);
    case Tag::kTrue:
      return Value::boolean(true);
    case Tag::kInteger:
      return Value::integer(signed_varint());
    case Tag::kFloat:
      return Value::real(std::bit_cast<double>(u64()));
    case Tag::kString:
      return Value::string(text());
    case Tag::kBytes: {
      const std::string_view t = text();
      return Value::bytes(std::as_bytes(std::span(t.data(), t.size())));
    }
    case Tag::kList:
      return list_at(arena, depth);
    case Tag::kDate:
      return Value::date({signed_varint()});
    case Tag::kLocalTime:
      return Value::local_time({signed_varint()});
    case Tag::kTime: {
      const int64_t nanos = signed_varint();
      return Value::time({nanos, static_cast<int32_t>(signed_varint())});
    }
    case Tag::kLocalDateTime: {
      const int64_t seconds = signed_varint();
      return Value::local_date_time({seconds, static_cast<int32_t>(signed_varint())});
    }
    case Tag::kDateTime:
      return date_time(arena);
    case Tag::kDuration:
      return duration(arena);
    case Tag::kPoint:
      return point(arena);
  }
  good_ = false;
  return {};
}

std::vector<Property> ByteReader::properties(Arena& arena) {
  const uint64_t count = varint();
  if (!good_ || count > left()) {
    good_ = false;
    return {};
  }
  std::vector<Property> out;
  out.reserve(count);
  for (uint64_t i = 0; i < count && good_; ++i) {
    const KeyId key = varint32();
    out.push_back({key, value(arena)});
  }
  return out;
}

}  // namespace trellis::storage

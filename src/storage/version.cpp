// SPDX-License-Identifier: Apache-2.0
#include "storage/version.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace trellis::storage {
namespace {

using value::Type;
using value::Value;

constexpr size_t aligned(size_t bytes) { return (bytes + 7) & ~size_t{7}; }

// Bytes behind a value, each piece rounded to 8.
size_t packed_bytes(const Value& v) {
  switch (v.type()) {
    case Type::kString:
      return aligned(v.as_string().size());
    case Type::kBytes:
      return aligned(v.as_bytes().size());
    case Type::kList: {
      size_t bytes = v.as_list().size() * sizeof(Value);
      for (const Value& element : v.as_list()) bytes += packed_bytes(element);
      return bytes;
    }
    case Type::kDateTime:
      return sizeof(value::DateTime) + aligned(v.as_date_time().zone.size());
    case Type::kDuration:
      return sizeof(value::Duration);
    case Type::kPoint:
      return sizeof(value::Point);
    case Type::kMap:
    case Type::kNode:
    case Type::kRelationship:
    case Type::kPath:
      TRELLIS_UNREACHABLE();  // not storable: refused above storage
    default:
      return 0;
  }
}

char* take(char*& cursor, size_t bytes) {
  char* at = cursor;
  cursor += aligned(bytes);
  return at;
}

std::string_view pack_text(std::string_view text, char*& cursor) {
  char* at = take(cursor, text.size());
  if (!text.empty()) std::memcpy(at, text.data(), text.size());
  return {at, text.size()};
}

Value pack(const Value& v, char*& cursor) {
  switch (v.type()) {
    case Type::kString:
      return Value::string(pack_text(v.as_string(), cursor));
    case Type::kBytes: {
      const auto bytes = v.as_bytes();
      const auto copy =
          pack_text({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, cursor);
      return Value::bytes({reinterpret_cast<const std::byte*>(copy.data()), copy.size()});
    }
    case Type::kList: {
      const auto elements = v.as_list();
      auto* copy = reinterpret_cast<Value*>(take(cursor, elements.size() * sizeof(Value)));
      for (size_t i = 0; i < elements.size(); ++i) new (&copy[i]) Value(pack(elements[i], cursor));
      return Value::list({copy, elements.size()});
    }
    case Type::kDateTime: {
      auto* copy = new (take(cursor, sizeof(value::DateTime))) value::DateTime(v.as_date_time());
      copy->zone = pack_text(copy->zone, cursor);
      return Value::date_time(copy);
    }
    case Type::kDuration:
      return Value::duration(new (take(cursor, sizeof(value::Duration)))
                                 value::Duration(v.as_duration()));
    case Type::kPoint:
      return Value::point(new (take(cursor, sizeof(value::Point))) value::Point(v.as_point()));
    default:
      return v;
  }
}

}  // namespace

void VersionDeleter::operator()(Version* version) const {
  while (version) {
    Version* older = version->older;
    std::free(version);
    version = older;
  }
}

VersionPtr make_version(uint64_t stamp, uint32_t label_set, std::span<const Property> properties) {
  size_t bytes = Version::values_at(properties.size()) + properties.size() * sizeof(Value);
  for (const Property& property : properties) bytes += packed_bytes(property.value);
  TRELLIS_ASSERT(bytes <= UINT32_MAX);
  auto* memory = static_cast<char*>(std::malloc(std::max(bytes, sizeof(Version))));
  if (!memory) throw std::bad_alloc();
  VersionPtr version(new (memory) Version{stamp, nullptr, label_set,
                                          static_cast<uint32_t>(properties.size()),
                                          static_cast<uint32_t>(bytes)});
  char* values = memory + Version::values_at(properties.size());
  char* cursor = values + properties.size() * sizeof(Value);
  for (size_t i = 0; i < properties.size(); ++i) {
    std::memcpy(memory + Version::kKeysAt + i * sizeof(KeyId), &properties[i].key, sizeof(KeyId));
    new (values + i * sizeof(Value)) Value(pack(properties[i].value, cursor));
  }
  return version;
}

VersionPtr make_version_with(uint64_t stamp, uint32_t label_set, const Version* base, KeyId key,
                             const value::Value& value) {
  std::vector<Property> properties;
  const size_t count = base ? base->count : 0;
  properties.reserve(count + 1);
  for (size_t i = 0; i < count; ++i) {
    if (base->keys()[i] != key) properties.push_back({base->keys()[i], base->values()[i]});
  }
  if (!value.is_null()) {
    const auto at = std::ranges::lower_bound(properties, key, {}, &Property::key);
    properties.insert(at, {key, value});
  }
  return make_version(stamp, label_set, properties);
}

VersionPtr make_version_like(uint64_t stamp, uint32_t label_set, const Version* base) {
  std::vector<Property> properties;
  properties.reserve(base->count);
  for (size_t i = 0; i < base->count; ++i) {
    properties.push_back({base->keys()[i], base->values()[i]});
  }
  return make_version(stamp, label_set, properties);
}

VersionPtr make_tombstone(uint64_t stamp) { return make_version(stamp, kNoLabelSet, {}); }

std::vector<Property> in_key_order(std::span<const Property> properties) {
  std::vector<Property> sorted;
  sorted.reserve(properties.size());
  for (const Property& property : properties) {
    const auto at = std::ranges::lower_bound(sorted, property.key, {}, &Property::key);
    if (at != sorted.end() && at->key == property.key) {
      at->value = property.value;
    } else {
      sorted.insert(at, property);
    }
  }
  std::erase_if(sorted, [](const Property& property) { return property.value.is_null(); });
  return sorted;
}

}  // namespace trellis::storage

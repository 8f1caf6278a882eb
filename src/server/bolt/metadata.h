// SPDX-License-Identifier: Apache-2.0
//
// The maps in SUCCESS messages. Source: neo4j.com/docs/bolt, "message specification", and what the
// official drivers read of them.
//
// Values made here live in the arena given, or are views of the arguments: use them at once.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "cypher/result_stream.h"
#include "server/bolt/notification_filter.h"
#include "value/value.h"
#include "wire/bolt_version.h"

namespace trellis::server {

// A map under construction. Keys are literals.
class MapBuilder {
 public:
  void add(std::string_view key, value::Value v) {
    TRELLIS_ASSERT(size_ < entries_.size());
    entries_[size_++] = {key, v};
  }
  void add(std::string_view key, std::string_view text) { add(key, value::Value::string(text)); }
  void add(std::string_view key, const char* text) { add(key, std::string_view(text)); }
  void add_integer(std::string_view key, int64_t i) { add(key, value::Value::integer(i)); }
  void add_boolean(std::string_view key, bool b) { add(key, value::Value::boolean(b)); }
  bool empty() const { return size_ == 0; }
  std::span<const value::MapEntry> entries() const { return {entries_.data(), size_}; }
  value::Value in(Arena& arena) const { return value::make_map(arena, entries()); }

 private:
  std::array<value::MapEntry, 24> entries_;
  size_t size_ = 0;
};

struct SummaryContext {
  wire::BoltVersion version;
  const NotificationFilter* filter;
  int64_t t_last_ms = 0;
  std::string_view bookmark;  // empty: none
  bool has_columns = false;
  uint64_t records = 0;  // that the statement has produced
};

// The last SUCCESS of a result.
void add_summary(MapBuilder& map, const cypher::Summary& summary, const SummaryContext& context,
                 Arena& arena);
// `rt` of ROUTE: this one server in all three roles.
value::Value routing_table(std::string_view address, std::string_view database,
                           std::chrono::seconds ttl, Arena& arena);
value::Value strings_in(Arena& arena, std::span<const std::string> texts);

}  // namespace trellis::server

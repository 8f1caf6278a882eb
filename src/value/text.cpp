// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "value/compare.h"
#include "value/number_text.h"
#include "value/spatial.h"
#include "value/temporal_text.h"

namespace trellis::value {
namespace {

void append_value(std::string& out, const Value& value);

void append_quoted(std::string& out, std::string_view text) {
  out += '\'';
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  out += '\'';
}

void append_map(std::string& out, std::span<const MapEntry> entries) {
  out += '{';
  bool first = true;
  for (const MapEntry& entry : entries) {
    if (!first) out += ", ";
    first = false;
    out += entry.key;
    out += ": ";
    append_value(out, entry.value);
  }
  out += '}';
}

void append_node(std::string& out, const Value& node) {
  if (!node.is_record()) {
    out += fmt::format("({})", node.entity_id());
    return;
  }
  const NodeRecord& record = node.as_node_record();
  out += '(';
  for (const std::string_view label : record.labels) {
    out += ':';
    out += label;
  }
  if (!record.properties.empty()) {
    if (!record.labels.empty()) out += ' ';
    append_map(out, record.properties);
  }
  out += ')';
}

void append_relationship(std::string& out, const Value& relationship) {
  if (!relationship.is_record()) {
    out += fmt::format("[{}]", relationship.entity_id());
    return;
  }
  const RelationshipRecord& record = relationship.as_relationship_record();
  out += "[:";
  out += record.type;
  if (!record.properties.empty()) {
    out += ' ';
    append_map(out, record.properties);
  }
  out += ']';
}

void append_path(std::string& out, std::span<const Value> alternating) {
  for (size_t i = 0; i < alternating.size(); ++i) {
    const Value& element = alternating[i];
    if (element.is(Type::kNode)) {
      append_node(out, element);
      continue;
    }
    // Only records know their direction.
    const bool backwards =
        element.is_record() && i + 1 < alternating.size() &&
        element.as_relationship_record().start_id != alternating[i - 1].entity_id();
    out += backwards ? "<-" : "-";
    append_relationship(out, element);
    out += backwards ? "-" : "->";
  }
}

void append_bytes(std::string& out, std::span<const std::byte> bytes) {
  out += '[';
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i > 0) out += ", ";
    out += std::to_string(static_cast<int>(static_cast<int8_t>(bytes[i])));
  }
  out += ']';
}

void append_list(std::string& out, std::span<const Value> elements) {
  out += '[';
  for (size_t i = 0; i < elements.size(); ++i) {
    if (i > 0) out += ", ";
    append_value(out, elements[i]);
  }
  out += ']';
}

void append_value(std::string& out, const Value& value) {
  switch (value.type()) {
    case Type::kNull:
      out += "null";
      return;
    case Type::kBoolean:
      out += value.as_boolean() ? "true" : "false";
      return;
    case Type::kInteger:
      out += std::to_string(value.as_integer());
      return;
    case Type::kFloat:
      return append_float(out, value.as_float());
    case Type::kString:
      return append_quoted(out, value.as_string());
    case Type::kBytes:
      return append_bytes(out, value.as_bytes());
    case Type::kList:
      return append_list(out, value.as_list());
    case Type::kMap:
      return append_map(out, value.as_map());
    case Type::kNode:
      return append_node(out, value);
    case Type::kRelationship:
      return append_relationship(out, value);
    case Type::kPath:
      return append_path(out, value.as_path());
    case Type::kDate:
      return append_text(out, value.as_date());
    case Type::kLocalTime:
      return append_text(out, value.as_local_time());
    case Type::kTime:
      return append_text(out, value.as_time());
    case Type::kLocalDateTime:
      return append_text(out, value.as_local_date_time());
    case Type::kDateTime:
      return append_text(out, value.as_date_time());
    case Type::kDuration:
      return append_text(out, value.as_duration());
    case Type::kPoint:
      return append_text(out, value.as_point());
  }
  TRELLIS_UNREACHABLE();
}

}  // namespace

std::string to_text(const Value& value) {
  if (value.is(Type::kString)) return std::string(value.as_string());
  std::string out;
  append_value(out, value);
  return out;
}

std::string to_full_text(const Value& value) {
  std::string out;
  switch (value.type()) {
    case Type::kLocalTime:
      append_text(out, value.as_local_time(), ClockStyle::kFull);
      return out;
    case Type::kTime:
      append_text(out, value.as_time(), ClockStyle::kFull);
      return out;
    case Type::kLocalDateTime:
      append_text(out, value.as_local_date_time(), ClockStyle::kFull);
      return out;
    case Type::kDateTime:
      append_text(out, value.as_date_time(), ClockStyle::kFull);
      return out;
    default:
      return to_text(value);
  }
}

std::string_view type_name(Type type) {
  switch (type) {
    case Type::kNull:
      return "NULL";
    case Type::kBoolean:
      return "BOOLEAN";
    case Type::kInteger:
      return "INTEGER";
    case Type::kFloat:
      return "FLOAT";
    case Type::kString:
      return "STRING";
    case Type::kBytes:
      return "BYTES";
    case Type::kList:
      return "LIST<ANY>";
    case Type::kMap:
      return "MAP";
    case Type::kNode:
      return "NODE";
    case Type::kRelationship:
      return "RELATIONSHIP";
    case Type::kPath:
      return "PATH";
    case Type::kDate:
      return "DATE";
    case Type::kLocalTime:
      return "LOCAL TIME";
    case Type::kTime:
      return "ZONED TIME";
    case Type::kLocalDateTime:
      return "LOCAL DATETIME";
    case Type::kDateTime:
      return "ZONED DATETIME";
    case Type::kDuration:
      return "DURATION";
    case Type::kPoint:
      return "POINT";
  }
  TRELLIS_UNREACHABLE();
}

}  // namespace trellis::value

// SPDX-License-Identifier: Apache-2.0
#include "cli/shell/value_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "value/number_text.h"
#include "value/temporal_text.h"

namespace trellis::cli::shell {
namespace {

using value::Type;
using value::Value;

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

void append_map(std::string& out, std::span<const value::MapEntry> entries) {
  out += '{';
  for (size_t i = 0; i < entries.size(); ++i) {
    if (i > 0) out += ", ";
    out += escaped_name(entries[i].key);
    out += ": ";
    append_shown(out, entries[i].value);
  }
  out += '}';
}

void append_node(std::string& out, const Value& node) {
  if (!node.is_record()) {
    out += fmt::format("({})", node.entity_id());
    return;
  }
  const auto& record = node.as_node_record();
  out += '(';
  for (std::string_view label : record.labels) out += ":" + escaped_name(label);
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
  const auto& record = relationship.as_relationship_record();
  out += "[:" + escaped_name(record.type);
  if (!record.properties.empty()) {
    out += ' ';
    append_map(out, record.properties);
  }
  out += ']';
}

void append_path(std::string& out, std::span<const Value> path) {
  for (size_t i = 0; i < path.size(); ++i) {
    if (path[i].is(Type::kNode)) {
      append_node(out, path[i]);
      continue;
    }
    const bool forward = !path[i].is_record() ||
                         path[i].as_relationship_record().start_id == path[i - 1].entity_id();
    out += forward ? "-" : "<-";
    append_relationship(out, path[i]);
    out += forward ? "->" : "-";
  }
}

void append_point(std::string& out, const value::Point& point) {
  out += fmt::format("point({{srid:{}, x:", point.srid);
  value::append_float(out, point.x);
  out += ", y:";
  value::append_float(out, point.y);
  if (point.three_dimensional()) {
    out += ", z:";
    value::append_float(out, point.z);
  }
  out += "})";
}

void append_temporal(std::string& out, const Value& v) {
  switch (v.type()) {
    case Type::kDate:
      return value::append_text(out, v.as_date());
    case Type::kLocalTime:
      return value::append_text(out, v.as_local_time());
    case Type::kTime:
      return value::append_text(out, v.as_time());
    case Type::kLocalDateTime:
      return value::append_text(out, v.as_local_date_time());
    case Type::kDateTime:
      return value::append_text(out, v.as_date_time());
    default:
      return value::append_text(out, v.as_duration());
  }
}

}  // namespace

std::string escaped_name(std::string_view name) {
  auto plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
  };
  if (!name.empty() && std::all_of(name.begin(), name.end(), plain) &&
      std::isdigit(static_cast<unsigned char>(name.front())) == 0) {
    return std::string(name);
  }
  std::string out = "`";
  for (char c : name) {
    if (c == '`') out += '`';
    out += c;
  }
  return out + "`";
}

void append_shown(std::string& out, const Value& v) {
  switch (v.type()) {
    case Type::kNull:
      out += "NULL";
      break;
    case Type::kBoolean:
      out += v.as_boolean() ? "TRUE" : "FALSE";
      break;
    case Type::kInteger:
      out += std::to_string(v.as_integer());
      break;
    case Type::kFloat:
      value::append_float(out, v.as_float());
      break;
    case Type::kString:
      append_quoted(out, v.as_string());
      break;
    case Type::kBytes: {
      out += '[';
      const auto bytes = v.as_bytes();
      for (size_t i = 0; i < bytes.size(); ++i) {
        out += fmt::format("{}{}", i > 0 ? ", " : "", static_cast<int>(bytes[i]));
      }
      out += ']';
      break;
    }
    case Type::kList: {
      out += '[';
      const auto items = v.as_list();
      for (size_t i = 0; i < items.size(); ++i) {
        if (i > 0) out += ", ";
        append_shown(out, items[i]);
      }
      out += ']';
      break;
    }
    case Type::kMap:
      append_map(out, v.as_map());
      break;
    case Type::kNode:
      append_node(out, v);
      break;
    case Type::kRelationship:
      append_relationship(out, v);
      break;
    case Type::kPath:
      append_path(out, v.as_path());
      break;
    case Type::kPoint:
      append_point(out, v.as_point());
      break;
    case Type::kDate:
    case Type::kLocalTime:
    case Type::kTime:
    case Type::kLocalDateTime:
    case Type::kDateTime:
    case Type::kDuration:
      append_temporal(out, v);
      break;
  }
}

}  // namespace trellis::cli::shell

// SPDX-License-Identifier: Apache-2.0
#include "tck/expected_value.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "value/compare.h"

namespace trellis::tck {
namespace {

using Kind = Expected::Kind;

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::optional<Expected> whole() {
    auto value = any();
    skip();
    if (!value || at_ != text_.size()) return std::nullopt;
    return value;
  }

 private:
  void skip() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }
  bool take(std::string_view token) {
    skip();
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }
  char peek() {
    skip();
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  std::optional<Expected> any() {
    switch (peek()) {
      case '\'':
        return string();
      case '[':
        return text_.substr(at_).starts_with("[:") ? relationship() : list();
      case '{':
        return map();
      case '(':
        return node();
      case '<':
        return path();
      default:
        return scalar();
    }
  }

  std::optional<Expected> scalar() {
    Expected e;
    if (take("null")) return e;
    if (take("true")) return e.kind = Kind::kBoolean, e.boolean = true, e;
    if (take("false")) return e.kind = Kind::kBoolean, e;
    e.kind = Kind::kFloat;
    if (take("NaN")) return e.real = std::numeric_limits<double>::quiet_NaN(), e;
    if (take("-Inf")) return e.real = -std::numeric_limits<double>::infinity(), e;
    if (take("Inf")) return e.real = std::numeric_limits<double>::infinity(), e;
    size_t end = at_;
    bool real = false;
    while (end < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[end])) ||
                                  text_[end] == '.' || text_[end] == '-' || text_[end] == '+')) {
      real |= text_[end] == '.' || text_[end] == 'e' || text_[end] == 'E';
      ++end;
    }
    const char* from = text_.data() + at_;
    const char* to = text_.data() + end;
    if (from == to) return std::nullopt;
    if (real) {
      if (std::from_chars(from, to, e.real).ptr != to) return std::nullopt;
    } else {
      e.kind = Kind::kInteger;
      if (std::from_chars(from, to, e.integer).ptr != to) return std::nullopt;
    }
    at_ = end;
    return e;
  }

  std::optional<Expected> string() {
    Expected e;
    e.kind = Kind::kString;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
        e.text += text_[++at_];
      } else if (text_[at_] == '\'') {
        ++at_;
        return e;
      } else {
        e.text += text_[at_];
      }
    }
    return std::nullopt;
  }

  std::optional<Expected> list() {
    Expected e;
    e.kind = Kind::kList;
    take("[");
    if (take("]")) return e;
    do {
      auto item = any();
      if (!item) return std::nullopt;
      e.items.push_back(std::move(*item));
    } while (take(","));
    if (!take("]")) return std::nullopt;
    return e;
  }

  bool entries(Expected& e) {
    if (!take("{")) return false;
    if (take("}")) return true;
    do {
      auto key = name();
      if (!take(":")) return false;
      auto value = any();
      if (!value) return false;
      e.keys.push_back(std::move(key));
      e.values.push_back(std::move(*value));
    } while (take(","));
    return take("}");
  }

  std::string name() {
    skip();
    if (take("`")) {
      const size_t end = text_.find('`', at_);
      const std::string quoted(text_.substr(at_, end - at_));
      at_ = end + 1;
      return quoted;
    }
    const size_t start = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) ||
                                  text_[at_] == '_' || (text_[at_] & 0x80))) {
      ++at_;
    }
    return std::string(text_.substr(start, at_ - start));
  }

  std::optional<Expected> map() {
    Expected e;
    e.kind = Kind::kMap;
    if (!entries(e)) return std::nullopt;
    return e;
  }

  std::optional<Expected> node() {
    Expected e;
    e.kind = Kind::kNode;
    if (!take("(")) return std::nullopt;
    while (take(":")) e.labels.push_back(name());
    if (peek() == '{' && !entries(e)) return std::nullopt;
    if (!take(")")) return std::nullopt;
    return e;
  }

  std::optional<Expected> relationship() {
    Expected e;
    e.kind = Kind::kRelationship;
    if (!take("[")) return std::nullopt;
    if (take(":")) e.text = name();
    if (peek() == '{' && !entries(e)) return std::nullopt;
    if (!take("]")) return std::nullopt;
    return e;
  }

  std::optional<Expected> path() {
    Expected e;
    e.kind = Kind::kPath;
    take("<");
    auto first = node();
    if (!first) return std::nullopt;
    e.items.push_back(std::move(*first));
    while (!take(">")) {
      const bool backward = take("<-");
      if (!backward && !take("-")) return std::nullopt;
      auto r = relationship();
      if (!r || !take(backward ? "-" : "->")) return std::nullopt;
      auto n = node();
      if (!n) return std::nullopt;
      e.items.push_back(std::move(*r));
      e.items.push_back(std::move(*n));
      e.forward.push_back(!backward);
    }
    return e;
  }

  std::string_view text_;
  size_t at_ = 0;
};

bool same_entries(const Expected& expected, std::span<const value::MapEntry> actual,
                  bool ignore_order) {
  if (expected.keys.size() != actual.size()) return false;
  for (size_t i = 0; i < expected.keys.size(); ++i) {
    const auto it = std::ranges::find(actual, expected.keys[i], &value::MapEntry::key);
    if (it == actual.end() || !matches(expected.values[i], it->value, ignore_order)) return false;
  }
  return true;
}

bool same_list(const std::vector<Expected>& expected, std::span<const value::Value> actual,
               bool ignore_order) {
  if (expected.size() != actual.size()) return false;
  if (!ignore_order) {
    for (size_t i = 0; i < actual.size(); ++i) {
      if (!matches(expected[i], actual[i], false)) return false;
    }
    return true;
  }
  std::vector<bool> used(actual.size());
  return std::ranges::all_of(expected, [&](const Expected& e) -> bool {
    for (size_t i = 0; i < actual.size(); ++i) {
      if (!used[i] && matches(e, actual[i], true)) return used[i] = true;
    }
    return false;
  });
}

bool same_node(const Expected& expected, const value::NodeRecord& actual, bool ignore_order) {
  if (expected.labels.size() != actual.labels.size()) return false;
  for (const auto& label : expected.labels) {
    if (std::ranges::find(actual.labels, label) == actual.labels.end()) return false;
  }
  return same_entries(expected, actual.properties, ignore_order);
}

bool same_path(const Expected& expected, std::span<const value::Value> actual, bool ignore_order) {
  if (expected.items.size() != actual.size()) return false;
  for (size_t i = 0; i < actual.size(); ++i) {
    if (!matches(expected.items[i], actual[i], ignore_order)) return false;
    if (i % 2 == 0) continue;
    const auto& r = actual[i].as_relationship_record();
    const bool forward = r.start_id == actual[i - 1].entity_id();
    const bool loop = r.start_id == r.end_id;
    if (!loop && forward != expected.forward[i / 2]) return false;
  }
  return true;
}

bool is_shown_as_text(const value::Value& value) {
  switch (value.type()) {
    case value::Type::kDate:
    case value::Type::kLocalTime:
    case value::Type::kTime:
    case value::Type::kLocalDateTime:
    case value::Type::kDateTime:
    case value::Type::kDuration:
    case value::Type::kPoint:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::optional<Expected> parse_expected(std::string_view text) { return Parser(text).whole(); }

bool matches(const Expected& expected, const value::Value& actual, bool ignore_order) {
  using value::Type;
  switch (expected.kind) {
    case Kind::kNull:
      return actual.is_null();
    case Kind::kBoolean:
      return actual.is(Type::kBoolean) && actual.as_boolean() == expected.boolean;
    case Kind::kInteger:
      return actual.is(Type::kInteger) && actual.as_integer() == expected.integer;
    case Kind::kFloat:
      return actual.is(Type::kFloat) &&
             (actual.as_float() == expected.real ||
              (std::isnan(actual.as_float()) && std::isnan(expected.real)));
    case Kind::kString:
      if (is_shown_as_text(actual)) return value::to_text(actual) == expected.text;
      return actual.is(Type::kString) && actual.as_string() == expected.text;
    case Kind::kList:
      return actual.is(Type::kList) && same_list(expected.items, actual.as_list(), ignore_order);
    case Kind::kMap:
      return actual.is(Type::kMap) && same_entries(expected, actual.as_map(), ignore_order);
    case Kind::kNode:
      return actual.is(Type::kNode) && same_node(expected, actual.as_node_record(), ignore_order);
    case Kind::kRelationship:
      return actual.is(Type::kRelationship) &&
             actual.as_relationship_record().type == expected.text &&
             same_entries(expected, actual.as_relationship_record().properties,
                          ignore_order);
    case Kind::kPath:
      return actual.is(Type::kPath) && same_path(expected, actual.as_path(), ignore_order);
  }
  return false;
}

value::Value to_value(const Expected& expected, Arena& arena) {
  switch (expected.kind) {
    case Kind::kNull:
      return value::Value();
    case Kind::kBoolean:
      return value::Value::boolean(expected.boolean);
    case Kind::kInteger:
      return value::Value::integer(expected.integer);
    case Kind::kFloat:
      return value::Value::real(expected.real);
    case Kind::kString:
      return value::make_string(arena, expected.text);
    case Kind::kList: {
      std::vector<value::Value> items;
      for (const auto& item : expected.items) items.push_back(to_value(item, arena));
      return value::make_list(arena, items);
    }
    case Kind::kMap: {
      std::vector<value::MapEntry> entries;
      for (size_t i = 0; i < expected.keys.size(); ++i) {
        entries.push_back({arena.copy(expected.keys[i]), to_value(expected.values[i], arena)});
      }
      return value::make_map(arena, entries);
    }
    case Kind::kNode:
    case Kind::kRelationship:
    case Kind::kPath:
      break;
  }
  TRELLIS_UNREACHABLE();
}

}  // namespace trellis::tck

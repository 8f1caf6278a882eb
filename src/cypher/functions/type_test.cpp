// SPDX-License-Identifier: Apache-2.0
#include "cypher/functions/type_test.h"

#include <algorithm>
#include <vector>

#include "value/compare.h"

namespace trellis::cypher {
namespace {

using plan::TypeSpec;
using value::Type;
using value::Value;
using Name = TypeSpec::Name;

bool storable(const Value& value) {
  if (value.is(Type::kList)) {
    const auto list = value.as_list();
    return std::ranges::all_of(list, [&](const Value& element) {
      return !element.is_null() && !element.is(Type::kList) && storable(element) &&
             element.type() == list[0].type();
    });
  }
  switch (value.type()) {
    case Type::kMap:
    case Type::kNode:
    case Type::kRelationship:
    case Type::kPath:
      return false;
    default:
      return true;
  }
}

bool has_name(const Value& value, const TypeSpec& spec) {
  switch (spec.name) {
    case Name::kAny:
      return true;
    case Name::kNothing:
    case Name::kNull:
      return false;  // null itself is settled before
    case Name::kBoolean:
      return value.is(Type::kBoolean);
    case Name::kString:
      return value.is(Type::kString);
    case Name::kInteger:
      return value.is(Type::kInteger);
    case Name::kFloat:
      return value.is(Type::kFloat);
    case Name::kNumber:
      return value.is_number();
    case Name::kDate:
      return value.is(Type::kDate);
    case Name::kLocalTime:
      return value.is(Type::kLocalTime);
    case Name::kTime:
      return value.is(Type::kTime);
    case Name::kLocalDateTime:
      return value.is(Type::kLocalDateTime);
    case Name::kDateTime:
      return value.is(Type::kDateTime);
    case Name::kDuration:
      return value.is(Type::kDuration);
    case Name::kPoint:
      return value.is(Type::kPoint);
    case Name::kNode:
      return value.is(Type::kNode);
    case Name::kRelationship:
      return value.is(Type::kRelationship);
    case Name::kMap:
      return value.is(Type::kMap);
    case Name::kList:
      return value.is(Type::kList) &&
             (!spec.element || std::ranges::all_of(value.as_list(), [&](const Value& element) {
               return has_type(element, *spec.element);
             }));
    case Name::kPath:
      return value.is(Type::kPath);
    case Name::kPropertyValue:
      return storable(value);
  }
  return false;
}

// The types of a list's elements, each once, in the order that texts of unions have.
struct ElementType {
  std::string order;  // sorts by kind, lists by the kinds of their elements
  std::string text;   // without NOT NULL
};

int rank_of(const Value& value) {
  switch (value.type()) {
    case Type::kNull:
      return 0;
    case Type::kBoolean:
      return 1;
    case Type::kString:
      return 2;
    case Type::kInteger:
      return 3;
    case Type::kFloat:
      return 4;
    case Type::kDate:
      return 5;
    case Type::kLocalTime:
      return 6;
    case Type::kTime:
      return 7;
    case Type::kLocalDateTime:
      return 8;
    case Type::kDateTime:
      return 9;
    case Type::kDuration:
      return 10;
    case Type::kPoint:
      return 11;
    case Type::kNode:
      return 12;
    case Type::kRelationship:
      return 13;
    case Type::kMap:
      return 14;
    case Type::kList:
    case Type::kBytes:
      return 15;
    case Type::kPath:
      return 16;
  }
  return 17;
}

std::string bare_type_text(const Value& value);

std::string order_of(const Value& value) {
  std::string order(1, static_cast<char>('A' + rank_of(value)));
  if (value.is(Type::kList)) {
    for (const Value& element : value.as_list()) order += order_of(element);
    if (value.as_list().empty()) order += '!';
  }
  return order;
}

std::string list_type_text(std::span<const Value> list) {
  std::vector<ElementType> types;
  bool nulls = false;
  for (const Value& element : list) {
    if (element.is_null()) {
      nulls = true;
      continue;
    }
    ElementType type{order_of(element), bare_type_text(element)};
    const bool known =
        std::ranges::any_of(types, [&](const ElementType& t) { return t.text == type.text; });
    if (!known) types.push_back(std::move(type));
  }
  if (types.empty()) return nulls ? "LIST<NULL>" : "LIST<NOTHING>";
  std::ranges::sort(types, {}, &ElementType::order);
  std::string out = "LIST<";
  for (size_t i = 0; i < types.size(); ++i) {
    if (i > 0) out += " | ";
    out += types[i].text;
    if (!nulls) out += " NOT NULL";
  }
  return out + ">";
}

std::string bare_type_text(const Value& value) {
  if (value.is(Type::kList)) return list_type_text(value.as_list());
  if (value.is(Type::kBytes)) return "LIST<INTEGER NOT NULL>";
  return std::string(value::type_name(value.type()));
}

}  // namespace

bool has_type(const Value& value, const TypeSpec& spec) {
  if (!spec.alternatives.empty()) {
    return std::ranges::any_of(spec.alternatives,
                               [&](const TypeSpec& one) { return has_type(value, one); });
  }
  if (value.is_null()) return !spec.not_null && spec.name != Name::kNothing;
  return has_name(value, spec);
}

std::string type_text(const Value& value) {
  if (value.is_null()) return "NULL";
  return bare_type_text(value) + " NOT NULL";
}

}  // namespace trellis::cypher

// SPDX-License-Identifier: Apache-2.0
//
// Type names with their synonyms, LIST<T>, NOT NULL or `!`, unions. Source: Cypher manual, "Values
// and types".
#include "cypher/syntax/parser_state.h"

namespace trellis::cypher {
namespace {

using ast::TypeName;

struct TypeRow {
  std::string_view phrase;  // longer ones before their prefixes
  TypeName name;
};
constexpr TypeRow kTypes[] = {
    {"NOTHING", TypeName::kNothing},
    {"NULL", TypeName::kNull},
    {"BOOLEAN|BOOL", TypeName::kBoolean},
    {"STRING|VARCHAR", TypeName::kString},
    {"SIGNED INTEGER", TypeName::kInteger},
    {"INTEGER|INT|INTEGER64|INT64", TypeName::kInteger},
    {"FLOAT|FLOAT64", TypeName::kFloat},
    {"DATE", TypeName::kDate},
    {"LOCAL TIME", TypeName::kLocalTime},
    {"TIME WITHOUT TIMEZONE", TypeName::kLocalTime},
    {"TIME WITHOUT TIME ZONE", TypeName::kLocalTime},
    {"ZONED TIME", TypeName::kZonedTime},
    {"TIME WITH TIMEZONE", TypeName::kZonedTime},
    {"TIME WITH TIME ZONE", TypeName::kZonedTime},
    {"LOCAL DATETIME", TypeName::kLocalDateTime},
    {"TIMESTAMP WITHOUT TIMEZONE", TypeName::kLocalDateTime},
    {"TIMESTAMP WITHOUT TIME ZONE", TypeName::kLocalDateTime},
    {"ZONED DATETIME", TypeName::kZonedDateTime},
    {"TIMESTAMP WITH TIMEZONE", TypeName::kZonedDateTime},
    {"TIMESTAMP WITH TIME ZONE", TypeName::kZonedDateTime},
    {"DURATION", TypeName::kDuration},
    {"POINT", TypeName::kPoint},
    {"ANY NODE", TypeName::kNode},
    {"NODE|VERTEX", TypeName::kNode},
    {"ANY VERTEX", TypeName::kNode},
    {"ANY RELATIONSHIP|EDGE", TypeName::kRelationship},
    {"RELATIONSHIP|EDGE", TypeName::kRelationship},
    {"ANY MAP", TypeName::kMap},
    {"MAP", TypeName::kMap},
    {"PATH|PATHS", TypeName::kPath},
    {"ANY PROPERTY VALUE", TypeName::kPropertyValue},
    {"PROPERTY VALUE", TypeName::kPropertyValue},
    {"VECTOR", TypeName::kVector},
};

}  // namespace

Result<ast::TypeUnion> Parser::type_union() {
  const Nesting nesting(*this);
  if (nesting.too_deep()) return too_deep();
  ast::TypeUnion types;
  // ANY<INTEGER | STRING>, ANY VALUE<..>
  if (at_keyword("ANY") &&
      (at(TokenKind::kLess, 1) || (at_keyword("VALUE", 1) && at(TokenKind::kLess, 2)))) {
    accept_phrase("ANY [VALUE]");
    advance();
    TRELLIS_TRY_ASSIGN(types, type_union());
    TRELLIS_TRY(expect(TokenKind::kGreater, "'>'"));
    return types;
  }
  for (;;) {
    TRELLIS_TRY_ASSIGN(ast::TypeSpec type, type_spec());
    types.push_back(std::move(type));
    if (!at(TokenKind::kBar) || bar_ends_labels_) return types;
    advance();
  }
}

Result<ast::TypeSpec> Parser::type_spec() {
  ast::TypeSpec type;
  bool found = false;
  // LIST<T>, ARRAY<T>, and the postfix form T LIST below.
  if (accept_phrase("LIST|ARRAY")) {
    found = true;
    type.name = ast::TypeName::kList;
    if (accept(TokenKind::kLess)) {
      TRELLIS_TRY_ASSIGN(type.elements, type_union());
      TRELLIS_TRY(expect(TokenKind::kGreater, "'>'"));
    }
  }
  for (const TypeRow& row : kTypes) {
    if (found) break;
    found = accept_phrase(row.phrase);
    if (found) type.name = row.name;
  }
  if (!found && accept_phrase("ANY [VALUE]")) found = true;
  if (!found) return unexpected("a type");
  const auto accept_not_null = [&] {
    return accept(TokenKind::kExclamation) || accept_phrase("NOT NULL");
  };
  type.not_null = accept_not_null();
  while (accept_phrase("LIST|ARRAY")) {
    TRELLIS_TRY(grow());
    ast::TypeSpec list;
    list.name = ast::TypeName::kList;
    list.elements.push_back(std::move(type));
    type = std::move(list);
    type.not_null = accept_not_null();
  }
  return type;
}

}  // namespace trellis::cypher

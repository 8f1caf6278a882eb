// SPDX-License-Identifier: Apache-2.0
//
// CREATE and DROP of indexes and constraints.
#include "cypher/syntax/parser_state.h"

namespace trellis::cypher {

// [name] [IF NOT EXISTS] stands before FOR (or ON, the form of old).
Result<std::optional<ast::Name>> Parser::schema_name() {
  if (at(TokenKind::kParameter)) {
    TRELLIS_TRY_ASSIGN(ast::Name name, this->name("a name"));
    return name;
  }
  const bool keyword = (at_keyword("FOR") && at(TokenKind::kLeftParen, 1)) ||
                       (at_keyword("IF") && at_keyword("NOT", 1));
  if (!at_name() || keyword) return std::nullopt;
  TRELLIS_TRY_ASSIGN(ast::Name name, this->name("a name"));
  return name;
}

// (v:A|B), ()-[v:T|U]-(), (v), ()-[v]-()
Result<Parser::SchemaPattern> Parser::schema_pattern() {
  SchemaPattern pattern;
  const bool relationship = at(TokenKind::kLeftParen) && at(TokenKind::kRightParen, 1);
  if (relationship) {
    pattern.entity = ast::EntityType::kRelationship;
    cursor_ += 2;
    accept(TokenKind::kLess);
    TRELLIS_TRY(expect(TokenKind::kMinus, "'-'"));
    TRELLIS_TRY(expect(TokenKind::kLeftBracket, "'['"));
  } else {
    TRELLIS_TRY(expect(TokenKind::kLeftParen, "'('"));
  }
  TRELLIS_TRY_ASSIGN(pattern.variable, symbol("a variable name"));
  if (accept(TokenKind::kColon)) {
    do {
      TRELLIS_TRY_ASSIGN(std::string label, symbol("a label or relationship type"));
      pattern.labels_or_types.push_back(std::move(label));
    } while (accept(TokenKind::kBar));
  }
  if (!relationship) {
    TRELLIS_TRY(expect(TokenKind::kRightParen, "')'"));
    return pattern;
  }
  TRELLIS_TRY(expect(TokenKind::kRightBracket, "']'"));
  TRELLIS_TRY(expect(TokenKind::kMinus, "'-'"));
  accept(TokenKind::kGreater);
  TRELLIS_TRY(expect(TokenKind::kLeftParen, "'('"));
  TRELLIS_TRY(expect(TokenKind::kRightParen, "')'"));
  return pattern;
}

// v.p | (v.p, v.q) | [v.p, v.q]
Result<std::vector<std::string>> Parser::schema_properties(const std::string& variable) {
  std::vector<std::string> properties;
  const bool parenthesis = accept(TokenKind::kLeftParen);
  const bool bracket = !parenthesis && accept(TokenKind::kLeftBracket);
  do {
    const SourcePosition start = here();
    TRELLIS_TRY_ASSIGN(const std::string name, symbol("a variable name"));
    if (name != variable) {
      return fail_at(start, ErrorCode::UndefinedVariable, "Variable `{}` not defined", name);
    }
    TRELLIS_TRY(expect(TokenKind::kDot, "'.'"));
    TRELLIS_TRY_ASSIGN(std::string property, symbol("a property name"));
    properties.push_back(std::move(property));
  } while ((parenthesis || bracket) && accept(TokenKind::kComma));
  if (parenthesis) TRELLIS_TRY(expect(TokenKind::kRightParen, "',' or ')'"));
  if (bracket) TRELLIS_TRY(expect(TokenKind::kRightBracket, "',' or ']'"));
  return properties;
}

Parser::StatementResult Parser::create_index() {
  using ast::IndexKind;
  auto create = std::make_unique<ast::CreateIndex>();
  if (at_keyword("INDEX")) {
    create->index = IndexKind::kRange;
  } else if (accept_keyword("RANGE")) {
    create->index = IndexKind::kRange;
  } else if (accept_keyword("TEXT")) {
    create->index = IndexKind::kText;
  } else if (accept_keyword("POINT")) {
    create->index = IndexKind::kPoint;
  } else if (accept_keyword("LOOKUP")) {
    create->index = IndexKind::kLookup;
  } else if (accept_keyword("FULLTEXT")) {
    create->index = IndexKind::kFulltext;
  } else if (accept_keyword("VECTOR")) {
    create->index = IndexKind::kVector;
  } else {
    return unexpected("RANGE, TEXT, POINT, LOOKUP, FULLTEXT or VECTOR");
  }
  TRELLIS_TRY(expect_keyword("INDEX"));
  TRELLIS_TRY_ASSIGN(create->name, schema_name());
  TRELLIS_TRY_ASSIGN(const auto exists, if_not_exists(ast::IfExists::kFail));
  create->if_not_exists = exists == ast::IfExists::kIfNotExists;
  TRELLIS_TRY(expect_keyword("FOR"));
  TRELLIS_TRY_ASSIGN(SchemaPattern pattern, schema_pattern());
  create->entity = pattern.entity;
  create->labels_or_types = std::move(pattern.labels_or_types);
  TRELLIS_TRY(expect_keyword("ON"));
  if (create->index == IndexKind::kLookup) {
    accept_keyword("EACH");
    const std::string_view function = create->entity == ast::EntityType::kNode ? "LABELS" : "TYPE";
    TRELLIS_TRY(expect_keyword(function));
    TRELLIS_TRY(expect(TokenKind::kLeftParen, "'('"));
    TRELLIS_TRY_ASSIGN(const std::string variable, symbol("a variable name"));
    TRELLIS_TRY(expect(TokenKind::kRightParen, "')'"));
    if (variable != pattern.variable || !create->labels_or_types.empty()) {
      return fail_at(here(), ErrorCode::SyntaxError,
                     "A lookup index is FOR (n) ON EACH labels(n) or FOR ()-[r]-() ON EACH "
                     "type(r).");
    }
  } else {
    if (create->labels_or_types.empty()) return unexpected("a label or relationship type");
    if (create->labels_or_types.size() > 1 && create->index != IndexKind::kFulltext &&
        create->index != IndexKind::kVector) {
      return fail_at(here(), ErrorCode::SyntaxError,
                     "Only a fulltext index takes several labels or types.");
    }
    if (create->index == IndexKind::kFulltext) TRELLIS_TRY(expect_keyword("EACH"));
    TRELLIS_TRY_ASSIGN(create->properties, schema_properties(pattern.variable));
    const bool several =
        create->index == IndexKind::kRange || create->index == IndexKind::kFulltext;
    if (create->properties.size() > 1 && !several) {
      return fail_at(here(), ErrorCode::SyntaxError, "This kind of index takes one property.");
    }
  }
  TRELLIS_TRY(accept_options(create->options));
  return create;
}

Parser::StatementResult Parser::drop_index() {
  auto drop = std::make_unique<ast::DropIndex>();
  advance();
  TRELLIS_TRY_ASSIGN(drop->name, name("the name of an index"));
  TRELLIS_TRY_ASSIGN(drop->if_exists, accept_if_exists());
  return drop;
}

Parser::StatementResult Parser::create_constraint() {
  auto create = std::make_unique<ast::CreateConstraint>();
  advance();
  TRELLIS_TRY_ASSIGN(create->name, schema_name());
  TRELLIS_TRY_ASSIGN(const auto exists, if_not_exists(ast::IfExists::kFail));
  create->if_not_exists = exists == ast::IfExists::kIfNotExists;
  TRELLIS_TRY(expect_keyword("FOR"));
  const SourcePosition start = here();
  TRELLIS_TRY_ASSIGN(SchemaPattern pattern, schema_pattern());
  if (pattern.labels_or_types.size() != 1) {
    return fail_at(start, ErrorCode::SyntaxError,
                   "A constraint is for one label or relationship type.");
  }
  create->entity = pattern.entity;
  create->label_or_type = std::move(pattern.labels_or_types.front());
  TRELLIS_TRY(expect_keyword("REQUIRE"));
  TRELLIS_TRY_ASSIGN(create->properties, schema_properties(pattern.variable));

  const bool typed = at(TokenKind::kColonColon) || match_phrase("IS TYPED") > 0 ||
                     (at_keyword("IS") && at(TokenKind::kColonColon, 1));
  if (typed) {
    accept_keyword("IS");
    if (!accept(TokenKind::kColonColon)) advance();
    create->constraint = ast::ConstraintKind::kPropertyType;
    TRELLIS_TRY_ASSIGN(create->types, type_union());
  } else {
    TRELLIS_TRY(expect_keyword("IS"));
    if (accept_phrase("NOT NULL")) {
      create->constraint = ast::ConstraintKind::kExistence;
    } else {
      const SourcePosition kind = here();
      const bool node = accept_keyword("NODE");
      const bool relationship = !node && accept_phrase("RELATIONSHIP|REL");
      if ((node && create->entity != ast::EntityType::kNode) ||
          (relationship && create->entity != ast::EntityType::kRelationship)) {
        return fail_at(kind, ErrorCode::SyntaxError,
                       "The constraint's pattern and its kind speak of different things.");
      }
      if (accept_keyword("UNIQUE")) {
        create->constraint = ast::ConstraintKind::kUnique;
      } else if (accept_keyword("KEY")) {
        create->constraint = ast::ConstraintKind::kKey;
      } else {
        return unexpected("UNIQUE, KEY, NOT NULL or a type");
      }
    }
  }
  const bool several = create->constraint == ast::ConstraintKind::kUnique ||
                       create->constraint == ast::ConstraintKind::kKey;
  if (create->properties.size() > 1 && !several) {
    return fail_at(start, ErrorCode::SyntaxError, "This kind of constraint takes one property.");
  }
  TRELLIS_TRY(accept_options(create->options));
  return create;
}

Parser::StatementResult Parser::drop_constraint() {
  auto drop = std::make_unique<ast::DropConstraint>();
  advance();
  TRELLIS_TRY_ASSIGN(drop->name, name("the name of a constraint"));
  TRELLIS_TRY_ASSIGN(drop->if_exists, accept_if_exists());
  return drop;
}

}  // namespace trellis::cypher

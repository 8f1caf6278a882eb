// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "cypher/syntax/parser_state.h"

namespace trellis::cypher {
namespace {

// Levels of a left-deep tree (1 + 2 + 3 ...); each costs every later walk some stack.
constexpr uint32_t kMaxTreeHeight = 3000;

// Splits off the next word of a phrase.
std::string_view next_word(std::string_view& phrase) {
  const size_t end = phrase.find(' ');
  const std::string_view word = phrase.substr(0, end);
  phrase = end == std::string_view::npos ? std::string_view() : phrase.substr(end + 1);
  return word;
}

}  // namespace

Parser::Parser(std::string_view text, const ParseOptions& options)
    : text_(text),
      tokens_(tokenize(text)),
      partners_(tokens_.size(), 0),
      max_depth_(options.max_depth),
      literals_(options.literals) {
  std::vector<uint32_t> open;
  auto extracted = options.literals.begin();
  for (uint32_t i = 0; i < tokens_.size(); ++i) {
    switch (tokens_[i].kind) {
      case TokenKind::kLeftParen:
      case TokenKind::kLeftBracket:
      case TokenKind::kLeftBrace:
        open.push_back(i);
        break;
      case TokenKind::kRightParen:
      case TokenKind::kRightBracket:
      case TokenKind::kRightBrace:
        // A right bracket's kind follows its left one's.
        if (!open.empty() &&
            static_cast<int>(tokens_[open.back()].kind) + 1 == static_cast<int>(tokens_[i].kind)) {
          partners_[open.back()] = i;
          open.pop_back();
        }
        break;
      default:
        break;
    }
    if (extracted != options.literals.end() && extracted->byte_offset == tokens_[i].begin) {
      tokens_[i].literal = static_cast<uint32_t>(extracted - options.literals.begin());
      ++extracted;
    }
  }
}

bool Parser::at_keyword(std::string_view keyword, size_t ahead) const {
  const Token& token = peek(ahead);
  return token.kind == TokenKind::kIdentifier && equals_keyword(text_of(token), keyword);
}

bool Parser::at_any_keyword(std::initializer_list<std::string_view> keywords, size_t ahead) const {
  return std::any_of(keywords.begin(), keywords.end(),
                     [&](std::string_view keyword) { return at_keyword(keyword, ahead); });
}

bool Parser::accept(TokenKind kind) {
  if (!at(kind)) return false;
  advance();
  return true;
}

bool Parser::accept_keyword(std::string_view keyword) {
  if (!at_keyword(keyword)) return false;
  advance();
  return true;
}

size_t Parser::match_phrase(std::string_view phrase) const {
  size_t ahead = 0;
  while (!phrase.empty()) {
    std::string_view word = next_word(phrase);
    const bool optional = word.front() == '[';
    if (optional) word = word.substr(1, word.size() - 2);
    bool matched = false;
    while (!word.empty() && !matched) {
      const size_t bar = word.find('|');
      matched = at_keyword(word.substr(0, bar), ahead);
      word = bar == std::string_view::npos ? std::string_view() : word.substr(bar + 1);
    }
    if (matched) {
      ++ahead;
    } else if (!optional) {
      return 0;
    }
  }
  return ahead;
}

bool Parser::accept_phrase(std::string_view phrase) {
  const size_t length = match_phrase(phrase);
  cursor_ += length;
  return length > 0;
}

Result<> Parser::expect(TokenKind kind, std::string_view what) {
  if (accept(kind)) return {};
  return unexpected(what);
}

Result<> Parser::expect_keyword(std::string_view keyword) {
  if (accept_keyword(keyword)) return {};
  return unexpected(keyword);
}

Result<> Parser::expect_phrase(std::string_view phrase) {
  if (accept_phrase(phrase)) return {};
  return unexpected(phrase);
}

bool Parser::at_name(size_t ahead) const {
  return at(TokenKind::kIdentifier, ahead) || at(TokenKind::kQuotedIdentifier, ahead);
}

size_t Parser::partner(size_t ahead) const {
  const size_t i = cursor_ + ahead;
  return i < partners_.size() && partners_[i] != 0 ? partners_[i] - cursor_ : 0;
}

tl::unexpected<Error> Parser::unexpected(std::string_view expected) const {
  const Token& token = peek();
  const std::string_view found = text_of(token);
  if (token.kind == TokenKind::kEnd) {
    return fail_at(token.position, ErrorCode::SyntaxError, "Unexpected end of input: expected {}.",
                   expected);
  }
  const bool behind_secret_word = cursor_ > 0 &&
                                  tokens_[cursor_ - 1].kind == TokenKind::kIdentifier &&
                                  (equals_keyword(text_of(tokens_[cursor_ - 1]), "PASSWORD") ||
                                   equals_keyword(text_of(tokens_[cursor_ - 1]), "FROM") ||
                                   equals_keyword(text_of(tokens_[cursor_ - 1]), "TO"));
  if (in_command_ &&
      (token.kind == TokenKind::kString || token.kind == TokenKind::kError || behind_secret_word)) {
    return fail_at(token.position, ErrorCode::SyntaxError, "Invalid input: expected {}.", expected);
  }
  if (token.kind != TokenKind::kError || token.error == ErrorCode::InvalidNumberLiteral) {
    // A broken number where no expression can stand is just something unexpected.
    return fail_at(token.position, ErrorCode::SyntaxError, "Invalid input '{}': expected {}.",
                   found.substr(0, 80), expected);
  }
  switch (token.error) {
    case ErrorCode::InvalidUnicodeLiteral:
      return fail_at(token.position, token.error,
                     "A \\u escape must be followed by four hexadecimal digits.");
    case ErrorCode::InvalidUnicodeCharacter:
      return fail_at(token.position, token.error, "Invalid character '{}' in the statement.",
                     found);
    default:
      break;
  }
  const char first = found.empty() ? '\0' : found.front();
  if (first == '\'' || first == '"') {
    return fail_at(
        token.position, token.error,
        "The string is not closed, or holds an unknown escape; escapes are \\\\ \\' \\\" "
        "\\b \\f \\n \\r \\t \\uXXXX.");
  }
  if (first == '`') return fail_at(token.position, token.error, "The back-tick is not closed.");
  if (found.starts_with("/*")) {
    return fail_at(token.position, token.error, "The comment is not closed.");
  }
  return fail_at(token.position, token.error, "Invalid input '{}': expected {}.",
                 found.substr(0, 80), expected);
}

tl::unexpected<Error> Parser::too_deep() const {
  return fail_at(here(), ErrorCode::SyntaxError,
                 "The statement is nested too deeply (more than {} levels); split it up.",
                 max_depth_);
}

Result<> Parser::grow() {
  if (++height_ <= kMaxTreeHeight) return {};
  return fail_at(here(), ErrorCode::SyntaxError,
                 "The expression has too many operators in a row (more than {}); use a list or a "
                 "parameter instead.",
                 kMaxTreeHeight);
}

Result<std::string> Parser::symbol(std::string_view what) {
  if (!at_name()) return unexpected(what);
  std::string name = identifier_text(peek(), text_of(peek()));
  advance();
  return name;
}

Result<ast::VariableName> Parser::variable_name() {
  ast::VariableName variable;
  variable.position = here();
  TRELLIS_TRY_ASSIGN(variable.name, symbol("a variable name"));
  variable.id = new_id();
  declared_.insert(variable.name);
  return variable;
}

ast::VariableName Parser::anonymous_variable() {
  ast::VariableName variable;
  variable.position = here();
  variable.id = new_id();
  return variable;
}

Result<std::string> Parser::string_literal(std::string_view what) {
  if (!at(TokenKind::kString)) return unexpected(what);
  mark_exact(peek());
  std::string value = string_value(text_of(peek()));
  advance();
  return value;
}

Result<int64_t> Parser::integer_literal(std::string_view what) {
  if (!at(TokenKind::kInteger)) return unexpected(what);
  mark_exact(peek());
  int64_t value = 0;
  if (parse_integer(text_of(peek()), &value) != IntegerParse::kValue) {
    return fail_at(here(), ErrorCode::IntegerOverflow, "The integer {} is too large.",
                   text_of(peek()));
  }
  advance();
  return value;
}

Result<std::string> Parser::dotted_name(std::string_view what) {
  TRELLIS_TRY_ASSIGN(std::string name, symbol(what));
  while (at(TokenKind::kDot) && at_name(1)) {
    advance();
    TRELLIS_TRY_ASSIGN(const std::string part, symbol(what));
    name += '.';
    name += part;
  }
  return name;
}

void Parser::mention_parameter(const std::string& name) {
  if (std::find(parameters_.begin(), parameters_.end(), name) == parameters_.end()) {
    parameters_.push_back(name);
  }
}

}  // namespace trellis::cypher

// SPDX-License-Identifier: Apache-2.0
#include "cypher/syntax/lexer.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>

namespace trellis::cypher {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_ascii_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// ASCII that goes on with an identifier.
constexpr std::array<bool, 256> kIdentifierBytes = [] {
  std::array<bool, 256> table{};
  for (int c = 0; c < 128; ++c) {
    table[static_cast<size_t>(c)] =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  }
  return table;
}();

// Java's identifier rules, which Neo4j follows, without the dollar sign at the start.
bool starts_identifier(char32_t c) {
  if (c < 0x80) return is_ascii_letter(static_cast<char>(c)) || c == '_';
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_PC:
    case UTF8PROC_CATEGORY_SC:
      return true;
    default:
      return false;
  }
}
bool continues_identifier(char32_t c) {
  if (c < 0x80) return is_ascii_letter(static_cast<char>(c)) || c == '_' || (c >= '0' && c <= '9');
  if (starts_identifier(c)) return true;
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ND:
      return true;
    default:
      return false;
  }
}
bool is_blank(char32_t c) {
  if (c < 0x80) return c == ' ' || (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x1F);
  if (c == 0x85 || c == 0xFEFF || c == 0x180E) return true;
  const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
  return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL ||
         category == UTF8PROC_CATEGORY_ZP;
}
bool is_dash(char32_t c) {
  return c == 0xAD || (c >= 0x2010 && c <= 0x2015) || c == 0x2212 || c == 0xFE58 || c == 0xFE63 ||
         c == 0xFF0D;
}

uint32_t hex_value(std::string_view digits) {
  uint32_t value = 0;
  for (const char c : digits) {
    const uint32_t digit = is_digit(c) ? uint32_t(c - '0') : (uint32_t(c) | 32u) - 'a' + 10;
    value = value * 16 + digit;
  }
  return value;
}
bool four_hex_digits(std::string_view text, size_t from) {
  if (from + 4 > text.size()) return false;
  return std::all_of(text.begin() + ptrdiff_t(from), text.begin() + ptrdiff_t(from) + 4, is_hex);
}

void append_utf8(std::string& out, char32_t c) {
  utf8proc_uint8_t bytes[4];
  const auto n = utf8proc_encode_char(static_cast<utf8proc_int32_t>(c), bytes);
  out.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(n));
}

// Decodes \uXXXX at `at` (which points at the backslash), joining a surrogate pair; returns the
// number of bytes read. A lone surrogate becomes U+FFFD.
size_t append_escape(std::string& out, std::string_view text, size_t at) {
  const uint32_t first = hex_value(text.substr(at + 2, 4));
  if (first >= 0xD800 && first < 0xDC00 && at + 12 <= text.size() && text[at + 6] == '\\' &&
      text[at + 7] == 'u' && four_hex_digits(text, at + 8)) {
    const uint32_t second = hex_value(text.substr(at + 8, 4));
    if (second >= 0xDC00 && second < 0xE000) {
      append_utf8(out, 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00));
      return 12;
    }
  }
  append_utf8(out, first >= 0xD800 && first < 0xE000 ? U'\uFFFD' : char32_t{first});
  return 6;
}

}  // namespace

char32_t Lexer::decode(size_t offset, size_t* length) const {
  const auto byte = static_cast<unsigned char>(text_[offset]);
  if (byte < 0x80) {
    *length = 1;
    return byte;
  }
  utf8proc_int32_t c = 0;
  const auto n = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text_.data()) + offset,
                                  static_cast<utf8proc_ssize_t>(text_.size() - offset), &c);
  if (n <= 0) {
    *length = 1;
    return 0xFFFFFFFF;  // not UTF-8
  }
  *length = static_cast<size_t>(n);
  return static_cast<char32_t>(c);
}

void Lexer::advance_position(size_t to) {
  if (!tracks_positions_) {
    cursor_ = to;
    return;
  }
  for (; cursor_ < to; ++cursor_) {
    const char c = text_[cursor_];
    if ((static_cast<unsigned char>(c) & 0xC0) == 0x80) continue;  // inside a code point
    ++position_.offset;
    const bool new_line = c == '\n' || (c == '\r' && at(cursor_ + 1) != '\n');
    if (new_line) {
      ++position_.line;
      position_.column = 1;
    } else {
      ++position_.column;
    }
  }
}

bool Lexer::skip_blanks() {
  size_t i = cursor_;
  while (i < text_.size()) {
    const char c = text_[i];
    if (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
      ++i;
    } else if (c == '/' && at(i + 1) == '/') {
      while (i < text_.size() && text_[i] != '\n' && text_[i] != '\r') ++i;
    } else if (c == '/' && at(i + 1) == '*') {
      const size_t end = text_.find("*/", i + 2);
      if (end == std::string_view::npos) {
        advance_position(i);
        return false;
      }
      i = end + 2;
    } else {
      size_t length = 0;
      if (!is_blank(decode(i, &length))) break;
      i += length;
    }
  }
  advance_position(i);
  return true;
}

Token Lexer::finish(Token token, TokenKind kind, size_t end) {
  token.kind = kind;
  token.end = static_cast<uint32_t>(end);
  advance_position(end);
  return token;
}

Token Lexer::fail(Token token, ErrorCode error, size_t end) {
  token.error = error;
  return finish(token, TokenKind::kError, end);
}

size_t Lexer::identifier_end(size_t from) const {
  size_t i = from;
  while (i < text_.size()) {
    if (kIdentifierBytes[static_cast<unsigned char>(text_[i])]) {
      ++i;
      continue;
    }
    if (static_cast<unsigned char>(text_[i]) < 0x80 && text_[i] != '\\') break;
    if (text_[i] == '\\' && at(i + 1) == 'u' && four_hex_digits(text_, i + 2)) {
      i += 6;
      continue;
    }
    size_t length = 0;
    if (!continues_identifier(decode(i, &length))) break;
    i += length;
  }
  return i;
}

Token Lexer::identifier(Token token) {
  return finish(token, TokenKind::kIdentifier, identifier_end(token.begin));
}

Token Lexer::quoted_identifier(Token token) {
  for (size_t i = token.begin + 1; i < text_.size(); ++i) {
    if (text_[i] != '`') continue;
    if (at(i + 1) == '`') {
      ++i;
      continue;
    }
    return finish(token, TokenKind::kQuotedIdentifier, i + 1);
  }
  return fail(token, ErrorCode::SyntaxError, text_.size());
}

Token Lexer::number(Token token) {
  size_t i = token.begin;
  bool good = true;
  const auto digits = [&](auto is_valid) {
    const size_t from = i;
    while (is_valid(at(i)) || (at(i) == '_' && i > from && is_valid(at(i + 1)))) ++i;
    return i > from;
  };
  TokenKind kind = TokenKind::kInteger;
  const char base = static_cast<char>(at(i + 1) | 32);
  if (at(i) == '0' && base == 'x') {
    i += 2;
    good = digits(is_hex);
  } else if (at(i) == '0' && base == 'o') {
    i += 2;
    good = digits([](char c) { return c >= '0' && c <= '7'; });
  } else {
    digits(is_digit);
    if (at(i) == '.' && is_digit(at(i + 1))) {
      kind = TokenKind::kFloat;
      ++i;
      digits(is_digit);
    }
    if (at(i) == 'e' || at(i) == 'E') {
      const size_t sign = at(i + 1) == '+' || at(i + 1) == '-' ? 1 : 0;
      if (is_digit(at(i + 1 + sign))) {
        kind = TokenKind::kFloat;
        i += 1 + sign;
        digits(is_digit);
      }
    }
  }
  const size_t end = identifier_end(i);
  if (!good || end != i) return fail(token, ErrorCode::InvalidNumberLiteral, end);
  return finish(token, kind, i);
}

Token Lexer::string(Token token) {
  const char quote = text_[token.begin];
  for (size_t i = token.begin + 1; i < text_.size(); ++i) {
    const char c = text_[i];
    if (c == quote) return finish(token, TokenKind::kString, i + 1);
    if (c != '\\') continue;
    const char escaped = at(i + 1);
    if (escaped == 'u') {
      if (!four_hex_digits(text_, i + 2)) {
        return fail(token, ErrorCode::InvalidUnicodeLiteral, text_.size());
      }
      i += 5;
    } else if (std::string_view("\\'\"`bfnrt").find(escaped) != std::string_view::npos) {
      ++i;
    } else {
      return fail(token, ErrorCode::SyntaxError, text_.size());
    }
  }
  return fail(token, ErrorCode::SyntaxError, text_.size());
}

Token Lexer::dollar(Token token) {
  const size_t next = token.begin + 1;
  if (at(next) == '`') {
    Token name = token;
    name.begin = static_cast<uint32_t>(next);
    name = quoted_identifier(name);
    name.begin = token.begin;
    if (name.kind == TokenKind::kQuotedIdentifier) name.kind = TokenKind::kParameter;
    return name;
  }
  const size_t end = identifier_end(next);
  if (end == next) return finish(token, TokenKind::kDollar, next);
  return finish(token, TokenKind::kParameter, end);
}

Token Lexer::punctuation(Token token) {
  using enum TokenKind;
  const size_t i = token.begin;
  const char second = at(i + 1);
  const auto one_or = [&](char wanted, TokenKind two, TokenKind one) {
    return second == wanted ? finish(token, two, i + 2) : finish(token, one, i + 1);
  };
  switch (text_[i]) {
    case '(':
      return finish(token, kLeftParen, i + 1);
    case ')':
      return finish(token, kRightParen, i + 1);
    case '[':
      return finish(token, kLeftBracket, i + 1);
    case ']':
      return finish(token, kRightBracket, i + 1);
    case '{':
      return finish(token, kLeftBrace, i + 1);
    case '}':
      return finish(token, kRightBrace, i + 1);
    case ',':
      return finish(token, kComma, i + 1);
    case ';':
      return finish(token, kSemicolon, i + 1);
    case '-':
      return finish(token, kMinus, i + 1);
    case '*':
      return finish(token, kStar, i + 1);
    case '/':
      return finish(token, kSlash, i + 1);
    case '%':
      return finish(token, kPercent, i + 1);
    case '^':
      return finish(token, kCaret, i + 1);
    case '&':
      return finish(token, kAmpersand, i + 1);
    case '!':
      return finish(token, kExclamation, i + 1);
    case '.':
      return one_or('.', kDotDot, kDot);
    case ':':
      return one_or(':', kColonColon, kColon);
    case '+':
      return one_or('=', kPlusEqual, kPlus);
    case '=':
      return one_or('~', kRegexMatch, kEqual);
    case '>':
      return one_or('=', kGreaterEqual, kGreater);
    case '|':
      return one_or('|', kDoubleBar, kBar);
    case '<':
      if (second == '>') return finish(token, kNotEqual, i + 2);
      return one_or('=', kLessEqual, kLess);
    default:
      return fail(token, ErrorCode::SyntaxError, i + 1);
  }
}

Token Lexer::next() {
  const bool closed = skip_blanks();
  Token token;
  token.begin = static_cast<uint32_t>(cursor_);
  token.position = position_;
  if (!closed) return fail(token, ErrorCode::SyntaxError, text_.size());
  if (cursor_ >= text_.size()) return finish(token, TokenKind::kEnd, cursor_);

  const char c = text_[cursor_];
  if (is_ascii_letter(c) || c == '_') return identifier(token);
  if (is_digit(c) || (c == '.' && is_digit(at(cursor_ + 1)))) return number(token);
  if (c == '\'' || c == '"') return string(token);
  if (c == '`') return quoted_identifier(token);
  if (c == '$') return dollar(token);
  if (c == '\\' && at(cursor_ + 1) == 'u') {
    if (four_hex_digits(text_, cursor_ + 2)) return identifier(token);
    return fail(token, ErrorCode::InvalidUnicodeLiteral, text_.size());
  }
  if (static_cast<unsigned char>(c) < 0x80) return punctuation(token);

  size_t length = 0;
  const char32_t code_point = decode(cursor_, &length);
  if (starts_identifier(code_point)) return identifier(token);
  if (is_dash(code_point)) return finish(token, TokenKind::kUnicodeDash, cursor_ + length);
  return fail(token, ErrorCode::InvalidUnicodeCharacter, cursor_ + length);
}

std::vector<Token> tokenize(std::string_view text) {
  std::vector<Token> tokens;
  tokens.reserve(text.size() / 4 + 4);
  Lexer lexer(text);
  do {
    tokens.push_back(lexer.next());
  } while (tokens.back().kind != TokenKind::kEnd);
  return tokens;
}

std::string identifier_text(const Token& token, std::string_view text) {
  std::string name;
  if (token.kind == TokenKind::kQuotedIdentifier) {
    text = text.substr(1, text.size() - 2);
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '`') ++i;  // always doubled
      name += text[i];
    }
    return name;
  }
  if (text.find('\\') == std::string_view::npos) return std::string(text);
  for (size_t i = 0; i < text.size();) {
    if (text[i] == '\\') {
      i += append_escape(name, text, i);
    } else {
      name += text[i++];
    }
  }
  return name;
}

std::string parameter_name(std::string_view text) {
  Token token;
  token.kind =
      text.size() > 1 && text[1] == '`' ? TokenKind::kQuotedIdentifier : TokenKind::kIdentifier;
  return identifier_text(token, text.substr(1));
}

std::string string_value(std::string_view text) {
  text = text.substr(1, text.size() - 2);
  std::string value;
  value.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    if (text[i] != '\\') {
      value += text[i++];
      continue;
    }
    const char escaped = text[i + 1];
    if (escaped == 'u') {
      i += append_escape(value, text, i);
      continue;
    }
    switch (escaped) {
      case 'b':
        value += '\b';
        break;
      case 'f':
        value += '\f';
        break;
      case 'n':
        value += '\n';
        break;
      case 'r':
        value += '\r';
        break;
      case 't':
        value += '\t';
        break;
      default:
        value += escaped;
        break;
    }
    i += 2;
  }
  return value;
}

bool equals_keyword(std::string_view text, std::string_view keyword) {
  if (text.size() != keyword.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= 'a' && c <= 'z' ? char(c - 32) : c) != keyword[i]) return false;
  }
  return true;
}

}  // namespace trellis::cypher

// SPDX-License-Identifier: Apache-2.0
//
// Text to tokens. Never fails: what is no token becomes one of kind kError that carries the error's
// code, and whoever meets it reports it (the parser knows whether a broken number stands where an
// expression or a key was expected).
//
// Keywords are identifiers: Cypher reserves almost none of them, so the parser decides by place.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace trellis::cypher {

enum class TokenKind : uint8_t {
  kEnd,
  kError,
  kIdentifier,
  kQuotedIdentifier,
  kInteger,
  kFloat,
  kString,
  kParameter,    // $name, $`name`, $0
  kDollar,       // $ before a parenthesis
  kUnicodeDash,  // a dash other than '-', good in patterns only
  kLeftParen,
  kRightParen,
  kLeftBracket,
  kRightBracket,
  kLeftBrace,
  kRightBrace,
  kComma,
  kDot,
  kDotDot,
  kColon,
  kColonColon,
  kSemicolon,
  kPlus,
  kPlusEqual,
  kMinus,
  kStar,
  kSlash,
  kPercent,
  kCaret,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kRegexMatch,
  kBar,
  kDoubleBar,
  kAmpersand,
  kExclamation,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  ErrorCode error = ErrorCode::SyntaxError;  // of kError
  uint32_t begin = 0;                        // bytes
  uint32_t end = 0;
  uint32_t literal = kNotExtracted;  // AutoParameter::index, where the literal was taken out
  SourcePosition position;

  static constexpr uint32_t kNotExtracted = UINT32_MAX;
};

class Lexer {
 public:
  enum class Positions : uint8_t { kTracked, kSkipped };
  // The text must outlive the lexer; less than 4 GiB. Without positions it is twice as fast.
  explicit Lexer(std::string_view text, Positions positions = Positions::kTracked)
      : text_(text), tracks_positions_(positions == Positions::kTracked) {}
  // After the last token: kEnd, for ever.
  Token next();

 private:
  char at(size_t offset) const { return offset < text_.size() ? text_[offset] : '\0'; }
  char32_t decode(size_t offset, size_t* length) const;
  bool skip_blanks();  // false: an unterminated comment, cursor_ at its start
  void advance_position(size_t to);
  Token finish(Token token, TokenKind kind, size_t end);
  Token fail(Token token, ErrorCode error, size_t end);
  Token identifier(Token token);
  Token quoted_identifier(Token token);
  Token number(Token token);
  Token string(Token token);
  Token dollar(Token token);
  Token punctuation(Token token);
  size_t identifier_end(size_t from) const;

  std::string_view text_;
  size_t cursor_ = 0;
  bool tracks_positions_;
  SourcePosition position_{0, 1, 1};
};

// All tokens, the last one kEnd.
std::vector<Token> tokenize(std::string_view text);

// -- The values behind tokens; `text` is the token's own text --
// Without quotes, doubled back-ticks made one, \uXXXX decoded.
std::string identifier_text(const Token& token, std::string_view text);
// Without the dollar sign.
std::string parameter_name(std::string_view text);
// Without quotes, escapes resolved. The lexer has checked them.
std::string string_value(std::string_view text);
// ASCII letters compared without case; `keyword` in upper case.
bool equals_keyword(std::string_view text, std::string_view keyword);

enum class IntegerParse : uint8_t { kValue, kMinusOnly, kOverflow };
// kMinusOnly: 2^63, which is in range only behind a minus sign; value is then INT64_MIN.
IntegerParse parse_integer(std::string_view text, int64_t* value);
// False: out of range.
bool parse_float(std::string_view text, double* value);

}  // namespace trellis::cypher

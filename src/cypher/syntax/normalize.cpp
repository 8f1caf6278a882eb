// SPDX-License-Identifier: Apache-2.0
#include "cypher/syntax/normalize.h"

#include <algorithm>
#include <array>

#include "cypher/syntax/lexer.h"

namespace trellis::cypher {
namespace {

template <size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& keywords) {
  if (word.size() < 3 || word.size() > 10) return false;  // no keyword is
  return std::any_of(keywords.begin(), keywords.end(),
                     [&](std::string_view keyword) { return equals_keyword(word, keyword); });
}

constexpr std::array<std::string_view, 20> kQueryStarts{
    "MATCH",  "RETURN", "WITH",   "CREATE", "MERGE",   "OPTIONAL", "UNWIND",
    "CALL",   "LOAD",   "USE",    "INSERT", "FOREACH", "FINISH",   "SET",
    "DELETE", "DETACH", "REMOVE", "ORDER",  "SKIP",    "LIMIT"};
// What ends the region behind RETURN, WITH or USE.
constexpr std::array<std::string_view, 19> kRegionEnds{
    "MATCH",  "OPTIONAL", "WHERE", "SKIP",   "OFFSET", "LIMIT",  "UNWIND",
    "CREATE", "MERGE",    "SET",   "REMOVE", "DELETE", "DETACH", "FOREACH",
    "CALL",   "UNION",    "LOAD",  "INSERT", "FINISH"};

class Normalizer {
 public:
  explicit Normalizer(std::string_view text)
      : text_(text), lexer_(text, Lexer::Positions::kSkipped) {}

  NormalizedText run() {
    result_.key.reserve(text_.size() + text_.size() / 2);
    previous_.kind = TokenKind::kSemicolon;
    current_ = lexer_.next();
    next_ = lexer_.next();
    copy_prefix();
    if (!starts_query()) return {.key = {}, .literals = {}, .cacheable = false};
    for (; current_.kind != TokenKind::kEnd; step()) {
      if (current_.kind == TokenKind::kError)
        return {.key = {}, .literals = {}, .cacheable = false};
      track();
      if (!extract()) append(word(current_));
    }
    return std::move(result_);
  }

 private:
  std::string_view word(const Token& token) const {
    return text_.substr(token.begin, token.end - token.begin);
  }
  bool is(const Token& token, std::string_view keyword) const {
    return token.kind == TokenKind::kIdentifier && equals_keyword(word(token), keyword);
  }
  void step() {
    previous_ = current_;
    current_ = next_;
    next_ = lexer_.next();
  }
  void append(std::string_view text) {
    if (!result_.key.empty()) result_.key += ' ';
    result_.key += text;
  }

  // EXPLAIN, PROFILE, CYPHER 5 a=b.
  void copy_prefix() {
    bool options = false;
    for (;; step()) {
      const bool keyword = is(current_, "EXPLAIN") || is(current_, "PROFILE");
      if (is(current_, "CYPHER")) {
        options = true;
      } else if (options && !keyword) {
        const bool version =
            current_.kind == TokenKind::kInteger || current_.kind == TokenKind::kFloat;
        const bool option = next_.kind == TokenKind::kEqual || current_.kind == TokenKind::kEqual ||
                            previous_.kind == TokenKind::kEqual;
        if (!version && !option) return;
      } else if (!keyword) {
        return;
      }
      append(word(current_));
    }
  }

  bool starts_query() const {
    if (current_.kind != TokenKind::kIdentifier) return false;
    if (is(current_, "CREATE")) {
      // CREATE USER, CREATE INDEX, ..; a query has a pattern here: (..) or p = (..).
      if (next_.kind != TokenKind::kIdentifier) return true;
      Lexer ahead(text_.substr(next_.end));
      return ahead.next().kind == TokenKind::kEqual;
    }
    if (is(current_, "USE")) {
      // USE system CREATE USER ..: look for what follows the graph's name.
      Lexer ahead(text_.substr(current_.end));
      Token token = ahead.next();
      const auto token_text = [&] {
        return text_.substr(current_.end + token.begin, token.end - token.begin);
      };
      while (token.kind != TokenKind::kEnd) {
        const bool first = token.kind == TokenKind::kIdentifier;
        if (first && is_one_of(token_text(), kQueryStarts) &&
            !equals_keyword(token_text(), "CREATE")) {
          return true;
        }
        if (first && is_one_of(token_text(), kCommands)) return false;
        if (first && equals_keyword(token_text(), "CREATE")) {
          return ahead.next().kind != TokenKind::kIdentifier;
        }
        token = ahead.next();
      }
      return true;
    }
    return is_one_of(word(current_), kQueryStarts);
  }
  static constexpr std::array<std::string_view, 14> kCommands{
      "DROP",      "ALTER", "RENAME", "GRANT",  "DENY",       "REVOKE",     "SHOW",
      "TERMINATE", "START", "STOP",   "ENABLE", "DEALLOCATE", "REALLOCATE", "DRYRUN"};

  // Opens and closes the region in which literals stay.
  void track() {
    switch (current_.kind) {
      case TokenKind::kLeftParen:
      case TokenKind::kLeftBracket:
      case TokenKind::kLeftBrace:
        ++depth_;
        if (current_.kind == TokenKind::kLeftBrace &&
            (next_.kind == TokenKind::kInteger || next_.kind == TokenKind::kComma)) {
          quantifier_ = true;
        }
        return;
      case TokenKind::kRightParen:
      case TokenKind::kRightBracket:
      case TokenKind::kRightBrace:
        --depth_;
        quantifier_ = false;
        if (keeping_ && depth_ < region_depth_) keeping_ = false;
        return;
      case TokenKind::kIdentifier:
        break;
      default:
        return;
    }
    if (previous_.kind == TokenKind::kDot || previous_.kind == TokenKind::kColon) return;
    if (!keeping_) {
      const bool opens_with = is(current_, "WITH") && !is(previous_, "STARTS") &&
                              !is(previous_, "ENDS") && !is(previous_, "CSV");
      if (opens_with || is(current_, "RETURN") || is(current_, "USE")) {
        keeping_ = true;
        region_depth_ = depth_;
      }
    } else if (depth_ == region_depth_ && is_one_of(word(current_), kRegionEnds)) {
      keeping_ = false;
    } else if (depth_ == region_depth_ && is(current_, "WITH") && !is(previous_, "STARTS") &&
               !is(previous_, "ENDS")) {
      region_depth_ = depth_;  // USE g WITH ..
    }
  }

  // Takes the literal at hand out; false: it is none, or it stays.
  bool extract() {
    const bool integer = current_.kind == TokenKind::kInteger;
    const bool real = current_.kind == TokenKind::kFloat;
    const bool string = current_.kind == TokenKind::kString;
    if ((!integer && !real && !string) || keeping_ || quantifier_) return false;
    if (integer && (previous_.kind == TokenKind::kStar || previous_.kind == TokenKind::kDotDot ||
                    next_.kind == TokenKind::kDotDot || is(previous_, "SHORTEST") ||
                    is(previous_, "ANY") || is(previous_, "OF"))) {
      return false;
    }
    if (string && is(previous_, "FIELDTERMINATOR")) return false;

    ExtractedLiteral literal;
    literal.byte_offset = current_.begin;
    literal.index = static_cast<uint32_t>(result_.literals.size());
    if (integer) {
      int64_t value = 0;
      if (parse_integer(word(current_), &value) != IntegerParse::kValue) return false;
      literal.value = value;
    } else if (real) {
      double value = 0;
      if (!parse_float(word(current_), &value)) return false;
      literal.value = value;
    } else {
      literal.value = string_value(word(current_));
    }
    result_.literals.push_back(std::move(literal));
    append(integer ? "?i" : real ? "?f" : "?s");
    return true;
  }

  std::string_view text_;
  Lexer lexer_;
  Token previous_;
  Token current_;
  Token next_;
  NormalizedText result_;
  int depth_ = 0;
  int region_depth_ = 0;
  bool keeping_ = false;
  bool quantifier_ = false;
};

}  // namespace

NormalizedText normalize(std::string_view text) { return Normalizer(text).run(); }

std::string exact_key(std::string_view text) {
  std::string key = "=";  // no statement starts so
  key += text;
  return key;
}

std::string text_without_use(std::string_view text) {
  std::string result(text);
  const std::vector<Token> tokens = tokenize(text);
  const auto is = [&](size_t i, std::string_view keyword) {
    return i < tokens.size() && tokens[i].kind == TokenKind::kIdentifier &&
           equals_keyword(text.substr(tokens[i].begin, tokens[i].end - tokens[i].begin), keyword);
  };
  const auto kind = [&](size_t i) { return i < tokens.size() ? tokens[i].kind : TokenKind::kEnd; };
  const auto is_name = [&](size_t i) {
    return kind(i) == TokenKind::kIdentifier || kind(i) == TokenKind::kQuotedIdentifier;
  };
  int depth = 0;
  bool may_start = true;  // at the start of a query or of a part of a union
  for (size_t i = 0; kind(i) != TokenKind::kEnd; ++i) {
    if (kind(i) == TokenKind::kLeftBrace || kind(i) == TokenKind::kLeftParen) ++depth;
    if (kind(i) == TokenKind::kRightBrace || kind(i) == TokenKind::kRightParen) --depth;
    if (depth > 0) continue;
    if (is(i, "UNION")) {
      may_start = true;
      if (is(i + 1, "ALL") || is(i + 1, "DISTINCT")) ++i;
      continue;
    }
    if (!may_start) continue;
    if (!is(i, "USE")) {
      // The prefix may stand before: EXPLAIN CYPHER 5 a=b USE ..
      const bool prefix = is(i, "EXPLAIN") || is(i, "PROFILE") || is(i, "CYPHER") ||
                          kind(i) == TokenKind::kInteger || kind(i) == TokenKind::kEqual ||
                          kind(i + 1) == TokenKind::kEqual ||
                          (i > 0 && kind(i - 1) == TokenKind::kEqual);
      may_start = prefix;
      continue;
    }
    size_t end = i + 1;
    if (is(end, "GRAPH") && is_name(end + 1)) ++end;
    if (is_name(end)) ++end;
    while (kind(end) == TokenKind::kDot && is_name(end + 1)) end += 2;
    if (kind(end) == TokenKind::kLeftParen) {
      int open = 0;
      for (; kind(end) != TokenKind::kEnd; ++end) {
        if (kind(end) == TokenKind::kLeftParen) ++open;
        if (kind(end) == TokenKind::kRightParen && --open == 0) break;
      }
      if (kind(end) == TokenKind::kRightParen) ++end;
    }
    const uint32_t to =
        kind(end) == TokenKind::kEnd ? static_cast<uint32_t>(text.size()) : tokens[end].begin;
    for (uint32_t at = tokens[i].begin; at < to; ++at) {
      if (result[at] != '\n' && result[at] != '\r') result[at] = ' ';
    }
    i = end - 1;
    may_start = false;
  }
  return result;
}

}  // namespace trellis::cypher

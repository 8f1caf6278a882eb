// SPDX-License-Identifier: Apache-2.0
#include "cypher/semantics/front_end.h"

namespace trellis::cypher {
namespace {

Result<AnalyzedStatement> attempt(std::string_view text, std::span<const ExtractedLiteral> literals,
                                  const AnalyzeOptions& options) {
  AnalyzedStatement result;
  ParseOptions parse_options;
  parse_options.literals = literals;
  TRELLIS_TRY_ASSIGN(result.statement, parse(text, parse_options));
  if (result.statement->needs_exact_text) return result;
  TRELLIS_TRY_ASSIGN(result.info, analyze(*result.statement, options));
  return result;
}

}  // namespace

Result<AnalyzedStatement> parse_and_analyze(std::string_view text, const NormalizedText& normalized,
                                            const AnalyzeOptions& options) {
  if (!normalized.literals.empty()) {
    auto result = attempt(text, normalized.literals, options);
    if (result && !result->statement->needs_exact_text) return result;
  }
  auto result = attempt(text, {}, options);
  if (!result) return fail(with_excerpt(std::move(result).error(), text));
  result->exact = !normalized.literals.empty();
  return result;
}

Error with_excerpt(Error error, std::string_view text) {
  const SourcePosition position = error.position();
  if (position.line == 0) return error;
  size_t begin = 0;
  for (uint32_t line = 1; line < position.line; ++line) {
    const size_t end = text.find_first_of("\r\n", begin);
    if (end == std::string_view::npos) break;
    begin = end + (text.substr(end, 2) == "\r\n" ? 2 : 1);
  }
  // A long line is cut around the place.
  const std::string_view line = text.substr(begin, text.find_first_of("\r\n", begin) - begin);
  constexpr size_t kWidth = 120;
  size_t column = position.column > 0 ? position.column - 1 : 0;
  std::string shown;
  size_t index = 0;
  const size_t first = column > kWidth / 2 ? column - kWidth / 2 : 0;
  for (const char c : line) {
    const bool continuation = (static_cast<unsigned char>(c) & 0xC0) == 0x80;
    if (!continuation) ++index;
    if (index > first && index <= first + kWidth) shown += c;
  }
  Error located(error.code(),
                fmt::format("{} (line {}, column {} (offset: {}))\n\"{}\"\n {}^", error.message(),
                            position.line, position.column, position.offset, shown,
                            std::string(column - first, ' ')));
  return std::move(located).at(position);
}

}  // namespace trellis::cypher

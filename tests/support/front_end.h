// SPDX-License-Identifier: Apache-2.0
//
// Parser and semantics in one step, with the way back from extracted literals to exact text, as the
// engine does it around its cache.
#pragma once

#include "base/result.h"
#include "cypher/semantics/analyze.h"
#include "cypher/syntax/normalize.h"

namespace trellis::test {

struct AnalyzedStatement {
  cypher::ast::StatementPtr statement;
  std::shared_ptr<const cypher::SemanticInfo> info;
  bool exact = false;  // literals are in the statement itself
};

inline Result<AnalyzedStatement> parse_and_analyze(std::string_view text,
                                                   const cypher::NormalizedText& normalized,
                                                   const cypher::AnalyzeOptions& options) {
  const auto attempt =
      [&](std::span<const cypher::ExtractedLiteral> literals) -> Result<AnalyzedStatement> {
    AnalyzedStatement result;
    cypher::ParseOptions parse_options;
    parse_options.literals = literals;
    TRELLIS_TRY_ASSIGN(result.statement, cypher::parse(text, parse_options));
    if (result.statement->needs_exact_text) return result;
    TRELLIS_TRY_ASSIGN(result.info, cypher::analyze(*result.statement, options));
    return result;
  };
  if (!normalized.literals.empty()) {
    auto result = attempt(normalized.literals);
    if (result && !result->statement->needs_exact_text) return result;
  }
  TRELLIS_TRY_ASSIGN(AnalyzedStatement result, attempt({}));
  result.exact = !normalized.literals.empty();
  return result;
}

}  // namespace trellis::test

// SPDX-License-Identifier: Apache-2.0
//
// Parser and semantic analysis together, with the way back from extracted literals to exact text
// (normalize.h). Pure, thread-safe.
#pragma once

#include "base/result.h"
#include "cypher/semantics/analyze.h"
#include "cypher/syntax/normalize.h"

namespace trellis::cypher {

struct AnalyzedStatement {
  ast::StatementPtr statement;
  std::shared_ptr<const SemanticInfo> info;
  // Literals are in the statement itself: it must be cached under exact_key(text), and the caller
  // must not bind normalized.literals.
  bool exact = false;
};

// Errors carry a position, and their message ends with it and the line at fault, as Neo4j's do.
Result<AnalyzedStatement> parse_and_analyze(std::string_view text, const NormalizedText& normalized,
                                            const AnalyzeOptions& options);

// Adds " (line 1, column 8 (offset: 7))" and the line with a caret below to the message of an error
// that has a position in the text.
Error with_excerpt(Error error, std::string_view text);

}  // namespace trellis::cypher

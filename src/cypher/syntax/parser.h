// SPDX-License-Identifier: Apache-2.0
//
// Text of one Cypher 5 statement to its AST.
//
//   parse(text, {})                      any statement
//   parse(text, {.literals = n.literals}) a statement whose literals normalize.h took out
//
// Errors: SyntaxError and its relatives (IntegerOverflow, InvalidNumberLiteral, ...), each with a
// position in `text`. Pure function, thread-safe. The size of the text is the caller's to limit.
//
// Invariants
//   1. No input exhausts the stack: nesting beyond max_depth is a SyntaxError.
//   2. Nothing of `text` is referenced by the result.
#pragma once

#include <span>
#include <string_view>

#include "base/result.h"
#include "cypher/syntax/ast_statement.h"

namespace trellis::cypher {

// A literal of the text that became an AutoParameter: normalize.h makes these.
struct ExtractedLiteral {
  uint32_t byte_offset = 0;  // of its first byte in the text
  uint32_t index = 0;        // AutoParameter::index
  ast::LiteralValue value;   // int64_t, double or std::string
};

struct ParseOptions {
  uint32_t max_depth = 200;
  std::span<const ExtractedLiteral> literals = {};  // ascending by byte_offset
};

Result<ast::StatementPtr> parse(std::string_view text, const ParseOptions& options = {});

}  // namespace trellis::cypher

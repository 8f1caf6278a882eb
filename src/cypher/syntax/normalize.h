// SPDX-License-Identifier: Apache-2.0
//
// One lexer pass over a statement that makes the plan cache's key: blanks and comments folded, and
// literals taken out, so that statements which differ only in those share one plan.
//
//   const NormalizedText n = normalize(text);
//   hit on n.key      -> run the cached plan with the values of n.literals: no parse
//   miss              -> parse(text, {.literals = n.literals}): positions and column names come
//   from
//                        the text itself, literals become AutoParameter nodes
//   statement->needs_exact_text, or an error of parse() or analyze() while n.literals is not empty
//                     -> parse(text) again without literals, and cache under exact_key(text)
//
// What is taken out: integers, floats and strings, each replaced by its type (?i ?f ?s), because
// static types are part of the plan. true, false and null are words and stay.
//
// What stays in the key, because it means more than a value, or may
//   - everything between RETURN or WITH and the SKIP, LIMIT, WHERE or clause behind it: a column
//     without alias is called as it is written, and grouping keys are compared as they are written;
//   - bounds: an integer behind `*` or beside `..`, quantifiers {1,3}, SHORTEST 2, OF 100 ROWS;
//   - what follows USE or FIELDTERMINATOR, and the prefix (CYPHER 5 ..);
//   - integers of 2^63 and more (only good behind a minus sign), floats out of range;
//   - schema and administration commands, whole. They may hold passwords: cacheable is false, and
//     the key is empty.
// Words may also be names (RETURN limit + 1): where the guess that a region has ended is wrong, the
// parser sees it and sets needs_exact_text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cypher/syntax/parser.h"

namespace trellis::cypher {

struct NormalizedText {
  std::string key;
  std::vector<ExtractedLiteral> literals;  // ascending; index i is literals[i]
  bool cacheable = true;                   // false: a command, or text that does not even lex
};

NormalizedText normalize(std::string_view text);

// The key of a statement that is cached with its literals. Never equal to a normalised one.
std::string exact_key(std::string_view text);

// The text with every top-level USE clause (at the start, and behind UNION) made blank: what is
// sent to the DBMS behind a remote alias. Other positions stay as they are.
std::string text_without_use(std::string_view text);

}  // namespace trellis::cypher

// SPDX-License-Identifier: Apache-2.0
//
// Where in a statement an error is, shown as Neo4j shows it.
#pragma once

#include <string_view>

#include "base/error.h"

namespace trellis::cypher {

// Commands may hold passwords: of those no text is shown.
enum class Excerpt : uint8_t { kLine, kPositionOnly };

// Adds " (line 1, column 8 (offset: 7))", and the line with a caret below, to the message of an
// error that has a position in the text. Others are returned as they are.
Error with_excerpt(Error error, std::string_view text, Excerpt excerpt);

}  // namespace trellis::cypher

// SPDX-License-Identifier: Apache-2.0
#include "cypher/syntax/excerpt.h"

#include <string>

namespace trellis::cypher {

Error with_excerpt(Error error, std::string_view text, Excerpt excerpt) {
  const SourcePosition position = error.position();
  if (position.line == 0) return error;
  if (excerpt == Excerpt::kPositionOnly) {
    Error located(error.code(), fmt::format("{} (line {}, column {} (offset: {}))", error.message(),
                                            position.line, position.column, position.offset));
    return std::move(located).at(position);
  }
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

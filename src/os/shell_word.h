// SPDX-License-Identifier: Apache-2.0
//
// For commands that are printed, so that they can be copied into a shell as they stand.
#pragma once

#include <string>
#include <string_view>

namespace trellis::os {

// The text as one word of a shell's command line: quoted only where it must be.
inline std::string shell_word(std::string_view text) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./,:=@%+";
  if (!text.empty() && text.find_first_not_of(kPlain) == text.npos) return std::string(text);
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

}  // namespace trellis::os

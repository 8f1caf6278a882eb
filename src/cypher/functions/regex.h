// SPDX-License-Identifier: Apache-2.0
//
// =~ : the whole text must match. Patterns are those of Java as far as PCRE2 shares them (classes,
// look-around, flags like (?i), possessive quantifiers, named groups). A dot does not match a line
// end unless (?s) is given.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"

namespace trellis::cypher {

// The compiled patterns of one execution; at most kCapacity of them. Not thread-safe.
class RegexCache {
 public:
  RegexCache();
  ~RegexCache();
  RegexCache(const RegexCache&) = delete;
  RegexCache& operator=(const RegexCache&) = delete;

  // InvalidRegex: the pattern does not compile. ResourceExhausted: matching took too many steps.
  Result<bool> matches(std::string_view text, std::string_view pattern);

 private:
  static constexpr size_t kCapacity = 256;
  struct Compiled;
  struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  Result<Compiled*> find_or_compile(std::string_view pattern);

  std::unordered_map<std::string, std::unique_ptr<Compiled>, TextHash, std::equal_to<>> patterns_;
};

}  // namespace trellis::cypher

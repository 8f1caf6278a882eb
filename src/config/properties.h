// SPDX-License-Identifier: Apache-2.0
//
// The syntax of Java properties files (java.util.Properties.load).
//
//   key=value   key: value   key value   # comment   ! comment   \ at the end of a line continues
//   it escapes \t \n \r \f \uXXXX; a backslash before any other character is dropped
// A comment after a value is part of the value. Bytes are ISO-8859-1 unless said to be UTF-8; the
// result is UTF-8.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace trellis::config {

struct Property {
  std::string key;
  std::string value;
  unsigned line = 0;  // from 1, where the key stands

  // Where it stands in the bytes: its lines without the end of the last one, and its key. A key
  // that goes on in another line has key_end 0.
  size_t begin = 0;
  size_t end = 0;
  size_t key_begin = 0;
  size_t key_end = 0;
};

enum class Charset : uint8_t { kLatin1, kUtf8 };
// "ISO-8859-1", "latin1", "UTF-8", ... in any case.
Result<Charset> parse_charset(std::string_view name);

// Fails only on a malformed \u escape; the error says the line.
Result<std::vector<Property>> parse_properties(std::string_view bytes, Charset charset);

}  // namespace trellis::config

// SPDX-License-Identifier: Apache-2.0
//
// Text in code points. Input is valid UTF-8 (value.h, invariant 2); results live in the arena or
// inside the input.
#pragma once

#include <optional>
#include <string_view>

#include "base/arena.h"

namespace trellis::value {

size_t code_points(std::string_view text);
// Byte offset of the n-th code point, or the size when there are fewer.
size_t byte_offset(std::string_view text, size_t code_point);
std::string_view substring(std::string_view text, size_t start, size_t length);
std::string_view reverse(Arena& arena, std::string_view text);

std::string_view to_upper(Arena& arena, std::string_view text);  // full mapping: ß -> SS
std::string_view to_lower(Arena& arena, std::string_view text);

// White space or, when given, any code point of `set`, off the ends.
enum class TrimEnds : uint8_t { kBoth, kLeading, kTrailing };
std::string_view trim(std::string_view text, TrimEnds ends,
                      std::optional<std::string_view> set = std::nullopt);

enum class NormalForm : uint8_t { kNfc, kNfd, kNfkc, kNfkd };
std::optional<NormalForm> find_normal_form(std::string_view name);  // "NFC", any case
std::string_view normalize(Arena& arena, std::string_view text, NormalForm form);
bool is_normalized(std::string_view text, NormalForm form);

}  // namespace trellis::value

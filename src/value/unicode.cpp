// SPDX-License-Identifier: Apache-2.0
#include "value/unicode.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>

namespace trellis::value {
namespace {

bool starts_code_point(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// The code point at the front, and its bytes.
struct Front {
  int32_t code;
  size_t bytes;
};
Front front_of(std::string_view text) {
  utf8proc_int32_t code = 0;
  const auto n = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                  static_cast<utf8proc_ssize_t>(text.size()), &code);
  if (n <= 0) return {static_cast<unsigned char>(text[0]), 1};
  return {code, static_cast<size_t>(n)};
}

Front back_of(std::string_view text) {
  size_t at = text.size() - 1;
  while (at > 0 && !starts_code_point(text[at])) --at;
  return {front_of(text.substr(at)).code, text.size() - at};
}

bool is_space(int32_t code) {
  if (code <= 0x20) return (code >= 9 && code <= 13) || code >= 28;
  if (code == 0xA0 || code == 0x2007 || code == 0x202F) return false;  // they forbid a break
  const auto category = utf8proc_category(code);
  return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL ||
         category == UTF8PROC_CATEGORY_ZP;
}

bool is_letter(int32_t code) {
  const auto category = utf8proc_category(code);
  return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

bool in_set(int32_t code, std::optional<std::string_view> set) {
  if (!set) return is_space(code);
  for (std::string_view rest = *set; !rest.empty();) {
    const Front front = front_of(rest);
    if (front.code == code) return true;
    rest.remove_prefix(front.bytes);
  }
  return false;
}

void append_code(std::string& out, int32_t code) {
  utf8proc_uint8_t bytes[4];
  const auto n = utf8proc_encode_char(code, bytes);
  out.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(n));
}

// Upper-case mappings to more than one code point (Unicode SpecialCasing, unconditional, the ones
// that occur in text; ligatures included).
struct Expansion {
  int32_t code;
  std::string_view upper;
};
constexpr Expansion kExpansions[] = {
    {0x00DF, "SS"}, {0x0149, "\u02BCN"}, {0x01F0, "J\u030C"},      {0xFB00, "FF"},
    {0xFB01, "FI"}, {0xFB02, "FL"},      {0xFB03, "FFI"},          {0xFB04, "FFL"},
    {0xFB05, "ST"}, {0xFB06, "ST"},      {0x0587, "\u0535\u0552"},
};

utf8proc_option_t options_of(NormalForm form) {
  const int base = UTF8PROC_STABLE;
  switch (form) {
    case NormalForm::kNfc:
      return static_cast<utf8proc_option_t>(base | UTF8PROC_COMPOSE);
    case NormalForm::kNfd:
      return static_cast<utf8proc_option_t>(base | UTF8PROC_DECOMPOSE);
    case NormalForm::kNfkc:
      return static_cast<utf8proc_option_t>(base | UTF8PROC_COMPOSE | UTF8PROC_COMPAT);
    case NormalForm::kNfkd:
      return static_cast<utf8proc_option_t>(base | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT);
  }
  return static_cast<utf8proc_option_t>(base);
}

struct Free {
  void operator()(utf8proc_uint8_t* bytes) const { std::free(bytes); }
};

// Nullopt: normalised text could not be made (never for valid UTF-8 short of memory).
std::optional<std::string> normalized(std::string_view text, NormalForm form) {
  utf8proc_uint8_t* out = nullptr;
  const auto n = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                              static_cast<utf8proc_ssize_t>(text.size()), &out, options_of(form));
  const std::unique_ptr<utf8proc_uint8_t, Free> owned(out);
  if (n < 0) return std::nullopt;
  return std::string(reinterpret_cast<const char*>(out), static_cast<size_t>(n));
}

}  // namespace

size_t code_points(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(text, starts_code_point));
}

size_t byte_offset(std::string_view text, size_t code_point) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (!starts_code_point(text[i])) continue;
    if (code_point == 0) return i;
    --code_point;
  }
  return text.size();
}

std::string_view substring(std::string_view text, size_t start, size_t length) {
  const std::string_view tail = text.substr(byte_offset(text, start));
  return tail.substr(0, byte_offset(tail, length));
}

std::string_view reverse(Arena& arena, std::string_view text) {
  if (text.empty()) return {};
  char* out = static_cast<char*>(arena.alloc(text.size(), 1));
  size_t to = text.size();
  for (size_t at = 0; at < text.size();) {
    size_t n = 1;
    while (at + n < text.size() && !starts_code_point(text[at + n])) ++n;
    to -= n;
    std::memcpy(out + to, text.data() + at, n);
    at += n;
  }
  return {out, text.size()};
}

std::string_view to_upper(Arena& arena, std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::string_view rest = text; !rest.empty();) {
    const Front front = front_of(rest);
    rest.remove_prefix(front.bytes);
    const auto* expansion = std::ranges::find(kExpansions, front.code, &Expansion::code);
    if (expansion != std::end(kExpansions)) {
      out += expansion->upper;
    } else {
      append_code(out, utf8proc_toupper(front.code));
    }
  }
  return arena.copy(out);
}

std::string_view to_lower(Arena& arena, std::string_view text) {
  constexpr int32_t kCapitalSigma = 0x3A3;
  constexpr int32_t kCapitalDottedI = 0x130;
  std::string out;
  out.reserve(text.size());
  bool after_letter = false;
  for (std::string_view rest = text; !rest.empty();) {
    const Front front = front_of(rest);
    rest.remove_prefix(front.bytes);
    if (front.code == kCapitalDottedI) {
      out += "i\u0307";
    } else if (front.code == kCapitalSigma && after_letter &&
               (rest.empty() || !is_letter(front_of(rest).code))) {
      out += "\u03C2";  // final sigma
    } else {
      append_code(out, utf8proc_tolower(front.code));
    }
    after_letter = is_letter(front.code);
  }
  return arena.copy(out);
}

std::string_view trim(std::string_view text, TrimEnds ends, std::optional<std::string_view> set) {
  if (ends != TrimEnds::kTrailing) {
    while (!text.empty()) {
      const Front front = front_of(text);
      if (!in_set(front.code, set)) break;
      text.remove_prefix(front.bytes);
    }
  }
  if (ends != TrimEnds::kLeading) {
    while (!text.empty()) {
      const Front back = back_of(text);
      if (!in_set(back.code, set)) break;
      text.remove_suffix(back.bytes);
    }
  }
  return text;
}

std::optional<NormalForm> find_normal_form(std::string_view name) {
  std::string upper(name);
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  if (upper == "NFC") return NormalForm::kNfc;
  if (upper == "NFD") return NormalForm::kNfd;
  if (upper == "NFKC") return NormalForm::kNfkc;
  if (upper == "NFKD") return NormalForm::kNfkd;
  return std::nullopt;
}

std::string_view normalize(Arena& arena, std::string_view text, NormalForm form) {
  if (is_ascii(text)) return text;
  const auto out = normalized(text, form);
  return out ? arena.copy(*out) : text;
}

bool is_normalized(std::string_view text, NormalForm form) {
  if (is_ascii(text)) return true;
  const auto out = normalized(text, form);
  return out && *out == text;
}

}  // namespace trellis::value

// SPDX-License-Identifier: Apache-2.0
#include "config/properties.h"

#include <cctype>

#include "base/secret.h"

namespace trellis::config {
namespace {

void append_utf8(std::string& out, uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\f'; }

// A logical line: continuation lines joined, escapes still in it.
struct LogicalLine {
  LogicalLine() = default;
  LogicalLine(const LogicalLine&) = delete;
  LogicalLine& operator=(const LogicalLine&) = delete;
  ~LogicalLine() { wipe(text.data(), text.capacity()); }  // some values are secrets

  std::string text;
  unsigned line = 0;
  size_t begin = 0;         // in the bytes
  size_t end = 0;           // without the last line's end
  size_t text_begin = 0;    // behind the blanks
  size_t first_length = 0;  // of the text that stands in the first line
};

class Lines {
 public:
  explicit Lines(std::string_view bytes) : bytes_(bytes), rest_(bytes) {}

  bool next(LogicalLine& out) {
    out.text.clear();
    bool first = true;
    std::string_view line;
    while (take(line)) {
      const auto at = static_cast<size_t>(line.data() - bytes_.data());
      out.end = at + line.size();
      size_t begin = 0;
      while (begin < line.size() && is_blank(line[begin])) ++begin;
      line.remove_prefix(begin);
      const bool starts = first;
      if (first) {
        if (line.empty() || line.front() == '#' || line.front() == '!') continue;
        out.line = number_;
        out.begin = at;
        out.text_begin = at + begin;
        first = false;
      }
      size_t backslashes = 0;
      while (backslashes < line.size() && line[line.size() - 1 - backslashes] == '\\') {
        ++backslashes;
      }
      const bool goes_on = backslashes % 2 == 1;
      out.text.append(line.substr(0, line.size() - (goes_on ? 1 : 0)));
      if (starts) out.first_length = out.text.size();
      if (!goes_on) return true;
    }
    return !first;
  }

 private:
  bool take(std::string_view& line) {
    if (rest_.empty()) return false;
    ++number_;
    size_t end = rest_.find_first_of("\r\n");
    line = rest_.substr(0, end);
    if (end == std::string_view::npos) {
      rest_ = {};
    } else {
      const bool both = rest_[end] == '\r' && end + 1 < rest_.size() && rest_[end + 1] == '\n';
      rest_.remove_prefix(end + (both ? 2 : 1));
    }
    return true;
  }

  std::string_view bytes_;
  std::string_view rest_;
  unsigned number_ = 0;
};

Result<uint32_t> hex4(std::string_view text, unsigned line) {
  uint32_t code = 0;
  for (size_t i = 0; i < 4; ++i) {
    char c = i < text.size() ? text[i] : ' ';
    if (std::isxdigit(static_cast<unsigned char>(c)) == 0) {
      return fail(ErrorCode::InvalidConfiguration, "line {}: malformed \\uxxxx escape", line);
    }
    code = code * 16 + static_cast<uint32_t>(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
  }
  return code;
}

Result<std::string> unescape(std::string_view text, Charset charset, unsigned line) {
  std::string out;
  // Never grows, and is never so small that a move would copy it: a secret leaves no trace.
  out.reserve(16 + 2 * text.size());
  auto plain = [&](char c) {
    if (charset == Charset::kUtf8) {
      out += c;
    } else {
      append_utf8(out, static_cast<unsigned char>(c));
    }
  };
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      if (text[i] != '\\') plain(text[i]);
      continue;
    }
    switch (char c = text[++i]) {
      case 't':
        out += '\t';
        break;
      case 'n':
        out += '\n';
        break;
      case 'r':
        out += '\r';
        break;
      case 'f':
        out += '\f';
        break;
      case 'u': {
        TRELLIS_TRY_ASSIGN(uint32_t code, hex4(text.substr(i + 1), line));
        i += 4;
        const bool high = code >= 0xD800 && code < 0xDC00;
        if (high && text.substr(i + 1).starts_with("\\u")) {
          TRELLIS_TRY_ASSIGN(uint32_t low, hex4(text.substr(i + 3), line));
          if (low >= 0xDC00 && low < 0xE000) {
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
            i += 6;
          }
        }
        append_utf8(out, code);
        break;
      }
      default:
        plain(c);
    }
  }
  return out;
}

}  // namespace

Result<Charset> parse_charset(std::string_view name) {
  std::string letters;
  for (char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      letters += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  if (letters == "utf8" || letters == "usascii" || letters == "ascii") return Charset::kUtf8;
  if (letters == "iso88591" || letters == "latin1") return Charset::kLatin1;
  return fail(ErrorCode::InvalidConfiguration,
              "NEO4J_CONFIG_FILE_CHARSET is '{}'; known are ISO-8859-1 and UTF-8.", name);
}

Result<std::vector<Property>> parse_properties(std::string_view bytes, Charset charset) {
  const size_t mark = bytes.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  bytes.remove_prefix(mark);
  std::vector<Property> properties;
  Lines lines(bytes);
  LogicalLine line;
  line.text.reserve(bytes.size());
  while (lines.next(line)) {
    std::string_view text = line.text;
    size_t end = 0;
    while (end < text.size() && !is_blank(text[end]) && text[end] != '=' && text[end] != ':') {
      end += text[end] == '\\' ? 2 : 1;
    }
    end = std::min(end, text.size());
    std::string_view value = text.substr(end);
    auto skip_blanks = [&value] {
      while (!value.empty() && is_blank(value.front())) value.remove_prefix(1);
    };
    skip_blanks();
    if (!value.empty() && (value.front() == '=' || value.front() == ':')) {
      value.remove_prefix(1);
      skip_blanks();
    }
    Property property;
    property.line = line.line;
    property.begin = mark + line.begin;
    property.end = mark + line.end;
    property.key_begin = mark + line.text_begin;
    if (end <= line.first_length) property.key_end = property.key_begin + end;
    TRELLIS_TRY_ASSIGN(property.key, unescape(text.substr(0, end), charset, line.line));
    TRELLIS_TRY_ASSIGN(property.value, unescape(value, charset, line.line));
    properties.push_back(std::move(property));
  }
  return properties;
}

}  // namespace trellis::config

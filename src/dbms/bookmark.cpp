// SPDX-License-Identifier: Apache-2.0
#include "dbms/bookmark.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace trellis::dbms {
namespace {

constexpr std::string_view kPrefix = "TB:";
constexpr size_t kMaxBookmarkBytes = 64 * 1024;

std::string to_hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (size_t i = 0; i < text.size(); i += 2) {
    unsigned value = 0;
    const char* end = text.data() + i + 2;
    const auto [at, error] = std::from_chars(text.data() + i, end, value, 16);
    if (error != std::errc() || at != end) return std::nullopt;
    bytes.push_back(static_cast<char>(value));
  }
  return bytes;
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = text[i];
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}

bool parse_part(std::string_view part, BookmarkSet& out) {
  const size_t colon = part.find(':');
  if (part.size() < 2 || colon == std::string_view::npos) return false;
  const std::string_view first = part.substr(1, colon - 1);
  const std::string_view second = part.substr(colon + 1);
  if (part[0] == 'L') {
    LocalBookmark local;
    const char* end = second.data() + second.size();
    const auto [at, error] = std::from_chars(second.data(), end, local.commit_index);
    if (!is_uuid(first) || second.empty() || error != std::errc() || at != end) return false;
    local.database_uuid = first;
    out.local.push_back(std::move(local));
    return true;
  }
  if (part[0] == 'R') {
    auto alias = from_hex(first);
    auto bookmark = from_hex(second);
    if (!alias || !bookmark || alias->empty()) return false;
    out.remote.push_back({std::move(*alias), std::move(*bookmark)});
    return true;
  }
  return false;
}

}  // namespace

std::string print_bookmark(const BookmarkSet& bookmark) {
  std::string text(kPrefix);
  const auto separate = [&] {
    if (text.size() > kPrefix.size()) text += ',';
  };
  for (const LocalBookmark& local : bookmark.local) {
    separate();
    text += fmt::format("L{}:{}", local.database_uuid, local.commit_index);
  }
  for (const RemoteBookmark& remote : bookmark.remote) {
    separate();
    text += fmt::format("R{}:{}", to_hex(remote.alias), to_hex(remote.bookmark));
  }
  return text;
}

Result<BookmarkSet> parse_bookmarks(std::span<const std::string> texts) {
  BookmarkSet result;
  for (const std::string& text : texts) {
    std::string_view rest = text;
    bool good = rest.starts_with(kPrefix) && rest.size() <= kMaxBookmarkBytes;
    if (good) rest.remove_prefix(kPrefix.size());
    while (good && !rest.empty()) {
      const size_t comma = rest.find(',');
      good = parse_part(rest.substr(0, comma), result);
      rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
    if (!good) {
      return fail(ErrorCode::InvalidBookmark,
                  "A bookmark cannot be read. Use only bookmarks that this DBMS has given.");
    }
  }
  return result;
}

}  // namespace trellis::dbms

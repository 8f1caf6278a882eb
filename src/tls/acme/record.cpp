// SPDX-License-Identifier: Apache-2.0
#include "tls/acme/record.h"

#include <charconv>

namespace trellis::tls::acme {
namespace {

constexpr std::string_view kMagic = "trellis-acme ";
constexpr std::string_view kVersion = "1";
constexpr std::string_view kCertificate = "-----BEGIN CERTIFICATE-----";
constexpr std::string_view kEnd = "-----END ";

std::string escape(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c != '\r' && c != '\0') {
      out += c;
    }
  }
  return out;
}

std::string unescape(std::string_view value) {
  std::string out;
  for (size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '\\' && i + 1 < value.size()) {
      ++i;
      out += value[i] == 'n' ? '\n' : value[i];
    } else {
      out += value[i];
    }
  }
  return out;
}

std::string_view take_line(std::string_view& rest) {
  const size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return line;
}

// The next block with its borders, or an empty view.
std::string_view take_block(std::string_view& rest) {
  const size_t begin = rest.find("-----BEGIN ");
  if (begin == std::string_view::npos) return {};
  const size_t end = rest.find(kEnd, begin);
  if (end == std::string_view::npos) return {};
  size_t stop = rest.find('\n', end);
  stop = stop == std::string_view::npos ? rest.size() : stop + 1;
  const std::string_view block = rest.substr(begin, stop - begin);
  rest.remove_prefix(stop);
  return block;
}

}  // namespace

std::string time_text(Wall time) {
  const int64_t count = time.time_since_epoch().count();
  return fmt::format("{}.{:09}", count / 1'000'000'000, count % 1'000'000'000);
}

std::optional<Wall> parse_time(std::string_view text) {
  int64_t seconds = 0;
  const char* end = text.data() + text.size();
  const auto whole = std::from_chars(text.data(), end, seconds);
  if (whole.ec != std::errc()) return std::nullopt;
  int64_t nanoseconds = 0;
  if (whole.ptr != end) {
    if (*whole.ptr != '.' || end - whole.ptr != 10) return std::nullopt;
    const auto rest = std::from_chars(whole.ptr + 1, end, nanoseconds);
    if (rest.ec != std::errc() || rest.ptr != end) return std::nullopt;
  }
  return Wall(std::chrono::seconds(seconds) + std::chrono::nanoseconds(nanoseconds));
}

Result<Record> Record::parse(std::string_view kind, const Secret& text) {
  std::string_view rest = text.reveal();
  const std::string_view first = take_line(rest);
  if (first != fmt::format("{}{} {}", kMagic, kind, kVersion)) {
    return fail(ErrorCode::InvalidConfiguration, "it does not begin with '{}{} {}'", kMagic, kind,
                kVersion);
  }
  Record record(kind);
  while (!rest.empty()) {
    const std::string_view line = take_line(rest);
    if (line.empty()) break;
    const size_t colon = line.find(": ");
    if (colon == std::string_view::npos) {
      return fail(ErrorCode::InvalidConfiguration, "a line has no name");
    }
    record.fields_.emplace_back(line.substr(0, colon), unescape(line.substr(colon + 2)));
  }
  for (std::string_view block = take_block(rest); !block.empty(); block = take_block(rest)) {
    if (block.starts_with(kCertificate)) {
      record.certificates_ += block;
    } else {
      record.key_ = Secret(block);
    }
  }
  return record;
}

void Record::add(std::string_view name, std::string_view value) {
  fields_.emplace_back(name, value);
}

void Record::add(std::string_view name, Wall time) { add(name, time_text(time)); }

std::string Record::get(std::string_view name) const {
  for (const auto& [key, value] : fields_) {
    if (key == name) return value;
  }
  return {};
}

std::vector<std::string> Record::all(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& [key, value] : fields_) {
    if (key == name) values.push_back(value);
  }
  return values;
}

std::optional<Wall> Record::time(std::string_view name) const { return parse_time(get(name)); }

Secret Record::text() const {
  size_t size = 64 + certificates_.size() + key_.size();
  for (const auto& [name, value] : fields_) size += name.size() + 2 * value.size() + 3;
  std::string text;
  text.reserve(size);  // a buffer that grew would leave a key behind
  text.append(kMagic).append(kind_).append(" ").append(kVersion).append("\n");
  for (const auto& [name, value] : fields_) {
    text.append(name).append(": ").append(escape(value)).append("\n");
  }
  if (!certificates_.empty() || !key_.empty()) text.append("\n");
  text.append(certificates_);
  text.append(key_.reveal());
  return Secret::take(text);
}

}  // namespace trellis::tls::acme

// SPDX-License-Identifier: Apache-2.0
#include "tls/acme/http.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

namespace trellis::tls::acme {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::system_clock;

constexpr seconds kLongestRetryAfter = std::chrono::days(30);
constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::optional<unsigned> number(std::string_view digits) {
  unsigned value = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() || failed != std::errc() || end != digits.data() + digits.size()) return {};
  return value;
}

std::optional<system_clock::time_point> make_time(unsigned y, unsigned m, unsigned d, unsigned hour,
                                                  unsigned minute, unsigned second) {
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(y)),
                                         std::chrono::month(m), std::chrono::day(d)};
  // Beyond these years the clock's nanoseconds overflow.
  if (!date.ok() || y < 1970 || y > 2200 || hour > 23 || minute > 59 || second > 60) return {};
  return std::chrono::sys_days(date) + hours(hour) + minutes(minute) + seconds(second);
}

// "08:49:37"
bool read_time(std::string_view text, std::array<unsigned, 3>& out) {
  if (text.size() != 8 || text[2] != ':' || text[5] != ':') return false;
  for (size_t i = 0; i < 3; ++i) {
    const auto part = number(text.substr(i * 3, 2));
    if (!part) return false;
    out[i] = *part;
  }
  return true;
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const size_t begin = text.find_first_not_of(" ,-");
    if (begin == text.npos) break;
    const size_t end = std::min(text.find_first_of(" ,-", begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    text.remove_prefix(end);
  }
  return words;
}

// Two-digit years as RFC 9110 reads them, near enough: this century until 2069.
unsigned whole_year(unsigned written, size_t digits) {
  if (digits != 2) return written;
  return written < 70 ? 2000 + written : 1900 + written;
}

bool same_word(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// Where the link that begins at 0 ends: the comma outside of <> and quotes.
size_t end_of_link(std::string_view text) {
  bool quoted = false;
  bool target = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '\\') {
      ++i;
    } else if (c == '"' && !target) {
      quoted = !quoted;
    } else if (!quoted && (c == '<' || c == '>')) {
      target = c == '<';
    } else if (c == ',' && !quoted && !target) {
      return i;
    }
  }
  return text.size();
}

bool has_relation(std::string_view parameters, std::string_view relation) {
  while (!parameters.empty()) {
    const size_t end = std::min(parameters.find(';'), parameters.size());
    const std::string_view parameter = trimmed(parameters.substr(0, end));
    parameters.remove_prefix(std::min(end + 1, parameters.size()));
    const size_t equals = parameter.find('=');
    if (equals == parameter.npos || !same_word(trimmed(parameter.substr(0, equals)), "rel")) {
      continue;
    }
    std::string_view value = trimmed(parameter.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    while (!value.empty()) {
      const size_t blank = std::min(value.find(' '), value.size());
      if (same_word(value.substr(0, blank), relation)) return true;
      value.remove_prefix(std::min(blank + 1, value.size()));
    }
    return false;  // only the first rel counts (RFC 8288 3.3)
  }
  return false;
}

void links_of(std::string_view text, std::string_view relation, std::vector<std::string>& found) {
  while (!text.empty()) {
    const size_t end = end_of_link(text);
    const std::string_view link = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    const size_t close = link.find('>');
    if (!link.starts_with('<') || close == link.npos) continue;
    if (has_relation(link.substr(close + 1), relation)) {
      found.emplace_back(link.substr(1, close - 1));
    }
  }
}

class WatchedTransport final : public AcmeTransport {
 public:
  WatchedTransport(std::unique_ptr<AcmeTransport> inner, BeforeRequest before)
      : inner_(std::move(inner)), before_(std::move(before)) {}
  Answer<HttpResponse> exchange(const HttpRequest& request) override {
    if (auto failure = before_(request)) return tl::unexpected(std::move(*failure));
    return inner_->exchange(request);
  }

 private:
  std::unique_ptr<AcmeTransport> inner_;
  BeforeRequest before_;
};

}  // namespace

std::optional<system_clock::time_point> parse_http_date(std::string_view text) {
  const auto words = words_of(text);
  const bool asctime = words.size() == 5 && words[1].size() == 3 && !number(words[1]);
  if (!asctime && (words.size() != 6 || words[5] != "GMT")) return {};
  const std::string_view day_text = asctime ? words[2] : words[1];
  const std::string_view month_text = asctime ? words[1] : words[2];
  const std::string_view year_text = asctime ? words[4] : words[3];
  const auto* month_at = std::ranges::find(kMonths, month_text);
  const auto day_number = number(day_text);
  const auto year_number = number(year_text);
  std::array<unsigned, 3> time{};
  if (month_at == kMonths.end() || !day_number || !year_number ||
      !read_time(asctime ? words[3] : words[4], time)) {
    return {};
  }
  return make_time(whole_year(*year_number, year_text.size()),
                   static_cast<unsigned>(month_at - kMonths.begin()) + 1, *day_number, time[0],
                   time[1], time[2]);
}

std::optional<system_clock::time_point> parse_timestamp(std::string_view text) {
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || (text[10] | 0x20) != 't') return {};
  const auto y = number(text.substr(0, 4));
  const auto m = number(text.substr(5, 2));
  const auto d = number(text.substr(8, 2));
  std::array<unsigned, 3> time{};
  if (!y || !m || !d || !read_time(text.substr(11, 8), time)) return {};
  auto result = make_time(*y, *m, *d, time[0], time[1], time[2]);
  text.remove_prefix(19);
  if (text.starts_with('.')) {
    const size_t end = text.find_first_not_of("0123456789", 1);
    if (end == text.npos || end == 1) return {};
    text.remove_prefix(end);
  }
  if (!result || text == "Z" || text == "z") return result;
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return {};
  const auto hour = number(text.substr(1, 2));
  const auto minute = number(text.substr(4, 2));
  if (!hour || !minute || *hour > 23 || *minute > 59) return {};
  const auto offset = hours(*hour) + minutes(*minute);
  return text[0] == '+' ? *result - offset : *result + offset;
}

std::string_view HttpResponse::header(std::string_view name) const {
  const auto found = std::ranges::find(headers, name, [](const auto& row) { return row.first; });
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

std::vector<std::string> HttpResponse::links(std::string_view relation) const {
  std::vector<std::string> found;
  for (const auto& [name, value] : headers) {
    if (name == "link") links_of(value, relation, found);
  }
  return found;
}

std::optional<system_clock::time_point> HttpResponse::date() const {
  return parse_http_date(header("date"));
}

std::optional<seconds> HttpResponse::retry_after(system_clock::time_point now) const {
  const std::string_view text = header("retry-after");
  if (text.empty()) return {};
  if (text.find_first_not_of("0123456789") == text.npos) {
    const auto count = number(text);
    return count ? std::min(seconds(*count), kLongestRetryAfter) : kLongestRetryAfter;
  }
  const auto until = parse_http_date(text);
  if (!until) return {};
  return std::clamp(std::chrono::ceil<seconds>(*until - date().value_or(now)), seconds(0),
                    kLongestRetryAfter);
}

std::unique_ptr<AcmeTransport> make_watched_transport(std::unique_ptr<AcmeTransport> inner,
                                                      BeforeRequest before) {
  return std::make_unique<WatchedTransport>(std::move(inner), std::move(before));
}

}  // namespace trellis::tls::acme

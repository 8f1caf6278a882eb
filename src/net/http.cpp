// SPDX-License-Identifier: Apache-2.0
#include "net/http.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/macros.h"

namespace trellis::net {
namespace {

constexpr size_t kChunkLineLimit = 256;
constexpr size_t kTrailerLimit = 4096;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool same(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}
std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}
bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') ||
           kMarks.find(c) != kMarks.npos;
  });
}
bool is_clean(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == 0x7f;
  });
}

}  // namespace

std::string_view HttpRequest::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (same(key, name)) return value;
  }
  return {};
}

bool HttpRequest::header_has(std::string_view name, std::string_view token) const {
  for (const auto& [key, value] : headers) {
    if (!same(key, name)) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const size_t comma = rest.find(',');
      if (same(trimmed(rest.substr(0, comma)), token)) return true;
      rest = comma == rest.npos ? "" : rest.substr(comma + 1);
    }
  }
  return false;
}

HttpRequestReader::Step HttpRequestReader::refuse(int status, std::string_view reason) {
  refusal_ = {status, reason};
  refused_ = true;
  return Step::kRefused;
}

HttpRequestReader::Step HttpRequestReader::step(std::span<const std::byte>& input) {
  while (!refused_) {
    switch (state_) {
      case State::kHead: {
        if (!take_line(input, limits_.head_bytes))
          return refused_ ? Step::kRefused : Step::kNeedMore;
        // text_ is the whole head so far, each line with its CRLF; a lone CRLF ends it.
        const bool ends = text_.size() >= 4 && text_.ends_with("\r\n\r\n");
        if (text_ == "\r\n") text_.clear();  // an empty line before a request is to be forgiven
        if (!ends) continue;
        if (!parse_head()) return Step::kRefused;
        const bool waits =
            state_ != State::kDone && same(request_.header("Expect"), "100-continue");
        if (waits && !std::exchange(offered_continue_, true)) return Step::kContinue;
        continue;
      }
      case State::kBody:
      case State::kChunkData:
        take_body(input);
        if (left_ != 0) return Step::kNeedMore;
        state_ = state_ == State::kBody ? State::kDone : State::kChunkEnd;
        continue;
      case State::kChunkSize:
      case State::kChunkEnd:
      case State::kTrailer:
        if (!take_line(input, kChunkLineLimit)) return refused_ ? Step::kRefused : Step::kNeedMore;
        if (!parse_chunk_size()) return Step::kRefused;
        continue;
      case State::kDone:
        return Step::kComplete;
    }
  }
  return Step::kRefused;
}

bool HttpRequestReader::take_line(std::span<const std::byte>& input, size_t limit) {
  while (!input.empty()) {
    const char c = static_cast<char>(input.front());
    input = input.subspan(1);
    text_.push_back(c);
    if (text_.size() > limit) {
      refuse(431, "The head of the request is too large.");
      return false;
    }
    // What speaks another protocol is told at once, not after a time-out.
    if (in_method_ && state_ == State::kHead) {
      if (c == ' ') in_method_ = false;
      if (!is_token({&c, 1}) && c != ' ' && c != '\r' && c != '\n') {
        refuse(400, "This is no HTTP.");
        return false;
      }
    }
    if (c != '\n') continue;
    if (!text_.ends_with("\r\n")) {
      refuse(400, "A line does not end with CR LF.");
      return false;
    }
    return true;
  }
  return false;
}

void HttpRequestReader::take_body(std::span<const std::byte>& input) {
  const size_t count = std::min(left_, input.size());
  request_.body.append(reinterpret_cast<const char*>(input.data()), count);
  input = input.subspan(count);
  left_ -= count;
}

bool HttpRequestReader::parse_head() {
  std::string_view rest(text_);
  rest.remove_suffix(2);
  bool first = true;
  while (!rest.empty()) {
    const size_t end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 2);
    if (first ? !parse_request_line(line) : !parse_header(line)) return false;
    first = false;
  }
  std::string().swap(text_);
  return parse_framing();
}

bool HttpRequestReader::parse_request_line(std::string_view line) {
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == line.npos || first == last) return refuse(400, "No request line."), false;
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!is_token(method) || target.empty() || !is_clean(target) || target.find(' ') != target.npos) {
    return refuse(400, "No request line."), false;
  }
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    const bool http = version.starts_with("HTTP/");
    return refuse(http ? 505 : 400, "Use HTTP/1.1."), false;
  }
  request_.method = method;
  request_.target = target;
  request_.keep_alive = version == "HTTP/1.1";
  return true;
}

bool HttpRequestReader::parse_header(std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == line.npos || !is_token(line.substr(0, colon))) {
    return refuse(400, "A header has no name."), false;
  }
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (!is_clean(value)) return refuse(400, "A header holds control characters."), false;
  if (request_.headers.size() >= limits_.headers) return refuse(431, "Too many headers."), false;
  request_.headers.emplace_back(line.substr(0, colon), value);
  return true;
}

bool HttpRequestReader::parse_framing() {
  if (request_.header_has("Connection", "close")) request_.keep_alive = false;
  if (request_.header_has("Connection", "keep-alive")) request_.keep_alive = true;
  int lengths = 0;
  int codings = 0;
  std::string_view length;
  for (const auto& [name, value] : request_.headers) {
    if (same(name, "Content-Length")) ++lengths, length = value;
    if (same(name, "Transfer-Encoding")) ++codings;
  }
  if (lengths + codings > 1) return refuse(400, "The length of the body is told twice."), false;
  if (codings == 1) {
    if (!same(request_.header("Transfer-Encoding"), "chunked")) {
      return refuse(501, "Only the transfer coding 'chunked' is known."), false;
    }
    state_ = State::kChunkSize;
    return true;
  }
  left_ = 0;
  if (lengths == 1) {
    const auto [end, failed] = std::from_chars(length.data(), length.data() + length.size(), left_);
    if (failed != std::errc() || end != length.data() + length.size()) {
      return refuse(400, "Content-Length is no number."), false;
    }
    if (left_ > limits_.body_bytes) return refuse(413, "The body is too large."), false;
  }
  state_ = left_ == 0 ? State::kDone : State::kBody;
  return true;
}

// One line of chunked framing: a size, the end of a chunk, or the trailer.
bool HttpRequestReader::parse_chunk_size() {
  std::string line;
  line.swap(text_);
  std::string_view text = std::string_view(line).substr(0, line.size() - 2);
  if (state_ == State::kChunkEnd) {
    if (!text.empty()) return refuse(400, "A chunk is longer than it says."), false;
    state_ = State::kChunkSize;
    return true;
  }
  if (state_ == State::kTrailer) {
    trailer_bytes_ += line.size();
    if (trailer_bytes_ > kTrailerLimit) return refuse(431, "The trailer is too large."), false;
    if (text.empty()) state_ = State::kDone;
    return true;
  }
  text = trimmed(text.substr(0, text.find(';')));
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), left_, 16);
  if (failed != std::errc() || text.empty() || end != text.data() + text.size()) {
    return refuse(400, "A chunk has no size."), false;
  }
  if (left_ > limits_.body_bytes - request_.body.size()) {
    return refuse(413, "The body is too large."), false;
  }
  state_ = left_ == 0 ? State::kTrailer : State::kChunkData;
  return true;
}

HttpRequest HttpRequestReader::take() {
  TRELLIS_ASSERT(state_ == State::kDone);
  HttpRequest taken = std::move(request_);
  *this = HttpRequestReader(limits_);
  return taken;
}

std::string_view http_reason(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 101:
      return "Switching Protocols";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 302:
      return "Found";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 426:
      return "Upgrade Required";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Status";
  }
}

std::string serialise(const HttpResponse& response, bool keep_alive, bool head_only) {
  std::string text =
      fmt::format("HTTP/1.1 {} {}\r\n", response.status, http_reason(response.status));
  for (const auto& [name, value] : response.headers) {
    TRELLIS_ASSERT(is_token(name) && is_clean(value));
    text += fmt::format("{}: {}\r\n", name, value);
  }
  const bool bodiless = response.status == 204 || response.status < 200;
  if (!bodiless) text += fmt::format("Content-Length: {}\r\n", response.body.size());
  if (response.status != 101) {
    text += keep_alive ? "Connection: keep-alive\r\n" : "Connection: close\r\n";
  }
  text += "\r\n";
  if (!head_only && !bodiless) text += response.body;
  return text;
}

}  // namespace trellis::net

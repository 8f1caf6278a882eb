// SPDX-License-Identifier: Apache-2.0
//
// HTTP/1.1 messages of a server, as pure functions of bytes. Source: RFC 9110, RFC 9112.
//
// Strict where laxness is dangerous: line ends are CRLF, no folded or nameless headers, no blank
// before a colon, Content-Length and Transfer-Encoding never together, only "chunked".
// Every size is bounded; what is too large is an HttpRefusal with the status to answer.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trellis::net {

struct HttpLimits {
  size_t head_bytes = 16 << 10;  // request line and headers
  size_t headers = 100;
  size_t body_bytes = 1 << 20;
};

struct HttpRequest {
  std::string method;  // "GET"
  std::string target;  // "/db/neo4j/query/v2?x=1", as sent
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  bool keep_alive = true;
  bool encrypted = false;  // set by the connection
  std::string_view path() const { return std::string_view(target).substr(0, target.find('?')); }
  // The first with this name (any case); empty when there is none.
  std::string_view header(std::string_view name) const;
  // Does the comma-separated list in a header hold this token (any case)?
  bool header_has(std::string_view name, std::string_view token) const;
};

struct HttpResponse {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;  // without Content-Length, Connection
  std::string body;
};

struct HttpRefusal {
  int status = 400;
  std::string_view reason;
};

class HttpRequestReader {
 public:
  explicit HttpRequestReader(HttpLimits limits) : limits_(limits) {}
  enum class Step : uint8_t { kNeedMore, kContinue, kComplete, kRefused };
  // Takes bytes off the front of `input`; after kComplete the rest belongs to what follows.
  // kContinue (once): the client waits for "100 Continue" before it sends the body.
  Step step(std::span<const std::byte>& input);
  HttpRequest take();                               // after kComplete; the reader starts anew
  HttpRefusal refusal() const { return refusal_; }  // after kRefused
  bool idle() const { return state_ == State::kHead && text_.empty(); }

 private:
  enum class State : uint8_t { kHead, kBody, kChunkSize, kChunkData, kChunkEnd, kTrailer, kDone };
  Step refuse(int status, std::string_view reason);
  bool parse_head();
  bool parse_request_line(std::string_view line);
  bool parse_header(std::string_view line);
  bool parse_framing();
  bool parse_chunk_size();
  // Moves one line (without CRLF) into text_; false: not whole yet.
  bool take_line(std::span<const std::byte>& input, size_t limit);
  void take_body(std::span<const std::byte>& input);

  HttpLimits limits_;
  State state_ = State::kHead;
  HttpRequest request_;
  HttpRefusal refusal_;
  std::string text_;  // head so far, or a line of chunked framing
  size_t left_ = 0;   // of the body or chunk
  size_t trailer_bytes_ = 0;
  bool refused_ = false;
  bool in_method_ = true;
  bool offered_continue_ = false;
};

std::string_view http_reason(int status);
// The bytes of an answer. `head_only`: for HEAD.
std::string serialise(const HttpResponse& response, bool keep_alive, bool head_only);

}  // namespace trellis::net

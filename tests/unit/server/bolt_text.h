// SPDX-License-Identifier: Apache-2.0
//
// Bolt as short texts: requests to send, answers as "SUCCESS {a: 1}", "RECORD [1]",
// "FAILURE code", "IGNORED".
#pragma once

#include <string>
#include <vector>

#include "value/compare.h"
#include "wire/message_codec.h"

namespace trellis::testing {

inline std::string answer_text(std::span<const std::byte> message, wire::WireOptions options) {
  Arena arena;
  auto answer = wire::decode_response(message, options, arena);
  if (!answer) return "UNREADABLE " + answer.error().message();
  if (const auto* success = std::get_if<wire::Success>(&*answer)) {
    return "SUCCESS " + value::to_text(success->metadata);
  }
  if (const auto* record = std::get_if<wire::Record>(&*answer)) {
    return "RECORD " + value::to_text(value::Value::list(record->fields));
  }
  if (const auto* failure = std::get_if<wire::Failure>(&*answer)) {
    return "FAILURE " + std::string(failure->error.neo4j_code());
  }
  return "IGNORED";
}

// Takes whole messages off `bytes`.
class AnswerReader {
 public:
  explicit AnswerReader(wire::WireOptions options) : options_(options) {}
  std::vector<std::string> read(std::span<const std::byte> bytes) {
    std::vector<std::string> answers;
    for (;;) {
      auto message = dechunker_.next(bytes);
      if (!message || !*message) return answers;
      answers.push_back(answer_text(**message, options_));
    }
  }
  uint64_t noops() const { return dechunker_.noops(); }

 private:
  wire::WireOptions options_;
  wire::Dechunker dechunker_{size_t{1} << 30};
};

inline wire::Request hello(wire::BoltVersion version, std::string_view password = "secret") {
  wire::Hello message;
  message.user_agent = "test/1.0";
  if (!version.has_logon()) {
    message.token.emplace();
    message.token->scheme = "basic";
    message.token->principal = "alice";
    message.token->credentials = Secret(password);
  }
  return wire::Request(std::move(message));
}
inline wire::Request logon(std::string_view password = "secret") {
  wire::Logon message;
  message.token.scheme = "basic";
  message.token.principal = "alice";
  message.token.credentials = Secret(password);
  return wire::Request(std::move(message));
}
inline wire::Request run(std::string_view query, std::string_view database = "") {
  wire::Run message;
  message.query = query;
  message.parameters = value::Value::map({});
  message.extra.database = database;
  return wire::Request(message);
}
inline wire::Request pull(int64_t n = -1, int64_t qid = -1) {
  return wire::Request(wire::Pull{n, qid});
}
inline wire::Request discard(int64_t n = -1, int64_t qid = -1) {
  return wire::Request(wire::Discard{n, qid});
}

}  // namespace trellis::testing

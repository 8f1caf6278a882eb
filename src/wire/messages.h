// SPDX-License-Identifier: Apache-2.0
//
// Bolt's messages as plain data, the same types for server and client.
// Source: neo4j.com/docs/bolt, "message specification". Versions 4.4 and 5.0-5.8.
//
// Views and values in a decoded message live in the arena it was decoded into. An empty view means
// "not given", unless said otherwise. Credentials are Secrets and never enter the arena (the bytes
// of the message itself are the caller's to wipe: Dechunker::wipe).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/secret.h"
#include "value/value.h"

namespace trellis::wire {

// Signatures.
enum class Tag : uint8_t {
  kHello = 0x01,
  kGoodbye = 0x02,
  kReset = 0x0F,
  kRun = 0x10,
  kBegin = 0x11,
  kCommit = 0x12,
  kRollback = 0x13,
  kDiscard = 0x2F,
  kPull = 0x3F,
  kTelemetry = 0x54,
  kRoute = 0x66,
  kLogon = 0x6A,
  kLogoff = 0x6B,
  kSuccess = 0x70,
  kRecord = 0x71,
  kIgnored = 0x7E,
  kFailure = 0x7F,
};
std::string_view to_string(Tag tag);  // "HELLO", ...

// -- requests --
struct AuthToken {
  std::string_view scheme;  // "none", "basic", "bearer", ...
  std::string_view principal;
  Secret credentials;
  std::string_view realm;
  value::Value parameters;  // a map, or null
};

struct NotificationFilter {
  std::string_view minimum_severity;  // "OFF", "WARNING", "INFORMATION"
  // Categories up to 5.4, classifications from 5.6; absent: the server's default.
  std::optional<std::span<const std::string_view>> disabled;
};

struct Hello {
  std::string_view user_agent;
  value::Value routing;            // a map, or null: no routing
  std::optional<AuthToken> token;  // up to 5.0
  bool utc_patch = false;          // 4.4: asks for it
  value::Value bolt_agent;         // from 5.3; a map, or null
  NotificationFilter notifications;
};
struct Logon {
  AuthToken token;
};
struct Logoff {};
struct Telemetry {
  int64_t api = 0;
};
struct Goodbye {};
struct Reset {};

struct TransactionExtra {
  std::span<const std::string_view> bookmarks;
  std::optional<int64_t> timeout_ms;
  value::Value metadata;  // a map, or null
  bool read = false;      // mode "r"
  std::string_view database;
  std::string_view impersonated_user;
  std::string_view type;  // "IMPLICIT" when a driver's managed auto-commit
  NotificationFilter notifications;
};
struct Run {
  std::string_view query;
  value::Value parameters;  // a map
  TransactionExtra extra;
};
struct Begin {
  TransactionExtra extra;
};
struct Commit {};
struct Rollback {};
inline constexpr int64_t kAll = -1;          // n
inline constexpr int64_t kLatestQuery = -1;  // qid
struct Discard {
  int64_t n = kAll;
  int64_t qid = kLatestQuery;
};
struct Pull {
  int64_t n = kAll;
  int64_t qid = kLatestQuery;
};
struct Route {
  value::Value routing;  // a map
  std::span<const std::string_view> bookmarks;
  std::string_view database;
  std::string_view impersonated_user;
};

using Request = std::variant<Hello, Logon, Logoff, Telemetry, Goodbye, Reset, Run, Begin, Commit,
                             Rollback, Discard, Pull, Route>;
Tag tag_of(const Request& request);

// -- responses --
struct Success {
  value::Value metadata;  // a map
};
struct Record {
  std::span<const value::Value> fields;
};
struct Ignored {};
struct Failure {
  Error error;  // with its chain of causes
};
using Response = std::variant<Success, Record, Ignored, Failure>;

}  // namespace trellis::wire

// SPDX-License-Identifier: Apache-2.0
//
// Errors as values.
//
// Four fates (docs: ARCHITECTURE.md, "Errors"):
//   operating error   -> Error in a Result<T>
//   user's error      -> the same, with a row of error_table.inc: Neo4j code, GQLSTATUS, text
//   our bug           -> TRELLIS_ASSERT, on in release, aborts
//   lost durability   -> Error(StorageFailure); the database that met it stops, the server goes on
//
// An Error is one pointer wide, movable, never empty unless moved from. Not thread-safe.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace trellis {

enum class ErrorCode : uint16_t {
#define TRELLIS_ERROR(name, neo4j, gql, detail, title) name,
#include "base/error_table.inc"
#undef TRELLIS_ERROR
};

enum class Classification : uint8_t { kClientError, kTransientError, kDatabaseError };

// What the table says of a code. All views have static lifetime.
struct ErrorTraits {
  std::string_view name;        // "UndefinedVariable"
  std::string_view neo4j_code;  // "Neo.ClientError.Statement.SyntaxError"
  std::string_view gqlstatus;   // "42N62"
  std::string_view detail;      // openCypher TCK detail, or empty
  std::string_view title;       // GQLSTATUS condition
  Classification classification;
};
const ErrorTraits& traits_of(ErrorCode code);
std::string_view to_string(Classification classification);  // "CLIENT_ERROR", ...
// The first row with both, else with that Neo4j code, else (no Neo4j code given) with that status,
// else Unknown.
ErrorCode code_for(std::string_view neo4j_code, std::string_view gqlstatus);

// Where in a statement's text: offset in code points from 0, line and column from 1.
struct SourcePosition {
  uint32_t offset = 0;
  uint32_t line = 0;  // 0: unknown
  uint32_t column = 0;
};

class Error {
 public:
  Error(ErrorCode code, std::string message);

  // An error that keeps codes it was given (one that a remote server sent).
  static Error foreign(ErrorCode code, std::string neo4j_code, std::string gqlstatus,
                       std::string message);

  Error(Error&&) noexcept = default;
  Error& operator=(Error&&) noexcept = default;
  Error clone() const;

  ErrorCode code() const { return state_->code; }
  const ErrorTraits& traits() const { return traits_of(state_->code); }
  std::string_view neo4j_code() const;
  std::string_view gqlstatus() const;
  Classification classification() const;  // from the text of neo4j_code()
  const std::string& message() const { return state_->message; }
  // "error: data exception - invalid type. <message>"
  std::string status_description() const;

  SourcePosition position() const { return state_->position; }
  Error&& at(SourcePosition position) &&;

  const Error* cause() const { return state_->cause.get(); }
  Error&& caused_by(Error cause) &&;
  // Replaces the status description that the table would give (one that a remote server sent).
  Error&& described_as(std::string status_description) &&;

 private:
  struct State {
    ErrorCode code;
    std::string message;
    std::string foreign_neo4j_code;
    std::string foreign_gqlstatus;
    std::string foreign_description;
    SourcePosition position;
    std::unique_ptr<Error> cause;
  };
  std::unique_ptr<State> state_;
};

// make_error(ErrorCode::UserNotFound, "User '{}' does not exist.", name)
template <class... Args>
Error make_error(ErrorCode code, fmt::format_string<Args...> text, Args&&... args) {
  return Error(code, fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace trellis

// SPDX-License-Identifier: Apache-2.0
//
// What an ACME authority, or the way to it, answers when something fails: a Failure, which callers
// decide on by kind and by problem type, and which shows the authority's own words whole.
//
// Sources: RFC 7807 (problem documents), RFC 8555 6.7 (types, subproblems), RFC 9773 5
// (alreadyReplaced), draft-ietf-acme-profiles (invalidProfile).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "base/result.h"

namespace trellis::tls::acme {

// What a certificate is asked for: RFC 8555 9.7.7 "dns" (wildcards keep their "*."), RFC 8738 "ip".
struct Identifier {
  enum class Type : uint8_t { kDns, kIp };
  Type type = Type::kDns;
  std::string value;

  // An IP literal (without brackets) is an address, all else a name.
  static Identifier of(std::string_view name);
  std::string_view type_text() const;  // "dns", "ip"
  friend bool operator==(const Identifier&, const Identifier&) = default;
};

// RFC 8555 6.7, in the order of its table, and what came later. kOther: any other type.
enum class ProblemType : uint8_t {
  kOther,
  kAccountDoesNotExist,
  kAlreadyRevoked,
  kBadCsr,
  kBadNonce,
  kBadPublicKey,
  kBadRevocationReason,
  kBadSignatureAlgorithm,
  kCaa,
  kCompound,
  kConnection,
  kDns,
  kExternalAccountRequired,
  kIncorrectResponse,
  kInvalidContact,
  kMalformed,
  kOrderNotReady,
  kRateLimited,
  kRejectedIdentifier,
  kServerInternal,
  kTls,
  kUnauthorized,
  kUnsupportedContact,
  kUnsupportedIdentifier,
  kUserActionRequired,
  kAlreadyReplaced,
  kInvalidProfile,
};
ProblemType problem_type(std::string_view urn);  // "urn:ietf:params:acme:error:dns" -> kDns

struct Problem {
  ProblemType kind = ProblemType::kOther;
  std::string type;                      // the URN, whole
  std::string title;                     // mostly empty
  std::string detail;                    // the authority's sentence
  int status = 0;                        // 0: not said
  std::string instance;                  // userActionRequired: where a person must go
  std::optional<Identifier> identifier;  // of a subproblem
  std::vector<Problem> subproblems;

  // "urn:...:rejectedIdentifier (403): detail; db.example.org: urn:... : detail"
  std::string text() const;
};

// Reads a problem document or a problem inside an order or challenge. Never fails: what is no JSON
// object becomes the detail, cut at 500 characters. `status`: of the HTTP response; 0: none.
Problem parse_problem(std::string_view body, int status);

struct Failure {
  enum class Kind : uint8_t {
    kNetwork,   // no connection, no name, TLS refused
    kProblem,   // the authority says no: `problem`
    kProtocol,  // an answer that is none (broken JSON, missing field, too large), or a local fault
    kTimeout,   // a request's time, or the deadline of a wait, ran out
    kStopped,   // the stop signal was given
    kLostLock,  // another server of these names has taken over: nothing of theirs is touched
  };
  Kind kind = Kind::kNetwork;
  std::string url{};      // of the request; empty: none
  std::string message{};  // what happened; of kProblem: put before the problem, mostly empty
  Problem problem{};      // kProblem only
  // kProblem only: it stands in an order or an authorization that is invalid for good, whatever its
  // type.
  bool decided = false;
  // When the authority asks to be left alone for so long (rateLimited, 503, ...).
  std::optional<std::chrono::seconds> retry_after{};

  bool is(ProblemType type) const { return kind == Kind::kProblem && problem.kind == type; }
  // The authority itself has said no, and would again: neither a page of something in front of it,
  // nor trouble of its own, nor a limit that passes. What was asked for has not been done.
  bool is_final() const;
  // One line: what was asked, and the problem whole.
  std::string text() const;
  Error to_error() const;  // IoError with text()
};

template <class T = void>
using Answer = tl::expected<T, Failure>;

}  // namespace trellis::tls::acme

// SPDX-License-Identifier: Apache-2.0
//
// How rooms of ACME say that something failed. Private to tls/acme.
#pragma once

#include <string>
#include <utility>

#include "tls/acme/problem.h"

namespace trellis::tls::acme {

inline tl::unexpected<Failure> failed(Failure::Kind kind, std::string url, std::string message) {
  Failure failure;
  failure.kind = kind;
  failure.url = std::move(url);
  failure.message = std::move(message);
  return tl::unexpected(std::move(failure));
}

// An answer that is none.
inline tl::unexpected<Failure> broken(const std::string& url, std::string message) {
  return failed(Failure::Kind::kProtocol, url, std::move(message));
}

// A fault of our own side, so that an order has one kind of bad end.
inline tl::unexpected<Failure> local_failure(const Error& error) {
  return broken("", error.message());
}

inline tl::unexpected<Failure> stopped() {
  return failed(Failure::Kind::kStopped, "", "The server is stopping.");
}

// The authority has decided against it.
inline tl::unexpected<Failure> refused(const std::string& url, Problem problem) {
  auto made = failed(Failure::Kind::kProblem, url, "");
  made.value().problem = std::move(problem);
  made.value().decided = true;
  return made;
}

}  // namespace trellis::tls::acme

// SPDX-License-Identifier: Apache-2.0
//
// How the client reads headers. Private to Client's .cpp files.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "os/clock.h"
#include "tls/acme/failure.h"
#include "tls/acme/http.h"

namespace trellis::tls::acme {

// A reference of a Link or Location header against the URL it came from: absolute, or a path.
inline std::string resolve(const std::string& base, std::string_view reference) {
  if (!reference.starts_with('/') || reference.starts_with("//")) return std::string(reference);
  const size_t host = base.find("://");
  const size_t path = host == base.npos ? host : base.find('/', host + 3);
  return base.substr(0, path) + std::string(reference);
}

inline std::optional<std::chrono::seconds> asked_to_wait(const HttpResponse& response,
                                                         const os::Clock& clock) {
  return response.retry_after(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(clock.wall()));
}

}  // namespace trellis::tls::acme

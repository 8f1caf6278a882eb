// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as HTTP requests: whole and byte by byte they must be taken alike, within the limits.
#include <cstddef>
#include <cstdint>

#include "base/macros.h"
#include "net/http.h"

using namespace trellis::net;

namespace {

struct Outcome {
  std::string requests;
  int refusal = 0;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

constexpr HttpLimits kLimits{.head_bytes = 512, .headers = 8, .body_bytes = 64};

Outcome run(std::span<const std::byte> stream, size_t piece) {
  HttpRequestReader reader(kLimits);
  Outcome outcome;
  while (!stream.empty()) {
    std::span<const std::byte> input = stream.first(std::min(piece, stream.size()));
    stream = stream.subspan(input.size());
    for (bool more = true; more;) {
      switch (reader.step(input)) {
        case HttpRequestReader::Step::kNeedMore:
          more = false;
          break;
        case HttpRequestReader::Step::kContinue:
          break;
        case HttpRequestReader::Step::kComplete: {
          const HttpRequest request = reader.take();
          TRELLIS_ASSERT(request.body.size() <= kLimits.body_bytes);
          TRELLIS_ASSERT(request.headers.size() <= kLimits.headers);
          outcome.requests += request.method + " " + request.target + "\n" + request.body + "\n";
          break;
        }
        case HttpRequestReader::Step::kRefused:
          outcome.refusal = reader.refusal().status;
          return outcome;
      }
    }
  }
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto stream = std::as_bytes(std::span(data, size));
  TRELLIS_ASSERT(run(stream, size + 1) == run(stream, 1));
  return 0;
}

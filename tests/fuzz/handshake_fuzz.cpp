// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as what the other side of a handshake says, whole and byte by byte: both must end
// alike, and an agreed version must be one that was offered. The first byte picks role and
// manifest.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "wire/handshake.h"

using namespace trellis;
using namespace trellis::wire;

namespace {

struct Outcome {
  int step = -1;  // -1: error
  BoltVersion version;
  size_t said = 0;
  size_t left = 0;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

template <class Handshake>
Outcome run(Handshake handshake, std::span<const std::byte> stream, size_t piece) {
  Outcome outcome{static_cast<int>(HandshakeStep::kNeedMore), {}, 0, 0};
  ByteBuffer out;
  while (!stream.empty() && outcome.step == static_cast<int>(HandshakeStep::kNeedMore)) {
    std::span<const std::byte> input = stream.first(std::min(piece, stream.size()));
    const size_t given = input.size();
    const auto step = handshake.step(input, out);
    stream = stream.subspan(given - input.size());
    outcome.step = step ? static_cast<int>(*step) : -1;
  }
  outcome.said = out.size();
  TRELLIS_ASSERT(outcome.said <= 64);
  if (outcome.step != static_cast<int>(HandshakeStep::kAgreed)) return outcome;
  outcome.left = stream.size();
  outcome.version = handshake.version();
  const auto spoken = spoken_versions();
  TRELLIS_ASSERT(std::any_of(spoken.begin(), spoken.end(),
                             [&](VersionRange r) { return r.contains(outcome.version); }));
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const auto stream = std::as_bytes(std::span(data + 1, size - 1));
  const bool manifest = (data[0] & 2) != 0;
  if ((data[0] & 1) != 0) {
    const ServerHandshake server(spoken_versions(), manifest);
    TRELLIS_ASSERT(run(server, stream, size) == run(server, stream, 1));
  } else {
    const ClientHandshake client(spoken_versions(), manifest);
    TRELLIS_ASSERT(run(client, stream, size) == run(client, stream, 1));
  }
  return 0;
}

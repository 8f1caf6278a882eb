// SPDX-License-Identifier: Apache-2.0
//
// The Bolt handshake, both roles, classic and manifest v1, as incremental state machines over
// bytes. Source: neo4j.com/docs/bolt, "Bolt Protocol handshake specification".
//
// step() takes what it understands off the front of `input` (bytes of the first message may follow
// and are left) and appends its answer to `out`. Each answer must go out in one write: some drivers
// fail when the marker and the list of a manifest come apart.
// Invariants
//   1. At most 20 bytes (server) or 4 KiB (client) are looked at before the answer is known.
//   2. The agreed version is always one that both sides named.
// Not thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "wire/bolt_version.h"
#include "wire/byte_buffer.h"

namespace trellis::wire {

inline constexpr std::array<uint8_t, 4> kBoltMagic{0x60, 0x60, 0xB0, 0x17};

// major.minor and `below` minors under it: {5, 8, 2} is 5.8, 5.7, 5.6.
struct VersionRange {
  uint8_t major = 0;
  uint8_t minor = 0;
  uint8_t below = 0;
  bool contains(BoltVersion v) const {
    return v.major == major && v.minor <= minor && v.minor + below >= minor;
  }
  friend bool operator==(const VersionRange&, const VersionRange&) = default;
};

// 5.8-5.6, 5.4-5.0, 4.4: what this DBMS speaks, best first (5.5 is spoken by no server).
std::span<const VersionRange> spoken_versions();

// An unsigned LEB128 number, as in the manifest.
void put_varint(ByteBuffer& out, uint64_t number);

enum class HandshakeStep : uint8_t { kNeedMore, kAgreed, kRefused };

class ServerHandshake {
 public:
  explicit ServerHandshake(std::span<const VersionRange> offered = spoken_versions(),
                           bool with_manifest = true)
      : offered_(offered.begin(), offered.end()), with_manifest_(with_manifest) {}

  // kRefused: send `out` (may be empty), then close. InvalidRequest: not Bolt at all; just close.
  Result<HandshakeStep> step(std::span<const std::byte>& input, ByteBuffer& out);
  BoltVersion version() const { return version_; }
  bool by_manifest() const { return state_ == State::kDone && manifest_; }
  // The four proposals in the client's order, as logs show them ("5.8-5.0").
  std::string proposals() const;

 private:
  enum class State : uint8_t { kHello, kChoice, kDone };
  HandshakeStep answer_proposals(ByteBuffer& out);
  Result<HandshakeStep> read_choice(std::span<const std::byte>& input);

  std::vector<VersionRange> offered_;
  bool with_manifest_;
  bool manifest_ = false;
  State state_ = State::kHello;
  std::array<uint8_t, 20> seen_{};
  uint8_t seen_bytes_ = 0;
  BoltVersion version_;
};

class ClientHandshake {
 public:
  explicit ClientHandshake(std::span<const VersionRange> wanted = spoken_versions(),
                           bool with_manifest = true)
      : wanted_(wanted.begin(), wanted.end()), with_manifest_(with_manifest) {}

  // The opening 20 bytes.
  void start(ByteBuffer& out) const;
  // kRefused: the server speaks none of these versions. InvalidRequest: it is no Bolt server (the
  // text says so when it answers in HTTP).
  Result<HandshakeStep> step(std::span<const std::byte>& input, ByteBuffer& out);
  BoltVersion version() const { return version_; }
  bool by_manifest() const { return manifest_; }

 private:
  Result<HandshakeStep> read_classic();
  Result<HandshakeStep> read_manifest(ByteBuffer& out);

  std::vector<VersionRange> wanted_;
  bool with_manifest_;
  bool manifest_ = false;
  bool done_ = false;
  std::vector<uint8_t> seen_;
  BoltVersion version_;
};

}  // namespace trellis::wire

// SPDX-License-Identifier: Apache-2.0
#include "wire/handshake.h"

#include <algorithm>
#include <cstring>

namespace trellis::wire {
namespace {

constexpr std::array<VersionRange, 3> kSpoken{{{5, 8, 2}, {5, 4, 4}, {4, 4, 0}}};
constexpr std::array<uint8_t, 4> kManifest{0x00, 0x00, 0x01, 0xFF};
constexpr size_t kManifestLimit = 4096;

void put_range(ByteBuffer& out, VersionRange range) {
  out.put(0);
  out.put(range.below);
  out.put(range.minor);
  out.put(range.major);
}

VersionRange range_at(const uint8_t* bytes) { return {bytes[3], bytes[2], bytes[1]}; }

bool is_manifest(const uint8_t* bytes) {
  return std::equal(kManifest.begin(), kManifest.end(), bytes);
}

// The best version of `ours` that `theirs` takes in; none: 0.0.
BoltVersion best_in(VersionRange theirs, std::span<const VersionRange> ours) {
  BoltVersion best;
  for (const VersionRange& range : ours) {
    for (int below = 0; below <= range.below && below <= range.minor; ++below) {
      const BoltVersion v{range.major, static_cast<uint8_t>(range.minor - below)};
      if (theirs.contains(v) && v > best) best = v;
    }
  }
  return best;
}

bool any_contains(std::span<const VersionRange> ranges, BoltVersion v) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [v](const VersionRange& range) { return range.contains(v); });
}

enum class VarintState : uint8_t { kComplete, kNeedMore, kBroken };

// Reads at `at`, which moves behind the number when it is complete.
VarintState read_varint(std::span<const uint8_t> bytes, size_t& at, uint64_t& number) {
  number = 0;
  for (size_t i = 0; i < 10; ++i) {
    if (at + i >= bytes.size()) return VarintState::kNeedMore;
    const uint8_t byte = bytes[at + i];
    if (i == 9 && byte > 1) return VarintState::kBroken;  // over 64 bits
    number |= static_cast<uint64_t>(byte & 0x7F) << (7 * i);
    if ((byte & 0x80) == 0) {
      at += i + 1;
      return VarintState::kComplete;
    }
  }
  return VarintState::kBroken;
}

template <class Container>
void take_byte(std::span<const std::byte>& input, Container& into) {
  into.push_back(static_cast<uint8_t>(input.front()));
  input = input.subspan(1);
}

}  // namespace

std::span<const VersionRange> spoken_versions() { return kSpoken; }

void put_varint(ByteBuffer& out, uint64_t number) {
  while (number >= 0x80) {
    out.put(static_cast<uint8_t>(number & 0x7F) | 0x80);
    number >>= 7;
  }
  out.put(static_cast<uint8_t>(number));
}

// -- server --

Result<HandshakeStep> ServerHandshake::step(std::span<const std::byte>& input, ByteBuffer& out) {
  TRELLIS_ASSERT(state_ != State::kDone);
  if (state_ == State::kChoice) return read_choice(input);
  while (!input.empty() && seen_bytes_ < seen_.size()) {
    const auto byte = static_cast<uint8_t>(input.front());
    if (seen_bytes_ < kBoltMagic.size() && byte != kBoltMagic[seen_bytes_]) {
      return fail(ErrorCode::InvalidRequest, "The client does not speak Bolt.");
    }
    seen_[seen_bytes_++] = byte;
    input = input.subspan(1);
  }
  if (seen_bytes_ < seen_.size()) return HandshakeStep::kNeedMore;
  const HandshakeStep answered = answer_proposals(out);
  // The choice may have been sent along (a client that knows what is coming).
  return answered == HandshakeStep::kNeedMore && !input.empty() ? read_choice(input)
                                                                : Result<HandshakeStep>(answered);
}

HandshakeStep ServerHandshake::answer_proposals(ByteBuffer& out) {
  for (size_t at = 4; at < seen_.size(); at += 4) {
    const uint8_t* proposal = seen_.data() + at;
    if (is_manifest(proposal)) {
      if (!with_manifest_) continue;
      manifest_ = true;
      out.append(kManifest.data(), kManifest.size());
      put_varint(out, offered_.size());
      for (const VersionRange& range : offered_) put_range(out, range);
      put_varint(out, 0);  // no capabilities
      state_ = State::kChoice;
      seen_bytes_ = 0;
      return HandshakeStep::kNeedMore;
    }
    const BoltVersion best = best_in(range_at(proposal), offered_);
    if (best == BoltVersion{}) continue;
    version_ = best;
    put_range(out, {best.major, best.minor, 0});
    state_ = State::kDone;
    return HandshakeStep::kAgreed;
  }
  put_range(out, {});
  state_ = State::kDone;
  return HandshakeStep::kRefused;
}

// Four bytes of version, then a varint of capabilities (ten bytes at most), into seen_.
Result<HandshakeStep> ServerHandshake::read_choice(std::span<const std::byte>& input) {
  while (!input.empty()) {
    seen_[seen_bytes_++] = static_cast<uint8_t>(input.front());
    input = input.subspan(1);
    if (seen_bytes_ < 5) continue;
    size_t at = 4;
    uint64_t capabilities;
    switch (read_varint({seen_.data(), seen_bytes_}, at, capabilities)) {
      case VarintState::kNeedMore:
        continue;
      case VarintState::kBroken:
        return fail(ErrorCode::InvalidRequest, "The handshake has a number of over 64 bits.");
      case VarintState::kComplete:
        break;
    }
    state_ = State::kDone;
    const VersionRange choice = range_at(seen_.data());
    const BoltVersion version{choice.major, choice.minor};
    if (version == BoltVersion{}) return HandshakeStep::kRefused;
    if (seen_[0] != 0 || choice.below != 0 || !any_contains(offered_, version)) {
      return fail(ErrorCode::InvalidRequest, "The client chose Bolt {}, which it was not offered.",
                  to_string(version));
    }
    if (capabilities != 0) {
      return fail(ErrorCode::InvalidRequest,
                  "The client chose capabilities that it was not offered.");
    }
    version_ = version;
    return HandshakeStep::kAgreed;
  }
  return HandshakeStep::kNeedMore;
}

std::string ServerHandshake::proposals() const {
  std::string text;
  if (state_ == State::kChoice || manifest_) return "manifest";
  for (size_t at = 4; at + 4 <= seen_bytes_; at += 4) {
    const VersionRange range = range_at(seen_.data() + at);
    if (range == VersionRange{}) continue;
    if (!text.empty()) text += ", ";
    if (is_manifest(seen_.data() + at)) {
      text += "manifest";
      continue;
    }
    text += fmt::format("{}.{}", range.major, range.minor);
    if (range.below != 0) text += fmt::format("-{}.{}", range.major, range.minor - range.below);
  }
  return text;
}

// -- client --

void ClientHandshake::start(ByteBuffer& out) const {
  out.append(kBoltMagic.data(), kBoltMagic.size());
  size_t slots = 4;
  if (with_manifest_) {
    out.append(kManifest.data(), kManifest.size());
    --slots;
  }
  for (const VersionRange& range : wanted_) {
    if (slots == 0) break;
    put_range(out, range);
    --slots;
  }
  for (; slots != 0; --slots) put_range(out, {});
}

Result<HandshakeStep> ClientHandshake::step(std::span<const std::byte>& input, ByteBuffer& out) {
  TRELLIS_ASSERT(!done_);
  while (!input.empty()) {
    take_byte(input, seen_);
    if (seen_.size() < 4) continue;
    if (seen_.size() == 4 && !is_manifest(seen_.data())) {
      done_ = true;
      return read_classic();
    }
    TRELLIS_TRY_ASSIGN(const HandshakeStep step, read_manifest(out));
    if (step != HandshakeStep::kNeedMore) {
      done_ = true;
      return step;
    }
    if (seen_.size() > kManifestLimit) {
      return fail(ErrorCode::InvalidRequest, "The server offers more Bolt versions than exist.");
    }
  }
  return HandshakeStep::kNeedMore;
}

Result<HandshakeStep> ClientHandshake::read_classic() {
  if (std::memcmp(seen_.data(), "HTTP", 4) == 0) {
    return fail(
        ErrorCode::InvalidRequest,
        "The server answers in HTTP, not Bolt: is this its HTTP port? Bolt's is 7687 unless "
        "configured otherwise.");
  }
  if (seen_[0] == 0x15 && seen_[1] == 0x03) {
    return fail(ErrorCode::InvalidRequest,
                "The server answers with a TLS alert: it wants encryption; use a +s scheme.");
  }
  const VersionRange answer = range_at(seen_.data());
  if (answer == VersionRange{} && seen_[0] == 0) return HandshakeStep::kRefused;
  const BoltVersion version{answer.major, answer.minor};
  if (seen_[0] != 0 || answer.below != 0 || !any_contains(wanted_, version)) {
    return fail(ErrorCode::InvalidRequest, "The server does not speak Bolt.");
  }
  version_ = version;
  return HandshakeStep::kAgreed;
}

// Looks at all that has come so far; few bytes, so starting over each time costs nothing.
Result<HandshakeStep> ClientHandshake::read_manifest(ByteBuffer& out) {
  if (!with_manifest_) {
    return fail(ErrorCode::InvalidRequest, "The server chose a handshake that was not proposed.");
  }
  size_t at = 4;
  uint64_t count;
  uint64_t capabilities;
  VarintState state = read_varint(seen_, at, count);
  if (state == VarintState::kComplete && count > kManifestLimit / 4) state = VarintState::kBroken;
  const size_t list_at = at;
  if (state == VarintState::kComplete) {
    at += count * 4;
    state = at > seen_.size() ? VarintState::kNeedMore : read_varint(seen_, at, capabilities);
  }
  if (state == VarintState::kNeedMore) return HandshakeStep::kNeedMore;
  if (state == VarintState::kBroken) {
    return fail(ErrorCode::InvalidRequest, "The server's list of Bolt versions makes no sense.");
  }
  manifest_ = true;
  for (size_t i = 0; i < count; ++i) {
    version_ = std::max(version_, best_in(range_at(seen_.data() + list_at + i * 4), wanted_));
  }
  put_range(out, {version_.major, version_.minor, 0});
  put_varint(out, 0);
  return version_ == BoltVersion{} ? HandshakeStep::kRefused : HandshakeStep::kAgreed;
}

}  // namespace trellis::wire

// SPDX-License-Identifier: Apache-2.0
#include "storage/log_frame.h"

#include <xxhash.h>

#include <algorithm>

namespace trellis::storage {
namespace {

constexpr size_t kChecksumAt = 8;
constexpr size_t kCheckedFrom = 16;                     // magic and length go in through the seed
constexpr uint64_t kSegmentMagic = 0x3130474F4C4C5254;  // "TRLLOG01"

uint64_t checksum_of(std::span<const std::byte> frame) {
  uint64_t seed;
  std::memcpy(&seed, frame.data(), sizeof seed);
  const auto checked = frame.subspan(kCheckedFrom);
  return XXH3_64bits_withSeed(checked.data(), checked.size(), seed);
}

}  // namespace

size_t frame_bytes(size_t ops_bytes) {
  return (kFrameHeaderBytes + ops_bytes + kFrameAlignment - 1) & ~(kFrameAlignment - 1);
}

uint64_t append_frame(ByteWriter& out, const FrameHeader& header, std::span<const std::byte> ops) {
  const size_t start = out.bytes().size();
  const size_t length = frame_bytes(ops.size());
  TRELLIS_ASSERT(length <= UINT32_MAX);
  out.u32(kFrameMagic);
  out.u32(static_cast<uint32_t>(length));
  out.u64(0);
  out.u64(header.previous_checksum);
  out.u64(header.index);
  out.u64(header.term);
  out.u64(header.commit_stamp);
  out.u64(header.durable_index);
  out.u8(static_cast<uint8_t>(header.kind));
  // Padding is at most seven bytes; its number stands here, so that the length of ops is exact.
  out.u8(static_cast<uint8_t>(length - kFrameHeaderBytes - ops.size()));
  out.u8(0);
  out.u8(0);
  out.u32(header.op_count);
  out.raw(ops.data(), ops.size());
  out.bytes().resize(start + length);
  const auto frame = std::span(out.bytes()).subspan(start);
  const uint64_t checksum = checksum_of(frame);
  std::memcpy(frame.data() + kChecksumAt, &checksum, sizeof checksum);
  return checksum;
}

std::optional<Frame> parse_frame(std::span<const std::byte> bytes) {
  if (bytes.size() < kFrameHeaderBytes) return std::nullopt;
  ByteReader in(bytes.first(kFrameHeaderBytes));
  if (in.u32() != kFrameMagic) return std::nullopt;
  Frame frame;
  FrameHeader& header = frame.header;
  header.length = in.u32();
  if (header.length < kFrameHeaderBytes || header.length > bytes.size() ||
      header.length % kFrameAlignment != 0) {
    return std::nullopt;
  }
  header.checksum = in.u64();
  if (checksum_of(bytes.first(header.length)) != header.checksum) return std::nullopt;
  header.previous_checksum = in.u64();
  header.index = in.u64();
  header.term = in.u64();
  header.commit_stamp = in.u64();
  header.durable_index = in.u64();
  header.kind = static_cast<FrameKind>(in.u8());
  const uint8_t padding = in.u8();
  in.u8();
  in.u8();
  header.op_count = in.u32();
  if (padding >= kFrameAlignment || kFrameHeaderBytes + padding > header.length) {
    return std::nullopt;
  }
  header.ops_bytes = static_cast<uint32_t>(header.length - kFrameHeaderBytes - padding);
  frame.ops = bytes.subspan(kFrameHeaderBytes, header.ops_bytes);
  return frame;
}

std::vector<std::byte> encode_segment_header(const SegmentHeader& header) {
  ByteWriter out;
  out.u64(kSegmentMagic);
  out.u64(header.sequence);
  out.u64(header.first_index);
  out.u64(header.previous_checksum);
  out.raw(header.uuid.data(), header.uuid.size());
  out.u32(0);
  out.u64(XXH3_64bits(out.bytes().data(), out.bytes().size()));
  out.bytes().resize(kSegmentHeaderBytes);
  return std::move(out.bytes());
}

std::optional<SegmentHeader> parse_segment_header(std::span<const std::byte> bytes) {
  constexpr size_t kChecked = 4 * 8 + 36 + 4;
  if (bytes.size() < kChecked + 8) return std::nullopt;
  ByteReader in(bytes);
  if (in.u64() != kSegmentMagic) return std::nullopt;
  SegmentHeader header;
  header.sequence = in.u64();
  header.first_index = in.u64();
  header.previous_checksum = in.u64();
  std::memcpy(header.uuid.data(), bytes.data() + 32, header.uuid.size());
  uint64_t checksum;
  std::memcpy(&checksum, bytes.data() + kChecked, sizeof checksum);
  if (XXH3_64bits(bytes.data(), kChecked) != checksum) return std::nullopt;
  return header;
}

}  // namespace trellis::storage

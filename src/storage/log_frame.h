// SPDX-License-Identifier: Apache-2.0
//
// Frames and segment headers of the log, byte by byte: docs/formats/log.md.
//
// Every frame proves itself (its checksum covers everything, the checksum of the frame before it
// included) and tells which index was durable when it was written. So a reader that meets a bad
// frame can tell a torn tail from damage: if any later frame knows the missing one to have been
// durable, it is damage.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "storage/codec.h"

namespace trellis::storage {

constexpr uint32_t kFrameMagic = 0x464C5254;  // "TRLF"
constexpr size_t kFrameHeaderBytes = 64;
constexpr size_t kFrameAlignment = 8;
constexpr uint64_t kSegmentHeaderBytes = 4096;

enum class FrameKind : uint8_t { kCommit = 1 };

struct FrameHeader {
  uint32_t length = 0;  // header, operations and padding
  uint64_t checksum = 0;
  uint64_t previous_checksum = 0;
  uint64_t index = 0;
  uint64_t term = 0;
  uint64_t commit_stamp = 0;
  uint64_t durable_index = 0;
  FrameKind kind = FrameKind::kCommit;
  uint32_t op_count = 0;
  uint32_t ops_bytes = 0;
};

struct Frame {
  FrameHeader header;
  std::span<const std::byte> ops;  // into the bytes that were parsed
};

// Fills length and checksum; returns the checksum.
uint64_t append_frame(ByteWriter& out, const FrameHeader& header, std::span<const std::byte> ops);
size_t frame_bytes(size_t ops_bytes);
// The frame that begins the bytes, if there is an intact one.
std::optional<Frame> parse_frame(std::span<const std::byte> bytes);

struct SegmentHeader {
  uint64_t sequence = 0;           // order of use, from 1
  uint64_t first_index = 0;        // of the first frame in it
  uint64_t previous_checksum = 0;  // of the frame before that; 0 for index 1
  std::array<char, 36> uuid{};     // of the database
};
std::vector<std::byte> encode_segment_header(const SegmentHeader& header);
std::optional<SegmentHeader> parse_segment_header(std::span<const std::byte> bytes);

}  // namespace trellis::storage

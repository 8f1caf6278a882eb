// SPDX-License-Identifier: Apache-2.0
#include "wire/chunking.h"

#include <algorithm>

#include "base/secret.h"
#include "wire/big_endian.h"

namespace trellis::wire {
namespace {

constexpr size_t kMaxChunk = 65535;

}  // namespace

// A message that lies in the input whole, as one chunk with its end marker.
Result<std::optional<std::span<const std::byte>>> Dechunker::whole(
    std::span<const std::byte>& input) {
  if (input.size() < 4) return std::nullopt;
  const size_t length = load_big_endian(input.data(), 2);
  if (length == 0 || input.size() < length + 4) return std::nullopt;
  if (load_big_endian(input.data() + 2 + length, 2) != 0) return std::nullopt;
  if (length > limit_) {
    return fail(ErrorCode::InvalidRequest, "A message is larger than the limit of {} bytes.",
                limit_);
  }
  const std::span<const std::byte> message = input.subspan(2, length);
  input = input.subspan(length + 4);
  return message;
}

Result<std::optional<std::span<const std::byte>>> Dechunker::next(
    std::span<const std::byte>& input) {
  if (message_taken_) {
    message_.clear();
    message_taken_ = false;
  }
  while (!input.empty()) {
    if (idle()) {
      TRELLIS_TRY_ASSIGN(auto message, whole(input));
      if (message) return message;
    }
    if (chunk_left_ != 0) {
      const size_t taken = std::min<size_t>(chunk_left_, input.size());
      if (message_.size() + taken > limit_) {
        return fail(ErrorCode::InvalidRequest, "A message is larger than the limit of {} bytes.",
                    limit_);
      }
      message_.append(input.first(taken));
      chunk_left_ -= static_cast<uint32_t>(taken);
      input = input.subspan(taken);
      continue;
    }
    const auto byte = static_cast<uint8_t>(input.front());
    input = input.subspan(1);
    if (in_header_ == 0) {
      header_first_ = byte;
      in_header_ = 1;
      continue;
    }
    in_header_ = 0;
    chunk_left_ = static_cast<uint32_t>(header_first_) << 8 | byte;
    if (chunk_left_ != 0) {
      in_message_ = true;
    } else if (in_message_) {
      in_message_ = false;
      message_taken_ = true;
      return message_.bytes();
    } else {
      ++noops_;
    }
  }
  return std::nullopt;
}

void Dechunker::wipe() {
  message_.clear();
  if (message_.capacity() != 0) trellis::wipe(message_.at(0), message_.capacity());
  release();
}

void Dechunker::release() {
  TRELLIS_ASSERT(idle());
  message_.release();
  message_taken_ = false;
}

void ChunkWriter::end() {
  const size_t length = out_->size() - start_ - 2;
  TRELLIS_ASSERT(length != 0);
  if (length <= kMaxChunk) {
    store_big_endian(out_->at(start_), length, 2);
    store_big_endian(out_->extend(2), 0, 2);
    return;
  }
  // Chunks move towards the end, the last one first, each by the headers that come before it.
  const size_t chunks = (length + kMaxChunk - 1) / kMaxChunk;
  store_big_endian(out_->extend((chunks - 1) * 2 + 2), 0, 2);
  std::byte* base = out_->at(start_);
  for (size_t chunk = chunks; chunk-- > 0;) {
    const size_t size = chunk + 1 == chunks ? length - chunk * kMaxChunk : kMaxChunk;
    std::byte* to = base + chunk * (kMaxChunk + 2);
    std::memmove(to + 2, base + 2 + chunk * kMaxChunk, size);
    store_big_endian(to, size, 2);
  }
  store_big_endian(base + length + chunks * 2, 0, 2);
}

}  // namespace trellis::wire

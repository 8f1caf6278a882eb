// SPDX-License-Identifier: Apache-2.0
#include "os/file_system.h"

#include <algorithm>

namespace trellis::os {

Result<> write_zeros(File& file, uint64_t offset, uint64_t length) {
  constexpr uint64_t kChunkBytes = 1024 * 1024;
  const std::vector<std::byte> zeros(std::min(length, kChunkBytes));
  while (length > 0) {
    const uint64_t part = std::min<uint64_t>(length, zeros.size());
    TRELLIS_TRY(file.write_at(offset, std::span(zeros).first(part)));
    offset += part;
    length -= part;
  }
  return {};
}

Result<std::vector<std::byte>> read_file(FileSystem& files, const std::string& path) {
  TRELLIS_TRY_ASSIGN(auto file, files.open(path, OpenMode::kRead));
  TRELLIS_TRY_ASSIGN(const uint64_t size, file->size());
  std::vector<std::byte> bytes(size);
  TRELLIS_TRY_ASSIGN(const size_t got, file->read_at(0, bytes));
  bytes.resize(got);
  return bytes;
}

}  // namespace trellis::os

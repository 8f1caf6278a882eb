// SPDX-License-Identifier: Apache-2.0
//
// Small files that nobody else may read (0600, unless said otherwise) and that must survive the
// next instruction: keys, accounts, the address of an open order.
//
//   replace_private_file   writes aside, syncs, renames, syncs the folder. When it has returned
//                          success the new content is durable; at any moment before, whoever opens
//                          the path finds the old content or the new one, whole.
// Errors: DiskFull, IoError, with the path. Thread-safe for different paths.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace trellis::os {

inline constexpr size_t kLargestPrivateFile = 1 << 20;

// nullopt: there is no such file. IoError when it is larger than kLargestPrivateFile.
Result<std::optional<Secret>> read_private_file(const std::filesystem::path& path);
// What is aside meanwhile has a name that begins with a dot.
Result<> replace_private_file(const std::filesystem::path& path, std::string_view bytes,
                              mode_t mode = 0600);
// To a name in the same folder, replacing what is there. Durable on return.
Result<> move_private_file(const std::filesystem::path& from, const std::filesystem::path& to);
// Fails with FileLocked when there is such a file already; else as replace_private_file.
Result<> create_private_file(const std::filesystem::path& path, std::string_view bytes);
// Success when there was none. Durable on return.
Result<> remove_private_file(const std::filesystem::path& path);
// With its parents, 0700 each that is made.
Result<> make_private_directory(const std::filesystem::path& path);

}  // namespace trellis::os

// SPDX-License-Identifier: Apache-2.0
#include "server/initial_password.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "security/password_hash.h"

namespace trellis::server {
namespace {

constexpr std::string_view kUser = "neo4j:";
constexpr std::string_view kChange = "password_change_required";

std::filesystem::path file_of(const std::filesystem::path& data) {
  return data / "dbms" / "auth.ini";
}

}  // namespace

Result<std::optional<InitialPassword>> read_initial_password(const std::filesystem::path& data) {
  const auto file = file_of(data);
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return std::nullopt;
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  size_t last = line.rfind(':');
  if (!in || !line.starts_with(kUser) || last <= kUser.size()) {
    return fail(ErrorCode::InvalidConfiguration,
                "{} is not readable or not what set-initial-password writes. Remove it, and set "
                "the initial password again.",
                file.string());
  }
  InitialPassword initial;
  initial.hash = line.substr(kUser.size(), last - kUser.size());
  initial.change_required = line.substr(last + 1) == kChange;
  return initial;
}

Result<> write_initial_password(const std::filesystem::path& data, const Secret& password,
                                bool change_required) {
  TRELLIS_TRY_ASSIGN(std::string hash, security::hash_password(password));
  const auto file = file_of(data);
  std::error_code error;
  std::filesystem::create_directories(file.parent_path(), error);
  const std::string line =
      fmt::format("{}{}:{}\n", kUser, hash, change_required ? kChange : std::string_view{});
  int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  bool written =
      descriptor >= 0 &&
      ::write(descriptor, line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
      ::fsync(descriptor) == 0;
  int reason = errno;
  if (descriptor >= 0) ::close(descriptor);
  if (!written) {
    return fail(ErrorCode::IoError, "Cannot write {}: {}.", file.string(), std::strerror(reason));
  }
  return {};
}

}  // namespace trellis::server

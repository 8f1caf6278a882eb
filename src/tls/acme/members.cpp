// SPDX-License-Identifier: Apache-2.0
#include "tls/acme/members.h"

#include <chrono>
#include <fstream>
#include <utility>

#include "os/private_file.h"
#include "os/random.h"

namespace trellis::tls::acme {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

constexpr seconds kPresence{30};  // a server that was not seen for so long is gone
constexpr seconds kForgotten{3600};

}  // namespace

std::vector<fs::path> paths_in(const fs::path& folder) {
  std::vector<fs::path> paths;
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    paths.push_back(entry->path());
  }
  return paths;
}

Members::Members(fs::path folder)
    : folder_(std::move(folder)), mine_(folder_ / os::SecureRandom().uuid()) {}

Members::~Members() { (void)os::remove_private_file(mine_); }

Result<> Members::open() { return os::make_private_directory(folder_); }

void Members::show_presence() {
  std::ofstream(mine_, std::ios::trunc) << "present\n";
  std::error_code error;
  fs::permissions(mine_, fs::perms::owner_read | fs::perms::owner_write, error);
  const auto now = fs::last_write_time(mine_, error);
  if (error) return;
  for (const fs::path& one : paths_in(folder_)) {
    const auto seen = fs::last_write_time(one, error);
    if (!error && now - seen > kForgotten) fs::remove(one, error);
  }
}

bool Members::has_company() {
  std::error_code error;
  const auto now = fs::last_write_time(mine_, error);
  if (error) return false;
  for (const fs::path& one : paths_in(folder_)) {
    if (one == mine_) continue;
    const auto seen = fs::last_write_time(one, error);
    if (!error && now - seen <= kPresence) return true;
  }
  return false;
}

}  // namespace trellis::tls::acme

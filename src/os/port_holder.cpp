// SPDX-License-Identifier: Apache-2.0
#include "os/port_holder.h"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <system_error>

namespace trellis::os {
namespace {

namespace fs = std::filesystem;

constexpr const char* kListening = "0A";

// Adds the inodes of the sockets of one table that listen on the port.
void add_sockets(const char* table, uint16_t port, std::set<std::string>& inodes) {
  std::ifstream lines(table);
  std::string line;
  std::getline(lines, line);  // the heading
  const std::string wanted = fmt::format(":{:04X}", port);
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string number, local, remote, state, queues, timer, retransmits, user, timeout, inode;
    words >> number >> local >> remote >> state >> queues >> timer >> retransmits >> user >>
        timeout >> inode;
    if (local.ends_with(wanted) && state == kListening) inodes.insert(inode);
  }
}

bool holds_one(const fs::path& process, const std::set<std::string>& inodes) {
  std::error_code failed;
  for (fs::directory_iterator entry(process / "fd", failed), end; !failed && entry != end;
       entry.increment(failed)) {
    std::error_code unreadable;
    const std::string target = fs::read_symlink(entry->path(), unreadable).string();
    if (!target.starts_with("socket:[") || target.size() < 9) continue;
    if (inodes.contains(target.substr(8, target.size() - 9))) return true;
  }
  return false;
}

}  // namespace

std::optional<PortHolder> who_listens(uint16_t port) {
  std::set<std::string> inodes;
  add_sockets("/proc/net/tcp", port, inodes);
  add_sockets("/proc/net/tcp6", port, inodes);
  if (inodes.empty()) return std::nullopt;
  std::error_code failed;
  for (fs::directory_iterator entry("/proc", failed), end; !failed && entry != end;
       entry.increment(failed)) {
    const std::string name = entry->path().filename().string();
    pid_t pid = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (parsed.ec != std::errc() || parsed.ptr != name.data() + name.size()) continue;
    if (!holds_one(entry->path(), inodes)) continue;
    PortHolder holder{pid, ""};
    std::getline(std::ifstream(entry->path() / "comm"), holder.name);
    return holder;
  }
  return std::nullopt;
}

}  // namespace trellis::os

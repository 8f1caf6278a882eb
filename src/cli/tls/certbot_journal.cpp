// SPDX-License-Identifier: Apache-2.0
//
// The journal of install-certbot: one JSON object, {"version": 1, "steps": [...]}.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "cli/tls/certbot_steps.h"
#include "os/identity.h"

namespace trellis::cli::tls_command {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 6> kKinds = {"directory", "moved", "link",
                                                    "rights",    "keys",  "hook"};

json::object to_json(const Rights& rights) {
  return {{"user", rights.user}, {"group", rights.group}, {"mode", rights.mode}};
}

Rights rights_from(const json::value& value) {
  return {value.at("user").to_number<uid_t>(), value.at("group").to_number<gid_t>(),
          value.at("mode").to_number<mode_t>()};
}

json::object to_json(const Step& step) {
  return {{"kind", kKinds[static_cast<size_t>(step.kind)]},
          {"path", step.path.string()},
          {"other", step.other.string()},
          {"before", to_json(step.before)},
          {"after", to_json(step.after)},
          {"content", step.content}};
}

Step step_from(const json::value& value) {
  Step step;
  const std::string_view kind = value.at("kind").as_string();
  for (size_t i = 0; i < kKinds.size(); ++i) {
    if (kKinds[i] == kind) step.kind = static_cast<StepKind>(i);
  }
  step.path = std::string(value.at("path").as_string());
  step.other = std::string(value.at("other").as_string());
  step.before = rights_from(value.at("before"));
  step.after = rights_from(value.at("after"));
  step.content = std::string(value.at("content").as_string());
  return step;
}

}  // namespace

Result<Steps> read_journal(const std::filesystem::path& journal) {
  struct stat facts{};
  if (::lstat(journal.c_str(), &facts) != 0) {
    if (errno == ENOENT) return Steps{};
    return fail(ErrorCode::IoError, "Cannot read {}: {}.", journal.string(), std::strerror(errno));
  }
  if (!S_ISREG(facts.st_mode) || facts.st_uid != os::effective_user() ||
      (facts.st_mode & 022) != 0) {
    return fail(ErrorCode::IoError,
                "{} is not believed: it must be a file of user {} that nobody else can write.",
                journal.string(), os::user_name(os::effective_user()));
  }
  std::ifstream in(journal, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  try {
    Steps steps;
    const json::value whole = json::parse(text);
    for (const json::value& one : whole.at("steps").as_array()) steps.push_back(step_from(one));
    return steps;
  } catch (const std::exception&) {
    return fail(ErrorCode::IoError, "{} is damaged.", journal.string());
  }
}

Result<> write_journal(const std::filesystem::path& journal, const Steps& steps) {
  json::array list;
  for (const Step& step : steps) list.push_back(to_json(step));
  const std::string text = json::serialize(json::object{{"version", 1}, {"steps", list}}) + "\n";
  const std::string part = journal.string() + ".part";
  const int file =
      ::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
  bool written = file >= 0 &&
                 ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                 ::fsync(file) == 0;
  int reason = errno;
  if (file >= 0) ::close(file);
  if (written && ::rename(part.c_str(), journal.c_str()) != 0) {
    reason = errno;
    written = false;
  }
  if (written) return {};
  ::unlink(part.c_str());
  return fail(ErrorCode::IoError, "Cannot write {}: {}.", journal.string(), std::strerror(reason));
}

}  // namespace trellis::cli::tls_command

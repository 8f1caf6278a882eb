// SPDX-License-Identifier: Apache-2.0
#include "cli/admin.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "cli/exit_codes.h"
#include "cli/terminal.h"
#include "os/file_lock.h"
#include "security/keystore.h"
#include "security/random.h"
#include "server/initial_password.h"

namespace trellis::cli {
namespace {

int refuse(const Error& error) {
  print_error(error);
  return kFailure;
}

// Asks twice.
Result<Secret> new_password(const std::string& what) {
  TRELLIS_TRY_ASSIGN(Secret first, read_password("New " + what + ": "));
  if (!stdin_is_terminal()) return first;
  TRELLIS_TRY_ASSIGN(Secret second, read_password("Once more: "));
  if (!(first == second)) return fail(ErrorCode::InvalidArguments, "The two are not the same.");
  return first;
}

// Fails when the file is there; nobody else may read it.
Result<> write_new_file(const std::filesystem::path& file, const Secret& bytes) {
  int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    return fail(ErrorCode::IoError, "Cannot make {}: {}.", file.string(), std::strerror(errno));
  }
  const auto text = bytes.reveal();
  bool written =
      ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::fsync(descriptor) == 0;
  int reason = errno;
  ::close(descriptor);
  if (!written) {
    ::unlink(file.c_str());
    return fail(ErrorCode::IoError, "Cannot write {}: {}.", file.string(), std::strerror(reason));
  }
  return {};
}

}  // namespace

int set_initial_password(const CommonOptions& common, InitialPasswordOptions options) {
  auto loaded = load_configuration(common);
  if (!loaded) return refuse(loaded.error());
  const auto directories = config::directories_config(*loaded->configuration);
  const auto security = config::security_config(*loaded->configuration);
  std::error_code error;
  if (std::filesystem::exists(directories.data / "databases" / "system", error)) {
    fmt::print(stderr,
               "The change of the initial password is ignored: there is a system database already "
               "in {}. Change the password with ALTER USER.\n",
               directories.data.string());
    return kFailure;
  }
  std::filesystem::create_directories(directories.data, error);
  auto lock = os::FileLock::acquire(lock_file(directories));
  if (!lock) return refuse(lock.error());
  if (options.password.empty()) {
    auto asked = new_password("password of neo4j");
    if (!asked) return refuse(asked.error());
    options.password = std::move(*asked);
  }
  if (static_cast<int64_t>(options.password.size()) < security.minimum_password_length) {
    fmt::print(stderr, "A password must have at least {} characters.\n",
               security.minimum_password_length);
    return kFailure;
  }
  auto written =
      server::write_initial_password(directories.data, options.password, options.require_change);
  if (!written) return refuse(written.error());
  fmt::print("Changed password for user 'neo4j'. It is in force from the first start on.\n");
  return kOk;
}

int create_keystore(const CommonOptions& common, KeystoreOptions options) {
  auto loaded = load_configuration(common);
  if (!loaded) return refuse(loaded.error());
  auto security = config::security_config(*loaded->configuration);
  if (options.path.empty() && security.keystore_path) options.path = *security.keystore_path;
  if (options.path.empty()) {
    fmt::print(stderr, "Say where: --path FILE, or dbms.security.keystore.path in neo4j.conf.\n");
    return kUsage;
  }
  if (options.key_name.empty()) options.key_name = security.key_name;
  if (options.password.empty()) options.password = std::move(security.keystore_password);
  if (options.password.empty()) {
    auto asked = new_password("password of the keystore");
    if (!asked) return refuse(asked.error());
    options.password = std::move(*asked);
  }
  if (options.password.size() < 6) {  // keytool refuses to open others
    fmt::print(stderr, "The password of a keystore must have at least 6 characters.\n");
    return kFailure;
  }
  std::vector<security::KeystoreEntry> entries;
  entries.push_back({options.key_name, security::random_secret(32)});
  auto keystore = security::write_keystore(entries, options.password);
  if (!keystore) return refuse(keystore.error());
  std::error_code error;
  std::filesystem::create_directories(options.path.parent_path(), error);
  if (auto written = write_new_file(options.path, *keystore); !written) {
    return refuse(written.error());
  }
  fmt::print("Made the keystore {} with the AES-256 key {}.\n", options.path.string(),
             options.key_name);
  return kOk;
}

int validate_config(const CommonOptions& common) {
  auto loaded = load_configuration(common);
  if (!loaded) return refuse(loaded.error());
  for (const std::string& warning : loaded->warnings) fmt::print("Warning: {}\n", warning);
  for (const std::string& name : loaded->unused) {
    fmt::print("Note: {} has no meaning in Trellis.\n", name);
  }
  auto config = config::server_config(loaded->configuration);
  if (!config) return refuse(config.error());
  fmt::print("The configuration is valid.\n");
  return kOk;
}

}  // namespace trellis::cli

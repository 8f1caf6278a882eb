// SPDX-License-Identifier: Apache-2.0
//
// What must survive: accounts, the certificate of each set of names with its key, the order that is
// open, failures with their times, and the answers that challenges expect (for other servers that
// share the storage). Everything saved is durable when the call returns; nothing that an authority
// must be able to rely on is used before.
//
// AcmeStore is small so that the system database can take its place; FolderStore keeps files below
// server.tls.acme.storage_directory (docs/formats/acme-storage.md).
//
// Names: any order, any case; a set of names is one key. Errors: IoError, DiskFull, FileLocked
// (lock() alone), InvalidConfiguration (a file that is none of ours). Thread-safe.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/mutex.h"
#include "base/result.h"
#include "base/secret.h"
#include "os/clock.h"
#include "tls/acme/schedule.h"

namespace trellis::tls::acme {

using Names = std::vector<std::string>;

struct SavedAccount {
  std::string directory;
  std::string url;  // empty: the key is saved, the authority has not answered yet
  Secret key_pem;
  Secret next_key_pem;  // not empty: a roll-over to it has begun
  std::vector<std::string> contact;
};

struct SavedCertificate {
  Names names;
  std::string directory;
  std::string order_url;
  std::string profile;
  Wall obtained;
  std::string chain_pem;
  Secret key_pem;
};

// The authority's suggestion for the certificate of that digest.
struct SavedWindow {
  std::string certificate_sha256;
  std::optional<RenewalWindow> window;
  std::string explanation_url;
  Wall checked;
  Wall next_check;
};

struct SavedOrder {
  Names names;
  std::string directory;
  std::string url;  // empty: it is about to be placed
  std::string profile;
  std::string replaces;
  Wall placed;
  Secret key_pem;  // of the certificate to come
};

struct SavedFailures {
  std::vector<IssuerFailures> issuers;
  uint32_t begun = 0;  // attempts begun since the last one that ended, well or not
};

// What an authority asks for, as any server of these names can answer it.
struct SavedChallenge {
  std::string type;   // "http-01", "tls-alpn-01"
  std::string name;   // host name or address
  std::string token;  // http-01
  std::string key_authorization;
  friend bool operator==(const SavedChallenge&, const SavedChallenge&) = default;
};

// Held until destroyed.
class StoreLock {
 public:
  virtual ~StoreLock() = default;
  // False once somebody else has taken it over (only where the storage is shared by machines and
  // this one stood still for longer than a lease lasts): stop what the lock was for. Reads a file.
  virtual bool held() const = 0;
};

class AcmeStore {
 public:
  virtual ~AcmeStore() = default;

  virtual Result<std::optional<SavedAccount>> account(const std::string& directory) = 0;
  virtual Result<> save(const SavedAccount& account) = 0;
  virtual Result<> remove_account(const std::string& directory) = 0;

  // One for each set of names and directory: what a staging directory gave never takes the place of
  // a real one.
  virtual Result<std::optional<SavedCertificate>> certificate(const Names& names,
                                                              const std::string& directory) = 0;
  // Those with any of these names, whoever gave them; what cannot be read is left out.
  virtual std::vector<SavedCertificate> certificates_sharing(const Names& names) = 0;
  virtual Result<> save(const SavedCertificate& certificate) = 0;
  virtual Result<> remove_certificate(const Names& names, const std::string& directory) = 0;
  // Changes when certificate() would give another one; cheap.
  virtual std::string certificate_version(const Names& names, const std::string& directory) = 0;

  virtual Result<std::optional<SavedWindow>> window(const Names& names) = 0;
  virtual Result<> save(const Names& names, const SavedWindow& window) = 0;

  virtual Result<std::optional<SavedOrder>> order(const Names& names,
                                                  const std::string& directory) = 0;
  virtual Result<> save(const SavedOrder& order) = 0;
  virtual Result<> remove_order(const Names& names, const std::string& directory) = 0;

  virtual Result<SavedFailures> failures(const Names& names) = 0;
  virtual Result<> save(const Names& names, const SavedFailures& failures) = 0;

  // An empty list takes them down.
  virtual Result<> publish(const Names& names, const std::vector<SavedChallenge>& challenges) = 0;
  virtual Result<std::vector<SavedChallenge>> challenges(const Names& names) = 0;
  virtual std::string challenges_version(const Names& names) = 0;

  // `purpose`: "account", or lock_name(names). FileLocked when somebody else has it; ask again.
  virtual Result<std::unique_ptr<StoreLock>> lock(const std::string& purpose) = 0;
  virtual std::string lock_name(const Names& names) const = 0;

  // Says that this server lives, and asks whether another one does that shares the storage.
  virtual void show_presence() = 0;
  virtual bool has_company() = 0;
};

struct FolderStoreOptions {
  std::filesystem::path folder;
  Logger log;
  // Ahead of each change of a file: tests end the process there.
  std::function<void(const char*)> before_write;
  // For tests: who we are (empty: this machine's boot), and a lease's times.
  std::string machine;
  bool kernel_lock = true;
  std::chrono::milliseconds refresh{5'000};
  std::chrono::milliseconds stale{12'000};
  std::chrono::milliseconds settle{1'000};
};

// Makes the folder (0700).
Result<std::unique_ptr<AcmeStore>> open_folder_store(FolderStoreOptions options);

// Lower case, sorted, without repetition.
Names canonical(Names names);
Names common_names(const Names& one, const Names& other);  // canonical

}  // namespace trellis::tls::acme

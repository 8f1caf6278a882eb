// SPDX-License-Identifier: Apache-2.0
#include <openssl/evp.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <iterator>

#include "os/private_file.h"
#include "tls/acme/members.h"
#include "tls/acme/record.h"
#include "tls/acme/storage_lock.h"
#include "tls/acme/store.h"

namespace trellis::tls::acme {
namespace {

namespace fs = std::filesystem;

std::string digest_of(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), bytes.data(), &size, EVP_sha256(), nullptr);
  std::string hex;
  for (size_t i = 0; i < 8; ++i) hex += fmt::format("{:02x}", bytes[i]);
  return hex;
}

std::string key_of(const Names& names) {
  const Names sorted = canonical(names);
  std::string readable;
  for (const char c : sorted.empty() ? std::string() : sorted.front().substr(0, 60)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
    readable += c == '*' ? '+' : plain ? c : '_';
  }
  return fmt::format("{}-{}", readable, digest_of(fmt::format("{}", fmt::join(sorted, ","))));
}

void add_names(Record& record, const Names& names) {
  for (const auto& name : names) record.add("name", name);
}

uint32_t number(const std::string& text) {
  uint32_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string version_of(const fs::path& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0) return {};
  return fmt::format("{}.{}.{}.{}", status.st_ino, status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
                     status.st_size);
}

class FolderStore final : public AcmeStore {
 public:
  explicit FolderStore(FolderStoreOptions options)
      : options_(std::move(options)),
        folder_(options_.folder),
        members_(folder_ / "members"),
        locks_(folder_, options_.machine.empty() ? this_machine() : options_.machine,
               options_.kernel_lock, {options_.refresh, options_.stale, options_.settle}) {}

  Result<> open() {
    TRELLIS_TRY(os::make_private_directory(folder_));
    return members_.open();
  }

  Result<std::optional<SavedAccount>> account(const std::string& directory) override;
  Result<> save(const SavedAccount& account) override;
  Result<> remove_account(const std::string& directory) override {
    TRELLIS_TRY(remove(account_file(directory)));
    return remove(account_file(directory + " next"));
  }

  Result<std::optional<SavedCertificate>> certificate(const Names& names,
                                                      const std::string& directory) override {
    return certificate_in(certificate_file(names, directory));
  }
  std::vector<SavedCertificate> certificates_sharing(const Names& names) override;
  Result<> save(const SavedCertificate& certificate) override;
  Result<> remove_certificate(const Names& names, const std::string& directory) override {
    return remove(certificate_file(names, directory));
  }
  std::string certificate_version(const Names& names, const std::string& directory) override {
    return version_of(certificate_file(names, directory));
  }

  Result<std::optional<SavedWindow>> window(const Names& names) override;
  Result<> save(const Names& names, const SavedWindow& window) override;

  Result<std::optional<SavedOrder>> order(const Names& names,
                                          const std::string& directory) override;
  Result<> save(const SavedOrder& order) override;
  Result<> remove_order(const Names& names, const std::string& directory) override {
    return remove(order_file(names, directory));
  }

  Result<SavedFailures> failures(const Names& names) override;
  Result<> save(const Names& names, const SavedFailures& failures) override;

  Result<> publish(const Names& names, const std::vector<SavedChallenge>& challenges) override;
  Result<std::vector<SavedChallenge>> challenges(const Names& names) override;
  std::string challenges_version(const Names& names) override {
    return version_of(challenges_file(names));
  }

  Result<std::unique_ptr<StoreLock>> lock(const std::string& purpose) override {
    return locks_.acquire(purpose);
  }
  std::string lock_name(const Names& names) const override { return key_of(names); }

  void show_presence() override { members_.show_presence(); }
  bool has_company() override { return members_.has_company(); }

 private:
  fs::path account_file(const std::string& directory) const {
    return folder_ / fmt::format("account-{}.pem", digest_of(directory));
  }
  fs::path certificate_file(const Names& names, const std::string& directory) const {
    return folder_ / fmt::format("certificate-{}-{}.pem", key_of(names), digest_of(directory));
  }
  fs::path window_file(const Names& names) const {
    return folder_ / fmt::format("window-{}.txt", key_of(names));
  }
  fs::path order_file(const Names& names, const std::string& directory) const {
    return folder_ / fmt::format("order-{}-{}.pem", key_of(names), digest_of(directory));
  }
  fs::path failures_file(const Names& names) const {
    return folder_ / fmt::format("failures-{}.txt", key_of(names));
  }
  fs::path challenges_file(const Names& names) const {
    return folder_ / fmt::format("challenges-{}.txt", key_of(names));
  }

  Result<std::optional<SavedCertificate>> certificate_in(const fs::path& file) const;
  Result<std::optional<Record>> read(const fs::path& file, std::string_view kind) const;
  Result<> write(const fs::path& file, const Record& record) const;
  Result<> remove(const fs::path& file) const;

  const FolderStoreOptions options_;
  const fs::path folder_;
  Members members_;
  StorageLocks locks_;
};

Result<std::optional<Record>> FolderStore::read(const fs::path& file, std::string_view kind) const {
  TRELLIS_TRY_ASSIGN(const auto bytes, os::read_private_file(file));
  if (!bytes) return std::nullopt;
  auto record = Record::parse(kind, *bytes);
  if (!record) {
    return fail(ErrorCode::InvalidConfiguration,
                "{} is not what Trellis wrote: {}. Move it away and start again, or bring it back "
                "from a copy.",
                file.string(), record.error().message());
  }
  return std::move(*record);
}

Result<> FolderStore::write(const fs::path& file, const Record& record) const {
  if (options_.before_write) options_.before_write("write");
  const Secret text = record.text();
  return os::replace_private_file(file, text.reveal());
}

Result<> FolderStore::remove(const fs::path& file) const {
  struct stat status{};
  if (::lstat(file.c_str(), &status) != 0 && errno == ENOENT) return {};
  if (options_.before_write) options_.before_write("remove");
  return os::remove_private_file(file);
}

Result<std::optional<SavedAccount>> FolderStore::account(const std::string& directory) {
  TRELLIS_TRY_ASSIGN(const auto record, read(account_file(directory), "account"));
  if (!record) return std::nullopt;
  SavedAccount account;
  account.directory = record->get("directory");
  account.url = record->get("url");
  account.contact = record->all("contact");
  account.key_pem = record->key().clone();
  TRELLIS_TRY_ASSIGN(const auto next, read(account_file(directory + " next"), "account"));
  if (next) account.next_key_pem = next->key().clone();
  return account;
}

// A key to roll over to has a file of its own: written before the account's own file changes,
// removed after it.
Result<> FolderStore::save(const SavedAccount& account) {
  const fs::path next_file = account_file(account.directory + " next");
  if (!account.next_key_pem.empty()) {
    Record next("account");
    next.add("directory", account.directory);
    next.add_key(account.next_key_pem);
    TRELLIS_TRY(write(next_file, next));
  }
  Record record("account");
  record.add("directory", account.directory);
  record.add("url", account.url);
  for (const auto& contact : account.contact) record.add("contact", contact);
  record.add_key(account.key_pem);
  TRELLIS_TRY(write(account_file(account.directory), record));
  return account.next_key_pem.empty() ? remove(next_file) : Result<>();
}

Result<std::optional<SavedCertificate>> FolderStore::certificate_in(const fs::path& file) const {
  TRELLIS_TRY_ASSIGN(const auto record, read(file, "certificate"));
  if (!record) return std::nullopt;
  SavedCertificate certificate;
  certificate.names = record->all("name");
  certificate.directory = record->get("directory");
  certificate.order_url = record->get("order");
  certificate.profile = record->get("profile");
  certificate.obtained = record->time("obtained").value_or(Wall());
  certificate.chain_pem = record->certificates();
  certificate.key_pem = record->key().clone();
  return certificate;
}

std::vector<SavedCertificate> FolderStore::certificates_sharing(const Names& names) {
  const Names wanted = canonical(names);
  std::vector<SavedCertificate> found;
  for (const fs::path& file : paths_in(folder_)) {
    if (!file.filename().string().starts_with("certificate-")) continue;
    auto saved = certificate_in(file);
    if (saved && *saved && !common_names((*saved)->names, wanted).empty()) {
      found.push_back(std::move(**saved));
    }
  }
  return found;
}

Result<> FolderStore::save(const SavedCertificate& certificate) {
  Record record("certificate");
  add_names(record, certificate.names);
  record.add("directory", certificate.directory);
  record.add("order", certificate.order_url);
  record.add("profile", certificate.profile);
  record.add("obtained", certificate.obtained);
  record.add_certificates(certificate.chain_pem);
  record.add_key(certificate.key_pem);
  return write(certificate_file(certificate.names, certificate.directory), record);
}

Result<std::optional<SavedWindow>> FolderStore::window(const Names& names) {
  TRELLIS_TRY_ASSIGN(const auto record, read(window_file(names), "window"));
  if (!record) return std::nullopt;
  SavedWindow window;
  window.certificate_sha256 = record->get("certificate");
  window.explanation_url = record->get("explanation");
  window.checked = record->time("checked").value_or(Wall());
  window.next_check = record->time("next-check").value_or(Wall());
  const auto start = record->time("start");
  const auto end = record->time("end");
  if (start && end) window.window = RenewalWindow{*start, *end};
  return window;
}

Result<> FolderStore::save(const Names& names, const SavedWindow& window) {
  Record record("window");
  record.add("certificate", window.certificate_sha256);
  record.add("explanation", window.explanation_url);
  record.add("checked", window.checked);
  record.add("next-check", window.next_check);
  if (window.window) {
    record.add("start", window.window->start);
    record.add("end", window.window->end);
  }
  return write(window_file(names), record);
}

Result<std::optional<SavedOrder>> FolderStore::order(const Names& names,
                                                     const std::string& directory) {
  TRELLIS_TRY_ASSIGN(const auto record, read(order_file(names, directory), "order"));
  if (!record) return std::nullopt;
  SavedOrder order;
  order.names = record->all("name");
  order.directory = record->get("directory");
  order.url = record->get("url");
  order.profile = record->get("profile");
  order.replaces = record->get("replaces");
  order.placed = record->time("placed").value_or(Wall());
  order.key_pem = record->key().clone();
  return order;
}

Result<> FolderStore::save(const SavedOrder& order) {
  Record record("order");
  add_names(record, order.names);
  record.add("directory", order.directory);
  record.add("url", order.url);
  record.add("profile", order.profile);
  record.add("replaces", order.replaces);
  record.add("placed", order.placed);
  record.add_key(order.key_pem);
  return write(order_file(order.names, order.directory), record);
}

// "issuer: <directory>" begins the lines of one issuer.
Result<SavedFailures> FolderStore::failures(const Names& names) {
  TRELLIS_TRY_ASSIGN(const auto record, read(failures_file(names), "failures"));
  SavedFailures failures;
  if (!record) return failures;
  failures.begun = number(record->get("begun"));
  const auto directories = record->all("issuer");
  for (size_t i = 0; i < directories.size(); ++i) {
    IssuerFailures one;
    one.directory = directories[i];
    one.count = number(record->get(fmt::format("count-{}", i)));
    one.last = record->time(fmt::format("last-{}", i)).value_or(Wall());
    one.not_before = record->time(fmt::format("not-before-{}", i));
    one.error = record->get(fmt::format("error-{}", i));
    failures.issuers.push_back(std::move(one));
  }
  return failures;
}

Result<> FolderStore::save(const Names& names, const SavedFailures& failures) {
  Record record("failures");
  record.add("begun", std::to_string(failures.begun));
  for (size_t i = 0; i < failures.issuers.size(); ++i) {
    const IssuerFailures& one = failures.issuers[i];
    record.add("issuer", one.directory);
    record.add(fmt::format("count-{}", i), std::to_string(one.count));
    record.add(fmt::format("last-{}", i), one.last);
    if (one.not_before) record.add(fmt::format("not-before-{}", i), *one.not_before);
    record.add(fmt::format("error-{}", i), one.error);
  }
  return write(failures_file(names), record);
}

Result<> FolderStore::publish(const Names& names, const std::vector<SavedChallenge>& challenges) {
  const fs::path file = challenges_file(names);
  if (challenges.empty()) return remove(file);
  Record record("challenges");
  for (const auto& one : challenges) {
    record.add("type", one.type);
    record.add("name", one.name);
    record.add("token", one.token);
    record.add("key-authorization", one.key_authorization);
  }
  return write(file, record);
}

Result<std::vector<SavedChallenge>> FolderStore::challenges(const Names& names) {
  TRELLIS_TRY_ASSIGN(const auto record, read(challenges_file(names), "challenges"));
  std::vector<SavedChallenge> challenges;
  if (!record) return challenges;
  const auto types = record->all("type");
  const auto hosts = record->all("name");
  const auto tokens = record->all("token");
  const auto answers = record->all("key-authorization");
  const size_t count = std::min({types.size(), hosts.size(), tokens.size(), answers.size()});
  for (size_t i = 0; i < count; ++i) {
    challenges.push_back({types[i], hosts[i], tokens[i], answers[i]});
  }
  return challenges;
}

}  // namespace

Names canonical(Names names) {
  for (auto& name : names) {
    std::transform(name.begin(), name.end(), name.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

Names common_names(const Names& one, const Names& other) {
  const Names a = canonical(one);
  const Names b = canonical(other);
  Names common;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(common));
  return common;
}

Result<std::unique_ptr<AcmeStore>> open_folder_store(FolderStoreOptions options) {
  auto store = std::make_unique<FolderStore>(std::move(options));
  TRELLIS_TRY(store->open());
  return store;
}

}  // namespace trellis::tls::acme

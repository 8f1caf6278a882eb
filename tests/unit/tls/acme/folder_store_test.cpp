// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "os/identity.h"
#include "support/temp_dir.h"
#include "tls/acme/record.h"
#include "tls/acme/store.h"

namespace trellis::tls::acme {
namespace {

using namespace std::chrono_literals;

constexpr const char* kCertificate =
    "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n";
constexpr const char* kKey = "-----BEGIN PRIVATE KEY-----\nREVG\n-----END PRIVATE KEY-----\n";

FolderStoreOptions options_for(const std::filesystem::path& folder) {
  FolderStoreOptions options;
  options.folder = folder;
  options.refresh = 20ms;
  options.stale = 150ms;
  options.settle = 20ms;
  return options;
}

std::unique_ptr<AcmeStore> open_in(const std::filesystem::path& folder) {
  auto store = open_folder_store(options_for(folder));
  REQUIRE(store);
  return std::move(*store);
}

TEST_CASE("a record keeps what it is given, line ends too") {
  Record record("account");
  record.add("url", "https://a/1");
  record.add("error", "one\ntwo\\three\r");
  record.add("time", Wall(1234567890123456789ns));
  record.add_certificates(std::string(kCertificate) + kCertificate);
  record.add_key(Secret(kKey));
  const auto back = Record::parse("account", record.text());
  REQUIRE(back);
  CHECK(back->get("url") == "https://a/1");
  CHECK(back->get("error") == "one\ntwo\\three");
  CHECK(back->time("time") == Wall(1234567890123456789ns));
  CHECK(back->certificates() == std::string(kCertificate) + kCertificate);
  CHECK(back->key().reveal() == kKey);
  CHECK(back->get("other").empty());
  CHECK(!Record::parse("order", record.text()));
  CHECK(!Record::parse("account", Secret("trellis-acme account 2\n")));
  CHECK(!Record::parse("account", Secret("trellis-acme account 1\nnonsense\n")));
  CHECK(!Record::parse("account", Secret("")));
}

TEST_CASE("what is saved is found by another process, closed to others") {
  const testing::TempDir dir;
  const auto folder = dir / "acme";
  const Names names{"B.example.test", "a.example.test"};
  {
    const auto store = open_in(folder);
    CHECK(!*store->account("https://ca/dir"));
    CHECK(!*store->certificate(names, "https://ca/dir"));
    CHECK(store->certificate_version(names, "https://ca/dir").empty());
    SavedAccount account;
    account.directory = "https://ca/dir";
    account.key_pem = Secret(kKey);
    account.contact = {"mailto:a@example.test"};
    REQUIRE(store->save(account));
    SavedCertificate certificate;
    certificate.names = names;
    certificate.directory = "https://ca/dir";
    certificate.order_url = "https://ca/order/1";
    certificate.chain_pem = kCertificate;
    certificate.key_pem = Secret(kKey);
    certificate.obtained = Wall(1700000000s);
    REQUIRE(store->save(certificate));
    SavedOrder order;
    order.names = names;
    order.directory = "https://ca/dir";
    order.url = "https://ca/order/2";
    order.replaces = "aki.serial";
    order.key_pem = Secret(kKey);
    REQUIRE(store->save(order));
    SavedFailures failures;
    failures.begun = 2;
    failures.issuers = {{"https://ca/dir", 3, Wall(1s), Wall(2s), "line\nline"},
                        {"https://other/dir", 1, Wall(3s), std::nullopt, "x"}};
    REQUIRE(store->save(names, failures));
    SavedWindow window;
    window.certificate_sha256 = "ab";
    window.window = RenewalWindow{Wall(5s), Wall(6s)};
    REQUIRE(store->save(names, window));
  }
  const auto store = open_in(folder);
  CHECK((*store->account("https://ca/dir"))->url.empty());
  CHECK((*store->account("https://ca/dir"))->contact.size() == 1);
  CHECK(!*store->account("https://other/dir"));
  const Names reordered{"a.example.test", "b.example.test"};
  const auto certificate = *store->certificate(reordered, "https://ca/dir");
  REQUIRE(certificate);
  CHECK(certificate->order_url == "https://ca/order/1");
  CHECK(certificate->chain_pem == kCertificate);
  CHECK(certificate->key_pem.reveal() == kKey);
  CHECK(certificate->obtained == Wall(1700000000s));
  CHECK(!*store->certificate({"a.example.test"}, "https://ca/dir"));
  CHECK(!*store->certificate(names, "https://ca-staging/dir"));
  CHECK((*store->order(names, "https://ca/dir"))->replaces == "aki.serial");
  CHECK(!*store->order(names, "https://other/dir"));
  const auto failures = *store->failures(names);
  CHECK(failures.begun == 2);
  REQUIRE(failures.issuers.size() == 2);
  CHECK(failures.issuers[0].error == "line\nline");
  CHECK(failures.issuers[0].not_before == Wall(2s));
  CHECK(!failures.issuers[1].not_before);
  CHECK((*store->window(names))->window->end == Wall(6s));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const auto mode = os::ownership(entry.path())->mode;
    CHECK_MESSAGE((mode & 077) == 0, entry.path().string());
  }
}

TEST_CASE("a roll-over that was begun is remembered until it has ended") {
  const testing::TempDir dir;
  const auto store = open_in(dir / "acme");
  SavedAccount account;
  account.directory = "https://ca/dir";
  account.url = "https://ca/account/1";
  account.key_pem = Secret(kKey);
  account.next_key_pem = Secret("-----BEGIN PRIVATE KEY-----\nR0hJ\n-----END PRIVATE KEY-----\n");
  REQUIRE(store->save(account));
  CHECK((*store->account("https://ca/dir"))->next_key_pem == account.next_key_pem);
  account.key_pem = std::move(account.next_key_pem);
  account.next_key_pem = Secret();
  REQUIRE(store->save(account));
  CHECK((*store->account("https://ca/dir"))->key_pem == account.key_pem);
  CHECK((*store->account("https://ca/dir"))->next_key_pem.empty());
}

TEST_CASE("a file that is none of ours is named") {
  const testing::TempDir dir;
  const auto store = open_in(dir / "acme");
  SavedCertificate certificate;
  certificate.names = {"a.example.test"};
  REQUIRE(store->save(certificate));
  for (const auto& entry : std::filesystem::directory_iterator(dir / "acme")) {
    if (entry.is_regular_file()) std::ofstream(entry.path()) << "rubbish";
  }
  const auto read = store->certificate({"a.example.test"}, "");
  REQUIRE(!read);
  CHECK(read.error().code() == ErrorCode::InvalidConfiguration);
  CHECK(read.error().message().find("certificate-a.example.test") != std::string::npos);
}

TEST_CASE("certificates of each directory are kept apart, and found by what they share") {
  const testing::TempDir dir;
  const auto store = open_in(dir / "acme");
  SavedCertificate certificate;
  certificate.names = {"a.example.test", "b.example.test"};
  certificate.chain_pem = kCertificate;
  certificate.key_pem = Secret(kKey);
  for (const char* directory : {"https://ca/dir", "https://ca-staging/dir"}) {
    certificate.directory = directory;
    REQUIRE(store->save(certificate));
  }
  certificate.names = {"c.example.test"};
  REQUIRE(store->save(certificate));
  CHECK((*store->certificate({"b.example.test", "a.example.test"}, "https://ca/dir"))->directory ==
        "https://ca/dir");
  CHECK(store->certificates_sharing({"B.example.test", "d.example.test"}).size() == 2);
  CHECK(store->certificates_sharing({"d.example.test"}).empty());
  std::ofstream(dir / "acme/certificate-rubbish.pem") << "rubbish";
  CHECK(store->certificates_sharing({"c.example.test"}).size() == 1);
  REQUIRE(store->remove_certificate({"c.example.test"}, "https://ca-staging/dir"));
  CHECK(store->certificates_sharing({"c.example.test"}).empty());
}

TEST_CASE("a folder that goes away takes nobody with it") {
  const testing::TempDir dir;
  const auto store = open_in(dir / "acme");
  store->show_presence();
  std::filesystem::remove_all(dir / "acme");
  store->show_presence();
  CHECK_FALSE(store->has_company());
  CHECK(store->certificates_sharing({"a.example.test"}).empty());
  CHECK(store->publish({"a.example.test"}, {}));
  CHECK(!store->lock("order"));
}

TEST_CASE("challenges are seen by the other servers, and taken down") {
  const testing::TempDir dir;
  const auto one = open_in(dir / "acme");
  const auto two = open_in(dir / "acme");
  const Names names{"*.example.test"};
  CHECK(two->challenges(names)->empty());
  const std::vector<SavedChallenge> challenges{{"http-01", "example.test", "token", "answer"},
                                               {"tls-alpn-01", "b.test", "", "answer 2"}};
  const auto before = two->challenges_version(names);
  REQUIRE(one->publish(names, challenges));
  CHECK(two->challenges_version(names) != before);
  CHECK(*two->challenges(names) == challenges);
  REQUIRE(one->publish(names, {}));
  CHECK(two->challenges(names)->empty());
}

TEST_CASE("servers that share a folder know of each other") {
  const testing::TempDir dir;
  const auto one = open_in(dir / "acme");
  one->show_presence();
  CHECK_FALSE(one->has_company());
  {
    const auto two = open_in(dir / "acme");
    two->show_presence();
    CHECK(one->has_company());
  }
  CHECK_FALSE(one->has_company());
}

TEST_CASE("one lock, one holder, on one machine; a killed holder's lock is free at once") {
  const testing::TempDir dir;
  const auto one = open_in(dir / "acme");
  const auto two = open_in(dir / "acme");
  {
    const auto held = one->lock("order");
    REQUIRE(held);
    CHECK((*held)->held());
    const auto refused = two->lock("order");
    REQUIRE(!refused);
    CHECK(refused.error().code() == ErrorCode::FileLocked);
    CHECK(two->lock("account"));
  }
  CHECK(two->lock("order"));

  std::array<int, 2> ready{};
  REQUIRE(::pipe(ready.data()) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto held = one->lock("order");
    const char ok = held ? 'y' : 'n';
    [[maybe_unused]] const auto written = ::write(ready[1], &ok, 1);
    for (;;) ::pause();
  }
  char ok = 0;
  REQUIRE(::read(ready[0], &ok, 1) == 1);
  CHECK(ok == 'y');
  CHECK(!two->lock("order"));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  CHECK(two->lock("order"));
}

TEST_CASE("where kernel locks do not reach, a lease does; an abandoned one is taken over once") {
  const testing::TempDir dir;
  auto options = options_for(dir / "acme");
  options.kernel_lock = false;
  options.machine = "one";
  const auto one = std::move(*open_folder_store(options));
  options.machine = "two";
  const auto two = std::move(*open_folder_store(options));
  options.machine = "three";
  const auto three = std::move(*open_folder_store(options));
  auto held = one->lock("order");
  REQUIRE(held);
  // Refreshed: it stays the holder's however long others watch.
  const auto until = std::chrono::steady_clock::now() + 400ms;
  while (std::chrono::steady_clock::now() < until) {
    CHECK(!two->lock("order"));
    std::this_thread::sleep_for(10ms);
  }
  CHECK((*held)->held());
  // What a machine that died leaves behind.
  const auto lease = testing::read_text(dir / "acme/lease-order");
  held->reset();
  CHECK(!std::filesystem::exists(dir / "acme/lease-order"));
  std::ofstream(dir / "acme/lease-order") << lease;
  const auto begin = std::chrono::steady_clock::now();
  Result<std::unique_ptr<StoreLock>> taken = two->lock("order");
  while (!taken) {
    std::this_thread::sleep_for(10ms);
    REQUIRE(std::chrono::steady_clock::now() - begin < 10s);
    taken = two->lock("order");
  }
  // Counted from when it was last seen to change, which was a little before `begin`.
  CHECK(std::chrono::steady_clock::now() - begin >= 75ms);
  CHECK(!three->lock("order"));
  CHECK((*taken)->held());
  // Somebody else's name in it: ours is lost, and is not taken away from them.
  std::ofstream(dir / "acme/lease-order") << lease;
  while ((*taken)->held()) std::this_thread::sleep_for(5ms);
  taken->reset();
  CHECK(std::filesystem::exists(dir / "acme/lease-order"));
  // Gone: somebody took it, and has ended. It is not written again.
  std::filesystem::remove(dir / "acme/lease-order");
  taken = two->lock("order");
  REQUIRE(taken);
  std::filesystem::remove(dir / "acme/lease-order");
  CHECK_FALSE((*taken)->held());
  taken->reset();
  CHECK_FALSE(std::filesystem::exists(dir / "acme/lease-order"));
}

}  // namespace
}  // namespace trellis::tls::acme

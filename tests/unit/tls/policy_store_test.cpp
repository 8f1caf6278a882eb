// SPDX-License-Identifier: Apache-2.0
#include "tls/policy_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "support/certificates.h"
#include "unit/tls/store_site.h"

using namespace trellis;
using namespace trellis::tls;
using namespace trellis::testing;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

struct OneScope : StoreSite {
  OneScope() {
    enable("bolt");
    put_pair(base(), "one.example.org");
  }
  ScopeReload look() {
    auto all = store->look();
    REQUIRE(all.size() == 1);
    return std::move(all.front());
  }
  std::string kept() {
    auto told = look();
    return told.kept_old ? told.kept_old->message() : "";
  }
  CertificateStatus status() const { return store->status().front(); }
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// What a file holds that was cut after its first certificate.
std::string first_of(const std::string& chain) {
  const std::string end = "-----END CERTIFICATE-----\n";
  return chain.substr(0, chain.find(end) + end.size());
}

}  // namespace

TEST_CASE("every enabled scope is opened, the others are off") {
  StoreSite site;
  site.enable("bolt");
  site.enable("cluster");
  site.put_pair(site.base("bolt"), "bolt.example.org");
  site.put_pair(site.base("cluster"), "member.example.org");
  site.must_open();
  CHECK(site.shown("", config::SslScope::kBolt) == "CN=bolt.example.org");
  CHECK(site.shown("", config::SslScope::kCluster) == "CN=member.example.org");
  CHECK(site.store->of(config::SslScope::kHttps) == nullptr);
  const auto rows = site.store->status();
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].scope == config::SslScope::kBolt);
  CHECK(rows[0].identity->sha256.size() == 64);
  CHECK(rows[0].last_reload.has_value());
  CHECK(rows[0].last_error.empty());
  CHECK(rows[1].source == (site.base("cluster") / "public.crt").string());
}

TEST_CASE("scope backup is loaded, checked, reloaded and shown as the others are") {
  StoreSite site;
  site.enable("backup", "REQUIRE");
  site.put_pair(site.base("backup"), "one.example.org");
  CHECK_FALSE(site.open());  // whom does it trust?
  REQUIRE(
      write_certificate_file(site.base("backup") / "trusted/ca.crt", site.ca.certificate_pem()));
  site.must_open();
  CHECK_FALSE(shake_hands(site.context(config::SslScope::kBackup)).done);
  Caller member;
  member.certificate = site.client("member", site.ca);
  CHECK(site.call(member, config::SslScope::kBackup).done);
  site.put_pair(site.base("backup"), "two.example.org");
  CHECK(site.store->reload().front().changed);
  CHECK(site.call(member, config::SslScope::kBackup).subject == "CN=two.example.org");
  const auto rows = site.store->status();
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].scope == config::SslScope::kBackup);
  CHECK(rows[0].identity->dns_names == std::vector<std::string>{"two.example.org"});
}

TEST_CASE("who renews the files of a scope says how that goes") {
  OneScope site;
  site.must_open();
  const auto next = site.clock.wall() + 24h;
  site.store->renewal(config::SslScope::kBolt, next, "the authority is away");
  site.store->renewal(config::SslScope::kCluster, next, "there is no such scope here");
  CHECK(site.status().next_renewal == next);
  CHECK(site.status().last_error == "the authority is away");
  site.store->renewal(config::SslScope::kBolt, next, "");
  CHECK(site.status().last_error.empty());
}

TEST_CASE("a start without a usable pair fails, with the reason") {
  OneScope site;
  fs::remove(site.base() / "private.key");
  auto opened = site.open();
  REQUIRE_FALSE(opened);
  CHECK(has(opened.error().message(), "private.key does not exist"));
}

TEST_CASE("a look finds a new pair; handshakes get it, the context and its tickets stay") {
  OneScope site;
  site.must_open();
  CHECK_FALSE(site.look().changed);
  const auto before = site.store->of(config::SslScope::kBolt)->current();
  Caller caller;
  auto first = site.call(caller);
  REQUIRE(first.session);
  site.put_pair(site.base(), "two.example.org");
  CHECK(site.shown() == "CN=one.example.org");
  const auto told = site.look();
  CHECK(told.changed);
  CHECK_FALSE(told.kept_old);
  CHECK(told.sha256 == site.status().identity->sha256);
  CHECK(site.shown() == "CN=two.example.org");
  // Whoever took the context before the swap and handshakes after it gets the new pair too.
  CHECK(shake_hands(before->context).subject == "CN=two.example.org");
  CHECK(before->pairs.front()->identity().subject == "CN=one.example.org");
  caller.resume = first.session.get();
  CHECK(site.call(caller).resumed);
  CHECK(site.store->counts().changed == 1);
  CHECK(site.store->counts().failed == 0);
}

TEST_CASE("a half-written pair is tried again until it is whole, in either order") {
  OneScope site;
  site.must_open();
  site.put_pair(site.dir / "next", "two.example.org");
  std::vector<std::string> order{"private.key", "public.crt"};
  SUBCASE("key first") {}
  SUBCASE("certificate first") { std::swap(order[0], order[1]); }
  fs::rename(site.dir / "next" / order[0], site.base() / order[0]);
  for (int i = 0; i < 3; ++i) {
    CHECK(has(site.kept(), "does not belong"));
    CHECK(site.shown() == "CN=one.example.org");
  }
  CHECK(has(site.status().last_error, "does not belong"));
  CHECK(site.store->counts().failed == 1);  // one failure that went on
  fs::rename(site.dir / "next" / order[1], site.base() / order[1]);
  CHECK(site.look().changed);
  CHECK(site.shown() == "CN=two.example.org");
  CHECK(site.status().last_error.empty());
  CHECK(site.logged("keeps what it had"));
  CHECK(site.logged("in order again"));
}

TEST_CASE("what is written in place, with the same size and times, is seen") {
  OneScope site;
  site.must_open();
  const fs::path file = site.base() / "public.crt";
  const std::string good = read_text(file);
  site.dir.write("certificates/bolt/public.crt", std::string(good.size(), 'x'));
  CHECK_FALSE(site.kept().empty());
  site.dir.write("certificates/bolt/public.crt", good.substr(0, good.size() / 2));
  CHECK(has(site.kept(), "damaged"));
  site.dir.write("certificates/bolt/public.crt", good);
  CHECK(site.kept().empty());
  CHECK(site.shown() == "CN=one.example.org");
}

TEST_CASE("a chain that is cut after the leaf is believed when two looks in a row find it") {
  OneScope site;
  const PrivateCa middle = *PrivateCa::create("Middle");
  const std::string bridge = *site.ca.vouch_for(middle);
  const auto put = [&](const std::string& name, bool whole) {
    const auto issued = *middle.issue({.dns_names = {name}, .ip_names = {}});
    const std::string leaf = first_of(issued.certificate_pem);
    REQUIRE(write_key_file(site.base() / "private.key", issued.key_pem));
    REQUIRE(write_certificate_file(site.base() / "public.crt", whole ? leaf + bridge : leaf));
  };
  put("one.example.org", true);
  site.must_open();
  REQUIRE(site.status().identity->chain_length == 2);
  put("two.example.org", false);
  CHECK_FALSE(site.look().changed);
  CHECK(site.shown() == "CN=one.example.org");
  SUBCASE("the rest comes") {
    put("three.example.org", false);
    CHECK_FALSE(site.look().changed);
    put("four.example.org", true);
    CHECK(site.look().changed);
    CHECK(site.shown() == "CN=four.example.org");
    CHECK(site.status().identity->chain_length == 2);
  }
  SUBCASE("it is all there is") {
    CHECK(site.look().changed);
    CHECK(site.shown() == "CN=two.example.org");
  }
  SUBCASE("somebody asks for it") {
    put("five.example.org", true);
    site.look();
    put("six.example.org", false);
    CHECK(site.store->reload().front().changed);
    CHECK(site.shown() == "CN=six.example.org");
  }
}

TEST_CASE("a directory removed and made again is waited for") {
  OneScope site;
  site.must_open();
  fs::remove_all(site.base());
  CHECK(has(site.kept(), "does not exist"));
  CHECK(site.shown() == "CN=one.example.org");
  site.put_pair(site.base(), "two.example.org");
  CHECK(site.look().changed);
  CHECK(site.shown() == "CN=two.example.org");
}

TEST_CASE("names keep their pairs while sni/, or all of it, is made anew") {
  OneScope site;
  site.put_pair(site.base() / "sni/a", "a.example.org");
  site.must_open();
  fs::path gone;
  SUBCASE("sni/") { gone = site.base() / "sni"; }
  SUBCASE("the base directory") { gone = site.base(); }
  fs::rename(gone, site.dir / "away");
  for (int i = 0; i < 2; ++i) {
    CHECK_FALSE(site.kept().empty());
    CHECK(site.shown("a.example.org") == "CN=a.example.org");
    CHECK(site.shown() == "CN=one.example.org");
  }
  CHECK(has(site.status().last_error, gone.string()));
  fs::rename(site.dir / "away", gone);
  CHECK(site.kept().empty());
  fs::remove_all(site.base() / "sni/a");  // one of them may go
  CHECK(site.look().changed);
  CHECK(site.shown("a.example.org") == "CN=one.example.org");
}

TEST_CASE("Kubernetes' swap of ..data and certbot's of live/ are seen") {
  OneScope site;
  fs::remove_all(site.base());
  const auto mount = [&](const std::string& generation, const std::string& name) {
    site.put_pair(site.base() / generation, name);
    fs::create_symlink(generation, site.base() / "..data_tmp");
    fs::rename(site.base() / "..data_tmp", site.base() / "..data");
  };
  mount("..2026_01", "one.example.org");
  fs::create_symlink("..data/private.key", site.base() / "private.key");
  fs::create_symlink("..data/public.crt", site.base() / "public.crt");
  site.must_open();
  CHECK(site.shown() == "CN=one.example.org");
  mount("..2026_02", "two.example.org");
  fs::remove_all(site.base() / "..2026_01");
  CHECK(site.look().changed);
  CHECK(site.shown() == "CN=two.example.org");
}

TEST_CASE("a key that may not be read any more is named; it is served again when it may") {
  if (::geteuid() != 0) return;  // needs two users
  OneScope site;
  fs::permissions(site.dir.path(), fs::perms(0755));
  REQUIRE(::chown((site.base() / "private.key").c_str(), 65534, 65534) == 0);
  site.must_open();
  site.put_pair(site.base(), "two.example.org");
  REQUIRE(::seteuid(65534) == 0);
  const std::string kept = site.kept();
  REQUIRE(::seteuid(0) == 0);
  CHECK(has(kept, "may not be read"));
  CHECK(has(kept, "uid 65534"));
  CHECK(site.shown() == "CN=one.example.org");
  REQUIRE(::chown((site.base() / "private.key").c_str(), 65534, 65534) == 0);
  REQUIRE(::seteuid(65534) == 0);
  const bool changed = site.look().changed;
  REQUIRE(::seteuid(0) == 0);
  CHECK(changed);
}

TEST_CASE("a key opened to others is not taken") {
  OneScope site;
  site.must_open();
  site.put_pair(site.base(), "two.example.org");
  fs::permissions(site.base() / "private.key", fs::perms(0644));
  CHECK(has(site.kept(), "chmod g-w,o= "));
  CHECK(site.shown() == "CN=one.example.org");
  fs::permissions(site.base() / "private.key", fs::perms(0640));
  CHECK(site.look().changed);
}

TEST_CASE("what could not be loaded is a finding until it can be") {
  OneScope site;
  site.must_open();
  const std::string good = read_text(site.base() / "public.crt");
  CHECK_FALSE(site.logged("[reload-failed]"));
  site.dir.write("certificates/bolt/public.crt", "nothing");
  site.look();
  CHECK(site.logged("[reload-failed] bolt: "));
  CHECK(site.logged("Mend it with: trellis tls reload"));
  CHECK_FALSE(site.logged("mended"));
  site.dir.write("certificates/bolt/public.crt", good);
  site.look();
  CHECK(site.logged("[reload-failed] bolt: mended."));
  site.log.str("");
  fs::permissions(site.base() / "private.key", fs::perms(0644));
  site.look();  // the command that mends it, once
  const std::string line = site.log.str().substr(site.log.str().find("[reload-failed]"));
  const size_t command = line.find("Mend it with: chmod g-w,o= ");
  REQUIRE(command != line.npos);
  CHECK(line.find("Mend it with", command + 1) == line.npos);
}

TEST_CASE("what is wrong with revocation lists is said of those in force") {
  OneScope site;
  site.enable("bolt", "OPTIONAL");
  REQUIRE(write_certificate_file(site.base() / "trusted/ca.crt", site.ca.certificate_pem()));
  REQUIRE(write_certificate_file(site.base() / "revoked/ca.crl",
                                 *site.ca.revocation_list({}, std::chrono::hours(24))));
  site.must_open();
  site.clock.advance(23h);
  site.look();
  CHECK(site.logged("[revocation-list-ends-soon]"));
  fs::rename(site.base() / "revoked", site.dir / "away");
  CHECK_FALSE(site.kept().empty());
  CHECK_FALSE(site.logged("[revocation-list-ends-soon] bolt: mended"));
}

TEST_CASE("the authority's clock is told of while it differs") {
  OneScope site;
  site.must_open();
  const auto now = [&] { return site.clock.wall(); };
  site.store->clock_seen("https://ca.test", now() + 30s);
  CHECK_FALSE(site.logged("[clock-skewed]"));
  for (int i = 0; i < 3; ++i) site.store->clock_seen("https://ca.test", now() + 1h + 7min * i);
  const std::string text = site.log.str();
  const size_t first = text.find("[clock-skewed]");
  REQUIRE(first != text.npos);
  CHECK(text.find("[clock-skewed]", first + 1) == text.npos);
  site.store->clock_seen("https://ca.test", now());
  CHECK(site.logged("[clock-skewed] clock: mended."));
}

TEST_CASE("a reload that was asked for tells of every scope, changed or not") {
  OneScope site;
  site.must_open();
  auto told = site.store->reload();
  REQUIRE(told.size() == 1);
  CHECK_FALSE(told[0].changed);
  CHECK_FALSE(told[0].kept_old);
  CHECK(told[0].not_after > site.clock.wall());
  CHECK(site.store->counts().unchanged == 1);
  fs::remove(site.base() / "public.crt");
  for (int i = 0; i < 2; ++i) {
    told = site.store->reload();
    REQUIRE(told[0].kept_old);
    CHECK(told[0].kept_old->code() == ErrorCode::InvalidConfiguration);
    CHECK(told[0].sha256.size() == 64);
  }
  CHECK(site.store->counts().failed == 2);
}

TEST_CASE("the watch finds a change by itself, and ends with the store") {
  OneScope site;
  site.set("server.tls.poll_interval", "100ms");
  site.must_open();
  site.store->start_watching();
  site.put_pair(site.base(), "two.example.org");
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (site.shown() != "CN=two.example.org" && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(5ms);
  }
  CHECK(site.shown() == "CN=two.example.org");
  site.store.reset();
}

TEST_CASE("an expired pair is served, loudly, and told of again every day") {
  OneScope site;
  site.put_pair(site.base(), "old.example.org", -1);
  site.must_open();
  CHECK(site.shown() == "CN=old.example.org");
  CHECK(site.logged("[certificate-expired]"));
  site.log.str("");
  site.look();
  CHECK_FALSE(site.logged("[certificate-expired]"));
  site.clock.advance(25h);
  site.look();
  CHECK(site.logged("[certificate-expired]"));
}

TEST_CASE("a bad pair in sni/ keeps its own old one, and holds up no other") {
  OneScope site;
  site.put_pair(site.base() / "sni/a", "a.example.org");
  site.dir.write("certificates/bolt/sni/b/public.crt", "nothing");
  site.must_open();  // there is a main pair to fall back on
  CHECK(site.shown("a.example.org") == "CN=a.example.org");
  CHECK(site.shown("b.example.org") == "CN=one.example.org");
  auto rows = site.store->status();
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].sni_names.empty());
  CHECK(rows[1].sni_names == std::vector<std::string>{"a.example.org"});
  CHECK_FALSE(rows[2].identity);
  CHECK_FALSE(rows[2].last_error.empty());

  site.put_pair(site.base() / "sni/b", "b.example.org");
  site.put_pair(site.base(), "two.example.org");
  site.dir.write("certificates/bolt/sni/a/public.crt", "half");
  auto told = site.look();
  CHECK(told.changed);
  CHECK(told.kept_old);
  CHECK(site.shown("a.example.org") == "CN=a.example.org");
  CHECK(site.shown("b.example.org") == "CN=b.example.org");
  CHECK(site.shown() == "CN=two.example.org");
  fs::remove_all(site.base() / "sni/a");
  CHECK(site.look().changed);
  CHECK(site.shown("a.example.org") == "CN=two.example.org");
  CHECK(site.store->status().size() == 2);
}

TEST_CASE("trust is replaced by itself: new context, new tickets; what is damaged keeps the old") {
  OneScope site;
  site.enable("bolt", "OPTIONAL");
  auto other = *PrivateCa::create("Another authority");
  REQUIRE(write_certificate_file(site.base() / "trusted/ca.crt", site.ca.certificate_pem()));
  site.must_open();
  Caller caller;
  auto first = site.call(caller);
  REQUIRE(first.session);
  Caller stranger;
  stranger.certificate = site.client("stranger", other);
  CHECK_FALSE(site.call(stranger).done);

  site.dir.write("certificates/bolt/trusted/other.crt", "-----BEGIN CERTIFICATE-----\nMIIB");
  CHECK(has(site.kept(), "other.crt"));
  CHECK_FALSE(site.call(stranger).done);
  REQUIRE(write_certificate_file(site.base() / "trusted/other.crt", other.certificate_pem()));
  const auto before = site.context();
  CHECK(site.look().changed);
  CHECK(site.context() != before);
  CHECK(site.call(stranger).done);
  caller.resume = first.session.get();
  CHECK_FALSE(site.call(caller).resumed);

  fs::rename(site.base() / "trusted", site.dir / "away");
  CHECK(has(site.kept(), "was there and is gone"));
  CHECK(site.call(stranger).done);
  fs::rename(site.dir / "away", site.base() / "trusted");
  CHECK(site.kept().empty());
}

TEST_CASE("without a certificate of its own a scope waits for one that is obtained") {
  StoreSite site;
  site.set("server.tls.acme.enabled", "true");
  site.set("server.tls.acme.domains", "db.example.org");
  site.set("server.https.enabled", "true");
  site.set("server.bolt.tls_level", "REQUIRED");
  site.must_open();
  REQUIRE(site.store->of(config::SslScope::kBolt) != nullptr);
  auto refused = shake_hands(site.context());
  CHECK_FALSE(refused.done);
  CHECK(refused.alert == SSL_AD_INTERNAL_ERROR);
  CHECK(refused.subject.empty());
  CHECK_FALSE(site.store->status().front().identity);
  site.store->acme_failed("the authority is away");
  CHECK(site.store->status().front().last_error == "the authority is away");
  CHECK(site.logged("[certificate-missing] bolt: the authority is away"));
  CHECK_FALSE(site.store->look().front().changed);

  auto issued = *site.ca.issue({.dns_names = {"db.example.org"}, .ip_names = {}});
  auto pair = *parse_pair(issued.certificate_pem, issued.key_pem, "https://acme.test/directory");
  const auto renewal = site.clock.wall() + 60 * 24h;
  site.store->offer(pair, renewal);
  CHECK(site.shown() == "CN=db.example.org");
  CHECK(site.shown("", config::SslScope::kHttps) == "CN=db.example.org");
  const auto row = site.store->status().front();
  CHECK(row.last_error.empty());
  CHECK(row.next_renewal == renewal);
  CHECK(row.source == "https://acme.test/directory");
  site.store->offer(pair, renewal);
  CHECK(site.store->counts().changed == 2);
  CHECK(site.store->counts().unchanged == 2);
  CHECK_FALSE(site.store->reload().front().kept_old);
  CHECK(site.shown() == "CN=db.example.org");
}

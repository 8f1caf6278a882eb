// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "support/certificates.h"
#include "support/temp_dir.h"
#include "tls/acme/http.h"
#include "tls/findings/certbot_tree.h"
#include "tls/findings/clock_findings.h"
#include "tls/findings/finding_log.h"
#include "tls/findings/pair_findings.h"
#include "tls/findings/path_findings.h"
#include "tls/findings/policy_findings.h"
#include "tls/findings/trust_findings.h"
#include "tls/openssl_handles.h"
#include "tls/pem.h"
#include "unit/tls/policy_in.h"

using namespace trellis;
using namespace trellis::tls;
using namespace trellis::testing;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

os::Clock::Wall now() { return os::SystemClock().wall(); }

std::vector<std::string> ids(const Findings& findings) {
  std::vector<std::string> out;
  for (const Finding& finding : findings) out.emplace_back(finding.id);
  return out;
}
using Ids = std::vector<std::string>;

// root <- middle <- server, and what this machine knows: the root, through SSL_CERT_FILE.
struct Authorities {
  Authorities() {
    make_authority(dir.path(), "root");
    make("root", "middle",
         "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign");
    make("middle", "server", "subjectAltName=DNS:db.example.org");
    ::setenv("SSL_CERT_FILE", (dir / "root.crt").c_str(), 1);
  }
  ~Authorities() {
    ::unsetenv("SSL_CERT_FILE");
    ::unsetenv("SSL_CERT_DIR");
  }
  // In a folder as distributions make theirs, in place of a file that somebody named.
  void know_as_public() {
    fs::create_directories(dir / "public");
    fs::copy(dir / "root.crt", dir / "public/root.crt");
    openssl(dir.path(), "rehash public");
    ::setenv("SSL_CERT_FILE", "/nonexistent", 1);
    ::setenv("SSL_CERT_DIR", (dir / "public").c_str(), 1);
  }

  void make(const std::string& authority, const std::string& name, const std::string& extensions,
            const std::string& key = "ec -pkeyopt ec_paramgen_curve:P-256",
            const std::string& more = "-days 10") {
    openssl(dir.path(), "req -new -newkey " + key + " -nodes -keyout " + name + ".key -out " +
                            name + ".csr -subj '/CN=" + name + "'");
    std::ofstream(dir / (name + ".ext")) << extensions << "\n";
    openssl(dir.path(), "x509 -req -in " + name + ".csr -CA " + authority + ".crt -CAkey " +
                            authority + ".key -CAcreateserial -extfile " + name + ".ext " + more +
                            " -out " + name + ".crt");
  }

  PresentedChain shown(std::initializer_list<const char*> names) {
    held.clear();
    PresentedChain out{"bolt", (dir / "public.crt").string(), {}};
    for (const char* name : names) {
      auto loaded = load_certificates(dir / (std::string(name) + ".crt"));
      REQUIRE(loaded);
      held.push_back(std::move((*loaded)[0]));
    }
    for (const auto& one : held) out.chain.push_back(one.get());
    return out;
  }
  Ids look(const PresentedChain& chain, std::chrono::nanoseconds later = 0s) {
    KnownAuthorities known;
    return ids(pair_findings(chain, known, now() + later));
  }

  TempDir dir;
  std::vector<CertificateHandle> held;
};

}  // namespace

TEST_CASE("the table's ids are one each and say what they mean") {
  std::set<std::string_view> seen;
  for (const FindingKind& kind : finding_kinds()) {
    CHECK(seen.insert(kind.id).second);
    CHECK_FALSE(kind.meaning.empty());
  }
  CHECK(make_finding(FindingId::kTrustAll, "bolt", "x").id == "trust-all");
}

TEST_CASE("findings: the dates of a certificate") {
  Authorities a;
  const auto good = a.shown({"server", "middle"});
  CHECK(a.look(good) == Ids{});
  CHECK(a.look(good, 7 * 24h) == Ids{});
  CHECK(a.look(good, 8 * 24h + 1h) == Ids{"certificate-expires-soon"});
  CHECK(a.look(good, -48h) == Ids{"certificate-not-yet-valid", "chain-expired"});
  const auto late = a.look(good, 11 * 24h);
  CHECK(late == Ids{"certificate-expired", "chain-expired"});
  CHECK(renewal_margin(24h * 365) == 24h * 21);
  CHECK(renewal_margin(160h) == 32h);
}

TEST_CASE("findings: order and completeness of a chain") {
  Authorities a;
  CHECK(a.look(a.shown({"server", "middle", "root"})) == Ids{});
  CHECK(a.look(a.shown({"middle", "server"})) == Ids{"chain-misordered"});
  CHECK(a.look(a.shown({"server", "root", "middle"})) == Ids{"chain-misordered"});
  // Nothing tells an intermediate from a private root that is not known here.
  CHECK(a.look(a.shown({"server"})) == Ids{"authority-unknown"});
  a.make("middle", "hinted",
         "subjectAltName=DNS:db.example.org\nauthorityInfoAccess=caIssuers;URI:http://ca.test/m");
  CHECK(a.look(a.shown({"hinted"})) == Ids{"chain-leaf-only"});
  a.make("middle", "keyed",
         "subjectAltName=DNS:db.example.org\nauthorityKeyIdentifier=issuer:always");
  CHECK(a.look(a.shown({"keyed"})) == Ids{"chain-leaf-only"});
  a.make("middle", "lower", "basicConstraints=CA:TRUE\nauthorityKeyIdentifier=issuer:always");
  a.make("lower", "deep", "subjectAltName=DNS:db.example.org");
  CHECK(a.look(a.shown({"deep", "lower"})) == Ids{"chain-missing-intermediate"});
  CHECK(a.look(a.shown({"deep", "lower", "middle"})) == Ids{});
  make_authority(a.dir.path(), "other");
  CHECK(a.look(a.shown({"server", "middle", "other"})) == Ids{"chain-unrelated"});
  CHECK(a.look(a.shown({"server", "other", "middle"})) == Ids{"chain-unrelated"});
  // Nothing hides anything else.
  CHECK(a.look(a.shown({"hinted", "other"})) == Ids{"chain-leaf-only", "chain-unrelated"});
  CHECK(a.look(a.shown({"lower", "deep", "other"})) ==
        Ids{"chain-misordered", "chain-missing-intermediate", "chain-unrelated"});
  a.make("other", "private", "subjectAltName=DNS:db.example.org");
  CHECK(a.look(a.shown({"private"})) == Ids{"authority-unknown"});
  CHECK(a.look(a.shown({"private", "other"})) == Ids{"authority-unknown"});
  KnownAuthorities known;
  auto chain = a.shown({"private", "other"});
  known.add(chain.chain[1]);
  CHECK(pair_findings(chain, known, now()).empty());
  CHECK_FALSE(known.is_public(chain.chain[1], {}));
  chain = a.shown({"middle"});
  CHECK_FALSE(known.is_public(chain.chain[0], {}));  // somebody named that file: it is ours
  a.know_as_public();
  CHECK(KnownAuthorities().is_public(chain.chain[0], {}));
}

TEST_CASE("findings: a machine without any authorities says so") {
  Authorities a;
  CHECK(KnownAuthorities().has_system_store());
  ::setenv("SSL_CERT_FILE", "/nonexistent", 1);
  ::setenv("SSL_CERT_DIR", "/nonexistent", 1);
  KnownAuthorities known;
  CHECK_FALSE(known.has_system_store());
  const auto found = pair_findings(a.shown({"server", "middle"}), known, now());
  REQUIRE(ids(found) == Ids{"authority-unknown"});
  CHECK(found[0].command.find("ca-certificates") != std::string::npos);
}

TEST_CASE("findings: use, strength and names of a certificate") {
  Authorities a;
  const std::string san = "subjectAltName=DNS:db.example.org,IP:10.0.0.1\n";
  a.make("root", "client", san + "extendedKeyUsage=clientAuth");
  CHECK(a.look(a.shown({"client"})) == Ids{"usage-server-missing"});
  a.make("root", "public", san + "extendedKeyUsage=serverAuth");
  auto member = a.shown({"public"});
  CHECK(a.look(member) == Ids{});
  member.for_members = true;
  KnownAuthorities known;
  const auto found = pair_findings(member, known, now());
  REQUIRE(ids(found) == Ids{"usage-client-missing"});
  CHECK(found[0].command.find("trellis tls ca") != std::string::npos);

  a.make("root", "short", san, "rsa:1024");
  CHECK(a.look(a.shown({"short"})) == Ids{"key-weak"});
  a.make("root", "curve", san, "ec -pkeyopt ec_paramgen_curve:P-224");
  CHECK(a.look(a.shown({"curve"})) == Ids{"key-weak"});
  a.make("root", "sha1", san, "rsa:2048", "-days 10 -sha1");
  CHECK(a.look(a.shown({"sha1"})) == Ids{"signature-weak"});
  a.make("root", "edwards", san, "ed25519");
  auto edwards = a.shown({"edwards"});
  CHECK(a.look(edwards) == Ids{});
  edwards.for_browsers = true;
  CHECK(a.look(edwards) == Ids{"key-unusual"});

  auto named = a.shown({"public"});
  named.advertised_hosts = {"db.example.org", "10.0.0.1", "DB.EXAMPLE.ORG"};
  CHECK(a.look(named) == Ids{});
  named.advertised_hosts = {"localhost", "10.0.0.2", "localhost", "a.db.example.org"};
  CHECK(a.look(named) == Ids{"name-missing", "name-missing", "name-missing"});
  a.make("root", "nameless", "basicConstraints=CA:FALSE");
  named = a.shown({"nameless"});
  named.advertised_hosts = {"nameless"};
  CHECK(a.look(named) == Ids{"names-in-common-name-only"});
  openssl(a.dir.path(),
          "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -keyout self.key "
          "-out self.crt -subj /CN=self -addext subjectAltName=DNS:self");
  CHECK(a.look(a.shown({"self"})) == Ids{"certificate-self-signed"});
}

TEST_CASE("findings: files and the folders above them") {
  const TempDir dir;
  const fs::path key = dir / "deep/private.key";
  fs::create_directories(dir / "deep");
  CHECK(ids(readable_findings("bolt", key, "private key")) == Ids{"file-unreadable"});
  std::ofstream(key) << "x";
  const auto look = [&] {
    Findings found = key_open_findings("bolt", key);
    append(found, writable_findings("bolt", {{}, {key}}));
    return found;
  };
  for (const int mode : {0600, 0640, 0650, 0750, 0601, 0711}) {
    ::chmod(key.c_str(), static_cast<mode_t>(mode));
    CHECK(ids(look()) == Ids{});
  }
  CHECK(ids(readable_findings("bolt", key, "private key")) == Ids{});
  for (const int mode : {0644, 0660, 0604, 0602}) {
    ::chmod(key.c_str(), static_cast<mode_t>(mode));
    const auto found = look();
    REQUIRE(ids(found) == Ids{"key-open"});
    CHECK(found[0].command == "chmod g-w,o= " + key.string());
  }
  ::chmod(key.c_str(), 0600);
  ::chmod((dir / "deep").c_str(), 0777);
  CHECK(ids(look()) == Ids{"path-writable"});
  ::chmod((dir / "deep").c_str(), 01777);
  CHECK(ids(look()) == Ids{});
}

TEST_CASE("findings: who may write where links lead through, or into trusted/") {
  const TempDir dir;
  const fs::path file = dir.write("archive/public.crt", "x");
  fs::create_directories(dir / "live");
  fs::create_directories(dir / "bolt/trusted");
  fs::create_symlink("../archive/public.crt", dir / "live/public.crt");
  fs::create_symlink(dir / "live/public.crt", dir / "bolt/public.crt");
  const GuardedPaths guarded{{dir / "bolt/public.crt", dir / "bolt/trusted"}, {}};
  CHECK(ids(writable_findings("bolt", guarded)) == Ids{});
  for (const fs::path& open : {dir / "live", dir / "bolt", dir / "bolt/trusted", file}) {
    CAPTURE(open);
    const auto before = fs::status(open).permissions();
    fs::permissions(open, fs::perms::others_write, fs::perm_options::add);
    const auto found = writable_findings("bolt", guarded);
    REQUIRE(ids(found) == Ids{"path-writable"});
    CHECK(found[0].command == "chmod o-w " + open.string());
    fs::permissions(open, before);
  }
  dir.write("a b/it's", "x");
  fs::permissions(dir / "a b", fs::perms(0777));
  CHECK(writable_findings("bolt", {{dir / "a b/it's"}, {}})[0].command ==
        "chmod o-w '" + (dir / "a b").string() + "'");
}

TEST_CASE("findings: certbot's account key after chgrp -R of the whole tree") {
  const TempDir dir;
  const fs::path accounts = dir / "letsencrypt/accounts/ca.test/directory/1";
  const fs::path archive = dir / "letsencrypt/archive/db";
  fs::create_directories(accounts);
  fs::create_directories(archive);
  std::ofstream(archive / "fullchain1.pem") << "x";
  fs::create_symlink(archive / "fullchain1.pem", dir / "public.crt");
  const fs::path key = accounts / "private_key.json";
  std::ofstream(key) << "x";
  ::chmod(key.c_str(), 0400);
  ::chmod((dir / "letsencrypt/accounts").c_str(), 0700);
  CHECK(ids(certbot_account_findings(certbot_tree(dir / "public.crt")->folder)) == Ids{});
  for (fs::path at = key; at.filename() != "letsencrypt"; at = at.parent_path()) {
    // A group that is not root's, also where the tests run as root.
    if (::geteuid() == 0) REQUIRE(::chown(at.c_str(), static_cast<uid_t>(-1), 65534) == 0);
    ::chmod(at.c_str(), at == key ? 0450 : 0750);
  }
  const auto found = certbot_account_findings(certbot_tree(dir / "public.crt")->folder);
  REQUIRE(ids(found) == Ids{"certbot-account-open"});
  CHECK(found[0].command.find("accounts") != std::string::npos);
}

TEST_CASE("findings: policies and plain ports") {
  config::ServerConfig c;
  auto& https = c.ssl.by_scope[static_cast<size_t>(config::SslScope::kHttps)];
  https.scope = config::SslScope::kHttps;
  https.enabled = true;
  https.client_auth = config::ClientAuth::kNone;
  c.http.https.enabled = true;
  c.bolt.tls_level = config::TlsLevel::kRequired;
  CHECK(ids(policy_findings(c, config::SslScope::kHttps)) == Ids{});
  CHECK(ids(plain_port_findings(c)) == Ids{});
  https.client_auth = config::ClientAuth::kOptional;
  CHECK(ids(policy_findings(c, config::SslScope::kHttps)) == Ids{"client-auth-browsers"});
  https.trust_all = true;
  CHECK(ids(policy_findings(c, config::SslScope::kHttps)) ==
        Ids{"trust-all", "client-auth-browsers"});
  c.http.http.enabled = true;
  const auto found = plain_port_findings(c);
  REQUIRE(ids(found) == Ids{"plain-http-open"});
  CHECK(found[0].command == "server.http.enabled=false");
  c.tls.refuse_plain_http = true;
  CHECK(ids(plain_port_findings(c)) == Ids{});
  c.bolt.tls_level = config::TlsLevel::kOptional;
  REQUIRE(ids(plain_port_findings(c)) == Ids{"plain-bolt-open"});
  CHECK(plain_port_findings(c)[0].command == "dbms.ssl.policy.bolt.enabled=true");
  auto& bolt = c.ssl.by_scope[static_cast<size_t>(config::SslScope::kBolt)];
  bolt.enabled = true;
  bolt.client_auth = config::ClientAuth::kNone;
  CHECK(plain_port_findings(c)[0].command == "server.bolt.tls_level=REQUIRED");
  CHECK(ids(policy_findings(c, config::SslScope::kBolt)) == Ids{});
  bolt.client_auth = config::ClientAuth::kRequire;  // pages come by https, and speak to bolt
  CHECK(ids(policy_findings(c, config::SslScope::kBolt)) == Ids{"client-auth-browsers"});
  c.http.https.enabled = false;
  CHECK(ids(policy_findings(c, config::SslScope::kBolt)) == Ids{});
  c.http.https.enabled = true;
  https.trust_all = false;
  c.bolt.enabled = true;
  c.bolt.listen_address.port = c.http.https.listen_address.port = 443;
  CHECK(ids(policy_findings(c, config::SslScope::kHttps)) == Ids{});  // nobody is shown its pair
  CHECK(ids(policy_findings(c, config::SslScope::kBolt)) == Ids{"client-auth-browsers"});

  auto& cluster = c.ssl.by_scope[static_cast<size_t>(config::SslScope::kCluster)];
  cluster.scope = config::SslScope::kCluster;
  cluster.client_auth = config::ClientAuth::kRequire;
  cluster.trust_all = true;
  cluster.verify_hostname = false;
  const auto members = policy_findings(c, config::SslScope::kCluster);
  CHECK(ids(members) == Ids{"trust-all", "hostname-not-verified"});
  CHECK(members[0].severity == Severity::kError);
}

TEST_CASE("findings: public authorities as client trust, and revocation lists") {
  Authorities a;
  auto policy = policy_in(a.dir / "bolt");
  policy.client_auth = config::ClientAuth::kRequire;
  fs::create_directories(a.dir / "bolt/trusted");
  fs::create_directories(a.dir / "bolt/revoked");
  make_authority(a.dir.path(), "own");
  fs::copy(a.dir / "own.crt", a.dir / "bolt/trusted/own.crt");
  const auto look = [&](std::chrono::nanoseconds later = 0s) {
    KnownAuthorities known;
    return trusted_file_findings(policy, known, now() + later);
  };
  a.know_as_public();
  CHECK(ids(look()) == Ids{});
  fs::copy(a.dir / "middle.crt", a.dir / "bolt/trusted/middle.crt");
  CHECK(ids(look()) == Ids{"public-client-trust"});
  policy.scope = config::SslScope::kCluster;
  CHECK(look()[0].severity == Severity::kError);
  a.dir.write("bolt/trusted/damaged.crt", "nothing");
  CHECK(ids(look()) == Ids{"pair-unusable", "public-client-trust"});
  policy.trust_all = true;  // then nobody reads it
  CHECK(ids(look()) == Ids{});
  policy.trust_all = false;
  policy.client_auth = config::ClientAuth::kNone;
  CHECK(ids(look()) == Ids{});
  fs::remove(a.dir / "bolt/trusted/damaged.crt");
  fs::remove(a.dir / "bolt/trusted/middle.crt");
  policy.client_auth = config::ClientAuth::kRequire;

  std::ofstream(a.dir / "index.txt").flush();
  std::ofstream(a.dir / "ca.cnf") << "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\n"
                                     "default_md=sha256\ndefault_crl_days=20\n";
  openssl(a.dir.path(), "ca -gencrl -config ca.cnf -keyfile own.key -cert own.crt -out own.crl");
  fs::copy(a.dir / "own.crl", a.dir / "bolt/revoked/own.crl");
  CHECK(ids(look()) == Ids{});
  CHECK(ids(look(14 * 24h)) == Ids{"revocation-list-ends-soon"});
  CHECK(ids(look(21 * 24h)) == Ids{"revocation-list-expired"});
  CHECK(ids(look(31 * 24h)) == Ids{"trusted-expired", "revocation-list-expired"});
}

TEST_CASE("findings: a clock that is wrong") {
  const auto date = acme::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT");
  REQUIRE(date);
  CHECK(to_text(*date) == "1994-11-06 08:49:37 UTC");
  CHECK_FALSE(acme::parse_http_date("yesterday"));
  CHECK(clock_findings("https://ca.test", *date, *date + 59s).empty());
  CHECK(ids(clock_findings("https://ca.test", *date, *date + 3h)) == Ids{"clock-skewed"});
  CHECK(ids(clock_findings("https://ca.test", *date, *date - 3h)) == Ids{"clock-skewed"});
}

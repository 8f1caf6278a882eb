// SPDX-License-Identifier: Apache-2.0
//
// What a handshake gets: which pair, which tickets, whose client certificates.
#include "tls/server_context.h"

#include "support/certificates.h"
#include "unit/tls/store_site.h"

using namespace trellis;
using namespace trellis::tls;
using namespace trellis::testing;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

constexpr int kNoApplicationProtocol = SSL_AD_NO_APPLICATION_PROTOCOL;

// A pair made by the openssl command, for other keys than the private authority's.
void put_pair_of(StoreSite& site, const std::string& place, const std::string& names,
                 const std::string& key_options) {
  const fs::path folder = site.dir / place;
  fs::create_directories(folder);
  if (!fs::exists(site.dir / "outer.crt")) make_authority(site.dir.path(), "outer");
  make_certificate(site.dir.path(), "outer", "made", names, key_options);
  fs::rename(site.dir / "made.key", folder / "private.key");
  fs::permissions(folder / "private.key", fs::perms(0600));
  fs::rename(site.dir / "made.crt", folder / "public.crt");
}

struct Authenticating : StoreSite {
  explicit Authenticating(const std::string& client_auth = "REQUIRE") {
    enable("bolt", client_auth);
    put_pair(base(), "db.example.org");
    REQUIRE(write_certificate_file(base() / "trusted/ca.crt", ca.certificate_pem()));
  }
  int refusal(const fs::path& certificate) const {
    Caller caller;
    caller.certificate = certificate;
    const auto seen = call(caller);
    CHECK(seen.done == (seen.refused == X509_V_OK));
    return seen.refused;
  }
  std::string serial_of(const fs::path& certificate) const {
    return facts_of(read_text(certificate))->serial;
  }
  void revoke(const PrivateCa& authority, const std::vector<std::string>& serials,
              std::chrono::seconds next, const std::string& file = "ca.crl") {
    std::vector<RevokedCertificate> revoked;
    for (const auto& serial : serials)
      revoked.push_back({serial, std::chrono::system_clock::now()});
    auto list = authority.revocation_list(revoked, next);
    REQUIRE(list);
    REQUIRE(write_certificate_file(base() / "revoked" / file, *list));
  }
};

}  // namespace

TEST_CASE("the name that is asked for chooses the pair, exact before wildcard") {
  StoreSite site;
  site.enable("bolt");
  site.put_pair(site.base(), "main.example.org");
  site.put_pair(site.base() / "sni/a", "*.example.org");
  site.put_pair(site.base() / "sni/b", "b.example.org");
  site.must_open();
  CHECK(site.shown() == "CN=main.example.org");
  CHECK(site.shown("main.example.org") == "CN=main.example.org");
  CHECK(site.shown("b.example.org") == "CN=b.example.org");
  CHECK(site.shown("B.Example.ORG") == "CN=b.example.org");
  CHECK(site.shown("c.example.org") == "CN=*.example.org");
  CHECK(site.shown("c.d.example.org") == "CN=main.example.org");
  CHECK(site.shown("example.org") == "CN=main.example.org");
  CHECK(site.shown("localhost") == "CN=main.example.org");
  CHECK(shake_hands(site.context(), "b.example.org").chain_length == 2);
}

TEST_CASE("pairs with keys of different kinds stand side by side") {
  StoreSite site;
  site.enable("bolt");
  put_pair_of(site, "certificates/bolt", "DNS:db.example.org",
              "ec -pkeyopt ec_paramgen_curve:P-256");
  put_pair_of(site, "certificates/bolt/sni/rsa", "DNS:db.example.org,DNS:more.example.org",
              "rsa:2048");
  put_pair_of(site, "certificates/bolt/sni/rsa2", "DNS:rsa.example.org", "rsa:2048");
  site.must_open();
  const auto kind = [&](const std::string& name, const std::string& algorithms, int version) {
    Caller caller;
    caller.name = name;
    caller.algorithms = algorithms;
    caller.version = version;
    const auto seen = site.call(caller);
    return seen.done ? seen.subject + (seen.chain_length > 0 ? "" : "?") : "refused";
  };
  const auto& pairs = site.store->of(config::SslScope::kBolt)->current()->pairs;
  REQUIRE(pairs.size() == 3);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    CAPTURE(version);
    // Without a name too: the RSA pair has all names of the main one.
    for (const std::string name : {"", "db.example.org"}) {
      CHECK(kind(name, "ECDSA+SHA256", version) == "CN=made");
      CHECK(kind(name, "RSA-PSS+SHA256:RSA+SHA256", version) == "CN=made");
    }
    CHECK(kind("rsa.example.org", "RSA-PSS+SHA256:RSA+SHA256", version) == "CN=made");
    // A name's own pairs only: the main one has another.
    CHECK(kind("rsa.example.org", "ECDSA+SHA256", version) == "refused");
  }
}

TEST_CASE("an ACME challenge is answered as RFC 8737 says, and nothing else is") {
  Authenticating site;  // REQUIRE: and yet the challenge asks for no certificate
  site.must_open();
  Caller caller;
  caller.name = "db.example.org";
  caller.protocol = "acme-tls/1";
  CHECK(site.call(caller).alert == kNoApplicationProtocol);

  auto issued = *site.ca.issue({.dns_names = {"challenge.example.org"}, .ip_names = {}});
  site.challenges->put_alpn("DB.example.org",
                            *parse_pair(issued.certificate_pem, issued.key_pem, "challenge"));
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    CAPTURE(version);
    caller.version = version;
    const auto seen = site.call(caller);
    CHECK(seen.done);
    CHECK(seen.subject == "CN=challenge.example.org");
    CHECK(seen.protocol == "acme-tls/1");
    CHECK_FALSE(seen.asked_for_certificate);
    CHECK_FALSE(seen.session);  // it could be resumed without a certificate
  }
  caller.name = "other.example.org";
  CHECK(site.call(caller).alert == kNoApplicationProtocol);
  caller.name = "db.example.org";
  caller.protocol = "http/1.1";
  caller.certificate = site.client("me", site.ca);
  const auto ordinary = site.call(caller);
  CHECK(ordinary.done);
  CHECK(ordinary.protocol.empty());
  CHECK(ordinary.subject == "CN=db.example.org");
  site.challenges->take_down("db.example.org");
  caller.protocol = "acme-tls/1";
  CHECK(site.call(caller).alert == kNoApplicationProtocol);
}

TEST_CASE("a scope without a certificate answers a challenge all the same") {
  StoreSite site;
  site.set("server.tls.acme.enabled", "true");
  site.set("server.tls.acme.domains", "db.example.org");
  site.set("server.tls.acme.challenge", "tls-alpn-01");
  site.set("server.https.enabled", "true");
  site.must_open();
  auto issued = *site.ca.issue({.dns_names = {"db.example.org"}, .ip_names = {}});
  site.challenges->put_alpn("db.example.org",
                            *parse_pair(issued.certificate_pem, issued.key_pem, "challenge"));
  Caller caller;
  caller.name = "db.example.org";
  CHECK(site.call(caller, config::SslScope::kHttps).alert == SSL_AD_INTERNAL_ERROR);
  caller.protocol = "acme-tls/1";
  CHECK(site.call(caller, config::SslScope::kHttps).done);
}

TEST_CASE("tickets are rotated: a day-old one is not taken, a younger one is") {
  StoreSite site;
  site.enable("bolt");
  site.put_pair(site.base(), "db.example.org");
  site.must_open();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    CAPTURE(version);
    Caller caller;
    caller.version = version;
    auto first = site.call(caller);
    auto second = site.call(caller);
    REQUIRE(first.session);
    REQUIRE(second.session);
    CHECK_FALSE(first.resumed);
    caller.resume = first.session.get();
    site.clock.advance(13h);
    CHECK(site.call(caller).resumed);
    caller.resume = second.session.get();
    site.clock.advance(12h);
    site.store->look();
    CHECK_FALSE(site.call(caller).resumed);
  }
}

TEST_CASE("no early data, no renegotiation") {
  StoreSite site;
  site.enable("bolt");
  site.put_pair(site.base(), "db.example.org");
  site.must_open();
  Caller caller;
  auto seen = site.call(caller);
  REQUIRE(seen.session);
  CHECK(seen.version == "TLSv1.3");
  CHECK(SSL_SESSION_get_max_early_data(seen.session.get()) == 0);
  CHECK((SSL_CTX_get_options(site.context().get()) & SSL_OP_NO_RENEGOTIATION) != 0);
}

TEST_CASE("client certificates: who is trusted, judged at the clock's time") {
  Authenticating site;
  auto stranger_ca = *PrivateCa::create("Stranger");
  site.must_open();
  const auto good = site.client("good", site.ca);
  CHECK(site.refusal(good) == X509_V_OK);
  CHECK(site.refusal(site.client("stranger", stranger_ca)) != X509_V_OK);
  CHECK(site.refusal(site.client("old", site.ca, -1)) == X509_V_ERR_CERT_HAS_EXPIRED);
  Caller nobody;
  CHECK_FALSE(site.call(nobody).done);
  site.clock.advance(91 * 24h);
  CHECK(site.refusal(good) == X509_V_ERR_CERT_HAS_EXPIRED);
  site.clock.advance(-200 * 24h);
  CHECK(site.refusal(good) == X509_V_ERR_CERT_NOT_YET_VALID);
}

TEST_CASE("trust_expired takes expired ones, trust_all everybody, with a warning") {
  Authenticating site;
  auto stranger_ca = *PrivateCa::create("Stranger");
  SUBCASE("trust_expired") {
    site.set("dbms.ssl.policy.bolt.trust_expired", "true");
    site.must_open();
    CHECK(site.refusal(site.client("old", site.ca, -1)) == X509_V_OK);
    CHECK(site.refusal(site.client("stranger", stranger_ca)) != X509_V_OK);
  }
  SUBCASE("trust_all") {
    site.set("dbms.ssl.policy.bolt.trust_all", "true");
    site.must_open();
    CHECK(site.refusal(site.client("stranger", stranger_ca)) == X509_V_OK);
    CHECK(site.logged("[trust-all]"));
  }
}

TEST_CASE("every certificate in trusted/ is an anchor, a leaf too") {
  Authenticating site;
  auto other = *PrivateCa::create("Other");
  const auto pinned = site.client("pinned", other);
  const auto sibling = site.client("sibling", other);
  // The leaf alone, without the authority behind it in the file.
  openssl(site.dir.path(), "x509 -in pinned.crt -out certificates/bolt/trusted/pinned.crt");
  site.must_open();
  CHECK(site.refusal(pinned) == X509_V_OK);
  CHECK(site.refusal(sibling) != X509_V_OK);
  SUBCASE("and may be revoked all the same") {
    site.revoke(other, {site.serial_of(pinned)}, 24h);
    CHECK(site.store->look().front().changed);
    CHECK(site.refusal(pinned) == X509_V_ERR_CERT_REVOKED);
  }
}

TEST_CASE("revocation: what is listed is refused; an issuer without a list is not checked") {
  Authenticating site;
  auto other = *PrivateCa::create("Other");
  REQUIRE(write_certificate_file(site.base() / "trusted/other.crt", other.certificate_pem()));
  const auto good = site.client("good", site.ca);
  const auto bad = site.client("bad", site.ca);
  const auto foreign = site.client("foreign", other);
  site.revoke(site.ca, {site.serial_of(bad)}, 30 * 24h);
  site.must_open();
  CHECK(site.refusal(good) == X509_V_OK);
  CHECK(site.refusal(bad) == X509_V_ERR_CERT_REVOKED);
  CHECK(site.refusal(foreign) == X509_V_OK);
  CHECK_FALSE(site.logged("[revocation-list"));

  // Near its end it is told of every day; beyond it, it stays in force.
  site.clock.advance(24 * 24h);
  site.store->look();
  CHECK(site.logged("[revocation-list-ends-soon]"));
  site.clock.advance(7 * 24h);
  site.log.str("");
  site.store->look();
  CHECK(site.logged("[revocation-list-expired]"));
  CHECK(site.refusal(good) == X509_V_OK);
  CHECK(site.refusal(bad) == X509_V_ERR_CERT_REVOKED);
  CHECK(site.refusal(foreign) == X509_V_OK);
}

TEST_CASE("a new revocation list counts from the next look on, resumed sessions included") {
  Authenticating site;
  site.revoke(site.ca, {}, 24h);
  site.must_open();
  Caller caller;
  caller.certificate = site.client("me", site.ca);
  auto first = site.call(caller);
  REQUIRE(first.session);
  caller.resume = first.session.get();
  CHECK(site.call(caller).resumed);
  site.revoke(site.ca, {site.serial_of(caller.certificate)}, 24h);
  CHECK(site.store->look().front().changed);
  const auto refused = site.call(caller);
  CHECK_FALSE(refused.resumed);
  CHECK_FALSE(refused.done);
  CHECK(refused.refused == X509_V_ERR_CERT_REVOKED);
}

TEST_CASE("a list that its issuer has not signed is not put in force: what was trusted stays") {
  Authenticating site;
  auto forger = *PrivateCa::create("Test authority");  // the same name, another key
  const auto good = site.client("good", site.ca);
  const auto bad = site.client("bad", site.ca);
  site.revoke(site.ca, {site.serial_of(bad)}, 24h);
  site.must_open();
  site.revoke(forger, {}, 24h);
  const auto all = site.store->look();
  const auto& told = all.front();
  CHECK_FALSE(told.changed);
  REQUIRE(told.kept_old);
  CHECK(told.kept_old->message().find("has not signed it") != std::string::npos);
  CHECK(site.refusal(good) == X509_V_OK);
  CHECK(site.refusal(bad) == X509_V_ERR_CERT_REVOKED);
  CHECK(site.logged("[reload-failed]"));
  site.revoke(site.ca, {}, 24h);
  CHECK(site.store->look().front().changed);
  CHECK(site.refusal(bad) == X509_V_OK);
  SUBCASE("nor is there a start with it") {
    site.revoke(forger, {}, 24h);
    CHECK_FALSE(site.open());
  }
  SUBCASE("both authorities of that name may be trusted") {
    REQUIRE(write_certificate_file(site.base() / "trusted/old.crt", forger.certificate_pem()));
    site.revoke(forger, {}, 24h, "old.crl");
    CHECK(site.store->look().front().changed);
  }
}

TEST_CASE("an authority that the public trusts is warned of, and refused among members") {
  StoreSite site;
  fs::create_directories(site.dir / "public");
  fs::copy(site.dir / "ca.crt", site.dir / "public/ca.crt");
  openssl(site.dir.path(), "rehash public");
  ::setenv("SSL_CERT_FILE", "/nonexistent", 1);
  ::setenv("SSL_CERT_DIR", (site.dir / "public").c_str(), 1);
  site.enable("bolt", "OPTIONAL");
  site.put_pair(site.base("bolt"), "db.example.org");
  REQUIRE(write_certificate_file(site.base("bolt") / "trusted/ca.crt", site.ca.certificate_pem()));
  site.must_open();
  CHECK(site.logged("[public-client-trust]"));
  site.enable("cluster", "REQUIRE");
  site.put_pair(site.base("cluster"), "db.example.org");
  REQUIRE(
      write_certificate_file(site.base("cluster") / "trusted/ca.crt", site.ca.certificate_pem()));
  auto opened = site.open();
  ::unsetenv("SSL_CERT_FILE");
  ::unsetenv("SSL_CERT_DIR");
  REQUIRE_FALSE(opened);
  CHECK(opened.error().message().find("trellis tls ca init") != std::string::npos);
  auto own = *PrivateCa::create("Own");
  REQUIRE(write_certificate_file(site.base("cluster") / "trusted/ca.crt", own.certificate_pem()));
  CHECK(site.open());
}

TEST_CASE("ciphers: IANA and OpenSSL names, suites of TLS 1.3 apart") {
  StoreSite site;
  site.enable("bolt");
  site.put_pair(site.base(), "db.example.org");
  const auto spoken = [&](int version) {
    Caller caller;
    caller.version = version;
    const auto seen = site.call(caller);
    return seen.done ? seen.cipher : "none";
  };
  SUBCASE("one of each") {
    site.set("dbms.ssl.policy.bolt.ciphers",
             "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,TLS_AES_128_GCM_SHA256");
    site.must_open();
    CHECK(spoken(TLS1_2_VERSION) == "ECDHE-ECDSA-AES256-GCM-SHA384");
    CHECK(spoken(TLS1_3_VERSION) == "TLS_AES_128_GCM_SHA256");
  }
  SUBCASE("OpenSSL's name, and TLS 1.2 alone") {
    site.set("dbms.ssl.policy.bolt.ciphers", "ECDHE-ECDSA-CHACHA20-POLY1305");
    site.must_open();
    CHECK(spoken(TLS1_2_VERSION) == "ECDHE-ECDSA-CHACHA20-POLY1305");
    CHECK(spoken(TLS1_3_VERSION) == "none");
  }
  SUBCASE("TLS 1.3 alone") {
    site.set("dbms.ssl.policy.bolt.ciphers", "TLS_AES_256_GCM_SHA384");
    site.must_open();
    CHECK(spoken(TLS1_2_VERSION) == "none");
    CHECK(spoken(TLS1_3_VERSION) == "TLS_AES_256_GCM_SHA384");
  }
  SUBCASE("what is no cipher") {
    for (const std::string name :
         {"TLS_NO_SUCH_CIPHER", "HIGH", "ALL:@SECLEVEL=0", "TLS_RSA_WITH_RC4_128_MD5"}) {
      CAPTURE(name);
      site.set("dbms.ssl.policy.bolt.ciphers", name);
      auto opened = site.open();
      REQUIRE_FALSE(opened);
      CHECK(opened.error().message().find("ciphers: '" + name + "'") != std::string::npos);
    }
  }
  SUBCASE("ciphers of a version that is off") {
    site.set("dbms.ssl.policy.bolt.tls_versions", "TLSv1.2");
    site.set("dbms.ssl.policy.bolt.ciphers", "TLS_AES_256_GCM_SHA384");
    CHECK_FALSE(site.open());
  }
}

// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <openssl/x509.h>

#include "support/certificates.h"
#include "support/temp_dir.h"
#include "tls/private_ca.h"
#include "tls/server_context.h"
#include "unit/tls/policy_in.h"

using namespace trellis;
using namespace trellis::tls;
using namespace trellis::testing;
namespace fs = std::filesystem;

namespace {

// certificates/bolt with a good pair, an authority beside it.
struct Layout {
  Layout() {
    fs::create_directories(bolt / "trusted");
    make_authority(dir.path(), "ca");
    make_certificate(dir.path(), "ca", "server", "DNS:db.example.org,IP:127.0.0.1");
    put("server.key", "private.key", 0600);
    put("server.crt", "public.crt", 0644);
  }
  void put(const std::string& from, const std::string& to, int mode) {
    fs::copy_file(dir / from, bolt / to, fs::copy_options::overwrite_existing);
    fs::permissions(bolt / to, static_cast<fs::perms>(mode));
  }
  config::SslPolicySettings policy() const { return policy_in(bolt); }
  void openssl(const std::string& arguments) { testing::openssl(dir.path(), arguments); }

  TempDir dir;
  fs::path bolt = dir / "certificates/bolt";
};

const os::SystemClock kClock;

Result<ServerIdentity> load(const config::SslPolicySettings& policy) {
  TRELLIS_TRY_ASSIGN(const auto served, serve_once(policy, kClock));
  return served->current()->pairs.front()->identity();
}
std::string error_of(const config::SslPolicySettings& policy) {
  auto loaded = load(policy);
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().code() == ErrorCode::InvalidConfiguration);
  return loaded.error().message();
}
bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the manual's layout loads and tells what it is") {
  Layout layout;
  auto loaded = load(layout.policy());
  REQUIRE_MESSAGE(loaded, loaded.error().message());
  const ServerIdentity& identity = *loaded;
  CHECK(identity.subject == "CN=server");
  CHECK(identity.issuer == "CN=ca");
  CHECK(identity.covers("db.example.org"));
  CHECK(identity.covers("DB.example.ORG"));
  CHECK(identity.covers("127.0.0.1"));
  CHECK_FALSE(identity.covers("other.example.org"));
  CHECK_FALSE(identity.covers("10.0.0.1"));
  CHECK(identity.sha256.size() == 64);
  CHECK(identity.not_after > std::chrono::system_clock::now());
}

TEST_CASE("a wildcard covers one label") {
  ServerIdentity identity;
  identity.dns_names = {"*.example.org"};
  CHECK(identity.covers("a.example.org"));
  CHECK_FALSE(identity.covers("a.b.example.org"));
  CHECK_FALSE(identity.covers("example.org"));
}

TEST_CASE("an identity is called by its names") {
  ServerIdentity identity;
  CHECK_FALSE(identity.title().empty());
  identity.subject = "CN=db";
  CHECK(identity.title() == "CN=db");
  identity.dns_names = {"a.example.org", "*.b.example.org"};
  identity.ip_names = {"10.0.0.1"};
  CHECK(identity.title() == "a.example.org, *.b.example.org, 10.0.0.1");
  identity.ip_names = {"10.0.0.1", "10.0.0.2", "10.0.0.3"};
  CHECK(identity.title() == "a.example.org, *.b.example.org, 10.0.0.1, 10.0.0.2, and 1 more");
}

TEST_CASE("certbot's links load: neo4j.cert, neo4j.key, trusted") {
  Layout layout;
  const fs::path archive = layout.dir / "letsencrypt/archive/db";
  const fs::path live = layout.dir / "letsencrypt/live/db";
  fs::create_directories(archive);
  fs::create_directories(live);
  fs::copy_file(layout.dir / "server.key", archive / "privkey1.pem");
  fs::permissions(archive / "privkey1.pem", fs::perms(0600));
  std::ofstream(archive / "fullchain1.pem")
      << read_text(layout.dir / "server.crt") << read_text(layout.dir / "ca.crt");
  fs::create_symlink("../../archive/db/privkey1.pem", live / "privkey.pem");
  fs::create_symlink("../../archive/db/fullchain1.pem", live / "fullchain.pem");
  fs::create_symlink(live / "privkey.pem", layout.bolt / "neo4j.key");
  fs::create_symlink(live / "fullchain.pem", layout.bolt / "neo4j.cert");
  fs::create_symlink(live / "fullchain.pem", layout.bolt / "trusted/neo4j.cert");
  config::SslPolicySettings policy = layout.policy();
  policy.private_key = "neo4j.key";
  policy.public_certificate = "neo4j.cert";
  auto loaded = load(policy);
  REQUIRE_MESSAGE(loaded, loaded.error().message());
  CHECK(loaded->chain_length == 2);
}

TEST_CASE("keys load in every form that tools write") {
  Layout layout;
  const auto expect = [&](const std::string& file, const std::string& kind,
                          const std::string& password = "") {
    CAPTURE(file);
    layout.put(file, "private.key", 0600);
    config::SslPolicySettings policy = layout.policy();
    policy.private_key_password = Secret(password);
    auto loaded = load(policy);
    REQUIRE_MESSAGE(loaded, loaded.error().message());
    CHECK(loaded->key_kind == kind);
  };
  expect("server.key", "EC prime256v1 (PKCS#8)");
  layout.openssl("ec -in server.key -out sec1.key");
  expect("sec1.key", "EC prime256v1 (SEC1)");
  layout.openssl("ecparam -name prime256v1 -out parameters.pem");
  std::ofstream(layout.dir / "sec1_parameters.key")
      << read_text(layout.dir / "parameters.pem") << read_text(layout.dir / "sec1.key");
  expect("sec1_parameters.key", "EC prime256v1 (SEC1)");
  layout.openssl("ec -in server.key -aes256 -passout pass:s3cret -out sec1_encrypted.key");
  expect("sec1_encrypted.key", "EC prime256v1 (SEC1, encrypted)", "s3cret");
  layout.openssl("pkcs8 -topk8 -in server.key -passout pass:s3cret -out pkcs8_encrypted.key");
  expect("pkcs8_encrypted.key", "EC prime256v1 (PKCS#8, encrypted)", "s3cret");

  make_certificate(layout.dir.path(), "ca", "rsa", "DNS:localhost", "rsa:2048");
  layout.put("rsa.crt", "public.crt", 0644);
  expect("rsa.key", "RSA 2048 (PKCS#8)");
  layout.openssl("rsa -in rsa.key -traditional -out pkcs1.key");
  expect("pkcs1.key", "RSA 2048 (PKCS#1)");
  layout.openssl("rsa -in rsa.key -traditional -aes256 -passout pass:s3cret -out pkcs1_enc.key");
  expect("pkcs1_enc.key", "RSA 2048 (PKCS#1, encrypted)", "s3cret");

  make_certificate(layout.dir.path(), "ca", "ed", "DNS:localhost", "ed25519");
  layout.put("ed.crt", "public.crt", 0644);
  expect("ed.key", "ED25519 (PKCS#8)");
}

TEST_CASE("an encryption that OpenSSL has retired is named, with the command that converts it") {
  Layout layout;
  const std::string legacy = " -provider legacy -provider default ";
  layout.openssl("pkcs8 -topk8 -v1 PBE-MD5-DES -in server.key -passout pass:x -out a.key" + legacy);
  layout.openssl("pkcs8 -topk8 -v2 des -in server.key -passout pass:x -out b.key" + legacy);
  layout.openssl("ec -des -in server.key -passout pass:x -out c.key" + legacy);
  layout.openssl("pkcs8 -topk8 -v1 PBE-SHA1-3DES -in server.key -passout pass:x -out d.key");
  config::SslPolicySettings policy = layout.policy();
  policy.private_key_password = Secret("x");
  for (const std::string name : {"a.key", "b.key", "c.key"}) {
    CAPTURE(name);
    layout.put(name, "private.key", 0600);
    const std::string text = error_of(policy);
    const size_t command = text.find("openssl pkcs8 ");
    REQUIRE(command != text.npos);
    // It does what it says.
    testing::openssl(layout.bolt, text.substr(command + 8) + " -passin pass:x -passout pass:x");
    fs::rename(layout.bolt / "private.key.new", layout.bolt / "private.key");
    CHECK(load(policy)->key_kind == "EC prime256v1 (PKCS#8, encrypted)");
  }
  layout.put("d.key", "private.key", 0600);
  CHECK(load(policy));
}

TEST_CASE("what cannot work is refused, each with its own reason") {
  Layout layout;
  SUBCASE("no base directory") {
    config::SslPolicySettings policy = layout.policy();
    policy.base_directory = layout.dir / "nowhere";
    CHECK(has(error_of(policy), "nowhere"));
  }
  SUBCASE("a missing key names the path") {
    fs::remove(layout.bolt / "private.key");
    CHECK(
        has(error_of(layout.policy()), (layout.bolt / "private.key").string() + " does not exist"));
  }
  SUBCASE("a link to nowhere names the link and its target") {
    fs::remove(layout.bolt / "private.key");
    fs::create_symlink("/etc/no-such-dir/key.pem", layout.bolt / "private.key");
    const std::string text = error_of(layout.policy());
    CHECK(has(text, "symbolic link to /etc/no-such-dir/key.pem"));
    CHECK(has(text, "/etc/no-such-dir does not exist"));
  }
  SUBCASE("a key of another certificate") {
    layout.put("ca.key", "private.key", 0600);
    CHECK(has(error_of(layout.policy()), "does not belong"));
  }
  SUBCASE("key and certificate exchanged") {
    layout.put("server.crt", "private.key", 0600);
    CHECK(has(error_of(layout.policy()), "exchanged"));
    layout.put("server.key", "private.key", 0600);
    layout.put("server.key", "public.crt", 0600);
    CHECK(has(error_of(layout.policy()), "exchanged"));
  }
  SUBCASE("an encrypted key without, and with a wrong password") {
    layout.openssl("pkcs8 -topk8 -in server.key -passout pass:right -out encrypted.key");
    layout.put("encrypted.key", "private.key", 0600);
    CHECK(has(error_of(layout.policy()), "private_key_password"));
    config::SslPolicySettings policy = layout.policy();
    policy.private_key_password = Secret("wrong");
    const std::string text = error_of(policy);
    CHECK(has(text, "configured password"));
    CHECK_FALSE(has(text, "wrong:"));
  }
  SUBCASE("a damaged key, an empty one, DER") {
    std::string text = read_text(layout.dir / "server.key");
    text[text.size() / 2] = text[text.size() / 2] == 'A' ? 'B' : 'A';
    layout.dir.write("certificates/bolt/private.key", text.substr(0, 80) + "\n-----END");
    CHECK(has(error_of(layout.policy()), "damaged"));
    layout.dir.write("certificates/bolt/private.key", "");
    CHECK(has(error_of(layout.policy()), "empty"));
    layout.openssl("pkey -in server.key -outform DER -out key.der");
    layout.put("key.der", "private.key", 0600);
    CHECK(has(error_of(layout.policy()), "openssl pkey -inform DER"));
  }
  SUBCASE("versions and ciphers that are not there") {
    config::SslPolicySettings policy = layout.policy();
    policy.tls_versions = {"TLSv1.1"};
    CHECK(has(error_of(policy), "TLSv1.1"));
    policy = layout.policy();
    policy.ciphers = {"TLS_NO_SUCH_CIPHER"};
    CHECK(has(error_of(policy), "TLS_NO_SUCH_CIPHER"));
    policy.ciphers = {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384"};
    CHECK(load(policy));
  }
  SUBCASE("client certificates required, and nobody trusted") {
    config::SslPolicySettings policy = layout.policy();
    policy.client_auth = config::ClientAuth::kRequire;
    CHECK(has(error_of(policy), "no trust anchors"));
    layout.put("ca.crt", "trusted/ca.crt", 0644);
    layout.dir.write("certificates/bolt/trusted/.hidden", "not a certificate");
    fs::create_directories(layout.bolt / "trusted/..data");
    CHECK(load(policy));
    layout.dir.write("certificates/bolt/trusted/stray.txt", "not a certificate");
    CHECK(has(error_of(policy), "stray.txt"));
  }
}

TEST_CASE("an expired certificate is served") {
  Layout layout;
  auto ca = *PrivateCa::create("authority");
  auto issued = *ca.issue({.dns_names = {"db.example.org"}, .ip_names = {}, .valid_days = -1});
  fs::remove(layout.bolt / "private.key");
  REQUIRE(write_key_file(layout.bolt / "private.key", issued.key_pem));
  REQUIRE(write_certificate_file(layout.bolt / "public.crt", issued.certificate_pem));
  CHECK(load(layout.policy())->not_after < std::chrono::system_clock::now());
}

TEST_CASE("a chain is served in its order, without what does not belong to it") {
  Layout layout;
  std::ofstream(layout.bolt / "public.crt")
      << read_text(layout.dir / "ca.crt") << read_text(layout.dir / "server.crt");
  auto loaded = load(layout.policy());
  REQUIRE_MESSAGE(loaded, loaded.error().message());
  CHECK(loaded->subject == "CN=server");
  CHECK(loaded->reordered);
  CHECK(loaded->chain_length == 2);
  make_authority(layout.dir.path(), "other");
  std::ofstream(layout.bolt / "public.crt")
      << read_text(layout.dir / "server.crt") << read_text(layout.dir / "other.crt")
      << read_text(layout.dir / "ca.crt");
  loaded = load(layout.policy());
  REQUIRE(loaded);
  CHECK_FALSE(loaded->reordered);
  CHECK(loaded->chain_length == 2);
  CHECK(loaded->left_out == std::vector<std::string>{"CN=other"});
  // Of two authorities of one name, the one that signed it.
  fs::create_directories(layout.dir / "twin");
  make_authority(layout.dir / "twin", "ca");
  std::ofstream(layout.bolt / "public.crt")
      << read_text(layout.dir / "server.crt") << read_text(layout.dir / "twin/ca.crt")
      << read_text(layout.dir / "ca.crt");
  auto served = serve_once(layout.policy(), kClock);
  REQUIRE(served);
  const auto& pair = (*served)->current()->pairs.front();
  REQUIRE(pair->issuers().size() == 1);
  CHECK(X509_verify(pair->leaf(), X509_get0_pubkey(pair->issuers().front())) == 1);
  CHECK(pair->identity().left_out == std::vector<std::string>{"CN=ca"});
}

TEST_CASE("a key that others may touch is refused") {
  Layout layout;
  for (const int mode : {0400, 0440, 0600, 0640, 0650, 0750, 0601, 0711}) {
    CAPTURE(mode);
    fs::permissions(layout.bolt / "private.key", static_cast<fs::perms>(mode));
    CHECK(load(layout.policy()));
  }
  for (const int mode : {0604, 0644, 0660, 0602, 0777}) {
    CAPTURE(mode);
    fs::permissions(layout.bolt / "private.key", static_cast<fs::perms>(mode));
    CHECK(has(error_of(layout.policy()), "chmod g-w,o= "));
  }
}

TEST_CASE("revocation lists are read, and what is none is named") {
  Layout layout;
  layout.put("ca.crt", "trusted/ca.crt", 0644);
  layout.dir.write("index.txt", "");
  layout.dir.write("ca.cnf",
                   "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ndefault_md=sha256\n"
                   "default_crl_days=30\n");
  layout.openssl("ca -config ca.cnf -gencrl -keyfile ca.key -cert ca.crt -out ca.crl");
  fs::create_directories(layout.bolt / "revoked");
  layout.put("ca.crl", "revoked/ca.crl", 0644);
  CHECK(load(layout.policy()));
  CHECK((*serve_once(layout.policy(), kClock))->current()->trust->revocation_lists().size() == 1);
  layout.dir.write("certificates/bolt/revoked/x.crl", "nothing");
  CHECK(has(error_of(layout.policy()), "x.crl"));
}

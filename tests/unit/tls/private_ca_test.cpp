// SPDX-License-Identifier: Apache-2.0
#include "tls/private_ca.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "support/certificates.h"
#include "support/temp_dir.h"
#include "tls/client_context.h"
#include "tls/server_context.h"
#include "unit/net/echo_server.h"
#include "unit/tls/policy_in.h"

using namespace trellis;
using namespace trellis::tls;
using namespace trellis::testing;
namespace fs = std::filesystem;

namespace {

struct Site {
  explicit Site(net::EventLoop& l) : loop(l), ca(*PrivateCa::create("Test authority")) {
    REQUIRE(write_certificate_file(dir / "ca/ca.crt", ca.certificate_pem()));
  }
  // A listener with a certificate for these names.
  std::unique_ptr<EchoServer> serve(const CertificateRequest& request) {
    auto issued = ca.issue(request);
    REQUIRE(issued);
    REQUIRE(write_key_file(dir / "bolt/private.key", issued->key_pem));
    REQUIRE(write_certificate_file(dir / "bolt/public.crt", issued->certificate_pem));
    auto served = serve_once(policy, clock);
    REQUIRE_MESSAGE(served, served.error().message());
    return std::make_unique<EchoServer>(loop, (*served)->current()->context);
  }
  ErrorCode dial(const EchoServer& server, const ClientTrust& trust, const std::string& name) {
    auto context = make_client_context(trust);
    REQUIRE(context);
    auto stream = connect_and_wait(
        loop.next(),
        {.to = server.local(), .tls = net::TlsClientOptions{*context, name, trust.verify}});
    if (!stream) return stream.error().code();
    // With TLS 1.3 a refused client certificate shows only at the first read.
    const auto sent = write_and_wait(**stream, "x");
    const auto echoed = read_and_wait(**stream);
    close_and_wait(*stream);
    return echoed && *echoed == "x" ? ErrorCode{} : ErrorCode::ConnectionClosed;
  }
  ClientTrust trust() const {
    return {.verify = true, .system_store = false, .trusted_dir = dir / "ca"};
  }

  net::EventLoop& loop;
  const os::SystemClock clock;
  TempDir dir;
  PrivateCa ca;
  config::SslPolicySettings policy = policy_in(dir / "bolt");
};

constexpr ErrorCode kFine{};

}  // namespace

TEST_CASE("what the authority issues is what clients verify") {
  net::EventLoop loop(2);
  Site site(loop);
  auto server = site.serve({.dns_names = {"db.example.org"}, .ip_names = {"127.0.0.1", "::1"}});
  CHECK(site.dial(*server, site.trust(), "db.example.org") == kFine);
  CHECK(site.dial(*server, site.trust(), "127.0.0.1") == kFine);
  CHECK(site.dial(*server, site.trust(), "::1") == kFine);
  CHECK(site.dial(*server, site.trust(), "db2.example.org") == ErrorCode::CertificateRejected);
  CHECK(site.dial(*server, {.verify = true}, "db.example.org") == ErrorCode::CertificateRejected);
  CHECK(site.dial(*server, {.verify = false}, "whatever") == kFine);
  // OpenSSL's own command agrees.
  openssl(site.dir.path(),
          "verify -x509_strict -purpose sslserver -verify_hostname db.example.org "
          "-CAfile ca/ca.crt bolt/public.crt");
}

TEST_CASE("the system's store is what SSL_CERT_FILE names") {
  net::EventLoop loop(1);
  Site site(loop);
  auto server = site.serve({.dns_names = {"db.example.org"}, .ip_names = {}});
  ::setenv("SSL_CERT_FILE", (site.dir / "ca/ca.crt").c_str(), 1);
  CHECK(site.dial(*server, {.verify = true}, "db.example.org") == kFine);
  ::unsetenv("SSL_CERT_FILE");
}

TEST_CASE("the leaf alone is an anchor when it lies in the trusted directory") {
  net::EventLoop loop(1);
  Site site(loop);
  auto server = site.serve({.dns_names = {"db.example.org"}, .ip_names = {}});
  openssl(site.dir.path(), "x509 -in bolt/public.crt -out leaf.crt");
  fs::create_directories(site.dir / "pinned");
  fs::copy_file(site.dir / "leaf.crt", site.dir / "pinned/leaf.crt");
  const ClientTrust pinned{
      .verify = true, .system_store = false, .trusted_dir = site.dir / "pinned"};
  CHECK(site.dial(*server, pinned, "db.example.org") == kFine);
  CHECK(site.dial(*server, pinned, "other.example.org") == ErrorCode::CertificateRejected);
}

TEST_CASE("client certificates: required, refused without one") {
  net::EventLoop loop(1);
  Site site(loop);
  fs::create_directories(site.dir / "bolt/trusted");
  fs::copy_file(site.dir / "ca/ca.crt", site.dir / "bolt/trusted/ca.crt");
  site.policy.client_auth = config::ClientAuth::kRequire;
  auto strict = site.serve({.dns_names = {"db.example.org"}, .ip_names = {}});
  CHECK(site.dial(*strict, site.trust(), "db.example.org") != kFine);
  site.policy.client_auth = config::ClientAuth::kOptional;
  auto optional = site.serve({.dns_names = {"db.example.org"}, .ip_names = {}});
  CHECK(site.dial(*optional, site.trust(), "db.example.org") == kFine);
}

TEST_CASE("TLS versions follow the policy") {
  net::EventLoop loop(1);
  Site site(loop);
  site.policy.tls_versions = {"TLSv1.2"};
  auto old = site.serve({.dns_names = {"db.example.org"}, .ip_names = {}});
  auto context = *make_client_context(site.trust());
  auto stream = connect_and_wait(
      loop.next(), {.to = old->local(), .tls = net::TlsClientOptions{context, "db.example.org"}});
  REQUIRE(stream);
  CHECK((*stream)->tls_info()->version == "TLSv1.2");
  close_and_wait(*stream);
}

TEST_CASE("names that no certificate can carry are refused; key files are closed") {
  auto ca = *PrivateCa::create("a");
  CHECK_FALSE(ca.issue({.dns_names = {"a,DNS:evil.org"}, .ip_names = {}}));
  CHECK_FALSE(ca.issue({.dns_names = {""}, .ip_names = {}}));
  CHECK_FALSE(ca.issue({.dns_names = {}, .ip_names = {"300.1.1.1"}}));
  CHECK_FALSE(ca.issue({}));
  TempDir dir;
  REQUIRE(write_key_file(dir / "deep/er/x.key", Secret("k")));
  struct stat info{};
  REQUIRE(::stat((dir / "deep/er/x.key").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
}

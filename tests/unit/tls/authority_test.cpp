// SPDX-License-Identifier: Apache-2.0
#include "tls/authority/authority.h"

#include <doctest/doctest.h>

#include <fstream>

#include "support/certificates.h"
#include "support/temp_dir.h"
#include "unit/tls/store_site.h"

using namespace trellis;
using namespace trellis::tls;
using namespace trellis::testing;
using std::chrono::hours;
using std::chrono::seconds;

namespace {

constexpr hours kYear{24 * 365};

struct Site {
  explicit Site(hours life = kYear)
      : authority(*Authority::create(dir / "authority", "", life, clock)) {}

  void write(const char* name, std::string_view text) {
    std::ofstream(dir / name, std::ios::binary) << text;
  }
  // Does openssl accept the chain with this trust?
  bool verifies(std::string_view chain, const TrustBundle& trust, const char* more = "") {
    write("chain.pem", chain);
    write("trust.pem", trust.certificates + trust.revocations);
    return openssl_succeeds(dir.path(), fmt::format("verify -partial_chain {} -CAfile trust.pem "
                                                    "-untrusted chain.pem chain.pem",
                                                    more));
  }
  MemberCertificate member(const std::vector<std::string>& names) {
    const auto token = *authority.new_token({}, hours(1));
    const auto wanted = *new_key_and_request(names.front());
    auto made = authority.join(token.secret, wanted.request_pem, names, hours(1));
    REQUIRE_MESSAGE(made, made.error().message());
    return std::move(*made);
  }

  Result<MemberCertificate> renewed(const MemberCertificate& member) {
    const auto wanted = *new_key_and_request("b");
    return authority.renew(facts_of(member.chain)->sha256, wanted.request_pem, hours(1));
  }

  TempDir dir;
  MovedClock clock;
  Authority authority;
};

}  // namespace

TEST_CASE("a token lets one member in, once") {
  Site site;
  const auto token = *site.authority.new_token({"b.example.test"}, hours(1));
  const auto text = token.text();
  const auto parsed = parse_join_token(text.reveal());
  REQUIRE(parsed);
  CHECK(parsed->pin == *site.authority.pin());
  const auto wanted = *new_key_and_request("b.example.test");
  const auto other =
      site.authority.join(parsed->secret, wanted.request_pem, {"c.example.test"}, hours(1));
  REQUIRE_FALSE(other);
  CHECK(other.error().code() == ErrorCode::Forbidden);
  const auto made =
      site.authority.join(parsed->secret, wanted.request_pem, {"b.example.test"}, hours(1));
  REQUIRE_MESSAGE(made, made.error().message());
  CHECK(site.verifies(made->chain, made->trust, "-purpose sslserver"));
  CHECK(site.verifies(made->chain, made->trust, "-purpose sslclient"));
  CHECK(site.verifies(made->chain, made->trust, "-verify_hostname b.example.test"));
  CHECK_FALSE(site.verifies(made->chain, made->trust, "-verify_hostname c.example.test"));
  const auto again =
      site.authority.join(parsed->secret, wanted.request_pem, {"b.example.test"}, hours(1));
  REQUIRE_FALSE(again);
  CHECK(again.error().code() == ErrorCode::Forbidden);
}

TEST_CASE("an expired token and an invented one are refused alike") {
  Site site;
  const auto late = *site.authority.new_token({}, seconds(-1));
  const auto wanted = *new_key_and_request("b");
  const auto expired = site.authority.join(late.secret, wanted.request_pem, {"b"}, hours(1));
  const auto invented = site.authority.join(Secret("0"), wanted.request_pem, {"b"}, hours(1));
  REQUIRE_FALSE(expired);
  REQUIRE_FALSE(invented);
  CHECK(expired.error().message() == invented.error().message());
  CHECK_FALSE(parse_join_token("trellis1.abc"));
}

TEST_CASE("a member renews for its own names until it is revoked") {
  Site site;
  const auto first = site.member({"b.example.test", "127.0.0.1"});
  const auto shown = *facts_of(first.chain);
  const auto wanted = *new_key_and_request("b.example.test");
  const auto second = site.authority.renew(shown.sha256, wanted.request_pem, hours(1));
  REQUIRE_MESSAGE(second, second.error().message());
  CHECK(facts_of(second->chain)->serial != shown.serial);
  CHECK(site.verifies(second->chain, second->trust, "-verify_ip 127.0.0.1"));

  CHECK(*site.authority.revoke("b.example.test") == 2);
  const auto trust = *site.authority.trust();
  CHECK_FALSE(site.verifies(first.chain, trust, "-crl_check"));
  CHECK_FALSE(site.verifies(second->chain, trust, "-crl_check"));
  const auto third = site.authority.renew(shown.sha256, wanted.request_pem, hours(1));
  REQUIRE_FALSE(third);
  CHECK(third.error().code() == ErrorCode::Forbidden);
  CHECK(site.verifies(site.member({"c.example.test"}).chain, trust, "-crl_check"));
}

TEST_CASE("members that know only the old or only the new authority accept each other") {
  Site site;
  const auto before = site.member({"b.example.test"});
  REQUIRE(site.authority.rotate(kYear));
  const auto after = site.member({"c.example.test"});
  CHECK(site.verifies(after.chain, before.trust));
  CHECK(site.verifies(before.chain, after.trust));
  CHECK(site.verifies(after.chain, after.trust, "-crl_check"));
  // The old authority still revokes what it issued.
  CHECK(*site.authority.revoke("b.example.test") == 1);
  CHECK_FALSE(site.verifies(before.chain, *site.authority.trust(), "-crl_check"));
}

TEST_CASE("a second rotation waits until nobody lives on the authority before") {
  Site site;
  site.member({"b.example.test"});
  REQUIRE(site.authority.rotate(kYear));
  const auto soon = site.authority.rotate(kYear);
  REQUIRE_FALSE(soon);
  CHECK(soon.error().code() == ErrorCode::InvalidArguments);
  CHECK(*site.authority.revoke("b.example.test") == 1);
  CHECK(site.authority.rotate(kYear));
}

TEST_CASE("there is one authority in a folder, and no authority is made by opening") {
  Site site;
  CHECK_FALSE(Authority::create(site.dir / "authority", "", kYear, site.clock));
  const auto none = Authority::open(site.dir / "elsewhere", site.clock);
  REQUIRE_FALSE(none);
  CHECK(none.error().code() == ErrorCode::InvalidConfiguration);
}

TEST_CASE("an authority that cannot be seen is not taken for none") {
  Site site;
  // A folder that cannot be entered; to root, who enters every one, a loop of links.
  const auto folder = site.dir / "closed";
  std::filesystem::create_directory_symlink(folder, folder);
  const auto opened = Authority::open(folder, site.clock);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code() == ErrorCode::IoError);
  CHECK_FALSE(Authority::exists(folder));
}

TEST_CASE("a request that is refused leaves the token good") {
  Site site;
  const auto token = *site.authority.new_token({}, hours(1));
  const auto wanted = *new_key_and_request("b");
  CHECK_FALSE(site.authority.join(token.secret, "no request", {"b"}, hours(1)));
  CHECK_FALSE(site.authority.join(token.secret, wanted.request_pem, {}, hours(1)));
  CHECK_FALSE(site.authority.join(token.secret, wanted.request_pem, {"b,DNS:c"}, hours(1)));
  CHECK(site.authority.issued()->empty());
  CHECK(site.authority.join(token.secret, wanted.request_pem, {"b"}, hours(1)));
  CHECK_FALSE(site.authority.join(token.secret, wanted.request_pem, {"b"}, hours(1)));
  CHECK(site.authority.issued()->size() == 1);
}

TEST_CASE("a token without names is good for names that nobody has") {
  Site site;
  site.member({"b.example.test", "fd00::b"});
  REQUIRE(site.authority.issue({"a.example.test"}, hours(1)));
  const auto token = *site.authority.new_token({}, hours(1));
  const auto wanted = *new_key_and_request("x");
  for (const char* taken : {"b.example.test", "B.Example.Test", "fd00:0::0b", "a.example.test"}) {
    const auto made =
        site.authority.join(token.secret, wanted.request_pem, {"c.example.test", taken}, hours(1));
    REQUIRE_MESSAGE(!made, taken);
    CHECK(made.error().code() == ErrorCode::Forbidden);
  }
  // A token for it is the word of who made the token.
  const auto named = *site.authority.new_token({"b.example.test"}, hours(1));
  CHECK(site.authority.join(named.secret, wanted.request_pem, {"B.example.test"}, hours(1)));
  // Who has been revoked has given its names back.
  REQUIRE(site.authority.revoke("a.example.test"));
  CHECK(site.authority.join(token.secret, wanted.request_pem, {"a.example.test"}, hours(1)));
}

TEST_CASE("a name is revoked in all its spellings") {
  Site site;
  const auto token = *site.authority.new_token({"db1.example.test"}, hours(1));
  const auto wanted = *new_key_and_request("x");
  REQUIRE(site.authority.join(token.secret, wanted.request_pem, {"DB1.example.test"}, hours(1)));
  site.member({"fd00::b"});
  CHECK(*site.authority.revoke("db1.example.test") == 1);
  CHECK(*site.authority.revoke("fd00:0::0b") == 1);
  CHECK(*site.authority.revoke("DB1.example.test") == 0);  // it is already
}

TEST_CASE("after a rotation new tokens lead to listeners of before and of after") {
  Site site;
  const auto holder = site.member({"a.example.test"});
  const std::string old_pin = *site.authority.pin();
  REQUIRE(site.authority.rotate(kYear));
  // The listener's chain ends at the old authority until it renews.
  CHECK(site.authority.new_token({}, hours(1))->pin == old_pin);
  REQUIRE(site.renewed(holder));
  CHECK(site.authority.new_token({}, hours(1))->pin == old_pin);
  site.clock.advance(hours(2));  // nobody lives on it any more
  CHECK(site.authority.new_token({}, hours(1))->pin == *site.authority.pin());
}

TEST_CASE("no certificate outlives its authority, and an authority that has ended issues none") {
  Site site(hours(24));
  const auto issued = *site.authority.issue({"a.example.test"}, hours(24 * 30));
  CHECK(facts_of(issued.certificate_pem)->not_after ==
        facts_of(site.authority.trust()->certificates)->not_after);
  site.clock.advance(hours(25));
  const auto late = site.authority.issue({"a.example.test"}, hours(1));
  REQUIRE_FALSE(late);
  CHECK(late.error().code() == ErrorCode::InvalidConfiguration);
  CHECK(late.error().message().find("--rotate") != std::string::npos);
}

TEST_CASE("the authority before a rotation is trusted until it ends") {
  Site site(hours(48));
  const auto before = site.member({"b.example.test"});
  REQUIRE(site.authority.rotate(kYear));
  const auto count = [&] {
    const std::string all = site.authority.trust()->certificates;
    size_t found = 0;
    for (size_t at = 0; (at = all.find("BEGIN CERT", at)) != all.npos; ++at) ++found;
    return found;
  };
  CHECK(count() == 2);
  site.clock.advance(hours(49));
  CHECK(count() == 1);
  const auto after = site.member({"c.example.test"});
  site.write("trust.pem", after.trust.certificates);
  site.write("chain.pem", after.chain);
  CHECK(openssl_succeeds(site.dir.path(), "verify -no_check_time -CAfile trust.pem chain.pem"));
  CHECK(site.authority.rotate(kYear));
}

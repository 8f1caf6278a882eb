// SPDX-License-Identifier: Apache-2.0
#include "tls/acme/jose.h"

#include <doctest/doctest.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#include <string>

#include "tls/acme/chain.h"
#include "tls/acme/challenge_answer.h"
#include "tls/acme/csr.h"
#include "tls/acme/pem_text.h"
#include "unit/tls/acme/vectors.h"

using namespace trellis;
using namespace trellis::tls::acme;
using namespace trellis::testing;

namespace {

SigningKey key_of(std::string_view pem) {
  auto key = SigningKey::from_pem(Secret(pem));
  REQUIRE_MESSAGE(key, key.error().message());
  return *key;
}

// JWS signatures of elliptic curves are r and s side by side; OpenSSL verifies DER.
std::string der_signature(const std::string& raw) {
  const auto half = static_cast<int>(raw.size() / 2);
  const auto* bytes = reinterpret_cast<const unsigned char*>(raw.data());
  ECDSA_SIG* signature = ECDSA_SIG_new();
  ECDSA_SIG_set0(signature, BN_bin2bn(bytes, half, nullptr),
                 BN_bin2bn(bytes + half, half, nullptr));
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(signature, &der);
  ECDSA_SIG_free(signature);
  std::string text(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return text;
}

bool verifies(const SigningKey& key, std::string_view input, std::string signature) {
  if (key.algorithm() != "RS256") signature = der_signature(signature);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  const EVP_MD* digest = key.algorithm() == "ES384" ? EVP_sha384() : EVP_sha256();
  const bool good =
      EVP_DigestVerifyInit(context, nullptr, digest, nullptr, key.handle()) == 1 &&
      EVP_DigestVerify(context, reinterpret_cast<const unsigned char*>(signature.data()),
                       signature.size(), reinterpret_cast<const unsigned char*>(input.data()),
                       input.size()) == 1;
  EVP_MD_CTX_free(context);
  return good;
}

}  // namespace

TEST_CASE("base64url has no padding, and takes it") {
  // RFC 4648 10, without the padding; RFC 7515 C.
  CHECK(base64url("") == "");
  CHECK(base64url("f") == "Zg");
  CHECK(base64url("fo") == "Zm8");
  CHECK(base64url("foobar") == "Zm9vYmFy");
  CHECK(base64url("\x03\xec\xff\xe0\xc1") == "A-z_4ME");
  CHECK(*from_base64url("A-z_4ME") == "\x03\xec\xff\xe0\xc1");
  CHECK(*from_base64url("Zg==") == "f");
  CHECK_FALSE(from_base64url("A+z/4ME"));
  CHECK_FALSE(from_base64url("A"));
}

TEST_CASE("a thumbprint is RFC 7638's") {
  const SigningKey rsa = key_of(kRfc7638Key);
  CHECK(rsa.algorithm() == "RS256");
  CHECK(rsa.thumbprint() == kRfc7638Thumbprint);
  const SigningKey ec = key_of(kRfc7515Key);
  CHECK(ec.algorithm() == "ES256");
  CHECK(ec.jwk() ==
        R"({"crv":"P-256","kty":"EC","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
        R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})");
  CHECK(key_authorization("token", ec) == "token." + ec.thumbprint());
}

TEST_CASE("each kind of key signs what OpenSSL verifies") {
  using config::AcmeKeyType;
  for (const auto type : {AcmeKeyType::kEc256, AcmeKeyType::kEc384, AcmeKeyType::kRsa2048}) {
    const auto pem = make_certificate_key(type);
    REQUIRE(pem);
    CHECK(pem->reveal().starts_with("-----BEGIN PRIVATE KEY-----"));
    const SigningKey key = key_of(pem->reveal());
    for (int i = 0; i < 20; ++i) {  // short numbers are padded
      const auto signature = key.sign("input");
      REQUIRE(signature);
      CHECK(verifies(key, "input", *signature));
      CHECK_FALSE(verifies(key, "other", *signature));
      if (type == AcmeKeyType::kEc256) CHECK(signature->size() == 64);
      if (type == AcmeKeyType::kEc384) CHECK(signature->size() == 96);
    }
  }
}

TEST_CASE("a key is read back as it was written, and no other is taken") {
  const auto made = SigningKey::generate();
  REQUIRE(made);
  const auto pem = made->pem();
  REQUIRE(pem);
  CHECK(key_of(pem->reveal()).thumbprint() == made->thumbprint());
  CHECK_FALSE(SigningKey::from_pem(Secret("no key")));
}

TEST_CASE("an external account is bound by HS256 over the account's JWK") {
  const auto bound = external_account_binding(
      key_of(kRfc7515Key), "customer-7",
      Secret("zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"),
      "https://ca.example.test/new-account");
  REQUIRE(bound);
  // Reckoned with Python's hmac.
  CHECK(
      *bound ==
      R"({"protected":"eyJhbGciOiJIUzI1NiIsImtpZCI6ImN1c3RvbWVyLTciLCJ1cmwiOiJodHRwczovL2NhLmV4)"
      R"(YW1wbGUudGVzdC9uZXctYWNjb3VudCJ9","payload":"eyJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieCI6I)"
      R"(mY4M09KM0QyeEYxQmc4dnViOXRMZTFnSE16Vjc2ZThUdXM5dVBIdlJWRVUiLCJ5IjoieF9GRXpSdTltMzZITE5f)"
      R"(dHVlNjU5TE5wWFc2cEN5U3Rpa1lqS0lXSTVhMCJ9","signature":"IifNt4vY16vrb-AyxrOPwGsL_UwiIrYgO)"
      R"(z_KumII5EQ"})");
  CHECK_FALSE(external_account_binding(key_of(kRfc7515Key), "k", Secret("!"), "https://x"));
}

TEST_CASE("a certificate's renewal id is RFC 9773's") {
  const auto id = renewal_id(kRfc9773Certificate);
  REQUIRE_MESSAGE(id, id.error().message());
  CHECK(*id == "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE");
  CHECK_FALSE(renewal_id("nothing"));
}

TEST_CASE("a chain is known by the name of its root") {
  CHECK(*chain_has_root(kRfc9773Certificate, "Root of the Test"));
  CHECK(*chain_has_root(kRfc9773Certificate, "leaf"));
  CHECK_FALSE(*chain_has_root(kRfc9773Certificate, "Root of the"));
  CHECK_FALSE(chain_has_root("", "x"));
}

TEST_CASE("names become canonical identifiers") {
  CHECK(Identifier::of("DB.Example.Org.") == Identifier{Identifier::Type::kDns, "db.example.org"});
  CHECK(Identifier::of("2001:DB8:0::1") == Identifier{Identifier::Type::kIp, "2001:db8::1"});
  CHECK(Identifier::of("127.0.0.1").type_text() == "ip");
  CHECK(Identifier::of("*.example.org").value == "*.example.org");
}

TEST_CASE("a certificate request has its names as alternatives, and no common name") {
  const auto key = make_certificate_key(config::AcmeKeyType::kEc256);
  REQUIRE(key);
  const auto der = make_csr({"Db.example.org", "*.example.org", "10.0.0.1", "::1"}, *key);
  REQUIRE_MESSAGE(der, der.error().message());
  const auto* at = reinterpret_cast<const unsigned char*>(der->data());
  X509_REQ* request = d2i_X509_REQ(nullptr, &at, static_cast<long>(der->size()));
  REQUIRE(request != nullptr);
  CHECK(X509_NAME_entry_count(X509_REQ_get_subject_name(request)) == 0);
  CHECK(X509_REQ_verify(request, X509_REQ_get0_pubkey(request)) == 1);
  auto* extensions = X509_REQ_get_extensions(request);
  auto* names = static_cast<GENERAL_NAMES*>(
      X509V3_get_d2i(extensions, NID_subject_alt_name, nullptr, nullptr));
  REQUIRE(names != nullptr);
  CHECK(sk_GENERAL_NAME_num(names) == 4);
  const auto* first = sk_GENERAL_NAME_value(names, 0)->d.dNSName;
  CHECK(std::string_view(reinterpret_cast<const char*>(first->data),
                         static_cast<size_t>(first->length)) == "db.example.org");
  CHECK(sk_GENERAL_NAME_value(names, 3)->d.iPAddress->length == 16);
  GENERAL_NAMES_free(names);
  sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
  X509_REQ_free(request);
  CHECK_FALSE(make_csr({}, *key));
  CHECK_FALSE(make_csr({"a,DNS:b"}, *key));
}

TEST_CASE("a tls-alpn-01 certificate has the digest in a critical extension") {
  const auto made = make_alpn_certificate(Identifier::of("db.example.org"), "token.thumbprint");
  REQUIRE_MESSAGE(made, made.error().message());
  const auto chain = certificates_from_pem(made->certificate_pem);
  REQUIRE(chain);
  X509* certificate = chain->front().get();
  ASN1_OBJECT* type = OBJ_txt2obj("1.3.6.1.5.5.7.1.31", 1);
  const int at = X509_get_ext_by_OBJ(certificate, type, -1);
  ASN1_OBJECT_free(type);
  REQUIRE(at >= 0);
  X509_EXTENSION* extension = X509_get_ext(certificate, at);
  CHECK(X509_EXTENSION_get_critical(extension) == 1);
  const auto* value = X509_EXTENSION_get_data(extension);
  const std::string_view bytes(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                               static_cast<size_t>(ASN1_STRING_length(value)));
  CHECK(bytes.size() == 34);
  CHECK(bytes.starts_with("\x04\x20"));
  CHECK(base64url(bytes.substr(2)) == dns_record_value("token.thumbprint"));
  CHECK(X509_check_host(certificate, "db.example.org", 0, 0, nullptr) == 1);
  CHECK(key_from_pem(made->key_pem));
}

TEST_CASE("addresses are asked for by their reverse names") {
  CHECK(alpn_server_name(Identifier::of("db.example.org")) == "db.example.org");
  CHECK(alpn_server_name(Identifier::of("192.0.2.7")) == "7.2.0.192.in-addr.arpa");
  CHECK(alpn_server_name(Identifier::of("2001:db8::1")) ==
        "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
}

TEST_CASE("a token is base64url and nothing else") {
  CHECK(is_valid_token("evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"));
  CHECK_FALSE(is_valid_token(""));
  CHECK_FALSE(is_valid_token("../etc/passwd"));
  CHECK_FALSE(is_valid_token(std::string(300, 'a')));
}

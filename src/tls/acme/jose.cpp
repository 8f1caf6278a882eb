// SPDX-License-Identifier: Apache-2.0
#include "tls/acme/jose.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cstdint>
#include <vector>

#include "tls/acme/pem_text.h"
#include "tls/openssl_handles.h"

namespace trellis::tls::acme {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr int kFewestRsaBits = 2048;

using NumberHandle = std::unique_ptr<BIGNUM, Freed<BN_clear_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using SignatureHandle = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG_free>>;

// Big-endian, padded to `size` bytes; 0: as long as the number is.
std::string bytes_of(const BIGNUM* value, int size) {
  const int length = size != 0 ? size : BN_num_bytes(value);
  std::string bytes(static_cast<size_t>(length), '\0');
  if (BN_bn2binpad(value, reinterpret_cast<unsigned char*>(bytes.data()), length) < 0) return {};
  return bytes;
}

std::string parameter(EVP_PKEY* key, const char* name, int size) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &raw) != 1) return {};
  const NumberHandle value(raw);
  return base64url(bytes_of(value.get(), size));
}

struct Shape {
  const char* algorithm;
  std::string jwk;
};

// Coordinates of P-256 have 32 bytes, of P-384 48.
int coordinate_size(const EVP_PKEY* key) { return EVP_PKEY_get_bits(key) <= 256 ? 32 : 48; }

Result<Shape> shape_of(EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "RSA") == 1) {
    if (EVP_PKEY_get_bits(key) < kFewestRsaBits) {
      return fail(ErrorCode::InvalidArguments, "An RSA key of {} bits is too short; 2048 at least.",
                  EVP_PKEY_get_bits(key));
    }
    return Shape{"RS256", fmt::format(R"({{"e":"{}","kty":"RSA","n":"{}"}})",
                                      parameter(key, OSSL_PKEY_PARAM_RSA_E, 0),
                                      parameter(key, OSSL_PKEY_PARAM_RSA_N, 0))};
  }
  char group[32] = {};
  size_t length = 0;
  if (EVP_PKEY_is_a(key, "EC") == 1 &&
      EVP_PKEY_get_group_name(key, group, sizeof(group), &length) == 1) {
    const bool p256 = std::string_view(group) == "prime256v1" || std::string_view(group) == "P-256";
    const bool p384 = std::string_view(group) == "secp384r1" || std::string_view(group) == "P-384";
    if (p256 || p384) {
      const int size = coordinate_size(key);
      return Shape{
          p256 ? "ES256" : "ES384",
          fmt::format(R"({{"crv":"{}","kty":"EC","x":"{}","y":"{}"}})", p256 ? "P-256" : "P-384",
                      parameter(key, OSSL_PKEY_PARAM_EC_PUB_X, size),
                      parameter(key, OSSL_PKEY_PARAM_EC_PUB_Y, size))};
    }
  }
  return fail(ErrorCode::InvalidArguments,
              "Requests can be signed with keys of P-256, P-384 and RSA only.");
}

Result<std::string> raw_ecdsa(std::string_view der, int size) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const SignatureHandle signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  if (!signature) return openssl_failed("a signature");
  return bytes_of(ECDSA_SIG_get0_r(signature.get()), size) +
         bytes_of(ECDSA_SIG_get0_s(signature.get()), size);
}

std::string flattened(std::string_view protected64, std::string_view payload64,
                      std::string_view signature) {
  return fmt::format(R"({{"protected":"{}","payload":"{}","signature":"{}"}})", protected64,
                     payload64, base64url(signature));
}

std::string sha256(std::string_view bytes) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

}  // namespace

std::string base64url(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() * 4 + 2) / 3);
  uint32_t held = 0;
  int bits = 0;
  for (const char c : bytes) {
    held = (held << 8) | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 6; bits -= 6) text += kAlphabet[(held >> (bits - 6)) & 63];
  }
  if (bits > 0) text += kAlphabet[(held << (6 - bits)) & 63];
  return text;
}

Result<std::string> from_base64url(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  if (text.size() % 4 == 1) return fail(ErrorCode::InvalidArguments, "No base64url: cut short.");
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  uint32_t held = 0;
  int bits = 0;
  for (const char c : text) {
    const size_t value = kAlphabet.find(c);
    if (value == kAlphabet.npos) {
      return fail(ErrorCode::InvalidArguments,
                  "No base64url: it has other characters than A-Z, a-z, 0-9, '-' and '_'.");
    }
    held = (held << 6) | static_cast<uint32_t>(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes += static_cast<char>((held >> bits) & 0xff);
    }
  }
  return bytes;
}

SigningKey::SigningKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}

Result<SigningKey> SigningKey::generate() {
  KeyHandle key(EVP_EC_gen("P-256"));
  if (!key) return openssl_failed("a key");
  SigningKey made(std::shared_ptr<evp_pkey_st>(key.release(), Freed<EVP_PKEY_free>()));
  TRELLIS_TRY_ASSIGN(Shape shape, shape_of(made.key_.get()));
  made.jwk_ = std::move(shape.jwk);
  made.algorithm_ = shape.algorithm;
  return made;
}

Result<SigningKey> SigningKey::from_pem(const Secret& pem) {
  TRELLIS_TRY_ASSIGN(KeyHandle key, key_from_pem(pem));
  SigningKey made(std::shared_ptr<evp_pkey_st>(key.release(), Freed<EVP_PKEY_free>()));
  TRELLIS_TRY_ASSIGN(Shape shape, shape_of(made.key_.get()));
  made.jwk_ = std::move(shape.jwk);
  made.algorithm_ = shape.algorithm;
  return made;
}

Result<Secret> SigningKey::pem() const { return pem_of_key(key_.get()); }

std::string SigningKey::thumbprint() const { return base64url(sha256(jwk_)); }

Result<std::string> SigningKey::sign(std::string_view input) const {
  const DigestContext context(EVP_MD_CTX_new());
  const EVP_MD* digest = algorithm_ == "ES384" ? EVP_sha384() : EVP_sha256();
  size_t size = static_cast<size_t>(EVP_PKEY_get_size(key_.get()));
  std::string signature(size, '\0');
  if (!context || EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, key_.get()) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                     reinterpret_cast<const unsigned char*>(input.data()), input.size()) != 1) {
    return openssl_failed("a signature");
  }
  signature.resize(size);
  if (algorithm_ == "RS256") return signature;
  return raw_ecdsa(signature, coordinate_size(key_.get()));
}

Result<std::string> sign_jws(const SigningKey& key, std::string_view protected_header,
                             std::string_view payload) {
  const std::string head = base64url(protected_header);
  const std::string body = base64url(payload);
  TRELLIS_TRY_ASSIGN(const std::string signature, key.sign(head + "." + body));
  return flattened(head, body, signature);
}

Result<std::string> external_account_binding(const SigningKey& account_key, std::string_view kid,
                                             const Secret& hmac_key, std::string_view url) {
  TRELLIS_TRY_ASSIGN(std::string decoded, from_base64url(hmac_key.reveal()));
  const Secret secret = Secret::take(decoded);
  if (secret.empty())
    return fail(ErrorCode::InvalidArguments, "The external account's key is empty.");
  const boost::json::object header{{"alg", "HS256"},
                                   {"kid", boost::json::string_view(kid.data(), kid.size())},
                                   {"url", boost::json::string_view(url.data(), url.size())}};
  const std::string head = base64url(boost::json::serialize(header));
  const std::string body = base64url(account_key.jwk());
  const std::string input = head + "." + body;
  std::string mac(SHA256_DIGEST_LENGTH, '\0');
  unsigned size = 0;
  if (HMAC(EVP_sha256(), secret.reveal().data(), static_cast<int>(secret.size()),
           reinterpret_cast<const unsigned char*>(input.data()), input.size(),
           reinterpret_cast<unsigned char*>(mac.data()), &size) == nullptr) {
    return openssl_failed("an external account's signature");
  }
  return flattened(head, body, mac);
}

}  // namespace trellis::tls::acme

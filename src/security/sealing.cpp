// SPDX-License-Identifier: Apache-2.0
#include "security/sealing.h"

#include <openssl/evp.h>

#include <memory>

#include "security/random.h"

namespace trellis::security {
namespace {

constexpr char kVersion = 1;
constexpr size_t kKeyBytes = 32;
constexpr size_t kKeyIdBytes = 8;
constexpr size_t kNonceBytes = 12;
constexpr size_t kTagBytes = 16;
constexpr size_t kHeaderBytes = 1 + kKeyIdBytes;
constexpr size_t kMaxPlainBytes = 1 << 20;

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Result<> check_key(const Secret& key) {
  if (key.size() == kKeyBytes) return {};
  return fail(ErrorCode::KeystoreUnavailable,
              "The key that protects stored credentials must have 256 bits, not {}.",
              key.size() * 8);
}

std::string key_id(const Secret& key) {
  const Secret input("trellis key id" + std::string(key.reveal()));
  std::string digest(32, '\0');
  EVP_Digest(input.reveal().data(), input.size(), reinterpret_cast<unsigned char*>(digest.data()),
             nullptr, EVP_sha256(), nullptr);
  digest.resize(kKeyIdBytes);
  return digest;
}

void append_binding(std::string& data, std::string_view text) {
  const auto size = static_cast<uint32_t>(text.size());
  for (int shift = 24; shift >= 0; shift -= 8) data.push_back(static_cast<char>(size >> shift));
  data.append(text);
}

std::string associated_data(std::string_view header, const SealBinding& binding) {
  std::string data(header);
  append_binding(data, binding.dbms_id);
  append_binding(data, binding.name);
  return data;
}

}  // namespace

Result<std::string> seal(const Secret& plain, const Secret& key, const SealBinding& binding) {
  TRELLIS_TRY(check_key(key));
  if (plain.size() > kMaxPlainBytes) {
    return fail(ErrorCode::InvalidArguments, "A credential of {} bytes is too long.", plain.size());
  }
  std::string envelope(1, kVersion);
  envelope += key_id(key);
  const std::string associated = associated_data(envelope, binding);
  const std::string nonce = random_bytes(kNonceBytes);
  envelope += nonce;
  std::string body(plain.size() + kTagBytes, '\0');
  auto* out = reinterpret_cast<unsigned char*>(body.data());

  const Cipher cipher(EVP_CIPHER_CTX_new());
  int size = 0;
  const bool done =
      cipher &&
      EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key.reveal()),
                         bytes_of(nonce)) == 1 &&
      EVP_EncryptUpdate(cipher.get(), nullptr, &size, bytes_of(associated),
                        static_cast<int>(associated.size())) == 1 &&
      EVP_EncryptUpdate(cipher.get(), out, &size, bytes_of(plain.reveal()),
                        static_cast<int>(plain.size())) == 1 &&
      EVP_EncryptFinal_ex(cipher.get(), out + plain.size(), &size) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, out + plain.size()) == 1;
  if (!done) return fail(ErrorCode::Unknown, "AES-256-GCM failed to encrypt a credential.");
  return envelope + body;
}

Result<Secret> open_sealed(std::string_view envelope, const Secret& key,
                           const SealBinding& binding) {
  TRELLIS_TRY(check_key(key));
  if (envelope.size() < kHeaderBytes + kNonceBytes + kTagBytes || envelope[0] != kVersion ||
      envelope.size() > kMaxPlainBytes + 64) {
    return fail(ErrorCode::Corruption, "The stored credential of '{}' is damaged.", binding.name);
  }
  const std::string_view header = envelope.substr(0, kHeaderBytes);
  if (header.substr(1) != key_id(key)) {
    return fail(ErrorCode::KeystoreUnavailable,
                "The credential of '{}' was stored under another key than the keystore's present "
                "one. Set it again: ALTER ALIAS ... SET DATABASE PASSWORD.",
                binding.name);
  }
  const std::string associated = associated_data(header, binding);
  const std::string_view nonce = envelope.substr(kHeaderBytes, kNonceBytes);
  const std::string_view body = envelope.substr(
      kHeaderBytes + kNonceBytes, envelope.size() - kHeaderBytes - kNonceBytes - kTagBytes);
  std::string tag(envelope.substr(envelope.size() - kTagBytes));
  std::string plain(body.size(), '\0');
  auto* out = reinterpret_cast<unsigned char*>(plain.data());

  const Cipher cipher(EVP_CIPHER_CTX_new());
  int size = 0;
  const bool done =
      cipher &&
      EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key.reveal()),
                         bytes_of(nonce)) == 1 &&
      EVP_DecryptUpdate(cipher.get(), nullptr, &size, bytes_of(associated),
                        static_cast<int>(associated.size())) == 1 &&
      EVP_DecryptUpdate(cipher.get(), out, &size, bytes_of(body), static_cast<int>(body.size())) ==
          1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), out + body.size(), &size) == 1;
  Secret secret = Secret::take(plain);
  if (!done) {
    return fail(ErrorCode::Corruption,
                "The stored credential of '{}' is damaged, or belongs to another DBMS or alias.",
                binding.name);
  }
  return secret;
}

}  // namespace trellis::security

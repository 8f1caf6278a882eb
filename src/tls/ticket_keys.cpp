// SPDX-License-Identifier: Apache-2.0
#include "tls/ticket_keys.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include <algorithm>

#include "base/macros.h"
#include "base/secret.h"

namespace trellis::tls {
namespace {

template <size_t Size>
void fill(std::array<unsigned char, Size>& bytes) {
  TRELLIS_ASSERT(RAND_priv_bytes(bytes.data(), static_cast<int>(Size)) == 1);
}

}  // namespace

TicketKeys::Key::~Key() {
  wipe(cipher.data(), cipher.size());
  wipe(mac.data(), mac.size());
}

// Fetched once: OpenSSL 3 looks a cipher up by its name each time that it is used unfetched.
TicketKeys::TicketKeys(const os::Clock& clock)
    : clock_(clock), cbc_(EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr)), current_(make()) {
  TRELLIS_ASSERT(cbc_ != nullptr);
}
TicketKeys::~TicketKeys() = default;

std::unique_ptr<TicketKeys::Key> TicketKeys::make() const {
  auto key = std::make_unique<Key>();
  fill(key->name);
  fill(key->cipher);
  fill(key->mac);
  key->made = clock_.monotonic();
  return key;
}

void TicketKeys::rotate() {
  const auto now = clock_.monotonic();
  if (previous_ && now - previous_->made >= 2 * kSealingTime) previous_.reset();
  if (now - current_->made < kSealingTime) return;
  previous_ = std::move(current_);
  if (now - previous_->made >= 2 * kSealingTime) previous_.reset();
  current_ = make();
}

void TicketKeys::rotate_if_due() {
  const MutexLock lock(mutex_);
  rotate();
}

int TicketKeys::use(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                    EVP_MAC_CTX* mac, bool sealing) {
  const MutexLock lock(mutex_);
  rotate();
  Key* key = current_.get();
  int answer = kGood;
  if (sealing) {
    std::copy(key->name.begin(), key->name.end(), name);
    if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(cbc_.get())) != 1) return kError;
  } else if (!std::equal(key->name.begin(), key->name.end(), name)) {
    key = previous_.get();
    if (key == nullptr || !std::equal(key->name.begin(), key->name.end(), name)) return kUnknown;
    answer = kGoodButRenew;
  }
  char digest[] = "SHA256";
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key->mac.data(), key->mac.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end(),
  };
  const bool ready =
      EVP_MAC_CTX_set_params(mac, parameters) == 1 &&
      EVP_CipherInit_ex2(cipher, cbc_.get(), key->cipher.data(), iv, sealing ? 1 : 0, nullptr) == 1;
  return ready ? answer : kError;
}

}  // namespace trellis::tls

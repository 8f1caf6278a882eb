// SPDX-License-Identifier: Apache-2.0
#include "security/keystore.h"

#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include <memory>

#include "security/random.h"

namespace trellis::security {
namespace {

constexpr int kIterations = 10'000;  // what JDK 17's keytool uses
constexpr size_t kSaltBytes = 20;
constexpr size_t kKeyBytes = 32;
constexpr size_t kMaxKeystoreBytes = 1 << 20;
// Arc of the AES ciphers (NIST CSOR): what Java writes as the algorithm of an AES key.
constexpr char kAesArc[] = "2.16.840.1.101.3.4.1";

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
void free_bags(STACK_OF(PKCS12_SAFEBAG) * bags) {
  sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
}
void free_safes(STACK_OF(PKCS7) * safes) { sk_PKCS7_pop_free(safes, PKCS7_free); }

using Pkcs12 = std::unique_ptr<PKCS12, Freer<PKCS12_free>>;
using Bags = std::unique_ptr<STACK_OF(PKCS12_SAFEBAG), Freer<free_bags>>;
using Bag = std::unique_ptr<PKCS12_SAFEBAG, Freer<PKCS12_SAFEBAG_free>>;
using Safes = std::unique_ptr<STACK_OF(PKCS7), Freer<free_safes>>;
using Safe = std::unique_ptr<PKCS7, Freer<PKCS7_free>>;
using Sealed = std::unique_ptr<X509_SIG, Freer<X509_SIG_free>>;
using KeyInfo = std::unique_ptr<PKCS8_PRIV_KEY_INFO, Freer<PKCS8_PRIV_KEY_INFO_free>>;
using Algorithm = std::unique_ptr<X509_ALGOR, Freer<X509_ALGOR_free>>;

// OpenSSL leaves its reasons in a per-thread queue; nobody else may find them.
struct ErrorQueueGuard {
  ~ErrorQueueGuard() { ERR_clear_error(); }
};

tl::unexpected<Error> unavailable(std::string_view why) {
  return fail(ErrorCode::KeystoreUnavailable,
              "The keystore cannot be used: {}. See dbms.security.keystore.path, "
              "dbms.security.keystore.password and dbms.security.key.name.",
              why);
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

std::string name_of(PKCS12_SAFEBAG* bag) {
  char* name = PKCS12_get_friendlyname(bag);
  if (name == nullptr) return {};
  std::string text(name);
  OPENSSL_free(name);
  return text;
}

// The AES key within one secret bag.
Result<Secret> key_of(PKCS12_SAFEBAG* bag, const Secret& password) {
  const ASN1_TYPE* value = PKCS12_SAFEBAG_get0_bag_obj(bag);
  if (value == nullptr || value->type != V_ASN1_OCTET_STRING ||
      PKCS12_SAFEBAG_get_bag_nid(bag) != NID_pkcs8ShroudedKeyBag) {
    return unavailable("a secret in it is not an encrypted key");
  }
  const unsigned char* at = ASN1_STRING_get0_data(value->value.octet_string);
  const Sealed sealed(d2i_X509_SIG(nullptr, &at, ASN1_STRING_length(value->value.octet_string)));
  if (!sealed) return unavailable("a key in it is damaged");
  const KeyInfo info(
      PKCS8_decrypt(sealed.get(), password.reveal().data(), static_cast<int>(password.size())));
  if (!info) return unavailable("a key in it does not open with the keystore's password");
  const unsigned char* bytes = nullptr;
  int size = 0;
  if (PKCS8_pkey_get0(nullptr, &bytes, &size, nullptr, info.get()) != 1) {
    return unavailable("a key in it is damaged");
  }
  return Secret(std::string_view(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size)));
}

// Calls visit(bag) for every secret bag, in plain and in encrypted sections; stops on false.
template <class Visit>
Result<> visit_secret_bags(std::string_view pkcs12, const Secret& password, Visit&& visit) {
  if (pkcs12.empty() || pkcs12.size() > kMaxKeystoreBytes) return unavailable("it is not PKCS#12");
  const auto* at = reinterpret_cast<const unsigned char*>(pkcs12.data());
  const Pkcs12 store(d2i_PKCS12(nullptr, &at, static_cast<long>(pkcs12.size())));
  if (!store) return unavailable("it is not PKCS#12 (make it with -storetype PKCS12)");
  if (PKCS12_mac_present(store.get()) == 0 ||
      PKCS12_verify_mac(store.get(), password.reveal().data(), static_cast<int>(password.size())) !=
          1) {
    return unavailable("its password is wrong, or it is damaged");
  }
  const Safes safes(PKCS12_unpack_authsafes(store.get()));
  if (!safes) return unavailable("it is damaged");
  for (int i = 0; i < sk_PKCS7_num(safes.get()); ++i) {
    PKCS7* safe = sk_PKCS7_value(safes.get(), i);
    const int kind = OBJ_obj2nid(safe->type);
    Bags bags;
    if (kind == NID_pkcs7_data) {
      bags.reset(PKCS12_unpack_p7data(safe));
    } else if (kind == NID_pkcs7_encrypted) {
      bags.reset(PKCS12_unpack_p7encdata(safe, password.reveal().data(),
                                         static_cast<int>(password.size())));
    } else {
      continue;
    }
    if (!bags) return unavailable("a section of it cannot be read");
    for (int b = 0; b < sk_PKCS12_SAFEBAG_num(bags.get()); ++b) {
      PKCS12_SAFEBAG* bag = sk_PKCS12_SAFEBAG_value(bags.get(), b);
      if (PKCS12_SAFEBAG_get_nid(bag) == NID_secretBag && !visit(bag)) return {};
    }
  }
  return {};
}

// PBES2: PBKDF2 with HMAC-SHA256, AES-256-CBC.
Algorithm encryption() {
  std::string salt = random_bytes(kSaltBytes);
  return Algorithm(PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), kIterations,
                                     reinterpret_cast<unsigned char*>(salt.data()),
                                     static_cast<int>(salt.size()), nullptr, NID_hmacWithSHA256));
}

KeyInfo key_info(const Secret& key) {
  KeyInfo info(PKCS8_PRIV_KEY_INFO_new());
  auto* copy = static_cast<unsigned char*>(OPENSSL_malloc(key.size()));
  if (!info || copy == nullptr) return nullptr;
  std::copy(key.reveal().begin(), key.reveal().end(), copy);
  if (PKCS8_pkey_set0(info.get(), OBJ_txt2obj(kAesArc, 1), 0, V_ASN1_UNDEF, nullptr, copy,
                      static_cast<int>(key.size())) != 1) {
    OPENSSL_clear_free(copy, key.size());
    return nullptr;
  }
  return info;
}

Bag secret_bag(const KeystoreEntry& entry, const Secret& password) {
  const KeyInfo info = key_info(entry.key);
  Algorithm algorithm = encryption();
  if (!info || !algorithm) return nullptr;
  const Sealed sealed(PKCS8_set0_pbe(password.reveal().data(), static_cast<int>(password.size()),
                                     info.get(), algorithm.get()));
  if (!sealed) return nullptr;
  (void)algorithm.release();  // the sealed key has taken it
  unsigned char* der = nullptr;
  const int size = i2d_X509_SIG(sealed.get(), &der);
  if (size <= 0) return nullptr;
  Bag bag(PKCS12_SAFEBAG_create_secret(NID_pkcs8ShroudedKeyBag, V_ASN1_OCTET_STRING, der, size));
  OPENSSL_free(der);
  const std::string name = lower(entry.name);
  // Java takes an entry without this attribute for a certificate's.
  std::string local_id = "Time 0";
  if (!bag ||
      PKCS12_add_friendlyname_utf8(bag.get(), name.data(), static_cast<int>(name.size())) != 1 ||
      PKCS12_add_localkeyid(bag.get(), reinterpret_cast<unsigned char*>(local_id.data()),
                            static_cast<int>(local_id.size())) != 1) {
    return nullptr;
  }
  return bag;
}

Pkcs12 pack(Bags bags, const Secret& password) {
  Safe safe(PKCS12_pack_p7data(bags.get()));
  Safes safes(sk_PKCS7_new_null());
  Pkcs12 store(PKCS12_init(NID_pkcs7_data));
  if (!safe || !safes || !store || sk_PKCS7_push(safes.get(), safe.get()) == 0) return nullptr;
  (void)safe.release();
  if (PKCS12_pack_authsafes(store.get(), safes.get()) != 1) return nullptr;
  std::string salt = random_bytes(kSaltBytes);
  if (PKCS12_set_mac(store.get(), password.reveal().data(), static_cast<int>(password.size()),
                     reinterpret_cast<unsigned char*>(salt.data()), static_cast<int>(salt.size()),
                     kIterations, EVP_sha256()) != 1) {
    return nullptr;
  }
  return store;
}

}  // namespace

Result<Secret> read_keystore_key(std::string_view pkcs12, const Secret& password,
                                 std::string_view name) {
  const ErrorQueueGuard guard;
  const std::string wanted = lower(name);
  Result<Secret> found = unavailable(fmt::format("it has no key named '{}'", name));
  TRELLIS_TRY(visit_secret_bags(pkcs12, password, [&](PKCS12_SAFEBAG* bag) {
    if (lower(name_of(bag)) != wanted) return true;
    found = key_of(bag, password);
    return false;
  }));
  if (found && found->size() != kKeyBytes) {
    return unavailable(fmt::format("its key '{}' has {} bits, 256 are needed (-keysize 256)", name,
                                   found->size() * 8));
  }
  return found;
}

Result<std::vector<std::string>> list_keystore(std::string_view pkcs12, const Secret& password) {
  const ErrorQueueGuard guard;
  std::vector<std::string> names;
  TRELLIS_TRY(visit_secret_bags(pkcs12, password, [&](PKCS12_SAFEBAG* bag) {
    names.push_back(name_of(bag));
    return true;
  }));
  return names;
}

Result<Secret> write_keystore(const std::vector<KeystoreEntry>& entries, const Secret& password) {
  const ErrorQueueGuard guard;
  Bags bags(sk_PKCS12_SAFEBAG_new_null());
  for (const KeystoreEntry& entry : entries) {
    if (entry.key.size() != kKeyBytes || entry.name.empty()) {
      return fail(ErrorCode::InvalidArguments, "A keystore entry needs a name and a 256-bit key.");
    }
    Bag bag = secret_bag(entry, password);
    if (!bag || !bags || sk_PKCS12_SAFEBAG_push(bags.get(), bag.get()) == 0) {
      return fail(ErrorCode::Unknown, "The key '{}' could not be put into a keystore.", entry.name);
    }
    (void)bag.release();
  }
  const Pkcs12 store = pack(std::move(bags), password);
  unsigned char* der = nullptr;
  const int size = store ? i2d_PKCS12(store.get(), &der) : -1;
  if (size <= 0) return fail(ErrorCode::Unknown, "The keystore could not be written.");
  Secret bytes(std::string_view(reinterpret_cast<char*>(der), static_cast<size_t>(size)));
  OPENSSL_clear_free(der, static_cast<size_t>(size));
  return bytes;
}

}  // namespace trellis::security

// SPDX-License-Identifier: Apache-2.0
#include "tls/pem.h"

#include <openssl/core_names.h>
#include <openssl/pem.h>

#include "tls/key_encryption.h"
#include "tls/readable_file.h"

namespace trellis::tls {
namespace {

// What kind of PEM blocks a text has, by their first lines.
struct PemKinds {
  explicit PemKinds(std::string_view text)
      : pkcs8(text.find("-----BEGIN PRIVATE KEY-----") != text.npos),
        encrypted_pkcs8(text.find("-----BEGIN ENCRYPTED PRIVATE KEY-----") != text.npos),
        pkcs1(text.find("-----BEGIN RSA PRIVATE KEY-----") != text.npos),
        sec1(text.find("-----BEGIN EC PRIVATE KEY-----") != text.npos),
        certificate(text.find("-----BEGIN CERTIFICATE-----") != text.npos ||
                    text.find("-----BEGIN TRUSTED CERTIFICATE-----") != text.npos),
        openssh(text.find("-----BEGIN OPENSSH PRIVATE KEY-----") != text.npos),
        pem(text.find("-----BEGIN ") != text.npos),
        encrypted(encrypted_pkcs8 || text.find("Proc-Type: 4,ENCRYPTED") != text.npos) {}

  bool key() const { return pkcs8 || encrypted_pkcs8 || pkcs1 || sec1; }
  const char* form() const {
    if (pkcs1) return encrypted ? "PKCS#1, encrypted" : "PKCS#1";
    if (sec1) return encrypted ? "SEC1, encrypted" : "SEC1";
    return encrypted_pkcs8 ? "PKCS#8, encrypted" : "PKCS#8";
  }

  bool pkcs8, encrypted_pkcs8, pkcs1, sec1, certificate, openssh, pem, encrypted;
};

// The block of the key alone, so that whatever stands before it (EC PARAMETERS, attributes) does
// not matter.
std::string_view key_block(std::string_view text) {
  size_t at = 0;
  while ((at = text.find("-----BEGIN ", at)) != text.npos) {
    const size_t end_of_line = text.find('\n', at);
    const std::string_view line = text.substr(at, end_of_line - at);
    if (line.find("PRIVATE KEY-----") != line.npos) return text.substr(at);
    at += 11;
  }
  return text;
}

int give_password(char* into, int size, int, void* password) {
  const auto text = static_cast<const Secret*>(password)->reveal();
  if (text.empty() || text.size() > static_cast<size_t>(size)) return -1;
  return static_cast<int>(text.copy(into, text.size()));
}

tl::unexpected<Error> no_key_in(const std::string& path, const PemKinds& kinds,
                                std::string_view text) {
  const char* what = "it is no PEM file";
  std::string mend =
      fmt::format("If it is DER: openssl pkey -inform DER -in {} -out private.key", path);
  if (text.empty()) {
    what = "it is empty";
    mend = "Put the key there.";
  } else if (kinds.certificate) {
    what = "it holds a certificate and no key";
    mend = "See that the settings private_key and public_certificate are not exchanged.";
  } else if (kinds.openssh) {
    what = "it is in OpenSSH's own format";
    mend = fmt::format("Convert a copy: ssh-keygen -p -m PKCS8 -f {}", path);
  } else if (kinds.pem) {
    what = "none of its PEM blocks is a private key";
    mend =
        "A key begins with '-----BEGIN PRIVATE KEY-----', or the same with RSA, EC or ENCRYPTED.";
  }
  return fail(ErrorCode::InvalidConfiguration, "Failed to load private key: {}: {}. {}", path, what,
              mend);
}

std::string kind_of(EVP_PKEY* key, const PemKinds& kinds) {
  char group[64] = "";
  size_t size = 0;
  if (EVP_PKEY_is_a(key, "EC") == 1) {
    EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group), &size);
    return fmt::format("EC {} ({})", group, kinds.form());
  }
  if (EVP_PKEY_is_a(key, "RSA") == 1) {
    return fmt::format("RSA {} ({})", EVP_PKEY_get_bits(key), kinds.form());
  }
  const char* name = EVP_PKEY_get0_type_name(key);
  return fmt::format("{} ({})", name != nullptr ? name : "unknown", kinds.form());
}

tl::unexpected<Error> bad_pem(const char* what, const std::string& source, const std::string& why) {
  return fail(ErrorCode::InvalidConfiguration, "Failed to load {}: {}: {}", what, source, why);
}

}  // namespace

Result<PrivateKey> load_private_key(const std::filesystem::path& path, const Secret& password) {
  TRELLIS_TRY_ASSIGN(const Secret file, read_small_file(path, "private key"));
  TRELLIS_TRY(check_key_mode(path));
  return parse_private_key(file.reveal(), path.string(), password);
}

Result<PrivateKey> parse_private_key(std::string_view pem, const std::string& source,
                                     const Secret& password) {
  const PemKinds kinds(pem);
  if (!kinds.key()) return no_key_in(source, kinds, pem);
  if (kinds.encrypted && password.empty()) {
    return bad_pem("private key", source,
                   "it is encrypted, and no password is configured. Set private_key_password.");
  }
  const std::string_view block = key_block(pem);
  if (const std::string retired = retired_encryption(block); !retired.empty()) {
    return fail(ErrorCode::InvalidConfiguration,
                "Failed to load private key: {}: it is encrypted with {}, which OpenSSL 3 has "
                "retired. Convert it, and put the new file in its place: {}",
                source, retired, conversion_command(source));
  }
  ERR_clear_error();
  const BioHandle bio = bio_over(block);
  KeyHandle key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, &give_password, const_cast<Secret*>(&password)));
  if (!key) {
    const std::string reason = openssl_reason();
    if (kinds.encrypted) {
      return fail(ErrorCode::InvalidConfiguration,
                  "Failed to load private key: {} (using configured password): the password does "
                  "not open it ({}).",
                  source, reason);
    }
    return bad_pem("private key", source, "the key in it is damaged (" + reason + ").");
  }
  std::string kind = kind_of(key.get(), kinds);
  return PrivateKey{std::move(key), std::move(kind)};
}

Result<std::vector<CertificateHandle>> load_certificates(const std::filesystem::path& path) {
  TRELLIS_TRY_ASSIGN(const Secret file, read_small_file(path, "certificate"));
  return parse_certificates(file.reveal(), path.string());
}

Result<std::vector<CertificateHandle>> parse_certificates(std::string_view bytes,
                                                          const std::string& source) {
  constexpr const char* kWhat = "public certificate chain";
  const PemKinds kinds(bytes);
  std::vector<CertificateHandle> chain;
  ERR_clear_error();
  if (!kinds.pem && !bytes.empty()) {
    const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
    CertificateHandle der(d2i_X509(nullptr, &at, static_cast<long>(bytes.size())));
    if (der) {
      chain.push_back(std::move(der));
      return chain;
    }
  }
  if (!kinds.certificate) {
    return bad_pem(kWhat, source,
                   kinds.key() ? "it holds a private key and no certificate. See that the settings "
                                 "private_key and public_certificate are not exchanged."
                               : "there is no certificate in it. A certificate begins with "
                                 "'-----BEGIN CERTIFICATE-----'.");
  }
  const BioHandle bio = bio_over(bytes);
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    chain.emplace_back(certificate);
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (!at_end || chain.empty()) {
    const std::string reason = openssl_reason();
    return bad_pem(kWhat, source,
                   fmt::format("certificate {} in it is damaged ({}).", chain.size() + 1, reason));
  }
  ERR_clear_error();
  return chain;
}

Result<std::vector<CrlHandle>> load_revocation_lists(const std::filesystem::path& path) {
  constexpr const char* kWhat = "certificate revocation list";
  TRELLIS_TRY_ASSIGN(const Secret file, read_small_file(path, "revocation list"));
  std::vector<CrlHandle> lists;
  ERR_clear_error();
  const BioHandle bio = bio_over(file.reveal());
  while (X509_CRL* list = PEM_read_bio_X509_CRL(bio.get(), nullptr, nullptr, nullptr)) {
    lists.emplace_back(list);
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (!at_end) {
    const std::string reason = openssl_reason();
    return bad_pem(kWhat, path.string(),
                   fmt::format("Could not load CRL: list {} in it is damaged ({}).",
                               lists.size() + 1, reason));
  }
  ERR_clear_error();
  if (lists.empty()) {
    const auto* at = reinterpret_cast<const unsigned char*>(file.reveal().data());
    CrlHandle der(d2i_X509_CRL(nullptr, &at, static_cast<long>(file.size())));
    ERR_clear_error();
    if (!der) {
      return bad_pem(kWhat, path.string(),
                     "Could not load CRL: there is none in it. It begins with "
                     "'-----BEGIN X509 CRL-----'.");
    }
    lists.push_back(std::move(der));
  }
  return lists;
}

}  // namespace trellis::tls

// SPDX-License-Identifier: Apache-2.0
#include "tls/private_ca.h"

#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "net/endpoint.h"
#include "tls/openssl_handles.h"

namespace trellis::tls {
namespace {

constexpr long kSecondsPerDay = 86400;
constexpr long kClockSlack = 300;  // peers whose clocks are a little behind

tl::unexpected<Error> refused(const char* what) {
  return fail(ErrorCode::IoError, "Cannot make {}: {}.", what, openssl_reason());
}

bool set_random_serial(X509* certificate) {
  unsigned char bytes[16];
  if (RAND_bytes(bytes, sizeof(bytes)) != 1) return false;
  bytes[0] &= 0x7f;  // positive
  bytes[0] |= 0x40;  // and of full length
  const std::unique_ptr<BIGNUM, Freed<BN_free>> number(BN_bin2bn(bytes, sizeof(bytes), nullptr));
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_subject(X509* certificate, const std::string& common_name) {
  X509_NAME* name = X509_get_subject_name(certificate);
  // The common name has at most 64 characters (RFC 5280); clients look at the alternatives.
  const std::string text = common_name.substr(0, 64);
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(text.data()),
                                    static_cast<int>(text.size()), -1, 0) == 1;
}

bool add_extension(X509* certificate, X509* issuer, int nid, const std::string& text) {
  X509V3_CTX scope;
  X509V3_set_ctx(&scope, issuer, certificate, nullptr, nullptr, 0);
  const ExtensionHandle extension(X509V3_EXT_conf_nid(nullptr, &scope, nid, text.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

CertificateHandle new_certificate(const std::string& common_name, int valid_days, EVP_PKEY* key) {
  CertificateHandle certificate(X509_new());
  const bool made =
      certificate && X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
      set_random_serial(certificate.get()) &&
      X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kClockSlack) &&
      X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kSecondsPerDay * valid_days) &&
      set_subject(certificate.get(), common_name) && X509_set_pubkey(certificate.get(), key) == 1;
  if (!made) certificate.reset();
  return certificate;
}

std::string drain(BIO* bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  return std::string(bytes, static_cast<size_t>(size));
}

std::string pem_of(X509* certificate) {
  const BioHandle bio(BIO_new(BIO_s_mem()));
  return bio && PEM_write_bio_X509(bio.get(), certificate) == 1 ? drain(bio.get()) : "";
}

Secret pem_of(EVP_PKEY* key) {
  const BioHandle bio(BIO_new(BIO_s_secmem()));
  if (!bio ||
      PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return Secret();
  }
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  return Secret(std::string_view(bytes, static_cast<size_t>(size)));
}

Result<std::string> alternatives(const CertificateRequest& request) {
  std::string text;
  const auto add = [&](const char* kind, const std::string& name) {
    text += fmt::format("{}{}:{}", text.empty() ? "" : ",", kind, name);
  };
  for (const auto& name : request.dns_names) {
    // Nothing that the extension's own syntax would read as another name.
    const bool plain =
        !name.empty() &&
        name.find_first_not_of(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.*") == name.npos;
    if (!plain || name.size() > 253) {
      return fail(ErrorCode::InvalidArguments, "'{}' is no host name for a certificate.", name);
    }
    add("DNS", name);
  }
  for (const auto& name : request.ip_names) {
    if (!net::is_ip_literal(name)) {
      return fail(ErrorCode::InvalidArguments, "'{}' is no IP address.", name);
    }
    add("IP", name);
  }
  if (text.empty()) {
    return fail(ErrorCode::InvalidArguments,
                "A server certificate needs at least one host name or IP address.");
  }
  return text;
}

Result<> write_file(const std::filesystem::path& path, std::string_view content, mode_t mode) {
  const auto failed = [&](const char* step) {
    return fail(ErrorCode::IoError, "Cannot {} {}: {}.", step, path.string(),
                std::generic_category().message(errno));
  };
  std::error_code made;
  std::filesystem::create_directories(path.parent_path(), made);
  auto aside = path;
  aside += ".new";
  ::unlink(aside.c_str());
  const int fd = ::open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
  if (fd < 0) return failed("write");
  bool good = ::fchmod(fd, mode) == 0;
  while (good && !content.empty()) {
    const ssize_t sent = ::write(fd, content.data(), content.size());
    if (sent < 0 && errno == EINTR) continue;
    good = sent >= 0;
    if (good) content.remove_prefix(static_cast<size_t>(sent));
  }
  good = good && ::fsync(fd) == 0;
  good = ::close(fd) == 0 && good;
  if (!good) return failed("write");
  if (::rename(aside.c_str(), path.c_str()) != 0) return failed("rename into place");
  return {};
}

}  // namespace

struct PrivateCa::Impl {
  KeyHandle key;
  CertificateHandle certificate;
};

PrivateCa::PrivateCa(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PrivateCa::PrivateCa(PrivateCa&&) noexcept = default;
PrivateCa& PrivateCa::operator=(PrivateCa&&) noexcept = default;
PrivateCa::~PrivateCa() = default;

Result<PrivateCa> PrivateCa::create(const std::string& common_name, int valid_days) {
  auto impl = std::make_unique<Impl>();
  impl->key.reset(EVP_EC_gen("P-256"));
  if (!impl->key) return refused("a key");
  impl->certificate = new_certificate(common_name, valid_days, impl->key.get());
  X509* self = impl->certificate.get();
  const bool made =
      self != nullptr && X509_set_issuer_name(self, X509_get_subject_name(self)) == 1 &&
      add_extension(self, self, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
      add_extension(self, self, NID_key_usage, "critical,keyCertSign,cRLSign") &&
      add_extension(self, self, NID_subject_key_identifier, "hash") &&
      X509_sign(self, impl->key.get(), EVP_sha256()) > 0;
  if (!made) return refused("an authority");
  return PrivateCa(std::move(impl));
}

Result<IssuedCertificate> PrivateCa::issue(const CertificateRequest& request) const {
  TRELLIS_TRY_ASSIGN(const std::string names, alternatives(request));
  const KeyHandle key(EVP_EC_gen("P-256"));
  if (!key) return refused("a key");
  const std::string& first =
      request.dns_names.empty() ? request.ip_names.front() : request.dns_names.front();
  const CertificateHandle certificate = new_certificate(first, request.valid_days, key.get());
  X509* leaf = certificate.get();
  X509* issuer = impl_->certificate.get();
  const bool made =
      leaf != nullptr && X509_set_issuer_name(leaf, X509_get_subject_name(issuer)) == 1 &&
      add_extension(leaf, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
      add_extension(leaf, issuer, NID_key_usage, "critical,digitalSignature,keyAgreement") &&
      add_extension(leaf, issuer, NID_ext_key_usage, "serverAuth,clientAuth") &&
      add_extension(leaf, issuer, NID_subject_key_identifier, "hash") &&
      add_extension(leaf, issuer, NID_authority_key_identifier, "keyid:always") &&
      add_extension(leaf, issuer, NID_subject_alt_name, names) &&
      X509_sign(leaf, impl_->key.get(), EVP_sha256()) > 0;
  if (!made) return refused("a certificate");
  IssuedCertificate issued{pem_of(leaf) + pem_of(issuer), pem_of(key.get())};
  if (issued.key_pem.empty()) return refused("a key file");
  return issued;
}

std::string PrivateCa::certificate_pem() const { return pem_of(impl_->certificate.get()); }

Result<> write_certificate_file(const std::filesystem::path& path, const std::string& pem) {
  return write_file(path, pem, 0644);
}
Result<> write_key_file(const std::filesystem::path& path, const Secret& pem) {
  return write_file(path, pem.reveal(), 0600);
}

}  // namespace trellis::tls

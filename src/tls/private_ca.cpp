// SPDX-License-Identifier: Apache-2.0
#include "tls/private_ca.h"

#include <openssl/pem.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstdlib>
#include <system_error>

#include "net/certificate_names.h"
#include "net/endpoint.h"
#include "os/private_file.h"
#include "tls/openssl_handles.h"
#include "tls/x509_facts.h"

namespace trellis::tls {
namespace {

using RequestHandle = std::unique_ptr<X509_REQ, Freed<X509_REQ_free>>;

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

bool add_common_name(X509_NAME* name, const std::string& common_name) {
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

CertificateHandle new_certificate(const std::string& common_name, time_t now, long seconds,
                                  EVP_PKEY* key) {
  CertificateHandle certificate(X509_new());
  // Of a short life only a tenth, so that thirds of it mean what they say.
  const long slack = std::min(kClockSlack, std::abs(seconds) / 10);
  const bool made = certificate && X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
                    set_random_serial(certificate.get()) &&
                    X509_time_adj(X509_getm_notBefore(certificate.get()), -slack, &now) &&
                    X509_time_adj(X509_getm_notAfter(certificate.get()), seconds, &now) &&
                    add_common_name(X509_get_subject_name(certificate.get()), common_name) &&
                    X509_set_pubkey(certificate.get(), key) == 1;
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
  std::error_code failed;
  std::filesystem::create_directories(path.parent_path(), failed);
  if (failed) {
    return fail(ErrorCode::IoError, "Cannot make the folder {}: {}.", path.parent_path().string(),
                failed.message());
  }
  return os::replace_private_file(path, content, mode);
}

}  // namespace

CertificateRequest request_for(std::vector<std::string> names, std::chrono::seconds lifetime,
                               std::chrono::system_clock::time_point now) {
  CertificateRequest request;
  request.now = now;
  request.lifetime = lifetime;
  for (std::string& name : names) {
    (net::is_ip_literal(name) ? request.ip_names : request.dns_names).push_back(std::move(name));
  }
  return request;
}

Result<IssuedFacts> facts_of(std::string_view certificate_pem) {
  const BioHandle bio = bio_over(certificate_pem);
  const CertificateHandle certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (!certificate) {
    return fail(ErrorCode::InvalidArguments, "No certificate in PEM ({}).", openssl_reason());
  }
  IssuedFacts facts;
  const std::unique_ptr<BIGNUM, Freed<BN_free>> number(
      ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate.get()), nullptr));
  char* text = number ? BN_bn2hex(number.get()) : nullptr;
  for (const char* c = text; c != nullptr && *c != 0; ++c) {
    facts.serial += *c >= 'A' && *c <= 'F' ? static_cast<char>(*c - 'A' + 'a') : *c;
  }
  OPENSSL_free(text);
  facts.sha256 = net::fingerprint_of(certificate.get());
  facts.not_after = to_time(X509_get0_notAfter(certificate.get()));
  facts.not_before = to_time(X509_get0_notBefore(certificate.get()));
  return facts;
}

Result<KeyAndRequest> new_key_and_request(const std::string& common_name) {
  const KeyHandle key(EVP_EC_gen("P-256"));
  const RequestHandle request(X509_REQ_new());
  const BioHandle bio(BIO_new(BIO_s_mem()));
  const bool made = key && request && bio &&
                    X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) == 1 &&
                    add_common_name(X509_REQ_get_subject_name(request.get()), common_name) &&
                    X509_REQ_set_pubkey(request.get(), key.get()) == 1 &&
                    X509_REQ_sign(request.get(), key.get(), EVP_sha256()) > 0 &&
                    PEM_write_bio_X509_REQ(bio.get(), request.get()) == 1;
  if (!made) return refused("a certificate request");
  return KeyAndRequest{pem_of(key.get()), drain(bio.get())};
}

struct PrivateCa::Impl {
  KeyHandle key;
  CertificateHandle certificate;

  Result<CertificateHandle> leaf_for(const CertificateRequest& request,
                                     EVP_PKEY* subject_key) const;
};

PrivateCa::PrivateCa(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PrivateCa::PrivateCa(PrivateCa&&) noexcept = default;
PrivateCa& PrivateCa::operator=(PrivateCa&&) noexcept = default;
PrivateCa::~PrivateCa() = default;

Result<PrivateCa> PrivateCa::create(const std::string& common_name, int valid_days, Time now) {
  auto impl = std::make_unique<Impl>();
  impl->key.reset(EVP_EC_gen("P-256"));
  if (!impl->key) return refused("a key");
  impl->certificate = new_certificate(common_name, std::chrono::system_clock::to_time_t(now),
                                      kSecondsPerDay * valid_days, impl->key.get());
  X509* self = impl->certificate.get();
  const bool made =
      self != nullptr && X509_set_issuer_name(self, X509_get_subject_name(self)) == 1 &&
      add_extension(self, self, NID_basic_constraints, "critical,CA:TRUE,pathlen:1") &&
      add_extension(self, self, NID_key_usage, "critical,keyCertSign,cRLSign") &&
      add_extension(self, self, NID_subject_key_identifier, "hash") &&
      X509_sign(self, impl->key.get(), EVP_sha256()) > 0;
  if (!made) return refused("an authority");
  return PrivateCa(std::move(impl));
}

Result<PrivateCa> PrivateCa::load(std::string_view certificate_pem, const Secret& key_pem) {
  auto impl = std::make_unique<Impl>();
  const BioHandle certificate = bio_over(certificate_pem);
  impl->certificate.reset(PEM_read_bio_X509(certificate.get(), nullptr, nullptr, nullptr));
  const BioHandle key = bio_over(key_pem.reveal());
  impl->key.reset(PEM_read_bio_PrivateKey(key.get(), nullptr, nullptr, nullptr));
  if (!impl->certificate || !impl->key ||
      X509_check_private_key(impl->certificate.get(), impl->key.get()) != 1) {
    return fail(ErrorCode::InvalidConfiguration,
                "The files hold no authority: no certificate, no key, or not of each other ({}).",
                openssl_reason());
  }
  return PrivateCa(std::move(impl));
}

Result<CertificateHandle> PrivateCa::Impl::leaf_for(const CertificateRequest& request,
                                                    EVP_PKEY* subject_key) const {
  TRELLIS_TRY_ASSIGN(const std::string names, alternatives(request));
  const std::string& first =
      request.dns_names.empty() ? request.ip_names.front() : request.dns_names.front();
  const long seconds = request.lifetime.count() != 0 ? static_cast<long>(request.lifetime.count())
                                                     : kSecondsPerDay * request.valid_days;
  X509* issuer = certificate.get();
  const ASN1_TIME* end = X509_get0_notAfter(issuer);
  if (to_time(end) <= request.now) {
    return fail(ErrorCode::InvalidConfiguration,
                "The authority ended on {}: nobody accepts what it issues. Make a new one: trellis "
                "tls ca init --rotate.",
                to_text(to_time(end)));
  }
  CertificateHandle made = new_certificate(first, std::chrono::system_clock::to_time_t(request.now),
                                           seconds, subject_key);
  X509* leaf = made.get();
  // What outlives its issuer looks good to its owner and is accepted by nobody.
  if (leaf != nullptr && ASN1_TIME_compare(X509_get0_notAfter(leaf), end) > 0 &&
      X509_set1_notAfter(leaf, end) != 1) {
    leaf = nullptr;
  }
  const bool signed_one =
      leaf != nullptr && X509_set_issuer_name(leaf, X509_get_subject_name(issuer)) == 1 &&
      add_extension(leaf, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
      add_extension(leaf, issuer, NID_key_usage, "critical,digitalSignature,keyAgreement") &&
      add_extension(leaf, issuer, NID_ext_key_usage, "serverAuth,clientAuth") &&
      add_extension(leaf, issuer, NID_subject_key_identifier, "hash") &&
      add_extension(leaf, issuer, NID_authority_key_identifier, "keyid:always") &&
      add_extension(leaf, issuer, NID_subject_alt_name, names) &&
      X509_sign(leaf, key.get(), EVP_sha256()) > 0;
  if (!signed_one) return refused("a certificate");
  return made;
}

Result<IssuedCertificate> PrivateCa::issue(const CertificateRequest& request) const {
  const KeyHandle key(EVP_EC_gen("P-256"));
  if (!key) return refused("a key");
  TRELLIS_TRY_ASSIGN(const CertificateHandle leaf, impl_->leaf_for(request, key.get()));
  IssuedCertificate issued{pem_of(leaf.get()) + certificate_pem(), pem_of(key.get())};
  if (issued.key_pem.empty()) return refused("a key file");
  return issued;
}

Result<std::string> PrivateCa::sign(std::string_view request_pem,
                                    const CertificateRequest& request) const {
  const BioHandle bio = bio_over(request_pem);
  const RequestHandle asked(PEM_read_bio_X509_REQ(bio.get(), nullptr, nullptr, nullptr));
  EVP_PKEY* key = asked ? X509_REQ_get0_pubkey(asked.get()) : nullptr;
  if (key == nullptr || X509_REQ_verify(asked.get(), key) != 1) {
    return fail(ErrorCode::InvalidArguments,
                "This is no certificate request, or its signature is not its key's ({}).",
                openssl_reason());
  }
  TRELLIS_TRY_ASSIGN(const CertificateHandle leaf, impl_->leaf_for(request, key));
  return pem_of(leaf.get()) + certificate_pem();
}

Result<std::string> PrivateCa::vouch_for(const PrivateCa& other) const {
  X509* issuer = impl_->certificate.get();
  const X509* theirs = other.impl_->certificate.get();
  const CertificateHandle made(X509_new());
  X509* bridge = made.get();
  const bool signed_one =
      bridge != nullptr && X509_set_version(bridge, X509_VERSION_3) == 1 &&
      set_random_serial(bridge) && X509_set1_notBefore(bridge, X509_get0_notBefore(theirs)) == 1 &&
      X509_set1_notAfter(bridge, X509_get0_notAfter(issuer)) == 1 &&
      X509_set_subject_name(bridge, X509_get_subject_name(theirs)) == 1 &&
      X509_set_issuer_name(bridge, X509_get_subject_name(issuer)) == 1 &&
      X509_set_pubkey(bridge, other.impl_->key.get()) == 1 &&
      add_extension(bridge, issuer, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
      add_extension(bridge, issuer, NID_key_usage, "critical,keyCertSign,cRLSign") &&
      add_extension(bridge, issuer, NID_subject_key_identifier, "hash") &&
      add_extension(bridge, issuer, NID_authority_key_identifier, "keyid:always") &&
      X509_sign(bridge, impl_->key.get(), EVP_sha256()) > 0;
  if (!signed_one) return refused("a certificate of the new authority");
  return pem_of(bridge);
}

Result<std::string> PrivateCa::revocation_list(const std::vector<RevokedCertificate>& revoked,
                                               std::chrono::seconds next, Time now) const {
  time_t from = std::chrono::system_clock::to_time_t(now);
  const CrlHandle list(X509_CRL_new());
  const std::unique_ptr<ASN1_TIME, Freed<ASN1_TIME_free>> time(ASN1_TIME_new());
  bool made =
      list && time && X509_CRL_set_version(list.get(), X509_CRL_VERSION_2) == 1 &&
      X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(impl_->certificate.get())) == 1 &&
      X509_time_adj(time.get(), -kClockSlack, &from) != nullptr &&
      X509_CRL_set1_lastUpdate(list.get(), time.get()) == 1 &&
      X509_time_adj(time.get(), static_cast<long>(next.count()), &from) != nullptr &&
      X509_CRL_set1_nextUpdate(list.get(), time.get()) == 1;
  for (const RevokedCertificate& one : revoked) {
    if (!made) break;
    BIGNUM* parsed = nullptr;
    made = BN_hex2bn(&parsed, one.serial.c_str()) != 0;
    const std::unique_ptr<BIGNUM, Freed<BN_free>> number(parsed);
    const std::unique_ptr<ASN1_INTEGER, Freed<ASN1_INTEGER_free>> serial(
        made ? BN_to_ASN1_INTEGER(number.get(), nullptr) : nullptr);
    X509_REVOKED* entry = X509_REVOKED_new();
    made = serial && entry != nullptr &&
           ASN1_TIME_set(time.get(), std::chrono::system_clock::to_time_t(one.when)) != nullptr &&
           X509_REVOKED_set_serialNumber(entry, serial.get()) == 1 &&
           X509_REVOKED_set_revocationDate(entry, time.get()) == 1 &&
           X509_CRL_add0_revoked(list.get(), entry) == 1;
    if (!made) X509_REVOKED_free(entry);
  }
  made = made && X509_CRL_sort(list.get()) == 1 &&
         X509_CRL_sign(list.get(), impl_->key.get(), EVP_sha256()) > 0;
  const BioHandle bio(BIO_new(BIO_s_mem()));
  if (!made || !bio || PEM_write_bio_X509_CRL(bio.get(), list.get()) != 1) {
    return refused("a revocation list");
  }
  return drain(bio.get());
}

bool PrivateCa::has_key_of(std::string_view certificate) const {
  const BioHandle bio = bio_over(certificate);
  const CertificateHandle read(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  const bool same = read && X509_check_private_key(read.get(), impl_->key.get()) == 1;
  ERR_clear_error();
  return same;
}
Secret PrivateCa::key_pem() const { return pem_of(impl_->key.get()); }
std::string PrivateCa::public_key_sha256() const {
  return tls::public_key_sha256(impl_->certificate.get());
}
PrivateCa::Time PrivateCa::not_after() const {
  return to_time(X509_get0_notAfter(impl_->certificate.get()));
}
std::string PrivateCa::sha256() const { return net::fingerprint_of(impl_->certificate.get()); }
std::string PrivateCa::certificate_pem() const { return pem_of(impl_->certificate.get()); }

Result<> write_certificate_file(const std::filesystem::path& path, const std::string& pem) {
  return write_file(path, pem, 0644);
}
Result<> write_key_file(const std::filesystem::path& path, const Secret& pem) {
  return write_file(path, pem.reveal(), 0600);
}

}  // namespace trellis::tls

// SPDX-License-Identifier: Apache-2.0
#include "tls/certificate_pair.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "net/certificate_names.h"
#include "net/endpoint.h"
#include "tls/chain_order.h"
#include "tls/openssl_handles.h"
#include "tls/pem.h"
#include "tls/x509_facts.h"

namespace trellis::tls {
namespace {

struct Chain {
  std::vector<CertificateHandle> certificates;  // leaf first
  bool reordered = false;
  std::vector<std::string> left_out;
};

size_t position_of_leaf(const std::vector<CertificateHandle>& certificates, EVP_PKEY* key) {
  size_t at = 0;
  while (at < certificates.size() && X509_check_private_key(certificates[at].get(), key) != 1) ++at;
  ERR_clear_error();
  return at;
}

Chain put_in_order(std::vector<CertificateHandle> certificates, size_t leaf) {
  std::vector<X509*> all;
  for (const auto& one : certificates) all.push_back(one.get());
  const ChainOrder order = chain_from(leaf, all);
  Chain chain;
  chain.reordered = !order.as_given();
  for (const size_t i : order.left_out) chain.left_out.push_back(net::subject_of(all[i]));
  for (const size_t i : order.path) chain.certificates.push_back(std::move(certificates[i]));
  return chain;
}

// What a listener would do with it, on a context that nobody uses.
Result<> check_taken(const CertificatePair& pair) {
  ERR_clear_error();
  const ContextHandle scratch(SSL_CTX_new(TLS_server_method()));
  const BorrowedStack issuers(sk_X509_new_null());
  bool taken = scratch && issuers;
  for (X509* issuer : pair.issuers()) taken = taken && sk_X509_push(issuers.get(), issuer) > 0;
  taken = taken &&
          SSL_CTX_use_cert_and_key(scratch.get(), pair.leaf(), pair.key(), issuers.get(), 1) == 1;
  if (taken) return {};
  return fail(ErrorCode::InvalidConfiguration,
              "OpenSSL refuses the certificate chain in {} ({}). RSA keys need 2048 bits or more, "
              "signatures SHA-256 or better.",
              pair.source(), openssl_reason());
}

class LoadedPair final : public CertificatePair {
 public:
  LoadedPair(Chain chain, PrivateKey key, std::string source)
      : chain_(std::move(chain.certificates)),
        key_(std::move(key.key)),
        source_(std::move(source)) {
    for (size_t i = 1; i < chain_.size(); ++i) issuers_.push_back(chain_[i].get());
    X509* leaf = chain_.front().get();
    net::CertificateNames names = net::names_of(leaf);
    identity_.subject = net::subject_of(leaf);
    identity_.issuer = net::issuer_of(leaf);
    identity_.dns_names = std::move(names.dns);
    identity_.ip_names = std::move(names.ips);
    identity_.not_before = to_time(X509_get0_notBefore(leaf));
    identity_.not_after = to_time(X509_get0_notAfter(leaf));
    identity_.sha256 = sha256_of(leaf);
    identity_.key_kind = std::move(key.kind);
    identity_.chain_length = chain_.size();
    identity_.self_signed = issued_by(leaf, leaf);
    identity_.reordered = chain.reordered;
    identity_.left_out = std::move(chain.left_out);
  }

  const ServerIdentity& identity() const override { return identity_; }
  X509* leaf() const override { return chain_.front().get(); }
  const std::vector<X509*>& issuers() const override { return issuers_; }
  EVP_PKEY* key() const override { return key_.get(); }
  const std::string& source() const override { return source_; }

 private:
  const std::vector<CertificateHandle> chain_;
  const KeyHandle key_;
  const std::string source_;
  std::vector<X509*> issuers_;
  ServerIdentity identity_;
};

constexpr size_t kNamesInTitle = 4;

std::string title_from(std::vector<std::string> names, std::string subject) {
  if (names.empty()) return subject.empty() ? "no names at all" : subject;
  const size_t more = names.size() > kNamesInTitle ? names.size() - kNamesInTitle : 0;
  names.resize(names.size() - more);
  std::string title = fmt::format("{}", fmt::join(names, ", "));
  if (more > 0) title += fmt::format(", and {} more", more);
  return title;
}

std::string title_of(const X509* certificate) {
  net::CertificateNames names = net::names_of(certificate);
  names.dns.insert(names.dns.end(), names.ips.begin(), names.ips.end());
  return title_from(std::move(names.dns), net::subject_of(certificate));
}

// What certbot calls chain.pem.
bool only_intermediates(const std::vector<CertificateHandle>& certificates) {
  X509* first = certificates.front().get();
  return !issued_by(first, first) &&
         std::all_of(certificates.begin(), certificates.end(),
                     [](const auto& one) { return X509_check_ca(one.get()) != 0; });
}

Result<PairPtr> make_pair_of(std::vector<CertificateHandle> certificates, PrivateKey key,
                             std::string source, const std::string& key_source) {
  const size_t leaf = position_of_leaf(certificates, key.key.get());
  if (leaf == certificates.size()) {
    X509* first = certificates[0].get();
    if (only_intermediates(certificates)) {
      return fail(
          ErrorCode::InvalidConfiguration,
          "{} has only certificates of authorities, '{}' first, and the private key {} is not "
          "theirs. Put the server's own certificate there, before them (certbot: "
          "fullchain.pem, not chain.pem).",
          source, net::subject_of(first), key_source);
    }
    return fail(ErrorCode::InvalidConfiguration,
                "The private key {} does not belong to the certificate '{}' in {}. Put the key and "
                "the certificate of the same request there (after a renewal: both new files).",
                key_source, title_of(first), source);
  }
  auto pair = std::make_shared<const LoadedPair>(put_in_order(std::move(certificates), leaf),
                                                 std::move(key), std::move(source));
  TRELLIS_TRY(check_taken(*pair));
  return pair;
}

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && lower_case(a) == lower_case(b);
}

}  // namespace

std::string ServerIdentity::title() const {
  std::vector<std::string> names = dns_names;
  names.insert(names.end(), ip_names.begin(), ip_names.end());
  return title_from(std::move(names), subject);
}

// RFC 9525: a wildcard is the whole left-most label and stands for exactly one.
bool ServerIdentity::covers(std::string_view host) const {
  if (net::is_ip_literal(host)) {
    return std::find(ip_names.begin(), ip_names.end(), host) != ip_names.end();
  }
  const size_t dot = host.find('.');
  for (const std::string& name : dns_names) {
    if (same_name(name, host)) return true;
    if (name.starts_with("*.") && dot != host.npos && dot > 0 &&
        same_name(std::string_view(name).substr(1), host.substr(dot))) {
      return true;
    }
  }
  return false;
}

Result<PairPtr> load_pair(const PairFiles& files) {
  const Secret none;
  const Secret& password = files.key_password != nullptr ? *files.key_password : none;
  TRELLIS_TRY_ASSIGN(PrivateKey key, load_private_key(files.key, password));
  TRELLIS_TRY_ASSIGN(auto certificates, load_certificates(files.certificate));
  return make_pair_of(std::move(certificates), std::move(key), files.certificate.string(),
                      files.key.string());
}

Result<PairPtr> parse_pair(std::string_view chain_pem, const Secret& key_pem, std::string source) {
  TRELLIS_TRY_ASSIGN(PrivateKey key, parse_private_key(key_pem.reveal(), source, Secret()));
  TRELLIS_TRY_ASSIGN(auto certificates, parse_certificates(chain_pem, source));
  return make_pair_of(std::move(certificates), std::move(key), source, source);
}

}  // namespace trellis::tls

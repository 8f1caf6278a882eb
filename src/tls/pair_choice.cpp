// SPDX-License-Identifier: Apache-2.0
#include "tls/pair_choice.h"

#include <algorithm>

#include "tls/x509_facts.h"

namespace trellis::tls {
namespace {

bool same_kind(const CertificatePair& a, const CertificatePair& b) {
  return EVP_PKEY_get_base_id(a.key()) == EVP_PKEY_get_base_id(b.key());
}

bool has_names_of(const ServerIdentity& main, const ServerIdentity& other) {
  const auto known = [&](const std::string& name) {
    return std::any_of(other.dns_names.begin(), other.dns_names.end(),
                       [&](const auto& own) { return lower_case(own) == lower_case(name); }) ||
           other.covers(name);
  };
  return std::all_of(main.dns_names.begin(), main.dns_names.end(), known) &&
         std::all_of(main.ip_names.begin(), main.ip_names.end(), known);
}

}  // namespace

PairChoice::PairChoice(PairPtr main, std::vector<PairPtr> named) {
  const bool has_main = main != nullptr;
  if (has_main) pairs_.push_back(std::move(main));
  for (auto& pair : named) pairs_.push_back(std::move(pair));
  for (size_t i = 0; i < pairs_.size(); ++i) {
    const CertificatePair& pair = *pairs_[i];
    Shown shown{pair.leaf(), pair.key(), BorrowedStack(sk_X509_new_null())};
    for (X509* issuer : pair.issuers()) sk_X509_push(shown.issuers.get(), issuer);
    shown_.push_back(std::move(shown));
    for (const std::string& written : pair.identity().dns_names) {
      const std::string name = lower_case(written);
      if (name.starts_with("*.")) {
        add(wildcard_[name.substr(1)], i);
      } else {
        add(exact_[name], i);
      }
    }
    if (has_main && (i == 0 || has_names_of(pairs_[0]->identity(), pair.identity()))) add(main_, i);
  }
}

void PairChoice::add(Places& places, size_t pair) const {
  const bool taken = std::any_of(places.begin(), places.end(), [&](size_t other) {
    return same_kind(*pairs_[other], *pairs_[pair]);
  });
  if (!taken) places.push_back(pair);
}

bool PairChoice::show(SSL* ssl, std::string_view name) const {
  const Places* places = &main_;
  const size_t dot = name.find('.');
  if (const auto at = exact_.find(name); at != exact_.end()) {
    places = &at->second;
  } else if (dot != name.npos && dot > 0) {
    if (const auto wild = wildcard_.find(name.substr(dot)); wild != wildcard_.end()) {
      places = &wild->second;
    }
  }
  if (places->empty()) return false;
  SSL_certs_clear(ssl);
  for (const size_t i : *places) {
    const Shown& shown = shown_[i];
    if (SSL_use_cert_and_key(ssl, shown.leaf, shown.key, shown.issuers.get(), 1) != 1) return false;
  }
  return true;
}

}  // namespace trellis::tls

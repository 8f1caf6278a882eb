// SPDX-License-Identifier: Apache-2.0
#include "tls/chain_order.h"

#include <openssl/err.h>
#include <openssl/x509.h>

#include <algorithm>

namespace trellis::tls {

bool issued_by(x509_st* certificate, x509_st* issuer) {
  if (X509_NAME_cmp(X509_get_subject_name(issuer), X509_get_issuer_name(certificate)) != 0) {
    return false;
  }
  EVP_PKEY* key = X509_get0_pubkey(issuer);
  const bool signed_it = key != nullptr && X509_verify(certificate, key) == 1;
  ERR_clear_error();
  return signed_it;
}

bool ChainOrder::as_given() const {
  return path.front() == 0 && std::is_sorted(path.begin(), path.end());
}

ChainOrder chain_from(size_t first, const std::vector<x509_st*>& certificates) {
  ChainOrder order{{first}, {}};
  const auto taken = [&](x509_st* one) {
    return std::any_of(order.path.begin(), order.path.end(),
                       [&](size_t at) { return X509_cmp(certificates[at], one) == 0; });
  };
  // A root's issuer is itself; what else has its name and key (a cross-signed twin) adds a way.
  for (bool found = true; found;) {
    found = false;
    for (size_t i = 0; i < certificates.size() && !found; ++i) {
      found =
          !taken(certificates[i]) && issued_by(certificates[order.path.back()], certificates[i]);
      if (found) order.path.push_back(i);
    }
  }
  for (size_t i = 0; i < certificates.size(); ++i) {
    const bool in_path = std::find(order.path.begin(), order.path.end(), i) != order.path.end();
    if (!in_path) order.left_out.push_back(i);
  }
  return order;
}

}  // namespace trellis::tls

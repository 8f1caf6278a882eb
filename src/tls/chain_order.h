// SPDX-License-Identifier: Apache-2.0
//
// Which certificate issued which: the one way by which a loaded pair, and what is said of a file or
// of a server's chain, are put in order. Pure functions. Private to room `tls`.
#pragma once

#include <openssl/types.h>

#include <cstddef>
#include <vector>

namespace trellis::tls {

// By name, and by the signature, which decides between keys of one name.
bool issued_by(x509_st* certificate, x509_st* issuer);

// Positions among the certificates that were given.
struct ChainOrder {
  std::vector<size_t> path;  // from the first one upwards, each followed by the one that issued it
  std::vector<size_t> left_out;
  bool as_given() const;  // the first one came first, the others in their order, gaps left aside
};
ChainOrder chain_from(size_t first, const std::vector<x509_st*>& certificates);

}  // namespace trellis::tls

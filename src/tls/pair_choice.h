// SPDX-License-Identifier: Apache-2.0
//
// Which pairs a handshake shows: by the name that the client sends, exact before wildcard; the main
// ones for no name or an unknown one. Of one name, pairs with keys of different kinds stand side by
// side, and the client's algorithms decide; of the same kind the first counts, the main pair first.
// A pair of `named` that has all names of the main pair and a key of another kind is a main one
// too. Immutable, thread-safe. Private to room `tls`.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tls/certificate_pair.h"
#include "tls/openssl_handles.h"

namespace trellis::tls {

class PairChoice {
 public:
  // `main` may be null: then only names that are known are served.
  PairChoice(PairPtr main, std::vector<PairPtr> named);

  // Gives the pairs for `name` (lower case, may be empty) to `ssl`. False: there is none.
  bool show(SSL* ssl, std::string_view name) const;
  const std::vector<PairPtr>& pairs() const { return pairs_; }  // the main pair first

 private:
  struct Shown {
    X509* leaf;
    EVP_PKEY* key;
    BorrowedStack issuers;
  };
  using Places = std::vector<size_t>;  // in pairs_

  void add(Places& places, size_t pair) const;

  std::vector<PairPtr> pairs_;
  std::vector<Shown> shown_;  // as pairs_
  Places main_;
  std::map<std::string, Places, std::less<>> exact_;
  std::map<std::string, Places, std::less<>> wildcard_;  // "*.example.org" under ".example.org"
};

}  // namespace trellis::tls

// SPDX-License-Identifier: Apache-2.0
//
// A secret that must be kept for as long as the process lives (the passphrase of a key that is read
// again after each renewal): it lies in memory under a random mask, so that neither a search of the
// memory nor a stray read finds its text. No protection against whoever may run code here.
#pragma once

#include <string>

#include "base/secret.h"

namespace trellis {

class MaskedSecret {
 public:
  MaskedSecret() = default;
  MaskedSecret(const Secret& secret);  // as good as the secret itself: no word needed
  MaskedSecret clone() const { return MaskedSecret(unmask()); }

  Secret unmask() const;
  bool empty() const { return masked_.empty(); }

 private:
  std::string masked_;
  std::string mask_;
};

}  // namespace trellis

// SPDX-License-Identifier: Apache-2.0
#include "base/masked_secret.h"

#include <sys/random.h>

#include "base/macros.h"

namespace trellis {
namespace {

void apply(std::string& bytes, const std::string& mask) {
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(bytes[i] ^ mask[i]);
}

}  // namespace

MaskedSecret::MaskedSecret(const Secret& secret) : mask_(secret.size(), '\0') {
  for (size_t at = 0; at < mask_.size();) {
    const ssize_t got = ::getrandom(mask_.data() + at, mask_.size() - at, 0);
    TRELLIS_ASSERT(got > 0);
    at += static_cast<size_t>(got);
  }
  // Never the text itself in this object's memory, not even for a moment.
  masked_ = mask_;
  for (size_t i = 0; i < masked_.size(); ++i) {
    masked_[i] = static_cast<char>(masked_[i] ^ secret.reveal()[i]);
  }
}

Secret MaskedSecret::unmask() const {
  std::string bytes = masked_;
  apply(bytes, mask_);
  return Secret::take(bytes);
}

}  // namespace trellis

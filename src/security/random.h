// SPDX-License-Identifier: Apache-2.0
//
// Random bytes for salts, nonces and keys, from the process's cryptographic generator.
// Thread-safe. Aborts when the generator fails: there is nothing safe to do then.
#pragma once

#include <cstddef>
#include <string>

#include "base/secret.h"

namespace trellis::security {

void fill_random(void* bytes, size_t size);
std::string random_bytes(size_t size);
Secret random_secret(size_t size);

}  // namespace trellis::security

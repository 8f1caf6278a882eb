// SPDX-License-Identifier: Apache-2.0
#include "net/openssl_memory.h"

#include <malloc.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "base/macros.h"
#include "base/secret.h"

namespace trellis::net {
namespace {

// OpenSSL's hook carries nothing of ours: the thread is the only thing that is known in it.
thread_local bool t_in_handshake = false;

void* take(size_t size, const char*, int) { return std::malloc(size); }

void give_back(void* memory, const char*, int) {
  if (memory == nullptr) return;
  if (!t_in_handshake) wipe(memory, ::malloc_usable_size(memory));
  std::free(memory);
}

// realloc() may leave the old block as it was.
void* take_other(void* old, size_t size, const char* file, int line) {
  if (old == nullptr) return take(size, file, line);
  if (size == 0) {
    give_back(old, file, line);
    return nullptr;
  }
  const size_t had = ::malloc_usable_size(old);
  if (size <= had && size > had / 2) return old;
  void* fresh = std::malloc(size);
  if (fresh == nullptr) return nullptr;
  std::memcpy(fresh, old, std::min(had, size));
  give_back(old, file, line);
  return fresh;
}

}  // namespace

HandshakeMemory::HandshakeMemory() { t_in_handshake = true; }
HandshakeMemory::~HandshakeMemory() { t_in_handshake = false; }

void wipe_memory_that_openssl_frees() {
  TRELLIS_ASSERT(CRYPTO_set_mem_functions(&take, &take_other, &give_back) == 1);
}

}  // namespace trellis::net

// SPDX-License-Identifier: Apache-2.0
//
// Makes OpenSSL wipe whatever it frees. Its decoders leave copies of private keys in freed memory
// (3.0: one for every kind of key that a file might hold), its record layer plain text.
//
// A handshake is left out: it frees some hundreds of blocks, OpenSSL wipes the secrets among them
// itself (ephemeral keys, what is derived of them, what signing needs), and wiping the rest would
// cost 3 of 100 handshakes (bench/handshakes). So is the end of a connection that was nothing else.
#pragma once

namespace trellis::net {

// Once, in main(), before anything of OpenSSL is used; later it is an error (aborts).
void wipe_memory_that_openssl_frees();

// While it lives, this thread's blocks are freed as they are. Does not nest.
class HandshakeMemory {
 public:
  HandshakeMemory();
  ~HandshakeMemory();
  HandshakeMemory(const HandshakeMemory&) = delete;
  HandshakeMemory& operator=(const HandshakeMemory&) = delete;
};

}  // namespace trellis::net

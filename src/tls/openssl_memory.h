// SPDX-License-Identifier: Apache-2.0
//
// Makes OpenSSL wipe whatever it frees. Its decoders leave copies of private keys in freed memory
// (3.0: one for every kind of key that a file might hold), its record layer plain text.
#pragma once

namespace trellis::tls {

// Once, in main(), before anything of OpenSSL is used; later it is an error (aborts). Measured: no
// difference in handshakes per second.
void wipe_memory_that_openssl_frees();

}  // namespace trellis::tls

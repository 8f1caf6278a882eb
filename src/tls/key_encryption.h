// SPDX-License-Identifier: Apache-2.0
//
// How a private key's file is encrypted, and whether this OpenSSL can still undo it: OpenSSL 3 has
// moved DES, RC2, RC4 and what goes with them to its legacy provider. Private to room `tls`.
#pragma once

#include <string>
#include <string_view>

namespace trellis::tls {

// The name of the retired algorithm that `pem` (the key's block) is encrypted with; empty when
// there is none: not encrypted, or in a way that is still read.
std::string retired_encryption(std::string_view pem);
// What an administrator types to get a copy that is read everywhere.
std::string conversion_command(std::string_view path);

}  // namespace trellis::tls

// SPDX-License-Identifier: Apache-2.0
//
// A server's own certificate, as a file or a port shows it. Nothing is verified: these tell what is
// there, as SHA-256 in lower-case hex.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "base/result.h"
#include "config/values.h"

namespace trellis::cli::tls_command {

// Of the first certificate of a PEM file.
Result<std::string> fingerprint_of_file(const std::filesystem::path& file);
// Whether that certificate is for a name (or IP address).
Result<bool> file_covers(const std::filesystem::path& file, const std::string& name);

// What a TLS port presents to a client that asks for `server_name`; an address of all interfaces is
// dialled on loopback. Errors: ConnectionFailed.
Result<std::string> fingerprint_of_port(const config::SocketAddress& address,
                                        const std::string& server_name,
                                        std::chrono::seconds timeout = std::chrono::seconds(5));

}  // namespace trellis::cli::tls_command

// SPDX-License-Identifier: Apache-2.0
//
// Parts of what `trellis tls reload` and `tls status` print, from the answers of the admin socket.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>
#include <string_view>

namespace trellis::cli::tls_command {

// Empty when it is not there or not a text.
std::string text_of(const boost::json::object& fields, std::string_view name);

// "SHA-256 ab12.., until 2026-12-01T00:00:00Z", or that nothing is served yet.
std::string served_text(const boost::json::object& fields);

}  // namespace trellis::cli::tls_command

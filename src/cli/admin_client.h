// SPDX-License-Identifier: Apache-2.0
//
// Asks the server that runs on a home something, through its admin socket.
#pragma once

#include <boost/json/fwd.hpp>
#include <chrono>
#include <string_view>

#include "base/result.h"
#include "config/server_config.h"

namespace trellis::cli {

// The result that the server's handler gave (server/admin_socket.h). Errors: ConnectionFailed when
// no server answers there, Forbidden when we may not ask, IoError, or what the handler said.
Result<boost::json::object> ask_server(
    const config::DirectoriesConfig& directories, std::string_view command,
    const boost::json::object& arguments,
    std::chrono::milliseconds timeout = std::chrono::seconds(30));

}  // namespace trellis::cli

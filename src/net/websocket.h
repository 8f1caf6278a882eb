// SPDX-License-Identifier: Apache-2.0
//
// The server side of WebSocket as a Stream: the payloads of binary messages, joined. Source: RFC
// 6455. No subprotocols, no extensions.
//
// Invariants
//   1. A frame from the client is masked, binary (or a continuation) and at most 64 KiB; anything
//      else ends the connection with the status that RFC 6455, 7.4.1 gives.
//   2. Pings are answered (of several that wait only the last), close frames too; then the stream
//      is at its end.
//   3. One write_now() on a writable stream is one frame (up to 16 KiB), so what must not come
//      apart does not. No buffer is held while idle.
#pragma once

#include <memory>
#include <string>

#include "net/http.h"
#include "net/stream.h"

namespace trellis::net {

inline constexpr size_t kLargestWebSocketFrame = 64 << 10;

bool wants_websocket(const HttpRequest& request);
// 101 with the accept key, or what is wrong with the request (400, 426).
HttpResponse websocket_answer(const HttpRequest& request);
// After the 101 has been written. `early`: bytes that came behind the request.
std::unique_ptr<Stream> make_websocket_stream(std::unique_ptr<Stream> lower, std::string early);

}  // namespace trellis::net

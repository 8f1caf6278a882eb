// SPDX-License-Identifier: Apache-2.0
//
// One byte stream, whatever it runs over: TCP, TLS, WebSocket (messages joined into one stream).
//
// The primitives do not wait: read_now(), write_now() do what can be done at once, wait() calls
// back when trying again makes sense. So an idle connection holds no buffer: wait for kRead first,
// take a buffer then, give it back when the stream would block. read_some() and write_all() are
// the usual asynchronous forms on top of them, for callers to whom a buffer does not matter.
//
// Threads: everything on thread(), callbacks run there too, never inside the call that asked.
// Invariants
//   1. At most one read wait and one write wait are outstanding.
//   2. Bytes that write_now() did not take are offered again, unchanged and first, by the next
//      write_now() (it may offer more behind them, never fewer): TLS and WebSocket have already
//      framed them.
//   3. Every wait is answered exactly once; after close() or destruction with ConnectionClosed. A
//      callback answered with an error must not touch the stream: it may be gone.
//   4. read_now() after kEnd gives kEnd again. A TLS stream cut without close_notify is an error
//      (ConnectionClosed), not kEnd: a truncated answer must not look complete.
// Errors: ConnectionFailed, ConnectionClosed, CertificateRejected.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"
#include "net/callback.h"
#include "net/endpoint.h"
#include "net/event_loop.h"

struct ssl_ctx_st;

namespace trellis::net {

// An OpenSSL SSL_CTX, shared by listeners and open connections; made by room `tls`.
using TlsContext = std::shared_ptr<ssl_ctx_st>;

struct Transfer {
  enum class Kind : uint8_t { kBytes, kWouldBlock, kEnd };
  Kind kind = Kind::kWouldBlock;
  size_t bytes = 0;  // only with kBytes, then > 0
  bool moved() const { return kind == Kind::kBytes; }
};

enum class Interest : uint8_t { kRead, kWrite };

struct TlsSessionInfo {
  std::string version;       // "TLSv1.3"
  std::string cipher;        // "TLS_AES_256_GCM_SHA384"
  std::string protocol;      // ALPN, empty when none was agreed on
  std::string server_name;   // SNI, empty when there was none
  std::string peer_subject;  // RFC 2253, empty when the peer sent no certificate
  std::string peer_sha256;   // of its certificate, lower-case hex
};

using ReadyCallback = Callback<void(Result<>)>;
using ReadCallback = Callback<void(Result<size_t>)>;  // 0: end of stream
using WriteCallback = Callback<void(Result<>)>;

class Stream {
 public:
  Stream() = default;
  virtual ~Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  virtual Result<Transfer> read_now(std::span<std::byte> into) = 0;
  virtual Result<Transfer> write_now(std::span<const std::byte> bytes) = 0;
  // The next byte, left in place; nothing when none has come. Failing or ended streams: error.
  virtual Result<std::optional<std::byte>> peek_now() = 0;
  virtual void wait(Interest interest, ReadyCallback ready) = 0;
  // Says "no more from me" (FIN, close_notify, close frame) without waiting for the peer.
  virtual void finish_writing() = 0;
  virtual void close() = 0;

  virtual const Endpoint& local() const = 0;
  virtual const Endpoint& peer() const = 0;
  virtual IoThread& thread() = 0;
  // Empty for a stream without TLS.
  virtual std::optional<TlsSessionInfo> tls_info() const { return std::nullopt; }

  // At least one byte, or 0 at the end. `into` must stay until the callback.
  void read_some(std::span<std::byte> into, ReadCallback done);
  // `bytes` must stay until the callback.
  void write_all(std::span<const std::byte> bytes, WriteCallback done);
};

// Closes so that what was written still arrives although the peer has sent more than was read
// (a plain close would reset the connection): finishes writing, reads and drops for at most two
// seconds or 1 MiB, then closes.
void close_after_flush(std::unique_ptr<Stream> stream);

}  // namespace trellis::net

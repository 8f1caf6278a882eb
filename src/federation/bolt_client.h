// SPDX-License-Identifier: Apache-2.0
//
// One Bolt connection as a client: connect, TLS, handshake (manifest, or classic when the server
// knows no other), HELLO and LOGON, then requests and what comes back for them, pipelined.
//
//   BoltClient client(thread, options);
//   client.poll_ready(context)               until kReady: logged on
//   client.send(Run{...}, reply);            any number; answers come in the order of sending
//   client.drive(context, [&] { return reply->done; })
//
// Threads: any, one at a time; interrupt() at any time from any thread.
// Invariants
//   1. Every request's Reply hears of its end exactly once, by success, failure or ignored, unless
//      drive() reports the connection's loss.
//   2. After a FAILURE the server ignores everything up to a RESET: reset() asks for it. reusable()
//      says whether a connection may be given to somebody else once settled().
//   3. Answers not asked for yet stay with the server: nothing is read but by drive().
// Errors: ConnectionFailed, ConnectionClosed, CertificateRejected, InvalidRequest (not Bolt, or no
// common version); of HELLO and LOGON: the server's own. Texts name host and port.
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/poll.h"
#include "base/result.h"
#include "base/secret.h"
#include "federation/bolt_uri.h"
#include "federation/byte_channel.h"
#include "wire/handshake.h"
#include "wire/message_codec.h"

namespace trellis::federation {

struct BoltClientOptions {
  BoltUri uri;
  // Address to connect to in place of the URI's host, which stays the name that is verified; empty:
  // the host.
  std::string connect_to = {};
  net::TlsContext tls;  // needed unless uri.encryption is kNone; its mode checks the chain
  std::chrono::milliseconds connection_timeout{5000};  // TCP, TLS, then again Bolt; 0: none
  std::string user_agent = "trellis/0.1";
  std::string user;  // empty: scheme "none"
  Secret password;
  std::vector<wire::VersionRange> versions{wire::spoken_versions().begin(),
                                           wire::spoken_versions().end()};
  bool manifest = true;
};

// What comes back for one request. Called inside drive().
class Reply {
 public:
  virtual ~Reply() = default;
  // A record's message, undecoded; the bytes are gone after the call.
  virtual Result<> record(std::span<const std::byte> message, wire::WireOptions options);
  virtual void success(std::span<const value::MapEntry> metadata) = 0;
  virtual void failure(const Error& error) = 0;
  virtual void ignored() = 0;
};

// Enough for most requests: takes note of the outcome.
class SimpleReply : public Reply {
 public:
  void success(std::span<const value::MapEntry> entries) override;
  void failure(const Error& error) override;
  void ignored() override;

  bool done() const { return done_; }
  // The metadata of SUCCESS; the FAILURE; InvalidRequest when it was ignored.
  Result<value::Value> outcome() const;

 private:
  bool done_ = false;
  value::ValueHolder metadata_;
  std::optional<Error> error_;
};

class BoltClient {
 public:
  BoltClient(net::IoThread& thread, BoltClientOptions options);
  ~BoltClient();  // says GOODBYE, closes

  Result<Poll> poll_ready(const PollContext& context);
  void send(const wire::Request& request, std::shared_ptr<Reply> reply);
  // Handles answers until `done()`; kBlocked when none has come (without a waker it only looks).
  template <class Done>
  Result<Poll> drive(const PollContext& context, Done done) {
    while (!done()) {
      TRELLIS_TRY_ASSIGN(const bool handled, handle_one());
      if (handled) continue;
      TRELLIS_TRY_ASSIGN(const Poll poll, fill(context));
      if (poll != Poll::kReady) return poll;
    }
    return Poll::kReady;
  }

  // Sends RESET: whatever runs stops, what waits is ignored, a transaction is rolled back.
  void reset();
  // The same from any thread, while another one may be in drive().
  void interrupt() noexcept;
  bool settled() const;  // no answer is awaited
  bool failed() const { return failed_; }
  bool is_open() const { return ready_ && !lost_ && channel_.is_open(); }

  wire::BoltVersion version() const { return options_for_wire_.version; }
  const std::string& server_agent() const { return server_agent_; }
  const std::string& connection_id() const { return connection_id_; }
  const net::Endpoint& endpoint() const { return options_.uri.endpoint; }
  const BoltUri& uri() const { return options_.uri; }
  std::chrono::steady_clock::time_point created() const { return created_; }

 private:
  class ResetReply;
  enum class Stage : uint8_t { kConnecting, kHandshake, kHello, kReady };

  Result<Poll> handshake(const PollContext& context);
  Result<> say_hello();
  Result<Poll> await_hello(const PollContext& context);
  Result<bool> handle_one();
  Result<> dispatch(std::span<const std::byte> message);
  Result<Poll> fill(const PollContext& context);
  tl::unexpected<Error> lose(Error error);
  wire::AuthToken token() const;

  BoltClientOptions options_;
  ByteChannel channel_;
  Stage stage_ = Stage::kConnecting;
  wire::ClientHandshake handshake_;
  wire::WireOptions options_for_wire_;
  const std::chrono::steady_clock::time_point created_ = std::chrono::steady_clock::now();

  wire::ByteBuffer inbox_;
  std::span<const std::byte> unread_;  // of inbox_
  wire::Dechunker dechunker_;
  Arena arena_;  // for one answer

  mutable Mutex mutex_;
  std::deque<std::shared_ptr<Reply>> awaited_ GUARDED_BY(mutex_);
  wire::ByteBuffer encoding_ GUARDED_BY(mutex_);

  std::shared_ptr<SimpleReply> hello_;
  std::shared_ptr<SimpleReply> logon_;
  std::atomic<bool> ready_{false};
  bool failed_ = false;
  std::optional<Error> lost_;
  std::string server_agent_;
  std::string connection_id_;
};

}  // namespace trellis::federation

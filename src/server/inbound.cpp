// SPDX-License-Identifier: Apache-2.0
#include "server/inbound.h"

#include "net/tls_stream.h"

namespace trellis::server {
namespace {

using std::chrono::milliseconds;

constexpr std::byte kTlsHandshakeRecord{0x16};  // RFC 8446, 5.1
constexpr std::byte kBoltMagic{0x60};

// Lives in the callbacks that it waits for.
struct Arrival final : HandshakeGate::Guest, std::enable_shared_from_this<Arrival> {
  Arrival(std::unique_ptr<net::Stream> s, std::shared_ptr<const InboundPolicy> p,
          net::Callback<void(Result<Inbound>)> callback)
      : stream(std::move(s)),
        policy(std::move(p)),
        done(std::move(callback)),
        io(stream->thread()),
        timer(io),
        peer(stream->peer()) {}
  ~Arrival() override {
    if (policy->gate) policy->gate->leave(*this);
  }

  void enter() {
    if (!policy->gate) return begin();
    switch (policy->gate->enter(shared_from_this())) {
      case HandshakeGate::Answer::kInside:
        return begin();
      case HandshakeGate::Answer::kWait:
        // What holds this alive while it waits.
        return timer.arm(HandshakeGate::kPatience, [self = shared_from_this()] {
          if (self->policy->gate->insist(*self)) self->begin();
        });
      case HandshakeGate::Answer::kFull:
        return refuse(crowded());
    }
  }

  net::IoThread& thread() override { return io; }
  void admitted() override {
    if (done) begin();
  }
  void displaced() override {
    if (!done) return;
    if (stream) return refuse(crowded());
    abandon_handshake(crowded().value());
  }

  tl::unexpected<Error> crowded() const {
    return fail(ErrorCode::ConnectionFailed,
                "{} had to go before its TLS handshake was finished: as many are under way as "
                "server.tls.max_handshakes allows, and most of them are not being finished.",
                to_string(peer));
  }

  // One limit for all of it, over whatever has the stream at that moment.
  void begin() {
    timer.arm(policy->timeout, [self = shared_from_this()] { self->too_slow(); });
    look();
  }

  void too_slow() {
    if (!done) return;
    if (stream) {
      return refuse(fail(ErrorCode::ConnectionFailed, "{} said nothing for {} ms.", to_string(peer),
                         policy->timeout.count()));
    }
    abandon_handshake(make_error(ErrorCode::ConnectionFailed,
                                 "The TLS handshake with {} was not finished within {} ms.",
                                 to_string(peer), policy->timeout.count()));
  }

  void look() {
    auto first = stream->peek_now();
    if (!first) return refuse(fail(std::move(first.error())));
    if (*first) return decide(**first);
    wait();
  }

  void wait() {
    stream->wait(net::Interest::kRead, [self = shared_from_this()](Result<> ready) {
      if (!self->done) return;
      if (!ready) return self->refuse(fail(std::move(ready.error())));
      self->look();
    });
  }

  void decide(std::byte first) {
    if (first == kTlsHandshakeRecord && !encrypted) return secure();
    if (!encrypted && policy->tls_level == config::TlsLevel::kRequired) {
      return refuse(fail(ErrorCode::ConnectionFailed,
                         "An unencrypted connection attempt was made where encryption is required. "
                         "{} must use an encrypted scheme (neo4j+s, bolt+s, https).",
                         to_string(peer)));
    }
    if (first == kBoltMagic) return finish(FirstByte::kBolt);
    // Methods are written in capitals.
    if (first >= std::byte{'A'} && first <= std::byte{'Z'}) return finish(FirstByte::kHttp);
    refuse(fail(ErrorCode::ConnectionFailed, "{} speaks neither Bolt nor HTTP.", to_string(peer)));
  }

  void secure() {
    if (policy->tls_level == config::TlsLevel::kDisabled || !policy->tls) {
      return refuse(fail(ErrorCode::ConnectionFailed,
                         "{} wants TLS, which is not enabled on this port. Set "
                         "server.bolt.tls_level=OPTIONAL or REQUIRED, or use an unencrypted scheme "
                         "(neo4j, bolt).",
                         to_string(peer)));
    }
    encrypted = true;
    net::TlsServerOptions options(policy->tls->current()->context);
    options.witness = policy->witness;
    abandon_handshake =
        net::tls_accept(std::move(stream), std::move(options), milliseconds(0),
                        [self = shared_from_this()](Result<std::unique_ptr<net::Stream>> secured) {
                          if (!secured) return self->refuse(fail(std::move(secured.error())));
                          self->stream = std::move(*secured);
                          // Seldom is the first byte there yet; looking for it in vain would cost a
                          // call.
                          self->wait();
                        });
  }

  void finish(FirstByte protocol) {
    leave();
    auto answer = std::move(done);
    done = nullptr;
    answer(Inbound{std::move(stream), protocol, encrypted});
  }

  void refuse(tl::unexpected<Error> error) {
    if (!done) return;
    leave();
    auto answer = std::move(done);
    done = nullptr;
    if (stream) stream->close();
    answer(std::move(error));
  }

  void leave() {
    timer.cancel();
    if (policy->gate) policy->gate->leave(*this);
  }

  std::unique_ptr<net::Stream> stream;  // null while TLS has it
  const std::shared_ptr<const InboundPolicy> policy;
  net::Callback<void(Result<Inbound>)> done;
  net::IoThread& io;
  net::Timer timer;
  const net::Endpoint peer;
  net::AbandonHandshake abandon_handshake;
  bool encrypted = false;
};

}  // namespace

void take_in(std::unique_ptr<net::Stream> stream, std::shared_ptr<const InboundPolicy> policy,
             net::Callback<void(Result<Inbound>)> done) {
  std::make_shared<Arrival>(std::move(stream), std::move(policy), std::move(done))->enter();
}

}  // namespace trellis::server

// SPDX-License-Identifier: Apache-2.0
#include "federation/bolt_client.h"

#include <array>

namespace trellis::federation {
namespace {

using std::chrono::milliseconds;
using value::MapEntry;
using value::Type;
using value::Value;

// "Left to the system": longer than any system waits.
constexpr milliseconds kNoTimeout = std::chrono::hours(24);
// Of one answer; a record of a remote graph may be large.
constexpr size_t kMessageLimit = size_t{1} << 30;

net::ConnectOptions connect_options(const BoltClientOptions& options) {
  net::ConnectOptions out;
  out.to = options.uri.endpoint;
  if (!options.connect_to.empty()) out.to.host = options.connect_to;
  out.timeout = options.connection_timeout.count() > 0 ? options.connection_timeout : kNoTimeout;
  if (options.uri.encryption != Encryption::kNone) {
    net::TlsClientOptions tls;
    tls.context = options.tls;
    tls.server_name = options.uri.endpoint.host;
    tls.verify_name = options.uri.encryption == Encryption::kVerified;
    out.tls = std::move(tls);
  }
  return out;
}

std::string text_in(std::span<const MapEntry> map, std::string_view key) {
  const Value v = value::map_get(map, key);
  return v.is(Type::kString) ? std::string(v.as_string()) : std::string();
}

Error with_server(const Error& error, const net::Endpoint& endpoint) {
  return make_error(error.code(), "{} (server {})", error.message(), net::to_string(endpoint));
}

}  // namespace

Result<> Reply::record(std::span<const std::byte>, wire::WireOptions) {
  return fail(ErrorCode::InvalidRequest, "The server sent a record where none was asked for.");
}

void SimpleReply::success(std::span<const MapEntry> entries) {
  metadata_ = value::ValueHolder(Value::map(entries));
  done_ = true;
}

void SimpleReply::failure(const Error& error) {
  error_ = error.clone();
  done_ = true;
}

void SimpleReply::ignored() {
  error_ = make_error(ErrorCode::InvalidRequest,
                      "The server ignored the request, because one before it had failed.");
  done_ = true;
}

Result<Value> SimpleReply::outcome() const {
  if (error_) return fail(error_->clone());
  return metadata_.get();
}

class BoltClient::ResetReply : public Reply {
 public:
  explicit ResetReply(BoltClient& client) : client_(client) {}
  void success(std::span<const MapEntry>) override { client_.failed_ = false; }
  void failure(const Error& error) override {
    client_.lost_ = with_server(error, client_.endpoint());
  }
  void ignored() override {}

 private:
  BoltClient& client_;
};

BoltClient::BoltClient(net::IoThread& thread, BoltClientOptions options)
    : options_(std::move(options)),
      channel_(thread, connect_options(options_)),
      handshake_(options_.versions, options_.manifest),
      dechunker_(kMessageLimit) {
  wire::ByteBuffer opening;
  handshake_.start(opening);
  channel_.send(opening.bytes());
}

BoltClient::~BoltClient() {
  if (is_open()) send(wire::Goodbye{}, nullptr);
  channel_.close();
}

wire::AuthToken BoltClient::token() const {
  wire::AuthToken token;
  token.scheme = options_.user.empty() ? "none" : "basic";
  token.principal = options_.user;
  token.credentials = options_.password.clone();
  return token;
}

tl::unexpected<Error> BoltClient::lose(Error error) {
  lost_ = error.clone();
  channel_.close();
  return fail(std::move(error));
}

Result<Poll> BoltClient::poll_ready(const PollContext& context) {
  if (lost_) return fail(lost_->clone());
  if (stage_ == Stage::kConnecting) {
    auto poll = channel_.poll_open(context);
    if (!poll) return lose(std::move(poll).error());
    if (*poll != Poll::kReady) return *poll;
    channel_.set_silence_limit(options_.connection_timeout);
    stage_ = Stage::kHandshake;
  }
  if (stage_ == Stage::kHandshake) {
    TRELLIS_TRY_ASSIGN(const Poll poll, handshake(context));
    if (poll != Poll::kReady) return poll;
    TRELLIS_TRY(say_hello());
    stage_ = Stage::kHello;
  }
  if (stage_ == Stage::kHello) return await_hello(context);
  return Poll::kReady;
}

Result<Poll> BoltClient::handshake(const PollContext& context) {
  while (true) {
    if (unread_.empty()) {
      TRELLIS_TRY_ASSIGN(const Poll poll, fill(context));
      if (poll != Poll::kReady) return poll;
    }
    wire::ByteBuffer answer;
    auto step = handshake_.step(unread_, answer);
    if (!step) return lose(with_server(step.error(), endpoint()));
    if (!answer.empty()) channel_.send(answer.bytes());
    if (*step == wire::HandshakeStep::kAgreed) break;
    if (*step == wire::HandshakeStep::kRefused) {
      return lose(make_error(ErrorCode::InvalidRequest,
                             "The server {} speaks none of the Bolt versions 5.8 to 5.0 and 4.4.",
                             net::to_string(endpoint())));
    }
  }
  options_for_wire_.version = handshake_.version();
  return Poll::kReady;
}

Result<> BoltClient::say_hello() {
  const std::string address = net::to_string(endpoint());
  std::vector<MapEntry> routing{{"address", Value::string(address)}};
  for (const auto& [key, text] : options_.uri.routing_context) {
    routing.push_back({key, Value::string(text)});
  }
  const std::array<MapEntry, 3> agent{MapEntry{"product", Value::string(options_.user_agent)},
                                      MapEntry{"platform", Value::string("Linux")},
                                      MapEntry{"language", Value::string("C++/20")}};
  wire::Hello hello;
  hello.user_agent = options_.user_agent;
  if (options_.uri.routing) hello.routing = Value::map(routing);
  hello.bolt_agent = Value::map(agent);
  hello.utc_patch = true;
  const bool logon = version().has_logon();
  if (!logon) hello.token = token();
  hello_ = std::make_shared<SimpleReply>();
  send(std::move(hello), hello_);
  if (logon) {
    logon_ = std::make_shared<SimpleReply>();
    send(wire::Logon{token()}, logon_);
  }
  return {};
}

Result<Poll> BoltClient::await_hello(const PollContext& context) {
  const auto& last = logon_ ? logon_ : hello_;
  TRELLIS_TRY_ASSIGN(const Poll poll, drive(context, [&] {
                       return last->done() || (hello_->done() && !hello_->outcome());
                     }));
  if (poll != Poll::kReady) return poll;
  auto hello = hello_->outcome();
  if (!hello) return lose(std::move(hello).error());
  if (logon_) {
    auto logon = logon_->outcome();
    if (!logon) return lose(std::move(logon).error());
  }
  const auto metadata = hello->as_map();
  server_agent_ = text_in(metadata, "server");
  connection_id_ = text_in(metadata, "connection_id");
  if (version() < wire::BoltVersion{5, 0}) {
    const Value patches = value::map_get(metadata, "patch_bolt");
    if (patches.is(Type::kList)) {
      for (const Value& patch : patches.as_list()) {
        if (patch.is(Type::kString) && patch.as_string() == "utc") {
          options_for_wire_.utc_patch = true;
        }
      }
    }
  }
  // From here on a statement may take its time; a server that sends keep-alives says how often.
  milliseconds silence{0};
  const Value hints = value::map_get(metadata, "hints");
  if (hints.is(Type::kMap)) {
    const Value seconds = value::map_get(hints.as_map(), "connection.recv_timeout_seconds");
    if (seconds.is(Type::kInteger) && seconds.as_integer() > 0 && seconds.as_integer() < 86'400) {
      silence = std::chrono::seconds(seconds.as_integer());
    }
  }
  channel_.set_silence_limit(silence);
  stage_ = Stage::kReady;
  ready_ = true;
  return Poll::kReady;
}

void BoltClient::send(const wire::Request& request, std::shared_ptr<Reply> reply) {
  const bool answered = !std::holds_alternative<wire::Goodbye>(request);
  MutexLock lock(mutex_);
  encoding_.clear();
  wire::MessageWriter(encoding_, options_for_wire_).request(request);
  if (answered) awaited_.push_back(std::move(reply));
  channel_.send(encoding_.bytes());
  if (encoding_.capacity() > 65'536) encoding_.release();
}

void BoltClient::reset() { send(wire::Reset{}, std::make_shared<ResetReply>(*this)); }

void BoltClient::interrupt() noexcept {
  if (!ready_) {
    channel_.close();
    return;
  }
  reset();
}

bool BoltClient::settled() const {
  MutexLock lock(mutex_);
  return awaited_.empty();
}

Result<Poll> BoltClient::fill(const PollContext& context) {
  if (lost_) return fail(lost_->clone());
  inbox_.clear();
  auto poll = channel_.receive(inbox_, context);
  if (!poll) return lose(std::move(poll).error());
  unread_ = inbox_.bytes();
  return *poll;
}

Result<bool> BoltClient::handle_one() {
  if (lost_) return fail(lost_->clone());
  auto message = dechunker_.next(unread_);
  if (!message) return lose(with_server(message.error(), endpoint()));
  if (!*message) return false;
  auto handled = dispatch(**message);
  if (!handled) return lose(with_server(handled.error(), endpoint()));
  return true;
}

Result<> BoltClient::dispatch(std::span<const std::byte> message) {
  TRELLIS_TRY_ASSIGN(const wire::Tag tag, wire::peek_tag(message));
  std::shared_ptr<Reply> reply;
  {
    MutexLock lock(mutex_);
    if (awaited_.empty()) {
      return fail(ErrorCode::InvalidRequest, "The server sent {} although nothing was asked.",
                  wire::to_string(tag));
    }
    if (tag == wire::Tag::kRecord) {
      reply = awaited_.front();
    } else {
      reply = std::move(awaited_.front());
      awaited_.pop_front();
    }
  }
  if (tag == wire::Tag::kRecord) return reply->record(message, options_for_wire_);
  arena_.reset();
  TRELLIS_TRY_ASSIGN(const wire::Response response,
                     wire::decode_response(message, options_for_wire_, arena_));
  if (const auto* success = std::get_if<wire::Success>(&response)) {
    reply->success(success->metadata.as_map());
  } else if (const auto* failure = std::get_if<wire::Failure>(&response)) {
    failed_ = true;
    reply->failure(failure->error);
  } else {
    reply->ignored();
  }
  return {};
}

}  // namespace trellis::federation

// SPDX-License-Identifier: Apache-2.0
#include "server/bolt/machine.h"

namespace trellis::server {

using wire::Tag;

BoltMachine::BoltMachine(const BoltSettings& settings, const SessionFactory& sessions,
                         dbms::ClientInfo client, std::string local_address,
                         wire::BoltVersion version, bool by_manifest)
    : settings_(settings),
      sessions_(sessions),
      client_(std::move(client)),
      route_address_(settings.advertised_address.value_or(std::move(local_address))),
      options_{version, false},
      by_manifest_(by_manifest),
      writer_(out_, options_) {}

BoltMachine::~BoltMachine() = default;

// -- dispatch --

bool BoltMachine::legal(Tag tag) const {
  const wire::BoltVersion v = options_.version;
  switch (state_) {
    case State::kNegotiation:
      return tag == Tag::kHello;
    case State::kAuthentication:
      return tag == Tag::kLogon;
    case State::kReady:
      return tag == Tag::kRun || tag == Tag::kBegin || tag == Tag::kRoute ||
             (tag == Tag::kLogoff && v.has_logon()) ||
             (tag == Tag::kTelemetry && v.has_telemetry());
    case State::kStreaming:
      return tag == Tag::kPull || tag == Tag::kDiscard;
    case State::kTxReady:
      return tag == Tag::kRun || tag == Tag::kCommit || tag == Tag::kRollback;
    case State::kTxStreaming:
      return tag == Tag::kRun || tag == Tag::kPull || tag == Tag::kDiscard || tag == Tag::kCommit ||
             tag == Tag::kRollback;
    case State::kFailed:
    case State::kDefunct:
      return false;
  }
  TRELLIS_UNREACHABLE();
}

void BoltMachine::start(wire::Request&& request) {
  TRELLIS_ASSERT(activity_ == Activity::kNone && state_ != State::kDefunct);
  const Tag tag = wire::tag_of(request);
  if (tag == Tag::kGoodbye) {
    state_ = State::kDefunct;
  } else if (tag == Tag::kReset) {
    reset();
  } else if (state_ == State::kFailed || interrupted()) {
    writer_.ignored();
  } else if (!legal(tag)) {
    violate(tag);
  } else {
    std::visit([this](auto& message) { on(message); }, request);
  }
}

// Contents that cannot be (an unknown time zone) fail the request; bytes that are no message at all
// come from no client that is to be reasoned with.
void BoltMachine::reject(Error error) {
  if (error.code() == ErrorCode::InvalidRequestFormat) {
    writer_.failure(error);
    state_ = State::kDefunct;
  } else if (state_ == State::kFailed || (interrupted() && authenticated())) {
    writer_.ignored();
  } else {
    fail_request(error);
  }
}

BoltMachine::Step BoltMachine::poll(const PollContext& context) {
  switch (activity_) {
    case Activity::kNone:
      return finished();
    case Activity::kLogOn:
      return log_on_step(context);
    case Activity::kOpen:
      return open_step(context);
    case Activity::kPull:
      return fetch_step(context);
    case Activity::kBegin:
      return begin_step(context);
    case Activity::kCommit:
      return commit_step(context);
    case Activity::kRollback:
      return rollback_step(context);
  }
  TRELLIS_UNREACHABLE();
}

void BoltMachine::interrupt() noexcept {
  interrupts_.fetch_add(1, std::memory_order_acq_rel);
  abort();
}

void BoltMachine::abort() noexcept {
  if (session_) session_->cancel();
}

BoltMachine::Step BoltMachine::finished() {
  activity_ = Activity::kNone;
  return state_ == State::kDefunct ? Step::kClose : Step::kDone;
}

std::optional<BoltMachine::Step> BoltMachine::pending(Result<Poll>&& polled) {
  if (!polled) {
    fail_request(polled.error());
    return finished();
  }
  if (*polled == Poll::kBlocked) return Step::kBlocked;
  if (*polled == Poll::kYielded) return Step::kYielded;
  return std::nullopt;
}

// A client that is not logged on gets its answer and the door; others may go on after RESET.
void BoltMachine::fail_request(const Error& error) {
  const bool known = authenticated();
  if (known && interrupted()) {
    writer_.ignored();
  } else {
    writer_.failure(error);
  }
  state_ = known ? State::kFailed : State::kDefunct;
  activity_ = Activity::kNone;
}

void BoltMachine::violate(Tag tag) {
  static constexpr std::string_view kNames[] = {"NEGOTIATION", "AUTHENTICATION", "READY",
                                                "STREAMING",   "TX_READY",       "TX_STREAMING",
                                                "FAILED",      "DEFUNCT"};
  const auto text = fmt::format("The message {} cannot be handled in the state {}.",
                                wire::to_string(tag), kNames[static_cast<size_t>(state_)]);
  writer_.failure(make_error(ErrorCode::InvalidRequest, "{}", text)
                      .caused_by(Error::foreign(ErrorCode::InvalidRequest, "", "08N10", text)));
  state_ = State::kDefunct;
}

void BoltMachine::reset() {
  if (!authenticated()) return violate(Tag::kReset);
  if (interrupted()) interrupts_.fetch_sub(1, std::memory_order_acq_rel);
  session_->reset();
  results_.clear();
  state_ = State::kReady;
  writer_.success();
}

void BoltMachine::trim() {
  arena_.clear();
  out_.release();
  if (results_.empty()) results_.shrink_to_fit();
}

const std::string& BoltMachine::username() const {
  static const std::string kNobody;
  return session_ ? session_->username() : kNobody;
}

// -- log-on --

void BoltMachine::on(wire::Hello& hello) {
  client_.user_agent = std::string(hello.user_agent);
  if (hello.routing.is(value::Type::kMap) && !settings_.advertised_address) {
    const value::Value own = value::map_get(hello.routing.as_map(), "address");
    if (own.is(value::Type::kString) && !own.as_string().empty()) route_address_ = own.as_string();
  }
  auto filter = NotificationFilter::over({}, hello.notifications);
  if (!filter) return fail_request(filter.error());
  session_filter_ = std::move(*filter);
  options_.utc_patch = hello.utc_patch && !options_.version.has_utc_date_times();
  writer_.set_options(options_);
  session_ = sessions_(client_);
  if (!options_.version.has_logon()) {
    wire::AuthToken none;
    return start_log_on(hello.token ? *hello.token : none);
  }
  greet();
  state_ = State::kAuthentication;
}

void BoltMachine::greet() {
  MapBuilder map;
  map.add("server", settings_.agent);
  map.add("connection_id", client_.connection_id);
  MapBuilder hints;
  const auto silence = settings_.keep_alive * settings_.keep_alive_probes;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(silence).count();
  if (seconds > 0) hints.add_integer("connection.recv_timeout_seconds", seconds);
  if (options_.version.has_telemetry()) hints.add_boolean("telemetry.enabled", false);
  if (options_.version.has_home_database_reply()) hints.add_boolean("ssr.enabled", false);
  map.add("hints", hints.in(arena_));
  if (options_.utc_patch) {
    const value::Value patches[] = {value::Value::string("utc")};
    map.add("patch_bolt", value::make_list(arena_, patches));
  }
  if (by_manifest_ && options_.version.has_gql_failures()) {
    map.add("protocol_version", arena_.copy(wire::to_string(options_.version)));
  }
  if (!options_.version.has_logon() && session_->credentials_expired()) {
    map.add_boolean("credentials_expired", true);
  }
  succeed(map);
}

void BoltMachine::on(wire::Logon& logon) { start_log_on(logon.token); }

void BoltMachine::start_log_on(wire::AuthToken& token) {
  dbms::AuthToken given;
  given.scheme = token.scheme.empty() ? "none" : std::string(token.scheme);
  given.principal = std::string(token.principal);
  given.credentials = std::move(token.credentials);
  given.realm = std::string(token.realm);
  session_->start_log_on(std::move(given));
  activity_ = Activity::kLogOn;
}

BoltMachine::Step BoltMachine::log_on_step(const PollContext& context) {
  if (auto step = pending(session_->poll_log_on(context))) return *step;
  state_ = State::kReady;
  if (!options_.version.has_logon()) {
    greet();
  } else {
    MapBuilder map;
    if (session_->credentials_expired()) map.add_boolean("credentials_expired", true);
    succeed(map);
  }
  return finished();
}

void BoltMachine::on(wire::Logoff&) {
  session_->log_off();
  state_ = State::kAuthentication;
  writer_.success();
}

void BoltMachine::on(wire::Telemetry& telemetry) {
  if (telemetry.api < 0 || telemetry.api > 3) {
    return fail_request(
        make_error(ErrorCode::InvalidRequest, "There is no API number {}.", telemetry.api));
  }
  writer_.success();
}

// -- transactions --

Result<dbms::TransactionRequest> BoltMachine::request_of(const wire::TransactionExtra& extra) {
  TRELLIS_TRY_ASSIGN(filter_, NotificationFilter::over(session_filter_, extra.notifications));
  dbms::TransactionRequest request;
  request.database = std::string(extra.database);
  request.impersonated_user = std::string(extra.impersonated_user);
  request.mode = extra.read ? cypher::AccessMode::kRead : cypher::AccessMode::kWrite;
  if (extra.timeout_ms) {
    if (*extra.timeout_ms < 0) {
      return fail(ErrorCode::InvalidRequest, "A transaction timeout cannot be negative.");
    }
    request.timeout = std::chrono::milliseconds(*extra.timeout_ms);
  }
  if (!extra.metadata.is_null()) request.metadata = value::ValueHolder(extra.metadata);
  request.bookmarks.assign(extra.bookmarks.begin(), extra.bookmarks.end());
  home_database_unnamed_ = extra.database.empty();
  impersonated_ = request.impersonated_user;
  return request;
}

// From 5.8 a client that named no database is told which one it got.
void BoltMachine::add_home_database(MapBuilder& map) {
  if (!options_.version.has_home_database_reply() || !home_database_unnamed_) return;
  auto name = session_->resolve_database("", impersonated_);
  if (name) map.add("db", arena_.copy(*name));
}

void BoltMachine::on(wire::Begin& begin) {
  auto request = request_of(begin.extra);
  if (!request) return fail_request(request.error());
  if (auto begun = session_->begin(std::move(*request)); !begun) return fail_request(begun.error());
  activity_ = Activity::kBegin;
}

BoltMachine::Step BoltMachine::begin_step(const PollContext& context) {
  if (auto step = pending(session_->poll_begin(context))) return *step;
  MapBuilder map;
  add_home_database(map);
  succeed(map);
  state_ = State::kTxReady;
  return finished();
}

BoltMachine::Step BoltMachine::commit_step(const PollContext& context) {
  results_.clear();  // what was not drained is given up
  if (auto step = pending(session_->commit(context))) return *step;
  MapBuilder map;
  if (!session_->bookmark().empty()) map.add("bookmark", session_->bookmark());
  succeed(map);
  state_ = State::kReady;
  return finished();
}

BoltMachine::Step BoltMachine::rollback_step(const PollContext& context) {
  results_.clear();
  if (auto step = pending(session_->rollback(context))) return *step;
  writer_.success();
  state_ = State::kReady;
  return finished();
}

// -- routing --

void BoltMachine::on(wire::Route& route) {
  auto name = session_->resolve_database(route.database, route.impersonated_user);
  if (!name) return fail_request(name.error());
  std::string_view address = route_address_;
  if (route.routing.is(value::Type::kMap) && !settings_.advertised_address) {
    const value::Value own = value::map_get(route.routing.as_map(), "address");
    if (own.is(value::Type::kString) && !own.as_string().empty()) address = own.as_string();
  }
  // A driver files the table under `db`: it must be the name that was asked for.
  const std::string_view database =
      route.database.empty() ? std::string_view(*name) : route.database;
  MapBuilder map;
  map.add("rt", routing_table(address, database, settings_.routing_ttl, arena_));
  succeed(map);
}

}  // namespace trellis::server

// SPDX-License-Identifier: Apache-2.0
//
// Requests to bytes: the client's side.
#include "wire/message_codec.h"

namespace trellis::wire {
namespace {

size_t count_of(const NotificationFilter& filter, WireOptions options) {
  if (!options.version.has_notification_filter()) return 0;
  return (filter.minimum_severity.empty() ? 0U : 1U) + (filter.disabled ? 1U : 0U);
}

void put_texts(PackWriter& pack, std::span<const std::string_view> texts) {
  pack.list(texts.size());
  for (const std::string_view text : texts) pack.string(text);
}

void put_filter(PackWriter& pack, const NotificationFilter& filter) {
  const WireOptions options = pack.options();
  if (!options.version.has_notification_filter()) return;
  if (!filter.minimum_severity.empty()) {
    pack.entry("notifications_minimum_severity", filter.minimum_severity);
  }
  if (!filter.disabled) return;
  pack.key(options.version.has_gql_statuses() ? "notifications_disabled_classifications"
                                              : "notifications_disabled_categories");
  put_texts(pack, *filter.disabled);
}

size_t count_of(const AuthToken& token) {
  return 1U + (token.principal.empty() ? 0U : 1U) + (token.scheme == "none" ? 0U : 1U) +
         (token.realm.empty() ? 0U : 1U) + (token.parameters.is_null() ? 0U : 1U);
}

void put_token(PackWriter& pack, const AuthToken& token) {
  pack.entry("scheme", token.scheme);
  if (!token.principal.empty()) pack.entry("principal", token.principal);
  if (token.scheme != "none") pack.entry("credentials", token.credentials.reveal());
  if (!token.realm.empty()) pack.entry("realm", token.realm);
  if (!token.parameters.is_null()) pack.entry("parameters", token.parameters);
}

void put_extra(PackWriter& pack, const TransactionExtra& extra) {
  size_t count = count_of(extra.notifications, pack.options());
  count += extra.bookmarks.empty() ? 0 : 1;
  count += extra.timeout_ms ? 1 : 0;
  count += extra.metadata.is_null() ? 0 : 1;
  count += extra.read ? 1 : 0;
  count += extra.database.empty() ? 0 : 1;
  count += extra.impersonated_user.empty() ? 0 : 1;
  count += extra.type.empty() ? 0 : 1;
  pack.map(count);
  if (!extra.bookmarks.empty()) {
    pack.key("bookmarks");
    put_texts(pack, extra.bookmarks);
  }
  if (extra.timeout_ms) pack.entry("tx_timeout", *extra.timeout_ms);
  if (!extra.metadata.is_null()) pack.entry("tx_metadata", extra.metadata);
  if (extra.read) pack.entry("mode", "r");
  if (!extra.database.empty()) pack.entry("db", extra.database);
  if (!extra.impersonated_user.empty()) pack.entry("imp_user", extra.impersonated_user);
  if (!extra.type.empty()) pack.entry("tx_type", extra.type);
  put_filter(pack, extra.notifications);
}

// Fields of one request behind its structure head.
struct Fields {
  PackWriter& pack;

  void operator()(const Hello& hello) const {
    const WireOptions options = pack.options();
    const bool with_token = hello.token && !options.version.has_logon();
    const bool with_agent = options.version.has_bolt_agent() && !hello.bolt_agent.is_null();
    const bool with_patch = hello.utc_patch && !options.version.has_utc_date_times();
    size_t count = 1 + count_of(hello.notifications, options);
    count += hello.routing.is_null() ? 0 : 1;
    count += with_token ? count_of(*hello.token) : 0;
    count += with_agent ? 1 : 0;
    count += with_patch ? 1 : 0;
    pack.map(count);
    pack.entry("user_agent", hello.user_agent);
    if (!hello.routing.is_null()) pack.entry("routing", hello.routing);
    if (with_token) put_token(pack, *hello.token);
    if (with_agent) pack.entry("bolt_agent", hello.bolt_agent);
    if (with_patch) {
      pack.key("patch_bolt");
      pack.list(1);
      pack.string("utc");
    }
    put_filter(pack, hello.notifications);
  }
  void operator()(const Logon& logon) const {
    pack.map(count_of(logon.token));
    put_token(pack, logon.token);
  }
  void operator()(const Telemetry& telemetry) const { pack.integer(telemetry.api); }
  void operator()(const Run& run) const {
    pack.string(run.query);
    if (run.parameters.is_null()) {
      pack.map(0);
    } else {
      pack.value(run.parameters);
    }
    put_extra(pack, run.extra);
  }
  void operator()(const Begin& begin) const { put_extra(pack, begin.extra); }
  void operator()(const Discard& discard) const { put_amount(discard.n, discard.qid); }
  void operator()(const Pull& pull) const { put_amount(pull.n, pull.qid); }
  void operator()(const Route& route) const {
    if (route.routing.is_null()) {
      pack.map(0);
    } else {
      pack.value(route.routing);
    }
    put_texts(pack, route.bookmarks);
    pack.map((route.database.empty() ? 0U : 1U) + (route.impersonated_user.empty() ? 0U : 1U));
    if (!route.database.empty()) pack.entry("db", route.database);
    if (!route.impersonated_user.empty()) pack.entry("imp_user", route.impersonated_user);
  }
  void operator()(const Logoff&) const {}
  void operator()(const Goodbye&) const {}
  void operator()(const Reset&) const {}
  void operator()(const Commit&) const {}
  void operator()(const Rollback&) const {}

 private:
  void put_amount(int64_t n, int64_t qid) const {
    pack.map(qid == kLatestQuery ? 1 : 2);
    pack.entry("n", n);
    if (qid != kLatestQuery) pack.entry("qid", qid);
  }

 public:
  explicit Fields(PackWriter& writer) : pack(writer) {}
};

uint8_t fields_in(Tag tag) {
  switch (tag) {
    case Tag::kRun:
    case Tag::kRoute:
      return 3;
    case Tag::kLogoff:
    case Tag::kGoodbye:
    case Tag::kReset:
    case Tag::kCommit:
    case Tag::kRollback:
      return 0;
    default:
      return 1;
  }
}

}  // namespace

std::string_view to_string(Tag tag) {
  switch (tag) {
    case Tag::kHello:
      return "HELLO";
    case Tag::kGoodbye:
      return "GOODBYE";
    case Tag::kReset:
      return "RESET";
    case Tag::kRun:
      return "RUN";
    case Tag::kBegin:
      return "BEGIN";
    case Tag::kCommit:
      return "COMMIT";
    case Tag::kRollback:
      return "ROLLBACK";
    case Tag::kDiscard:
      return "DISCARD";
    case Tag::kPull:
      return "PULL";
    case Tag::kTelemetry:
      return "TELEMETRY";
    case Tag::kRoute:
      return "ROUTE";
    case Tag::kLogon:
      return "LOGON";
    case Tag::kLogoff:
      return "LOGOFF";
    case Tag::kSuccess:
      return "SUCCESS";
    case Tag::kRecord:
      return "RECORD";
    case Tag::kIgnored:
      return "IGNORED";
    case Tag::kFailure:
      return "FAILURE";
  }
  return "unknown";
}

Tag tag_of(const Request& request) {
  static constexpr Tag kTags[] = {Tag::kHello,   Tag::kLogon,    Tag::kLogoff,  Tag::kTelemetry,
                                  Tag::kGoodbye, Tag::kReset,    Tag::kRun,     Tag::kBegin,
                                  Tag::kCommit,  Tag::kRollback, Tag::kDiscard, Tag::kPull,
                                  Tag::kRoute};
  static_assert(std::size(kTags) == std::variant_size_v<Request>);
  return kTags[request.index()];
}

void MessageWriter::request(const Request& request) {
  const Tag tag = tag_of(request);
  PackWriter& pack = begin(tag, fields_in(tag));
  std::visit(Fields(pack), request);
  end();
}

}  // namespace trellis::wire

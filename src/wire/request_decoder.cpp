// SPDX-License-Identifier: Apache-2.0
//
// Requests from bytes. Maps of metadata are read key by key, so that credentials go straight from
// the message into a Secret.
#include <new>
#include <type_traits>

#include "wire/message_codec.h"
#include "wire/pack_reader.h"

namespace trellis::wire {
namespace {

using value::Type;
using value::Value;

constexpr uint32_t kMaxMetadata = 64;

Error wrong(std::string_view what) {
  return make_error(ErrorCode::InvalidRequestFormat, "The message's {}.", what);
}

Result<std::string_view> text_or_null(const Value& v, std::string_view what) {
  if (v.is_null()) return std::string_view();
  if (!v.is(Type::kString)) return fail(wrong(what));
  return v.as_string();
}

Result<std::span<const std::string_view>> texts_or_null(const Value& v, Arena& arena,
                                                        std::string_view what) {
  if (v.is_null()) return std::span<const std::string_view>();
  if (!v.is(Type::kList)) return fail(wrong(what));
  const auto elements = v.as_list();
  auto* texts = arena.alloc_array<std::string_view>(elements.size());
  for (size_t i = 0; i < elements.size(); ++i) {
    if (!elements[i].is(Type::kString)) return fail(wrong(what));
    new (&texts[i]) std::string_view(elements[i].as_string());
  }
  return std::span<const std::string_view>(texts, elements.size());
}

Result<Value> map_or_null(const Value& v, std::string_view what) {
  if (!v.is_null() && !v.is(Type::kMap)) return fail(wrong(what));
  return v;
}

// A map of metadata whose "credentials" entry, if it has one, never reaches the arena.
struct Metadata {
  std::span<const value::MapEntry> entries;
  Secret credentials;
  Value get(std::string_view key) const { return map_get(entries, key); }
};

Result<Metadata> read_metadata(PackReader& reader, Arena& arena) {
  TRELLIS_TRY_ASSIGN(const uint32_t count, reader.map());
  if (count > kMaxMetadata) return fail(wrong("metadata have more keys than exist"));
  auto* entries = arena.alloc_array<value::MapEntry>(count);
  Metadata out;
  uint32_t kept = 0;
  bool credentials_seen = false;
  for (uint32_t i = 0; i < count; ++i) {
    TRELLIS_TRY_ASSIGN(const std::string_view key, reader.text());
    if (key == "credentials" && !reader.next_is_null()) {
      if (credentials_seen) return fail(wrong("map has a key given twice"));
      credentials_seen = true;
      TRELLIS_TRY_ASSIGN(const std::string_view text, reader.text());
      out.credentials = Secret(text);
      continue;
    }
    TRELLIS_TRY_ASSIGN(const Value v, reader.value(arena));
    for (uint32_t j = 0; j < kept; ++j) {
      if (entries[j].key == key) return fail(wrong("map has a key given twice"));
    }
    new (&entries[kept++]) value::MapEntry{arena.copy(key), v};
  }
  out.entries = {entries, kept};
  return out;
}

Result<AuthToken> token_of(Metadata& metadata) {
  AuthToken token;
  TRELLIS_TRY_ASSIGN(token.scheme,
                     text_or_null(metadata.get("scheme"), "authentication scheme is no string"));
  TRELLIS_TRY_ASSIGN(token.principal,
                     text_or_null(metadata.get("principal"), "principal is no string"));
  TRELLIS_TRY_ASSIGN(token.realm, text_or_null(metadata.get("realm"), "realm is no string"));
  TRELLIS_TRY_ASSIGN(token.parameters,
                     map_or_null(metadata.get("parameters"), "parameters are no map"));
  token.credentials = std::move(metadata.credentials);
  return token;
}

Result<NotificationFilter> filter_of(const Metadata& metadata, WireOptions options, Arena& arena) {
  NotificationFilter filter;
  if (!options.version.has_notification_filter()) return filter;
  TRELLIS_TRY_ASSIGN(filter.minimum_severity,
                     text_or_null(metadata.get("notifications_minimum_severity"),
                                  "notifications_minimum_severity is no string"));
  const Value disabled =
      metadata.get(options.version.has_gql_statuses() ? "notifications_disabled_classifications"
                                                      : "notifications_disabled_categories");
  if (disabled.is_null()) return filter;
  TRELLIS_TRY_ASSIGN(
      filter.disabled,
      texts_or_null(disabled, arena, "list of disabled notifications is no list of strings"));
  return filter;
}

Result<Hello> hello_of(PackReader& reader, WireOptions options, Arena& arena) {
  TRELLIS_TRY_ASSIGN(Metadata metadata, read_metadata(reader, arena));
  Hello hello;
  TRELLIS_TRY_ASSIGN(hello.user_agent,
                     text_or_null(metadata.get("user_agent"), "user_agent is no string"));
  TRELLIS_TRY_ASSIGN(hello.routing, map_or_null(metadata.get("routing"), "routing is no map"));
  TRELLIS_TRY_ASSIGN(hello.bolt_agent,
                     map_or_null(metadata.get("bolt_agent"), "bolt_agent is no map"));
  TRELLIS_TRY_ASSIGN(hello.notifications, filter_of(metadata, options, arena));
  if (!options.version.has_logon()) {
    TRELLIS_TRY_ASSIGN(const auto patches, texts_or_null(metadata.get("patch_bolt"), arena,
                                                         "patch_bolt is no list of strings"));
    for (const std::string_view patch : patches) hello.utc_patch |= patch == "utc";
    TRELLIS_TRY_ASSIGN(hello.token, token_of(metadata));
  }
  return hello;
}

Result<Logon> logon_of(PackReader& reader, Arena& arena) {
  TRELLIS_TRY_ASSIGN(Metadata metadata, read_metadata(reader, arena));
  TRELLIS_TRY_ASSIGN(AuthToken token, token_of(metadata));
  return Logon{std::move(token)};
}

Result<TransactionExtra> extra_of(PackReader& reader, WireOptions options, Arena& arena) {
  TRELLIS_TRY_ASSIGN(const Metadata metadata, read_metadata(reader, arena));
  TransactionExtra extra;
  if (metadata.entries.empty()) return extra;
  TRELLIS_TRY_ASSIGN(extra.bookmarks, texts_or_null(metadata.get("bookmarks"), arena,
                                                    "bookmarks are no list of strings"));
  const Value timeout = metadata.get("tx_timeout");
  if (!timeout.is_null()) {
    if (!timeout.is(Type::kInteger)) return fail(wrong("tx_timeout is no integer"));
    extra.timeout_ms = timeout.as_integer();
  }
  TRELLIS_TRY_ASSIGN(extra.metadata,
                     map_or_null(metadata.get("tx_metadata"), "tx_metadata is no map"));
  TRELLIS_TRY_ASSIGN(const std::string_view mode,
                     text_or_null(metadata.get("mode"), "mode is no string"));
  if (!mode.empty() && mode != "r" && mode != "w") return fail(wrong("mode is neither r nor w"));
  extra.read = mode == "r";
  TRELLIS_TRY_ASSIGN(extra.database, text_or_null(metadata.get("db"), "db is no string"));
  TRELLIS_TRY_ASSIGN(extra.impersonated_user,
                     text_or_null(metadata.get("imp_user"), "imp_user is no string"));
  TRELLIS_TRY_ASSIGN(extra.type, text_or_null(metadata.get("tx_type"), "tx_type is no string"));
  TRELLIS_TRY_ASSIGN(extra.notifications, filter_of(metadata, options, arena));
  return extra;
}

Result<Run> run_of(PackReader& reader, WireOptions options, Arena& arena) {
  Run run;
  TRELLIS_TRY_ASSIGN(const std::string_view query, reader.text());
  run.query = arena.copy(query);
  TRELLIS_TRY_ASSIGN(run.parameters, reader.value(arena));
  if (run.parameters.is_null()) run.parameters = Value::map({});
  if (!run.parameters.is(Type::kMap)) return fail(wrong("parameters are no map"));
  TRELLIS_TRY_ASSIGN(run.extra, extra_of(reader, options, arena));
  return run;
}

template <class PullOrDiscard>
Result<PullOrDiscard> pull_of(PackReader& reader, Arena& arena) {
  TRELLIS_TRY_ASSIGN(const Metadata metadata, read_metadata(reader, arena));
  PullOrDiscard out;
  const Value n = metadata.get("n");
  const Value qid = metadata.get("qid");
  if (!n.is(Type::kInteger)) return fail(wrong("n is no integer"));
  out.n = n.as_integer();
  if (out.n != kAll && out.n <= 0) return fail(wrong("n is neither -1 nor positive"));
  if (qid.is_null()) return out;
  if (!qid.is(Type::kInteger)) return fail(wrong("qid is no integer"));
  out.qid = qid.as_integer();
  if (out.qid < kLatestQuery) return fail(wrong("qid is less than -1"));
  return out;
}

Result<Route> route_of(PackReader& reader, Arena& arena) {
  Route route;
  TRELLIS_TRY_ASSIGN(const Value routing, reader.value(arena));
  TRELLIS_TRY_ASSIGN(route.routing, map_or_null(routing, "routing context is no map"));
  if (route.routing.is_null()) route.routing = Value::map({});
  TRELLIS_TRY_ASSIGN(const Value bookmarks, reader.value(arena));
  TRELLIS_TRY_ASSIGN(route.bookmarks,
                     texts_or_null(bookmarks, arena, "bookmarks are no list of strings"));
  TRELLIS_TRY_ASSIGN(const Metadata extra, read_metadata(reader, arena));
  TRELLIS_TRY_ASSIGN(route.database, text_or_null(extra.get("db"), "db is no string"));
  TRELLIS_TRY_ASSIGN(route.impersonated_user,
                     text_or_null(extra.get("imp_user"), "imp_user is no string"));
  return route;
}

template <class T>
Result<Request> wrap(Result<T> part) {
  if (!part) return fail(std::move(part).error());
  return Request(std::move(*part));
}

uint8_t fields_of(Tag tag) {
  switch (tag) {
    case Tag::kRun:
    case Tag::kRoute:
      return 3;
    case Tag::kHello:
    case Tag::kBegin:
    case Tag::kDiscard:
    case Tag::kPull:
    case Tag::kTelemetry:
    case Tag::kLogon:
      return 1;
    default:
      return 0;
  }
}

Result<Request> body_of(Tag tag, PackReader& reader, WireOptions options, Arena& arena) {
  switch (tag) {
    case Tag::kHello:
      return wrap(hello_of(reader, options, arena));
    case Tag::kLogon:
      return wrap(logon_of(reader, arena));
    case Tag::kLogoff:
      return Request(Logoff{});
    case Tag::kTelemetry: {
      TRELLIS_TRY_ASSIGN(const int64_t api, reader.integer());
      return Request(Telemetry{api});
    }
    case Tag::kGoodbye:
      return Request(Goodbye{});
    case Tag::kReset:
      return Request(Reset{});
    case Tag::kRun:
      return wrap(run_of(reader, options, arena));
    case Tag::kBegin: {
      TRELLIS_TRY_ASSIGN(const TransactionExtra extra, extra_of(reader, options, arena));
      return Request(Begin{extra});
    }
    case Tag::kCommit:
      return Request(Commit{});
    case Tag::kRollback:
      return Request(Rollback{});
    case Tag::kDiscard:
      return wrap(pull_of<Discard>(reader, arena));
    case Tag::kPull:
      return wrap(pull_of<Pull>(reader, arena));
    case Tag::kRoute:
      return wrap(route_of(reader, arena));
    default:
      return fail(ErrorCode::InvalidRequestFormat,
                  "The message with signature 0x{:02X} is no request.", static_cast<uint8_t>(tag));
  }
}

bool exists_in(Tag tag, BoltVersion version) {
  if (tag == Tag::kLogon || tag == Tag::kLogoff) return version.has_logon();
  if (tag == Tag::kTelemetry) return version.has_telemetry();
  return true;
}

}  // namespace

Result<Tag> peek_tag(std::span<const std::byte> message) {
  PackReader reader(message, {});
  TRELLIS_TRY_ASSIGN(const PackReader::Structure head, reader.structure());
  return static_cast<Tag>(head.tag);
}

Result<Request> decode_request(std::span<const std::byte> message, WireOptions options,
                               Arena& arena) {
  PackReader reader(message, options, {.entities = false});
  TRELLIS_TRY_ASSIGN(const PackReader::Structure head, reader.structure());
  const Tag tag = static_cast<Tag>(head.tag);
  if (!exists_in(tag, options.version)) {
    return fail(ErrorCode::InvalidRequestFormat, "{} does not exist in Bolt {}.", to_string(tag),
                to_string(options.version));
  }
  if (to_string(tag) != "unknown" && head.fields != fields_of(tag)) {
    return fail(ErrorCode::InvalidRequestFormat, "{} comes with {} fields instead of {}.",
                to_string(tag), head.fields, fields_of(tag));
  }
  auto request = body_of(tag, reader, options, arena);
  if (request && !reader.at_end()) {
    return fail(ErrorCode::InvalidRequestFormat, "{} has {} bytes left over.", to_string(tag),
                reader.remaining());
  }
  return request;
}

}  // namespace trellis::wire

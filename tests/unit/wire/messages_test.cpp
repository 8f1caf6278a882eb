// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <array>

#include "unit/wire/bytes.h"
#include "value/compare.h"
#include "wire/message_codec.h"

using namespace trellis;
using namespace trellis::wire;
using test::hex;
using test::unhex;
using trellis::value::MapEntry;
using trellis::value::Value;

namespace {

constexpr WireOptions k58{{5, 8}, false};
constexpr WireOptions k50{{5, 0}, false};
constexpr WireOptions k44{{4, 4}, false};

// The one message in a framed buffer.
std::vector<std::byte> unframed(const ByteBuffer& out) {
  Dechunker dechunker(1 << 20);
  std::span<const std::byte> input = out.bytes();
  const auto message = dechunker.next(input);
  REQUIRE(message.has_value());
  REQUIRE(message->has_value());
  CHECK(input.empty());
  return {(*message)->begin(), (*message)->end()};
}

std::string sent(const Request& request, WireOptions options) {
  ByteBuffer out;
  MessageWriter(out, options).request(request);
  return hex(out);
}

template <class T>
T received(const Request& request, WireOptions options, Arena& arena) {
  ByteBuffer out;
  MessageWriter(out, options).request(request);
  const auto message = unframed(out);
  CHECK(*peek_tag(message) == tag_of(request));
  auto back = decode_request(message, options, arena);
  if (!back) FAIL(back.error().message());
  REQUIRE(std::holds_alternative<T>(*back));
  return std::move(std::get<T>(*back));
}

ErrorCode refusal(std::string_view text, WireOptions options = k58) {
  Arena arena;
  const auto request = decode_request(unhex(text), options, arena);
  REQUIRE(!request.has_value());
  return request.error().code();
}

}  // namespace

TEST_CASE("requests without fields are two bytes") {
  CHECK(sent(Reset{}, k58) == "00 02 B0 0F 00 00");
  CHECK(sent(Goodbye{}, k58) == "00 02 B0 02 00 00");
  CHECK(sent(Commit{}, k58) == "00 02 B0 12 00 00");
  CHECK(sent(Rollback{}, k58) == "00 02 B0 13 00 00");
  CHECK(sent(Logoff{}, k58) == "00 02 B0 6B 00 00");
  Arena arena;
  received<Reset>(Reset{}, k58, arena);
  received<Logoff>(Logoff{}, k58, arena);
}

TEST_CASE("PULL and DISCARD") {
  CHECK(sent(Pull{1000, kLatestQuery}, k58) == "00 08 B1 3F A1 81 6E C9 03 E8 00 00");
  CHECK(sent(Discard{kAll, 3}, k58) == "00 0B B1 2F A2 81 6E FF 83 71 69 64 03 00 00");
  Arena arena;
  const Pull pull = received<Pull>(Pull{5, 2}, k58, arena);
  CHECK(pull.n == 5);
  CHECK(pull.qid == 2);
  CHECK(received<Discard>(Discard{}, k44, arena).n == kAll);
  CHECK(refusal("B1 3F A0") == ErrorCode::InvalidRequestFormat);
  CHECK(refusal("B1 3F A1 81 6E 00") == ErrorCode::InvalidRequestFormat);
  CHECK(refusal("B1 3F A1 81 6E 81 31") == ErrorCode::InvalidRequestFormat);
}

TEST_CASE("HELLO carries the token up to 5.0, LOGON from 5.1") {
  const std::array<MapEntry, 1> routing{MapEntry{"address", Value::string("h:1")}};
  const std::array<MapEntry, 1> agent{MapEntry{"product", Value::string("t/1")}};
  const auto make = [&] {
    Hello hello;
    hello.user_agent = "u/1";
    hello.routing = Value::map(routing);
    hello.bolt_agent = Value::map(agent);
    hello.utc_patch = true;
    hello.notifications.minimum_severity = "OFF";
    hello.token = AuthToken{"basic", "neo", Secret("word"), "", {}};
    return hello;
  };
  Arena arena;
  const Hello old = received<Hello>(make(), k44, arena);
  REQUIRE(old.token.has_value());
  CHECK(old.token->scheme == "basic");
  CHECK(old.token->principal == "neo");
  CHECK(old.token->credentials.reveal() == "word");
  CHECK(old.utc_patch);
  CHECK(old.bolt_agent.is_null());
  CHECK(old.notifications.minimum_severity.empty());
  const Hello young = received<Hello>(make(), k58, arena);
  CHECK(!young.token.has_value());
  CHECK(!young.utc_patch);
  CHECK(value::map_get(young.routing.as_map(), "address").as_string() == "h:1");
  CHECK(value::map_get(young.bolt_agent.as_map(), "product").as_string() == "t/1");
  CHECK(young.notifications.minimum_severity == "OFF");

  const auto logon = [] { return Logon{{"basic", "neo", Secret("word"), "native", {}}}; };
  CHECK(sent(logon(), k58) ==
        "00 3C B1 6A A4 86 73 63 68 65 6D 65 85 62 61 73 69 63 89 70 72 69 6E 63 69 70 61 6C "
        "83 6E 65 6F 8B 63 72 65 64 65 6E 74 69 61 6C 73 84 77 6F 72 64 85 72 65 61 6C 6D "
        "86 6E 61 74 69 76 65 00 00");
  const Logon back = received<Logon>(logon(), k58, arena);
  CHECK(back.token.credentials.reveal() == "word");
  CHECK(back.token.realm == "native");
  CHECK(refusal("B1 6A A0", k50) == ErrorCode::InvalidRequestFormat);
  CHECK(refusal("B1 6A A2 8B 63 72 65 64 65 6E 74 69 61 6C 73 80 8B 63 72 65 64 65 6E 74 69 61 6C "
                "73 80") == ErrorCode::InvalidRequestFormat);
  CHECK(refusal("B1 54 00", k50) == ErrorCode::InvalidRequestFormat);
}

TEST_CASE("RUN and BEGIN carry the transaction's settings") {
  const std::array<std::string_view, 2> bookmarks{"b1", "b2"};
  const std::array<MapEntry, 1> metadata{MapEntry{"app", Value::string("x")}};
  const std::array<std::string_view, 1> disabled{"HINT"};
  TransactionExtra extra;
  extra.bookmarks = bookmarks;
  extra.timeout_ms = 1500;
  extra.metadata = Value::map(metadata);
  extra.read = true;
  extra.database = "db1";
  extra.impersonated_user = "imp";
  extra.notifications.disabled = std::span<const std::string_view>(disabled);
  const std::array<MapEntry, 1> parameters{MapEntry{"x", Value::integer(1)}};
  Arena arena;
  for (const WireOptions options : {k58, WireOptions{{5, 4}, false}}) {
    const Run run = received<Run>(Run{"RETURN $x", Value::map(parameters), extra}, options, arena);
    CHECK(run.query == "RETURN $x");
    CHECK(value::map_get(run.parameters.as_map(), "x").as_integer() == 1);
    CHECK(run.extra.bookmarks.size() == 2);
    CHECK(run.extra.bookmarks[1] == "b2");
    CHECK(run.extra.timeout_ms == 1500);
    CHECK(run.extra.read);
    CHECK(run.extra.database == "db1");
    CHECK(run.extra.impersonated_user == "imp");
    REQUIRE(run.extra.notifications.disabled.has_value());
    CHECK((*run.extra.notifications.disabled)[0] == "HINT");
  }
  const Begin begin = received<Begin>(Begin{extra}, k44, arena);
  CHECK(begin.extra.database == "db1");
  CHECK(!begin.extra.notifications.disabled.has_value());
  CHECK(sent(Run{"RETURN 1", {}, {}}, k58) == "00 0D B3 10 88 52 45 54 55 52 4E 20 31 A0 A0 00 00");
}

TEST_CASE("ROUTE") {
  const std::array<MapEntry, 1> routing{MapEntry{"address", Value::string("h:1")}};
  Arena arena;
  const Route route = received<Route>(Route{Value::map(routing), {}, "db1", ""}, k58, arena);
  CHECK(route.database == "db1");
  CHECK(value::map_get(route.routing.as_map(), "address").as_string() == "h:1");
  CHECK(sent(Route{{}, {}, "", ""}, k58) == "00 05 B3 66 A0 90 A0 00 00");
}

TEST_CASE("requests of the wrong shape are refused") {
  CHECK(refusal("") == ErrorCode::InvalidRequestFormat);
  CHECK(refusal("B0 33") == ErrorCode::InvalidRequestFormat);           // no such message
  CHECK(refusal("B1 70 A0") == ErrorCode::InvalidRequestFormat);        // a response
  CHECK(refusal("B1 0F A0") == ErrorCode::InvalidRequestFormat);        // RESET with a field
  CHECK(refusal("B0 0F 00") == ErrorCode::InvalidRequestFormat);        // bytes left over
  CHECK(refusal("B3 10 01 A0 A0") == ErrorCode::InvalidRequestFormat);  // query is no text
  CHECK(refusal("B3 10 80 90 A0") == ErrorCode::InvalidRequestFormat);  // parameters are no map
  CHECK(refusal("B1 11 A1 84 6D 6F 64 65 81 78") == ErrorCode::InvalidRequestFormat);
  CHECK(refusal("B3 10 80 A1 81 78 B4 4E 01 90 A0 80 A0") ==
        ErrorCode::InvalidRequestFormat);  // a node as a parameter
}

TEST_CASE("SUCCESS, RECORD, IGNORED") {
  ByteBuffer out;
  MessageWriter writer(out, k58);
  writer.success();
  CHECK(hex(out) == "00 03 B1 70 A0 00 00");
  out.clear();
  auto& pack = writer.begin_record(2);
  pack.value(Value::integer(1));
  pack.value(Value::string("a"));
  writer.end();
  CHECK(hex(out) == "00 06 B1 71 92 01 81 61 00 00");
  Arena arena;
  const auto record = decode_response(unframed(out), k58, arena);
  REQUIRE(record.has_value());
  CHECK(std::get<Record>(*record).fields[1].as_string() == "a");
  out.clear();
  writer.ignored();
  CHECK(hex(out) == "00 02 B0 7E 00 00");
  CHECK(std::holds_alternative<Ignored>(*decode_response(unframed(out), k58, arena)));
  out.clear();
  const std::array<MapEntry, 1> metadata{MapEntry{"has_more", Value::boolean(true)}};
  writer.success(metadata);
  const auto success = decode_response(unframed(out), k58, arena);
  CHECK(value::map_get(std::get<Success>(*success).metadata.as_map(), "has_more").is_true());
  CHECK(!decode_response(unhex("B0 0F"), k58, arena).has_value());
  CHECK(!decode_response(unhex("B1 71 C0"), k58, arena).has_value());
}

TEST_CASE("FAILURE up to 5.6 has two texts") {
  ByteBuffer out;
  MessageWriter(out, {{5, 6}, false}).failure(make_error(ErrorCode::UserNotFound, "who"));
  Arena arena;
  const auto response = decode_response(unframed(out), {{5, 6}, false}, arena);
  REQUIRE(response.has_value());
  const Error& error = std::get<Failure>(*response).error;
  CHECK(error.neo4j_code() == traits_of(ErrorCode::UserNotFound).neo4j_code);
  CHECK(error.message() == "who");
}

TEST_CASE("FAILURE from 5.7 keeps codes, texts, position and the chain of causes") {
  Error error = make_error(ErrorCode::SyntaxError, "outer")
                    .at({5, 1, 6})
                    .caused_by(make_error(ErrorCode::TypeError, "inner")
                                   .caused_by(make_error(ErrorCode::DivisionByZero, "innermost")));
  ByteBuffer out;
  MessageWriter(out, k58).failure(error);
  Arena arena;
  const auto response = decode_response(unframed(out), k58, arena);
  REQUIRE(response.has_value());
  const Error& back = std::get<Failure>(*response).error;
  CHECK(back.code() == ErrorCode::SyntaxError);
  CHECK(back.gqlstatus() == error.gqlstatus());
  CHECK(back.status_description() == error.status_description());
  CHECK(back.position().column == 6);
  REQUIRE(back.cause() != nullptr);
  CHECK(back.cause()->gqlstatus() == error.cause()->gqlstatus());
  CHECK(back.cause()->message() == "inner");
  REQUIRE(back.cause()->cause() != nullptr);
  CHECK(back.cause()->cause()->message() == "innermost");
  CHECK(back.cause()->cause()->cause() == nullptr);
}

TEST_CASE("FAILURE with codes that only the sender knows keeps them") {
  Arena arena;
  ByteBuffer out;
  MessageWriter writer(out, k58);
  auto& pack = writer.begin(Tag::kFailure, 1);
  pack.map(4);
  pack.entry("neo4j_code", "Neo.TransientError.Future.Thing");
  pack.entry("message", "m");
  pack.entry("gql_status", "99Z99");
  pack.entry("description", "error: from the future");
  writer.end();
  const auto response = decode_response(unframed(out), k58, arena);
  const Error& error = std::get<Failure>(*response).error;
  CHECK(error.neo4j_code() == "Neo.TransientError.Future.Thing");
  CHECK(error.classification() == Classification::kTransientError);
  CHECK(error.gqlstatus() == "99Z99");
  CHECK(error.status_description() == "error: from the future");
}

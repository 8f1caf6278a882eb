// SPDX-License-Identifier: Apache-2.0
//
// Responses: SUCCESS, RECORD, IGNORED, FAILURE, both ways.
#include <new>

#include "wire/message_codec.h"
#include "wire/pack_reader.h"

namespace trellis::wire {
namespace {

using value::MapEntry;
using value::Type;
using value::Value;

constexpr int kMaxCauses = 32;

void put_position(PackWriter& pack, SourcePosition position) {
  pack.key("_position");
  pack.map(3);
  pack.entry("offset", int64_t{position.offset});
  pack.entry("line", int64_t{position.line});
  pack.entry("column", int64_t{position.column});
}

// The GQL form. Only the outermost level carries a Neo4j code, and `cause` is left out, not null.
void put_gql(PackWriter& pack, const Error& error, int level) {
  const bool with_cause = error.cause() != nullptr && level < kMaxCauses;
  const bool with_position = error.position().line != 0;
  pack.map(4U + (level == 0 ? 1U : 0U) + (with_cause ? 1U : 0U));
  if (level == 0) pack.entry("neo4j_code", error.neo4j_code());
  pack.entry("message", error.message());
  pack.entry("gql_status", error.gqlstatus());
  pack.entry("description", error.status_description());
  pack.key("diagnostic_record");
  pack.map(4U + (with_position ? 1U : 0U));
  pack.entry("OPERATION", "");
  pack.entry("OPERATION_CODE", "0");
  pack.entry("CURRENT_SCHEMA", "/");
  pack.entry("_classification", to_string(error.classification()));
  if (with_position) put_position(pack, error.position());
  if (!with_cause) return;
  pack.key("cause");
  put_gql(pack, *error.cause(), level + 1);
}

std::string text_in(std::span<const MapEntry> map, std::string_view key) {
  const Value v = map_get(map, key);
  return v.is(Type::kString) ? std::string(v.as_string()) : std::string();
}

SourcePosition position_in(std::span<const MapEntry> map) {
  const Value record = map_get(map, "diagnostic_record");
  if (!record.is(Type::kMap)) return {};
  const Value position = map_get(record.as_map(), "_position");
  if (!position.is(Type::kMap)) return {};
  const auto number = [&](std::string_view key) -> uint32_t {
    const Value v = map_get(position.as_map(), key);
    if (!v.is(Type::kInteger) || v.as_integer() < 0 || v.as_integer() > INT32_MAX) return 0;
    return static_cast<uint32_t>(v.as_integer());
  };
  return {number("offset"), number("line"), number("column")};
}

Error error_at(std::span<const MapEntry> map, int level) {
  std::string code = text_in(map, "neo4j_code");
  if (code.empty()) code = text_in(map, "code");
  std::string status = text_in(map, "gql_status");
  std::string description = text_in(map, "description");
  const ErrorCode row = code_for(code, status);
  Error error = Error::foreign(row, std::move(code), std::move(status), text_in(map, "message"));
  if (!description.empty()) error = std::move(error).described_as(std::move(description));
  error = std::move(error).at(position_in(map));
  const Value cause = map_get(map, "cause");
  if (cause.is(Type::kMap) && level < kMaxCauses) {
    error = std::move(error).caused_by(error_at(cause.as_map(), level + 1));
  }
  return error;
}

Result<std::span<const MapEntry>> only_map(PackReader& reader, Arena& arena, uint8_t fields) {
  if (fields != 1) return fail(ErrorCode::InvalidRequestFormat, "An answer has {} fields.", fields);
  TRELLIS_TRY_ASSIGN(const Value metadata, reader.value(arena));
  if (!metadata.is(Type::kMap)) {
    return fail(ErrorCode::InvalidRequestFormat, "The metadata of an answer are no map.");
  }
  return metadata.as_map();
}

Result<Response> record_of(PackReader& reader, Arena& arena, uint8_t fields) {
  if (fields != 1) return fail(ErrorCode::InvalidRequestFormat, "A record has {} fields.", fields);
  TRELLIS_TRY_ASSIGN(const uint32_t count, reader.list());
  Value* values = arena.alloc_array<Value>(count);
  for (uint32_t i = 0; i < count; ++i) {
    TRELLIS_TRY_ASSIGN(const Value v, reader.value(arena));
    new (&values[i]) Value(v);
  }
  return Response(Record{{values, count}});
}

Result<Response> body_of(PackReader& reader, PackReader::Structure head, Arena& arena) {
  switch (static_cast<Tag>(head.tag)) {
    case Tag::kRecord:
      return record_of(reader, arena, head.fields);
    case Tag::kSuccess: {
      TRELLIS_TRY_ASSIGN(const auto metadata, only_map(reader, arena, head.fields));
      return Response(Success{Value::map(metadata)});
    }
    case Tag::kIgnored:
      return Response(Ignored{});
    case Tag::kFailure: {
      TRELLIS_TRY_ASSIGN(const auto metadata, only_map(reader, arena, head.fields));
      return Response(Failure{error_of(metadata)});
    }
    default:
      return fail(ErrorCode::InvalidRequestFormat,
                  "The message with signature 0x{:02X} is no answer.", head.tag);
  }
}

}  // namespace

void MessageWriter::success(std::span<const MapEntry> metadata) {
  begin(Tag::kSuccess, 1).map(metadata);
  end();
}

void MessageWriter::failure(const Error& error) {
  PackWriter& pack = begin(Tag::kFailure, 1);
  if (options().version.has_gql_failures()) {
    put_gql(pack, error, 0);
  } else {
    pack.map(2);
    pack.entry("code", error.neo4j_code());
    pack.entry("message", error.message());
  }
  end();
}

Error error_of(std::span<const MapEntry> metadata) { return error_at(metadata, 0); }

Result<Response> decode_response(std::span<const std::byte> message, WireOptions options,
                                 Arena& arena) {
  PackReader reader(message, options);
  TRELLIS_TRY_ASSIGN(const PackReader::Structure head, reader.structure());
  auto response = body_of(reader, head, arena);
  if (response && !reader.at_end()) {
    return fail(ErrorCode::InvalidRequestFormat, "An answer has {} bytes left over.",
                reader.remaining());
  }
  return response;
}

}  // namespace trellis::wire

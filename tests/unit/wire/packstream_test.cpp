// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>

#include "unit/wire/bytes.h"
#include "value/compare.h"
#include "wire/pack_reader.h"
#include "wire/pack_writer.h"

using namespace trellis;
using namespace trellis::wire;
using test::hex;
using test::unhex;
using trellis::value::MapEntry;
using trellis::value::Value;

namespace {

constexpr WireOptions k58{{5, 8}, false};
constexpr WireOptions k44{{4, 4}, false};
constexpr WireOptions k44Utc{{4, 4}, true};

std::string packed(const Value& v, WireOptions options = k58) {
  ByteBuffer out;
  PackWriter(out, options).value(v);
  return hex(out);
}

Result<Value> unpacked(Arena& arena, std::string_view text, WireOptions options = k58,
                       PackLimits limits = {}) {
  const auto bytes = unhex(text);
  PackReader reader(bytes, options, limits);
  auto v = reader.value(arena);
  if (v && !reader.at_end()) return fail(ErrorCode::Unknown, "left over");
  return v;
}

ErrorCode refusal(std::string_view text, WireOptions options = k58, PackLimits limits = {}) {
  Arena arena;
  const auto v = unpacked(arena, text, options, limits);
  REQUIRE(!v.has_value());
  CHECK(arena.used_bytes() < 100'000);
  return v.error().code();
}

// Encodes to exactly these bytes, and comes back from them.
void both_ways(const Value& v, std::string_view bytes, WireOptions options = k58) {
  CHECK(packed(v, options) == hex(unhex(bytes)));
  Arena arena;
  const auto back = unpacked(arena, bytes, options);
  REQUIRE(back.has_value());
  CHECK(back->type() == v.type());
  // Before 5.0 an entity comes back without its element id.
  CHECK((v.is_entity() ? back->entity_id() == v.entity_id() : value::equivalent(*back, v)));
}

const std::array<MapEntry, 1> kProps{MapEntry{"p", Value::integer(1)}};
const std::array<std::string_view, 2> kLabels{"A", "B"};

value::NodeRecord node(uint64_t id, std::string_view element_id) {
  return {id, element_id, kLabels, kProps};
}

}  // namespace

TEST_CASE("scalars have their shortest form") {
  both_ways(Value::null(), "C0");
  both_ways(Value::boolean(false), "C2");
  both_ways(Value::boolean(true), "C3");
  both_ways(Value::integer(0), "00");
  both_ways(Value::integer(127), "7F");
  both_ways(Value::integer(-1), "FF");
  both_ways(Value::integer(-16), "F0");
  both_ways(Value::integer(-17), "C8 EF");
  both_ways(Value::integer(-128), "C8 80");
  both_ways(Value::integer(-129), "C9 FF 7F");
  both_ways(Value::integer(128), "C9 00 80");
  both_ways(Value::integer(32767), "C9 7F FF");
  both_ways(Value::integer(32768), "CA 00 00 80 00");
  both_ways(Value::integer(-32769), "CA FF FF 7F FF");
  both_ways(Value::integer(2147483648), "CB 00 00 00 00 80 00 00 00");
  both_ways(Value::integer(std::numeric_limits<int64_t>::min()), "CB 80 00 00 00 00 00 00 00");
  both_ways(Value::real(1.5), "C1 3F F8 00 00 00 00 00 00");
  both_ways(Value::real(std::nan("")), "C1 7F F8 00 00 00 00 00 00");
  both_ways(Value::string(""), "80");
  both_ways(Value::string("Größe"), "87 47 72 C3 B6 C3 9F 65");
  const std::array<std::byte, 2> two{std::byte{1}, std::byte{255}};
  both_ways(Value::bytes(two), "CC 02 01 FF");
}

TEST_CASE("integers are read from any width") {
  Arena arena;
  for (const char* bytes :
       {"2A", "C8 2A", "C9 00 2A", "CA 00 00 00 2A", "CB 00 00 00 00 00 00 00 2A"}) {
    CHECK(unpacked(arena, bytes)->as_integer() == 42);
  }
}

TEST_CASE("sizes pass through 4, 8, 16 and 32 bits") {
  for (const size_t size : {15U, 16U, 255U, 256U, 65535U, 65536U}) {
    const std::string text(size, 'x');
    const std::vector<Value> list(size, Value::null());
    for (const Value& v : {Value::string(text), Value::list(list)}) {
      ByteBuffer out;
      PackWriter(out, k58).value(v);
      const size_t head = size < 16 ? 1 : size < 256 ? 2 : size < 65536 ? 3 : 5;
      CHECK(out.size() == head + size);
      Arena arena;
      PackReader reader(out.bytes(), k58);
      const auto back = reader.value(arena);
      REQUIRE(back.has_value());
      CHECK(value::equivalent(*back, v));
    }
  }
}

TEST_CASE("lists and maps") {
  const std::array<Value, 3> list{Value::integer(1), Value::string("a"), Value::null()};
  both_ways(Value::list(list), "93 01 81 61 C0");
  const std::array<MapEntry, 2> map{MapEntry{"b", Value::list(list)},
                                    MapEntry{"a", Value::boolean(true)}};
  both_ways(Value::map(map), "A2 81 62 93 01 81 61 C0 81 61 C3");
  std::vector<std::string> keys;
  std::vector<MapEntry> many;
  for (int i = 0; i < 100; ++i) keys.push_back("k" + std::to_string(i));
  for (const std::string& k : keys) many.push_back({k, Value::integer(7)});
  ByteBuffer out;
  PackWriter(out, k58).map(many);
  Arena arena;
  PackReader reader(out.bytes(), k58);
  CHECK(reader.value(arena)->as_map().size() == 100);
}

TEST_CASE("temporal values and points") {
  Arena arena;
  both_ways(Value::date({19000}), "B1 44 C9 4A 38");
  both_ways(Value::local_time({1}), "B1 74 01");
  both_ways(Value::time({1, -3600}), "B2 54 01 C9 F1 F0");
  both_ways(Value::local_date_time({10, 5}), "B2 64 0A 05");
  both_ways(value::make_duration(arena, {1, 2, -3, 4}), "B4 45 01 02 FD 04");
  both_ways(value::make_point(arena, {4326, 1.0, 2.0, 0}),
            "B3 58 C9 10 E6 C1 3F F0 00 00 00 00 00 00 C1 40 00 00 00 00 00 00 00");
  both_ways(value::make_point(arena, {9157, 1.0, 2.0, 1.0}),
            "B4 59 C9 23 C5 C1 3F F0 00 00 00 00 00 00 C1 40 00 00 00 00 00 00 00"
            "C1 3F F0 00 00 00 00 00 00");
}

TEST_CASE("date-times: utc from 5.0 and by patch, local seconds in plain 4.4") {
  Arena arena;
  const Value by_offset = value::make_date_time(arena, {4500, 42, 3600, {}});
  both_ways(by_offset, "B3 49 C9 11 94 2A C9 0E 10");
  both_ways(by_offset, "B3 49 C9 11 94 2A C9 0E 10", k44Utc);
  both_ways(by_offset, "B3 46 C9 1F A4 2A C9 0E 10", k44);
  const Value by_zone = value::make_date_time(arena, {4500, 42, 3600, "Europe/Paris"});
  both_ways(by_zone, "B3 69 C9 11 94 2A 8C 45 75 72 6F 70 65 2F 50 61 72 69 73");
  both_ways(by_zone, "B3 66 C9 1F A4 2A 8C 45 75 72 6F 70 65 2F 50 61 72 69 73", k44);
  // Summer time: the offset is that of the instant.
  const auto summer =
      unpacked(arena, "B3 69 CA 64 A0 00 00 00 8C 45 75 72 6F 70 65 2F 50 61 72 69 73");
  REQUIRE(summer.has_value());
  CHECK(summer->as_date_time().offset_s == 7200);
  // One form where the other is agreed has no meaning.
  CHECK(refusal("B3 46 00 00 00") == ErrorCode::InvalidRequestFormat);
  CHECK(refusal("B3 49 00 00 00", k44) == ErrorCode::InvalidRequestFormat);
  CHECK(refusal("B3 69 00 00 84 4E 6F 6E 65") == ErrorCode::InvalidRequest);
}

TEST_CASE("a duration's nanoseconds are carried into its seconds") {
  Arena arena;
  const auto d = unpacked(arena, "B4 45 00 00 01 FF");
  CHECK(d->as_duration().seconds == 0);
  CHECK(d->as_duration().nanos == 999'999'999);
  const auto e = unpacked(arena, "B4 45 00 00 00 CA 77 35 94 01");
  CHECK(e->as_duration().seconds == 2);
  CHECK(e->as_duration().nanos == 1);
  CHECK(refusal("B4 45 00 00 CB 80 00 00 00 00 00 00 00 FF") == ErrorCode::InvalidRequest);
}

TEST_CASE("nodes and relationships, with element ids from 5.0") {
  const value::NodeRecord n = node(3, "4:x:3");
  const char* with = "B4 4E 03 92 81 41 81 42 A1 81 70 01 85 34 3A 78 3A 33";
  both_ways(Value::node(&n), with);
  both_ways(Value::node(&n), "B3 4E 03 92 81 41 81 42 A1 81 70 01", k44);
  Arena arena;
  const auto old = unpacked(arena, "B3 4E 03 92 81 41 81 42 A1 81 70 01", k44);
  CHECK(old->as_node_record().element_id == "3");
  CHECK(unpacked(arena, with)->as_node_record().element_id == "4:x:3");
  CHECK(unpacked(arena, with)->as_node_record().labels[1] == "B");

  const value::RelationshipRecord r{9, 3, 4, "e9", "n3", "n4", "T", kProps};
  both_ways(Value::relationship(&r), "B8 52 09 03 04 81 54 A1 81 70 01 82 65 39 82 6E 33 82 6E 34");
  both_ways(Value::relationship(&r), "B5 52 09 03 04 81 54 A1 81 70 01", k44);
  CHECK(refusal(with, k58, {.entities = false}) == ErrorCode::InvalidRequestFormat);
  CHECK(refusal(with, k44) == ErrorCode::InvalidRequestFormat);  // four fields before 5.0
}

TEST_CASE("a path carries each entity once") {
  const value::NodeRecord a{1, "n1", {}, {}};
  const value::NodeRecord b{2, "n2", {}, {}};
  const value::RelationshipRecord forth{7, 1, 2, "r7", "n1", "n2", "T", {}};
  const value::RelationshipRecord loop{8, 2, 2, "r8", "n2", "n2", "T", {}};
  // (a)-[7]->(b)-[8]->(b)<-[7]-(a): trails do not do this, the format can.
  const std::array<Value, 7> steps{
      Value::node(&a), Value::relationship(&forth), Value::node(&b), Value::relationship(&loop),
      Value::node(&b), Value::relationship(&forth), Value::node(&a)};
  const Value path = Value::path(steps);
  both_ways(path,
            "B3 50 92 B4 4E 01 90 A0 82 6E 31 B4 4E 02 90 A0 82 6E 32"
            "92 B4 72 07 81 54 A0 82 72 37 B4 72 08 81 54 A0 82 72 38"
            "96 01 01 02 01 FF 00");
  Arena arena;
  const auto back = unpacked(arena, packed(path));
  const auto& last = back->as_path()[5].as_relationship_record();
  CHECK(last.start_id == 1);
  CHECK(last.end_id == 2);
  CHECK(last.end_element_id == "n2");
  // One node alone is a path too.
  const std::array<Value, 1> one{Value::node(&a)};
  both_ways(Value::path(one), "B3 50 91 B4 4E 01 90 A0 82 6E 31 90 90");
  // Indices that name nothing.
  CHECK(refusal("B3 50 91 B4 4E 01 90 A0 82 6E 31 90 92 01 00") == ErrorCode::InvalidRequestFormat);
  CHECK(refusal("B3 50 90 90 90") == ErrorCode::InvalidRequestFormat);
}

TEST_CASE("long paths come back as they were") {
  std::vector<value::NodeRecord> nodes;
  std::vector<value::RelationshipRecord> relationships;
  constexpr uint64_t kSteps = 500;
  for (uint64_t i = 0; i < kSteps + 1; ++i) nodes.push_back({i % 100, "n", {}, {}});
  for (uint64_t i = 0; i < kSteps; ++i) {
    relationships.push_back({1000 + i % 250, i % 100, (i + 1) % 100, "r", "n", "n", "T", {}});
  }
  std::vector<Value> steps{Value::node(&nodes[0])};
  for (uint64_t i = 0; i < kSteps; ++i) {
    steps.push_back(Value::relationship(&relationships[i]));
    steps.push_back(Value::node(&nodes[i + 1]));
  }
  Arena arena;
  const auto back = unpacked(arena, packed(Value::path(steps)));
  REQUIRE(back.has_value());
  REQUIRE(back->as_path().size() == steps.size());
  for (size_t i = 0; i < steps.size(); ++i) {
    CHECK(back->as_path()[i].entity_id() == steps[i].entity_id());
  }
}

TEST_CASE("hostile bytes are refused with little memory") {
  CHECK(refusal("") == ErrorCode::InvalidRequestFormat);
  CHECK(refusal("D2 40 00 00 00 61") == ErrorCode::InvalidRequestFormat);  // 1 GiB of text
  CHECK(refusal("D6 FF FF FF FF C0") == ErrorCode::InvalidRequestFormat);
  CHECK(refusal("DA 40 00 00 00 81 61 C0") == ErrorCode::InvalidRequestFormat);
  CHECK(refusal("CE 7F FF FF FF 00") == ErrorCode::InvalidRequestFormat);
  CHECK(refusal("A2 81 61 01 81 61 02") == ErrorCode::InvalidRequestFormat);  // a key twice
  CHECK(refusal("A1 01 02") == ErrorCode::InvalidRequestFormat);              // key is no text
  CHECK(refusal("81 FF") == ErrorCode::InvalidRequestFormat);
  CHECK(refusal("82 C0 80") == ErrorCode::InvalidRequestFormat);        // overlong NUL
  CHECK(refusal("83 ED A0 80") == ErrorCode::InvalidRequestFormat);     // surrogate
  CHECK(refusal("84 F4 90 80 80") == ErrorCode::InvalidRequestFormat);  // over U+10FFFF
  CHECK(refusal("C4") == ErrorCode::InvalidRequestFormat);              // reserved
  CHECK(refusal("B1 7A 01") == ErrorCode::InvalidRequestFormat);        // unknown structure
  CHECK(refusal("B2 44 01 01") == ErrorCode::InvalidRequestFormat);     // fields
  CHECK(refusal("C9 01") == ErrorCode::InvalidRequestFormat);
  CHECK(refusal("B1 74 FF") == ErrorCode::InvalidRequest);
  CHECK(refusal("B3 58 01 C1 00 00 00 00 00 00 00 00 C1 00 00 00 00 00 00 00 00") ==
        ErrorCode::InvalidRequest);
  std::string bomb;
  for (int i = 0; i < 10'000; ++i) bomb += "91";
  CHECK(refusal(bomb + "C0") == ErrorCode::InvalidRequestFormat);
  std::string maps;
  for (int i = 0; i < 10'000; ++i) maps += "A1 81 61";
  CHECK(refusal(maps + "C0") == ErrorCode::InvalidRequestFormat);
}

TEST_CASE("a large map with one key twice is refused") {
  ByteBuffer out;
  PackWriter pack(out, k58);
  pack.map(1000);
  for (int i = 0; i < 1000; ++i) pack.entry("k" + std::to_string(i == 999 ? 17 : i), int64_t{1});
  Arena arena;
  PackReader reader(out.bytes(), k58);
  const auto v = reader.value(arena);
  REQUIRE(!v.has_value());
  CHECK(v.error().code() == ErrorCode::InvalidRequestFormat);
}

TEST_CASE("every prefix of a valid value is refused, none is read beyond") {
  const value::NodeRecord n = node(300, "4:x:300");
  Arena arena;
  const std::array<Value, 5> list{
      Value::node(&n), Value::string("a longer text than sixteen bytes"), Value::real(2.5),
      value::make_date_time(arena, {4500, 42, 3600, "Europe/Paris"}), Value::integer(1LL << 40)};
  ByteBuffer out;
  PackWriter(out, k58).value(Value::list(list));
  for (size_t length = 0; length < out.size(); ++length) {
    // A copy of its own size, so that the sanitizer sees a read beyond the end.
    const std::vector<std::byte> part(out.bytes().begin(), out.bytes().begin() + length);
    PackReader reader(part, k58);
    CHECK(!reader.value(arena).has_value());
  }
}

// SPDX-License-Identifier: Apache-2.0
//
// Writes the seed corpora of the protocol fuzzers: make_fuzz_seeds <folder>.
#include <array>
#include <filesystem>
#include <fstream>
#include <string>

#include "wire/handshake.h"
#include "wire/message_codec.h"

using namespace trellis;
using namespace trellis::wire;
using value::MapEntry;
using value::Value;

namespace {

class Corpus {
 public:
  Corpus(const std::filesystem::path& root, const std::string& name) : folder_(root / name) {
    std::filesystem::create_directories(folder_);
  }
  void add(uint8_t head, const ByteBuffer& bytes) {
    std::ofstream file(folder_ / ("seed" + std::to_string(count_++)), std::ios::binary);
    file.put(static_cast<char>(head));
    file.write(reinterpret_cast<const char*>(bytes.bytes().data()),
               static_cast<std::streamsize>(bytes.size()));
  }

 private:
  std::filesystem::path folder_;
  int count_ = 0;
};

void values(const std::filesystem::path& root) {
  Corpus corpus(root, "packstream");
  Arena arena;
  static constexpr std::array<std::string_view, 2> kLabels{"A", "B"};
  const std::array<MapEntry, 2> properties{MapEntry{"p", Value::integer(1)},
                                           MapEntry{"q", Value::real(0.5)}};
  const value::NodeRecord a{1, "n1", kLabels, properties};
  const value::NodeRecord b{2, "n2", {}, {}};
  const value::RelationshipRecord r{7, 1, 2, "r7", "n1", "n2", "T", properties};
  const std::array<Value, 3> path{Value::node(&a), Value::relationship(&r), Value::node(&b)};
  const std::array<Value, 16> all{
      Value::null(),
      Value::boolean(true),
      Value::integer(1 << 20),
      Value::real(1.5),
      Value::string("text of more than sixteen bytes, ä"),
      Value::bytes(std::as_bytes(std::span("ab"))),
      Value::date({19000}),
      Value::local_time({1}),
      Value::time({1, 3600}),
      Value::local_date_time({5, 6}),
      value::make_date_time(arena, {1, 2, 3600, {}}),
      value::make_date_time(arena, {1, 2, 3600, "Europe/Paris"}),
      value::make_duration(arena, {1, 2, 3, 4}),
      value::make_point(arena, {9157, 1, 2, 3}),
      Value::path(path),
      Value::map(properties),
  };
  for (const uint8_t head : {1, 0, 2}) {
    const WireOptions options{head == 1 ? BoltVersion{5, 8} : BoltVersion{4, 4}, head == 2};
    for (const Value& v : all) {
      ByteBuffer out;
      PackWriter(out, options).value(v);
      corpus.add(head, out);
    }
    ByteBuffer out;
    PackWriter(out, options).value(Value::list(all));
    corpus.add(head, out);
  }
}

void messages(const std::filesystem::path& root) {
  Corpus corpus(root, "bolt_messages");
  const std::array<MapEntry, 1> map{MapEntry{"address", Value::string("h:1")}};
  static constexpr std::array<std::string_view, 1> kBookmarks{"b"};
  TransactionExtra extra;
  extra.bookmarks = kBookmarks;
  extra.timeout_ms = 5;
  extra.metadata = Value::map(map);
  extra.read = true;
  extra.database = "d";
  const std::array<WireOptions, 2> options{WireOptions{{4, 4}, false}, WireOptions{{5, 8}, false}};
  for (const WireOptions o : options) {
    const uint8_t head = o.version == BoltVersion{4, 4} ? 0 : 6;
    ByteBuffer all;
    const auto request = [&](Request r) {
      ByteBuffer out;
      MessageWriter(out, o).request(r);
      corpus.add(head, out);
      all.append(out.bytes());
    };
    Hello hello;
    hello.user_agent = "u/1";
    hello.routing = Value::map(map);
    hello.token = AuthToken{"basic", "u", Secret("p"), "r", {}};
    request(std::move(hello));
    request(Logon{{"basic", "u", Secret("p"), "r", {}}});
    request(Run{"RETURN $x", Value::map(map), extra});
    request(Begin{extra});
    request(Pull{1000, 2});
    request(Discard{});
    request(Route{Value::map(map), kBookmarks, "d", "i"});
    request(Telemetry{2});
    request(Reset{});
    MessageWriter writer(all, o);
    writer.success(map);
    writer.begin_record(1).value(Value::map(map));
    writer.end();
    writer.ignored();
    writer.failure(make_error(ErrorCode::SyntaxError, "m")
                       .at({1, 2, 3})
                       .caused_by(make_error(ErrorCode::TypeError, "n")));
    corpus.add(head, all);
  }
}

void handshakes(const std::filesystem::path& root) {
  Corpus corpus(root, "handshake");
  for (const bool manifest : {false, true}) {
    ByteBuffer opening;
    ByteBuffer reply;
    ByteBuffer choice;
    ClientHandshake client(spoken_versions(), manifest);
    client.start(opening);
    ServerHandshake server;
    std::span<const std::byte> input = opening.bytes();
    (void)server.step(input, reply);
    input = reply.bytes();
    (void)client.step(input, choice);
    corpus.add(2, reply);
    opening.append(choice.bytes());
    corpus.add(manifest ? 3 : 1, opening);
  }
}

// Whole conversations: the first byte is a version and whether the client is logged on already.
void conversations(const std::filesystem::path& root) {
  Corpus corpus(root, "bolt_server");
  const auto talk = [&](std::initializer_list<std::string_view> queries, bool transaction) {
    ByteBuffer all;
    MessageWriter writer(all, {{5, 8}, false});
    if (transaction) writer.request(Begin{});
    for (const std::string_view query : queries) {
      writer.request(Run{query, Value::map({}), {}});
      writer.request(Pull{100, -1});
      writer.request(Discard{});
    }
    if (transaction) writer.request(Commit{});
    writer.request(Reset{});
    writer.request(Logoff{});
    for (uint8_t head = 0; head < 8; ++head) corpus.add(head | 0x80, all);
  };
  talk({"ROWS 250"}, false);
  talk({"NOTHING", "FAIL", "FAIL LATE"}, false);
  talk({"ROWS 1", "ROWS 1000", "SPIN", "WAIT"}, true);
}

void requests(const std::filesystem::path& root) {
  Corpus corpus(root, "http_request");
  for (const std::string_view text :
       {"ET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        "ET /a HTTP/1.0\r\n\r\nPOST /b HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi",
        "ET /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
        "2;x\r\nhi\r\n0\r\nT: 1\r\n\r\n"}) {
    ByteBuffer bytes;
    bytes.append(text);
    corpus.add('G', bytes);
  }
}

void statements(const std::filesystem::path& root) {
  Corpus corpus(root, "cypher");
  for (const std::string_view text :
       {"MATCH p = (a:A|B {x: 1})-[r:T*1..3]->(b) WHERE a.y > 0x1F AND EXISTS { (a)--() } RETURN p",
        "CALL (x) { WITH 'a\\u00e4' AS y RETURN [i IN [1, 2] WHERE i:A | i] AS z } IN TRANSACTIONS",
        "MERGE (n:`A b` {k: $p}) ON CREATE SET n += {a: -1.5e3}, n:B REMOVE n.c DETACH DELETE n",
        "MATCH ANY SHORTEST ((a)-->(b)){2,} (c) RETURN CASE a.x WHEN < 3 THEN count(*) END",
        "GRANT MATCH {*} ON GRAPH * FOR (n:A) WHERE n.p IN [1] TO r",
        "CREATE ALIAS a.b FOR DATABASE c AT 'u' USER d PASSWORD 'p' DRIVER {}"}) {
    ByteBuffer bytes;
    bytes.append(text.substr(1));
    corpus.add(static_cast<uint8_t>(text[0]), bytes);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  values(argv[1]);
  messages(argv[1]);
  handshakes(argv[1]);
  conversations(argv[1]);
  requests(argv[1]);
  statements(argv[1]);
  return 0;
}

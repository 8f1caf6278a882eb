// SPDX-License-Identifier: Apache-2.0
//
// What is in the files comes back whole, and damage is found.
#include "os/hostile_file_system.h"
#include "storage_fixture.h"
#include "value/compare.h"

using namespace trellis;
using namespace trellis::storage;
using value::Value;

namespace {

ResidentOptions small() {
  ResidentOptions options;
  options.first_segment_bytes = 32 * 1024;
  options.segment_bytes = 32 * 1024;
  return options;
}

std::unique_ptr<Database> open_small(os::FileSystem& files) {
  auto opened = open_resident(files, "/db", small());
  if (!opened) MESSAGE(opened.error().message());
  REQUIRE(opened);
  return std::move(*opened);
}

std::vector<std::string> names_in(os::FileSystem& files) {
  auto names = files.list("/db");
  REQUIRE(names);
  return std::move(*names);
}

struct Names {
  explicit Names(Database& database) {
    auto t = begin(database);
    user = *t->make_token(TokenKind::kLabel, "User");
    knows = *t->make_token(TokenKind::kType, "KNOWS");
    n = *t->make_token(TokenKind::kKey, "n");
  }
  LabelId user;
  TypeId knows;
  KeyId n;
};

void add_user(Database& database, int64_t number) {
  const Names names(database);
  auto t = begin(database);
  const Property property{names.n, Value::integer(number)};
  REQUIRE(t->create_node(std::span(&names.user, 1), std::span(&property, 1)));
  REQUIRE(commit(*t));
}

std::string newest_segment(os::FileSystem& files) {
  std::string found;
  for (const auto& name : names_in(files)) {
    if (name.starts_with("segment-")) found = "/db/" + name;
  }
  return found;
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "everything comes back from the log, and from an image") {
  const std::string uuid = database->uuid();
  CHECK(uuid.size() == 36);
  SchemaId index = 0;
  {
    auto t = begin_transaction();
    IndexDescriptor descriptor;
    descriptor.name = "by_name";
    descriptor.token = user;
    descriptor.keys = {name};
    index = *t->create_index(descriptor);
    ConstraintDescriptor constraint;
    constraint.label = admin;
    constraint.keys = {age};
    REQUIRE(t->create_constraint(constraint));
    REQUIRE(commit(*t));
  }
  NodeId a, b, c;
  RelationshipId ab, bc;
  {
    auto t = begin_transaction();
    a = make_user(*t, 1);
    b = make_user(*t, 2);
    c = make_user(*t, 3);
    ab = relate(*t, a, b, knows);
    bc = relate(*t, b, c, likes);
    REQUIRE(commit(*t));
  }
  Arena arena;
  const value::Value elements[2] = {Value::string("x"), Value::string("")};
  const value::DateTime moment{1700000000, 5, 3600, "Europe/Paris"};
  const value::Duration span{1, -2, 3, 4};
  const value::Point place{4326, 1.5, -2.5, 0};
  const std::byte raw[3] = {std::byte{0}, std::byte{255}, std::byte{7}};
  const std::vector<Value> values = {Value::boolean(true),
                                     Value::boolean(false),
                                     Value::integer(INT64_MIN),
                                     Value::real(-0.5),
                                     Value::string("häßlich"),
                                     Value::bytes(raw),
                                     Value::list(elements),
                                     Value::date({-7}),
                                     Value::local_time({86'399'999'999'999}),
                                     Value::time({5, -3600}),
                                     Value::local_date_time({-1, 999'999'999}),
                                     Value::date_time(&moment),
                                     Value::duration(&span),
                                     Value::point(&place)};
  std::vector<KeyId> keys;
  {
    auto t = begin_transaction();
    REQUIRE(lock_nodes(*t, {a, b, c}, LockMode::kExclusive));
    for (size_t i = 0; i < values.size(); ++i) {
      keys.push_back(*t->make_token(TokenKind::kKey, "k" + std::to_string(i)));
      CHECK(*t->set_node_property(a, keys[i], values[i]));
    }
    CHECK(*t->set_node_property(b, name, Value::string("Bob")));
    CHECK(*t->add_label(b, admin));
    CHECK(*t->remove_label(a, user));
    CHECK(*t->set_relationship_property(ab, age, Value::integer(12)));
    CHECK(*t->delete_relationship(bc));
    CHECK(*t->delete_node(c));
    REQUIRE(commit(*t));
  }
  const uint64_t last = database->last_commit_index();
  for (int round = 0; round < 3; ++round) {
    CAPTURE(round);
    // First as after kill -9 (the log alone), then from the image that close() makes.
    if (round == 0) {
      os::FileSystem& same = files;
      auto copy = std::make_unique<os::MemoryFileSystem>();
      REQUIRE(copy->make_directory("/db"));
      for (const auto& file : names_in(same)) {
        auto bytes = os::read_file(same, "/db/" + file);
        REQUIRE(bytes);
        auto out = copy->open("/db/" + file, os::OpenMode::kCreateNew);
        REQUIRE((*out)->write_at(0, *bytes));
      }
      database.reset();
      REQUIRE(files.remove_tree("/db"));
      REQUIRE(files.make_directory("/db"));
      for (const auto& file : names_in(*copy)) {
        auto out = files.open("/db/" + file, os::OpenMode::kCreateNew);
        REQUIRE((*out)->write_at(0, *os::read_file(*copy, "/db/" + file)));
      }
    }
    open();
    CHECK(database->uuid() == uuid);
    CHECK(database->last_commit_index() == last);
    auto t = begin_transaction();
    CHECK(scan(*t) == std::vector<NodeId>{a, b});
    CHECK(scan(*t, user) == std::vector<NodeId>{b});
    CHECK(scan(*t, admin) == std::vector<NodeId>{b});
    CHECK(scan_relationships(*t) == std::vector<RelationshipId>{ab});
    CHECK(neighbours(*t, a) == std::vector<NodeId>{b});
    CHECK(neighbours(*t, b, Direction::kIncoming, {knows}) == std::vector<NodeId>{a});
    for (size_t i = 0; i < values.size(); ++i) {
      CAPTURE(i);
      value::Value out;
      REQUIRE(t->node_properties(std::span(&a, 1), keys[i], arena, &out));
      CHECK(value::equivalent(out, values[i]));
      CHECK(out.type() == values[i].type());
    }
    value::Value since;
    REQUIRE(t->relationship_properties(std::span(&ab, 1), age, arena, &since));
    CHECK(since.as_integer() == 12);
    std::vector<NodeId> found;
    REQUIRE(t->seek_nodes(index, Value::string("Bob"), std::nullopt, 10, found));
    CHECK(found == std::vector<NodeId>{b});
    CHECK(database->schema()->constraints.size() == 1);
    CHECK(database->statistics().node_count(user) == 1);
    CHECK(database->statistics().relationship_count(knows) == 1);
    // Ids are not given twice.
    CHECK(make_user(*t, 1) > c);
  }
}

TEST_CASE("the log turns over its segments, and an image lets it use them again") {
  os::MemoryFileSystem files;
  int64_t written = 0;
  for (int round = 0; round < 3; ++round) {
    auto database = open_small(files);
    CHECK(begin(*database)->node_segment_count() == (written == 0 ? 0 : 1));
    for (int i = 0; i < 600; ++i) add_user(*database, written++);
    CHECK(files.list("/db")->size() > 2);
    REQUIRE(database->checkpoint());
    CHECK(files.list("/db")->size() <= 5);
    for (int i = 0; i < 20; ++i) add_user(*database, written++);
    CHECK(scan(*begin(*database)).size() == static_cast<size_t>(written));
  }
}

TEST_CASE("a transaction larger than a segment is one frame all the same") {
  os::MemoryFileSystem files;
  auto database = open_small(files);
  const Names names(*database);
  {
    auto t = begin(*database);
    const std::string text(1000, 'x');
    const Property property{names.n, Value::string(text)};
    for (int i = 0; i < 500; ++i) {
      REQUIRE(t->create_node(std::span(&names.user, 1), std::span(&property, 1)));
    }
    REQUIRE(commit(*t));
  }
  add_user(*database, 1);
  database.reset();
  database = open_small(files);
  CHECK(scan(*begin(*database)).size() == 501);
}

TEST_CASE("a torn tail is cut; damage before good frames is refused, with file and offset") {
  for (const bool tail : {true, false}) {
    CAPTURE(tail);
    os::HostileFileSystem files(3);
    {
      auto database = open_small(files);
      for (int i = 0; i < 10; ++i) add_user(*database, i);
      files.cut_power_at(files.calls() + 1);
    }
    files.crash(os::CrashModel::kKeepAll);
    const std::string segment = newest_segment(files);
    auto bytes = os::read_file(files, segment);
    REQUIRE(bytes);
    // The begin of every frame: its magic, at eight-byte borders behind the header.
    std::vector<size_t> frames;
    for (size_t at = 4096; at + 4 <= bytes->size(); at += 8) {
      if (std::memcmp(bytes->data() + at, "TRLF", 4) == 0) frames.push_back(at);
    }
    REQUIRE(frames.size() == 10);
    REQUIRE(files.flip(segment, frames[tail ? 9 : 4] + 70));
    auto opened = open_resident(files, "/db", small());
    if (tail) {
      REQUIRE(opened);
      CHECK(scan(*begin(**opened)).size() == 9);
      add_user(**opened, 99);
      opened->reset();
      CHECK(scan(*begin(*open_small(files))).size() == 10);
    } else {
      REQUIRE(code_of(opened) == ErrorCode::Corruption);
      CHECK(opened.error().message().find(std::to_string(frames[4])) != std::string::npos);
      CHECK(opened.error().message().find(segment) != std::string::npos);
    }
  }
}

TEST_CASE("a damaged or cut image is refused; so is a log without its image") {
  os::HostileFileSystem files(3);
  {
    auto database = open_small(files);
    for (int i = 0; i < 10; ++i) add_user(*database, i);
  }
  std::string image;
  for (const auto& name : names_in(files)) {
    if (name.starts_with("image-")) image = "/db/" + name;
  }
  const uint64_t size = os::read_file(files, image)->size();
  for (uint64_t at = 0; at < size; at += 7) {
    REQUIRE(files.flip(image, at));
    auto opened = open_resident(files, "/db", small());
    // The four bytes of each block's head that mean nothing may say anything.
    if (opened) CHECK(scan(*begin(**opened)).size() == 10);
    if (!opened) CHECK(opened.error().code() == ErrorCode::Corruption);
    REQUIRE(files.flip(image, at));
  }
  {
    auto database = open_small(files);
    add_user(*database, 11);
    files.cut_power_at(files.calls() + 1);
  }
  files.crash(os::CrashModel::kKeepAll);
  REQUIRE(files.remove(image));
  CHECK(code_of(open_resident(files, "/db", small())) == ErrorCode::Corruption);
}

TEST_CASE("a closed database refuses, open transactions read on") {
  os::MemoryFileSystem files;
  auto database = open_small(files);
  add_user(*database, 1);
  auto reader = begin(*database);
  auto writer = begin(*database);
  REQUIRE(writer->create_node({}, {}));
  REQUIRE(database->close());
  CHECK(code_of(database->begin()) == ErrorCode::DatabaseUnavailable);
  CHECK(scan(*reader).size() == 1);
  CHECK(code_of(commit(*writer)) == ErrorCode::DatabaseUnavailable);
  writer.reset();
  database.reset();
  CHECK(scan(*reader).size() == 1);
}

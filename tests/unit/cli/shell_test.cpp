// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstdlib>
#include <vector>

#include "cli/shell/line_editor.h"
#include "cli/shell/printer.h"
#include "cli/shell/shell_session.h"
#include "cli/shell/statement_reader.h"
#include "cli/shell/value_text.h"

using namespace trellis;
using namespace trellis::cli::shell;
using value::MapEntry;
using value::Value;

namespace {

std::vector<std::string> pieces(std::string_view script) {
  StatementReader reader;
  std::vector<std::string> out;
  // A byte at a time: where the input is cut must not matter.
  for (char c : script) {
    reader.feed(std::string_view(&c, 1));
    while (auto piece = reader.next()) out.push_back(piece->text);
  }
  if (auto piece = reader.rest()) out.push_back(piece->text);
  return out;
}

struct Printed {
  std::string text;
  explicit Printed(PrinterOptions options, const std::vector<std::string>& columns,
                   const std::vector<Value>& values, cypher::Summary summary = {}) {
    char* buffer = nullptr;
    size_t size = 0;
    FILE* out = ::open_memstream(&buffer, &size);
    ResultPrinter printer(options, out);
    printer.begin(columns);
    cypher::RowBatch batch;
    batch.columns = static_cast<uint32_t>(columns.size());
    batch.rows = columns.empty() ? 0 : static_cast<uint32_t>(values.size() / columns.size());
    batch.values = values.data();
    batch.row_stride = batch.columns;
    batch.column_stride = 1;
    printer.rows(batch);
    printer.end(summary, std::chrono::milliseconds(3), std::chrono::milliseconds(1));
    std::fclose(out);
    text.assign(buffer, size);
    std::free(buffer);
  }
};

}  // namespace

TEST_CASE("scripts are cut at semicolons that are not quoted") {
  CHECK(pieces("RETURN 1;RETURN\n 2 ; ;;") == std::vector<std::string>{"RETURN 1", "RETURN\n 2"});
  CHECK(pieces("RETURN ';' + \"a;\\\"b\" AS `x;y`;") ==
        std::vector<std::string>{"RETURN ';' + \"a;\\\"b\" AS `x;y`"});
  CHECK(pieces("// no; \n/* a;b */ RETURN 1 // c;\n;") ==
        std::vector<std::string>{"// no; \n/* a;b */ RETURN 1 // c;"});
  CHECK(pieces("/* only */ ; // this\n") == std::vector<std::string>{});
  CHECK(pieces("RETURN 8/2;") == std::vector<std::string>{"RETURN 8/2"});
  CHECK(pieces("RETURN 'it\\'s;' ;") == std::vector<std::string>{"RETURN 'it\\'s;'"});
  CHECK(pieces("RETURN 'unfinished") == std::vector<std::string>{"RETURN 'unfinished"});
  CHECK(pieces("RETURN 1") == std::vector<std::string>{"RETURN 1"});
}

TEST_CASE("commands go to the end of their line") {
  CHECK(pieces(":use neo4j\nRETURN 1;\n  :param a => 'x;y';\n:exit") ==
        std::vector<std::string>{":use neo4j", "RETURN 1", ":param a => 'x;y'", ":exit"});
  CHECK(pieces("MATCH (n\n:Label) RETURN n;") ==
        std::vector<std::string>{"MATCH (n\n:Label) RETURN n"});
  StatementReader reader;
  reader.feed("MATCH (n)\n");
  CHECK(!reader.next());
  CHECK(reader.in_statement());
  reader.feed("RETURN n;\n");
  CHECK(reader.next());
  CHECK(!reader.next());
  CHECK(!reader.in_statement());
}

TEST_CASE("values look as cypher-shell shows them") {
  Arena arena;
  CHECK(shown(Value()) == "NULL");
  CHECK(shown(Value::boolean(true)) == "TRUE");
  CHECK(shown(Value::integer(-7)) == "-7");
  CHECK(shown(Value::real(1e10)) == "1.0E10");
  CHECK(shown(Value::string("a\"b\\c")) == "\"a\\\"b\\\\c\"");
  std::vector<Value> items = {Value::integer(1), Value::string("x")};
  CHECK(shown(Value::list(items)) == "[1, \"x\"]");
  std::vector<MapEntry> entries = {{"a", Value::integer(1)}, {"b c", Value()}};
  CHECK(shown(Value::map(entries)) == "{a: 1, `b c`: NULL}");
  std::vector<std::string_view> labels = {"Person", "Odd one"};
  value::NodeRecord a{1, "1", labels, std::span(entries).first(1)};
  value::NodeRecord b{2, "2", {}, {}};
  value::NodeRecord c{3, "3", {}, std::span(entries).first(1)};
  CHECK(shown(Value::node(&a)) == "(:Person:`Odd one` {a: 1})");
  CHECK(shown(Value::node(&b)) == "()");
  CHECK(shown(Value::node(&c)) == "({a: 1})");
  value::RelationshipRecord r{9, 2, 1, "9", "2", "1", "KNOWS", {}};
  CHECK(shown(Value::relationship(&r)) == "[:KNOWS]");
  std::vector<Value> path = {Value::node(&a), Value::relationship(&r), Value::node(&b)};
  CHECK(shown(Value::path(path)) == "(:Person:`Odd one` {a: 1})<-[:KNOWS]-()");
  value::Point point{7203, 1, 2.5, 0};
  CHECK(shown(Value::point(&point)) == "point({srid:7203, x:1.0, y:2.5})");
  value::Duration duration{14, 3, 3661, 0};
  CHECK(shown(Value::duration(&duration)) == "P1Y2M3DT1H1M1S");
}

TEST_CASE("tables have a frame and say how many rows") {
  PrinterOptions table;
  table.table = true;
  std::vector<Value> values = {Value::integer(1), Value::string("x"), Value::integer(22),
                               Value::string("ä")};
  CHECK(Printed(table, {"n", "name"}, values).text ==
        "+-----------+\n"
        "| n  | name |\n"
        "+-----------+\n"
        "| 1  | \"x\"  |\n"
        "| 22 | \"ä\"  |\n"
        "+-----------+\n"
        "\n"
        "2 rows\n"
        "ready to start consuming query after 3 ms, results consumed after another 1 ms\n");
  cypher::Summary summary;
  summary.counters.nodes_created = 2;
  summary.counters.labels_added = 1;
  CHECK(Printed(table, {}, {}, std::move(summary)).text ==
        "0 rows\n"
        "ready to start consuming query after 3 ms, results consumed after another 1 ms\n"
        "Added 2 nodes, Added 1 labels\n");
}

TEST_CASE("values wider than their column are wrapped or cut") {
  PrinterOptions table;
  table.table = true;
  table.sample_rows = 1;
  std::vector<Value> values = {Value::integer(12345), Value::integer(123456789)};
  CHECK(Printed(table, {"n"}, values).text.find("| 12345 |\n\\ 6789  |\n") != std::string::npos);
  table.wrap = false;
  CHECK(Printed(table, {"n"}, values).text.find("| 1234… |\n") != std::string::npos);
}

TEST_CASE("a line break goes on in the next line of its cell") {
  PrinterOptions table;
  table.table = true;
  std::vector<Value> values = {Value::string("a\nb"), Value::integer(1)};
  CHECK(Printed(table, {"x", "n"}, values).text.find("| \"a    | 1 |\n\\ b\"    |   |\n") !=
        std::string::npos);
}

TEST_CASE("plain output is a heading and values") {
  std::vector<Value> values = {Value::integer(1), Value::string("x")};
  CHECK(Printed({}, {"n", "name"}, values).text == "n, name\n1, \"x\"\n");
  CHECK(Printed({}, {}, {}).text.empty());
  CHECK(Printed({}, {"n"}, {}).text.empty());  // no rows, no heading
}

TEST_CASE("addresses become URIs") {
  CHECK(*uri_of("", Encryption::kDefault) == "neo4j://localhost:7687");
  CHECK(*uri_of("host:1", Encryption::kTrue) == "neo4j+s://host:1");
  CHECK(*uri_of("bolt+ssc://h", Encryption::kTrue) == "bolt+ssc://h");
  CHECK(*uri_of("bolt://h", Encryption::kFalse) == "bolt://h");
  CHECK(!uri_of("bolt+s://h", Encryption::kFalse));
}

TEST_CASE("passwords stay out of the history") {
  CHECK(mentions_password("ALTER CURRENT USER SET Password FROM 'a' TO 'b'"));
  CHECK(!mentions_password("RETURN 1"));
}

// SPDX-License-Identifier: Apache-2.0
#include "cli/demo/csv.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <fstream>

#include "cli/shell/value_text.h"

using namespace trellis;
using namespace trellis::cli::demo;

TEST_CASE("CSV fields may be quoted") {
  auto lines = parse_csv("a,b\r\n1,\"x, \"\"y\"\"\nz\"\n\n,last");
  REQUIRE(lines);
  CHECK(*lines ==
        std::vector<std::vector<std::string>>{{"a", "b"}, {"1", "x, \"y\"\nz"}, {"", "last"}});
  CHECK(!parse_csv("\"open"));
  CHECK(parse_csv("")->empty());
}

TEST_CASE("CSV records become maps") {
  const std::string file = "/tmp/trellis-csv-" + std::to_string(::getpid());
  std::ofstream(file)
      << "id,code,picture,price,note\n7,007,0x15,1.50,NULL\n8,x,,2,-\n9,a,b,3,c,d\n";
  Arena arena;
  auto rows = read_csv(file, {{"code"}, {"picture"}}, arena);
  ::unlink(file.c_str());
  REQUIRE(rows);
  REQUIRE(rows->size() == 3);
  CHECK(cli::shell::shown((*rows)[0]) == "{id: 7, code: \"007\", price: 1.5, note: NULL}");
  CHECK(cli::shell::shown((*rows)[1]) == "{id: 8, code: \"x\", price: 2, note: \"-\"}");
  CHECK(cli::shell::shown((*rows)[2]) == "{id: 9, code: \"a\", price: 3, note: \"c\"}");
  CHECK(!read_csv("/no/such/file", {}, arena));
}

// SPDX-License-Identifier: Apache-2.0
//
// People who ask statements, and whether the answers were right.
//
// Everything is printed: who asks what where, the answer or the error, and each expectation that
// was not met.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cypher/result_stream.h"
#include "federation/blocking_client.h"
#include "value/value.h"

namespace trellis::cli::demo {

struct Answer {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;  // as cypher-shell shows values
  cypher::Counters counters;
  std::optional<Error> error;

  bool same_rows(const Answer& other) const { return !error && !other.error && rows == other.rows; }
  bool is(std::string_view neo4j_code) const { return error && error->neo4j_code() == neo4j_code; }
};

struct Person {
  std::string name;  // "Carol on A"
  std::string uri;
  std::string user;
  std::string password;
  std::string database;  // empty: the home database
};

class Story {
 public:
  explicit Story(std::filesystem::path trusted) : trusted_(std::move(trusted)) {}

  void chapter(std::string_view title);
  // One statement in a connection of the person's own (kept while the person goes on asking).
  Answer ask(const Person& person, const std::string& statement, value::Value parameters = {});
  // The same, not printed.
  Answer ask_quietly(const Person& person, const std::string& statement, value::Value parameters);
  // ask() that must succeed.
  Answer must(const Person& person, const std::string& statement, value::Value parameters = {});

  void expect(bool right, std::string_view what);
  bool all_right() const { return wrong_ == 0; }
  size_t statements() const { return statements_; }
  size_t wrong() const { return wrong_; }

 private:
  Result<> connect(const Person& person);
  Answer run(const std::string& statement, value::Value parameters, const Person& person);

  std::filesystem::path trusted_;
  std::unique_ptr<federation::BlockingClient> client_;
  std::string connected_as_;
  size_t statements_ = 0;
  size_t wrong_ = 0;
};

}  // namespace trellis::cli::demo

// SPDX-License-Identifier: Apache-2.0
#include "cli/demo/story.h"

#include "cli/shell/value_text.h"

namespace trellis::cli::demo {
namespace {

void print(const Answer& answer) {
  constexpr size_t kShown = 6;
  if (answer.error) {
    fmt::print("    error {}: {}\n", answer.error->neo4j_code(), answer.error->message());
    return;
  }
  auto line = [](const std::vector<std::string>& cells) {
    std::string out = "    ";
    for (size_t i = 0; i < cells.size(); ++i) out += (i > 0 ? " | " : "") + cells[i];
    fmt::print("{}\n", out);
  };
  if (!answer.columns.empty()) line(answer.columns);
  for (size_t i = 0; i < answer.rows.size() && i < kShown; ++i) line(answer.rows[i]);
  if (answer.rows.size() > kShown) fmt::print("    ... {} rows\n", answer.rows.size());
  const cypher::Counters& c = answer.counters;
  if (c.nodes_created + c.relationships_created > 0) {
    fmt::print("    {} nodes and {} relationships created\n", c.nodes_created,
               c.relationships_created);
  } else if (answer.columns.empty()) {
    fmt::print("    done\n");
  }
}

}  // namespace

void Story::chapter(std::string_view title) { fmt::print("\n-- {} --\n", title); }

Result<> Story::connect(const Person& person) {
  const std::string key =
      person.uri + " " + person.user + " " + person.password + " " + person.database;
  if (client_ && connected_as_ == key) return {};
  client_.reset();
  federation::ClientSettings settings;
  settings.uri = person.uri;
  settings.user = person.user;
  settings.password = Secret(person.password);
  settings.user_agent = "trellis-demo/0.1";
  settings.connection_timeout = std::chrono::seconds(10);
  settings.trusted_dir = trusted_;
  TRELLIS_TRY_ASSIGN(client_, federation::BlockingClient::connect(settings, person.database));
  connected_as_ = key;
  return {};
}

Answer Story::run(const std::string& statement, value::Value parameters, const Person& person) {
  Answer answer;
  if (auto connected = connect(person); !connected) {
    answer.error = std::move(connected).error();
    return answer;
  }
  federation::StatementSettings settings;
  settings.database = person.database;
  settings.timeout = std::chrono::seconds(20);
  auto cursor = client_->run(statement, parameters, settings);
  if (!cursor) {
    answer.error = std::move(cursor).error();
    return answer;
  }
  answer.columns = (*cursor)->columns();
  while (true) {
    auto rows = (*cursor)->next();
    if (!rows) {
      answer.error = std::move(rows).error();
      return answer;
    }
    const cypher::RowBatch& batch = **rows;
    if (batch.rows == 0) break;
    for (uint32_t r = 0; r < batch.rows; ++r) {
      auto& row = answer.rows.emplace_back();
      for (uint32_t c = 0; c < batch.columns; ++c) row.push_back(shell::shown(batch.at(r, c)));
    }
  }
  answer.counters = (*cursor)->summary().counters;
  return answer;
}

Answer Story::ask_quietly(const Person& person, const std::string& statement,
                          value::Value parameters) {
  ++statements_;
  return run(statement, parameters, person);
}

Answer Story::ask(const Person& person, const std::string& statement, value::Value parameters) {
  fmt::print("{}{}{}> {};\n", person.name, person.database.empty() ? "" : ", ", person.database,
             statement);
  Answer answer = ask_quietly(person, statement, parameters);
  print(answer);
  std::fflush(stdout);
  return answer;
}

Answer Story::must(const Person& person, const std::string& statement, value::Value parameters) {
  Answer answer = ask(person, statement, parameters);
  if (answer.error) expect(false, "this statement succeeds");
  return answer;
}

void Story::expect(bool right, std::string_view what) {
  if (!right) ++wrong_;
  fmt::print("    {} {}\n", right ? "ok:" : "WRONG, expected:", what);
  std::fflush(stdout);
}

}  // namespace trellis::cli::demo

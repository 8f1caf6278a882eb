// SPDX-License-Identifier: Apache-2.0
#include "cli/shell/shell_session.h"

#include <algorithm>
#include <chrono>

#include "cli/shell/value_text.h"

namespace trellis::cli::shell {
namespace {

using SteadyClock = std::chrono::steady_clock;

std::chrono::milliseconds since(SteadyClock::time_point begin) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now() - begin);
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

struct Assignment {
  std::string name;
  std::string_view expression;
};

// name => expression, or the older name: expression and name expression.
Result<Assignment> parse_assignment(std::string_view text) {
  auto wrong = [&text] {
    return fail(ErrorCode::InvalidArguments,
                "'{}' is no parameter; write :param name => expression or :param {{name: "
                "expression}}.",
                text);
  };
  Assignment out;
  std::string_view rest = text;
  if (rest.starts_with('`')) {
    size_t close = rest.find('`', 1);
    if (close == std::string_view::npos) return wrong();
    out.name = rest.substr(1, close - 1);
    rest.remove_prefix(close + 1);
  } else {
    out.name = rest.substr(0, rest.find_first_of(" \t:="));
    rest.remove_prefix(out.name.size());
  }
  rest = trimmed(rest);
  if (rest.starts_with("=>")) {
    rest.remove_prefix(2);
  } else if (rest.starts_with(":")) {
    rest.remove_prefix(1);
  }
  out.expression = trimmed(rest);
  if (out.name.empty() || out.expression.empty()) return wrong();
  return out;
}

}  // namespace

Result<std::string> uri_of(const std::string& address, Encryption encryption) {
  std::string uri = address.empty() ? "neo4j://localhost:7687" : address;
  if (uri.find("://") == std::string::npos) uri = "neo4j://" + uri;
  if (encryption == Encryption::kDefault) return uri;
  const size_t at = uri.find("://");
  std::string scheme = uri.substr(0, at);
  const size_t plus = scheme.find('+');
  if (encryption == Encryption::kTrue && plus == std::string::npos) scheme += "+s";
  if (encryption == Encryption::kFalse && plus != std::string::npos) {
    return fail(ErrorCode::InvalidArguments,
                "--encryption false contradicts the scheme {}://; use {}:// instead.", scheme,
                scheme.substr(0, plus));
  }
  return scheme + uri.substr(at);
}

ShellSession::ShellSession(const ShellOptions& options, PrinterOptions printer)
    : address_(options.address.empty() ? "neo4j://localhost:7687" : options.address),
      encryption_(options.encryption),
      user_(options.user),
      password_(options.password ? options.password->clone() : Secret()),
      database_(options.database),
      impersonated_(options.impersonate),
      read_only_(options.read_only),
      printer_(printer, stdout) {}

void ShellSession::replace_client(std::unique_ptr<federation::BlockingClient> client) {
  {
    MutexLock lock(running_mutex_);
    running_ = client.get();
  }
  client_ = std::move(client);
}

void ShellSession::interrupt() {
  MutexLock lock(running_mutex_);
  if (running_ != nullptr) running_->interrupt();
}

void ShellSession::disconnect() { replace_client(nullptr); }

tl::unexpected<Error> ShellSession::noted(Error error) {
  if (error.code() == ErrorCode::ConnectionClosed || error.code() == ErrorCode::ConnectionFailed) {
    disconnect();
  }
  return fail(std::move(error));
}

Result<> ShellSession::ensure_connected() {
  if (client_) return {};
  federation::ClientSettings wanted;
  TRELLIS_TRY_ASSIGN(wanted.uri, uri_of(address_, encryption_));
  wanted.user = user_;
  wanted.password = password_.clone();
  TRELLIS_TRY_ASSIGN(auto client, federation::BlockingClient::connect(wanted, database_));
  replace_client(std::move(client));
  bookmark_.clear();
  return {};
}

Result<> ShellSession::connect() {
  disconnect();
  TRELLIS_TRY(ensure_connected());
  // `system` answers administration commands alone.
  const bool system = database_ == "system";
  TRELLIS_TRY_ASSIGN(auto cursor,
                     client_->run(system ? "SHOW DEFAULT DATABASE" : "RETURN 1", {}, settings()));
  while (true) {
    TRELLIS_TRY_ASSIGN(const cypher::RowBatch* rows, cursor->next());
    if (rows->rows == 0) break;
  }
  shown_database_ = cursor->summary().database.empty() ? database_ : cursor->summary().database;
  return {};
}

federation::StatementSettings ShellSession::settings() const {
  federation::StatementSettings s;
  s.database = database_;
  s.impersonated_user = impersonated_;
  s.read = read_only_;
  if (!bookmark_.empty()) s.bookmarks.push_back(bookmark_);
  return s;
}

value::Value ShellSession::parameter_map(Arena& arena) const {
  std::vector<value::MapEntry> entries;
  for (const auto& [name, held] : parameters_) entries.push_back({name, held.get()});
  return value::make_map(arena, entries);
}

Result<> ShellSession::execute(std::string_view statement) {
  TRELLIS_TRY(ensure_connected());
  Arena arena;
  const auto begin = SteadyClock::now();
  auto cursor = client_->run(statement, parameter_map(arena), settings());
  if (!cursor) return noted(std::move(cursor).error());
  const auto until_first = since(begin);
  const auto first = SteadyClock::now();
  bool printing = false;
  while (true) {
    auto rows = (*cursor)->next();
    if (!rows) return noted(std::move(rows).error());
    // A statement that fails at its first row prints an error and no heading.
    if (!printing) printer_.begin((*cursor)->columns());
    printing = true;
    if ((*rows)->rows == 0) break;
    printer_.rows(**rows);
  }
  const cypher::Summary& summary = (*cursor)->summary();
  if (!summary.database.empty()) shown_database_ = summary.database;
  if (!client_->in_transaction() && !(*cursor)->bookmark().empty()) {
    bookmark_ = (*cursor)->bookmark();
  }
  printer_.end(summary, until_first, since(first));
  return {};
}

Result<> ShellSession::begin() {
  TRELLIS_TRY(ensure_connected());
  if (in_transaction()) {
    return fail(ErrorCode::InvalidArguments, "There is already an open transaction");
  }
  auto begun = client_->begin(settings());
  return begun ? Result<>() : noted(std::move(begun).error());
}

Result<> ShellSession::commit() {
  if (!in_transaction()) {
    return fail(ErrorCode::InvalidArguments, "There is no open transaction to commit");
  }
  auto bookmark = client_->commit();
  if (!bookmark) return noted(std::move(bookmark).error());
  bookmark_ = std::move(*bookmark);
  return {};
}

Result<> ShellSession::rollback() {
  if (!in_transaction()) {
    return fail(ErrorCode::InvalidArguments, "There is no open transaction to rollback");
  }
  auto done = client_->rollback();
  return done ? Result<>() : noted(std::move(done).error());
}

Result<> ShellSession::use(const std::string& database) {
  if (in_transaction()) {
    return fail(ErrorCode::InvalidArguments,
                "There is an open transaction. You need to close it before you can switch "
                "database.");
  }
  // The name stays even when it cannot be used: what follows in a script must not run elsewhere.
  database_ = database;
  shown_database_ = database;
  // A database of another member is reached through another connection.
  if (auto connected = connect(); !connected) return noted(std::move(connected).error());
  return {};
}

Result<> ShellSession::impersonate(const std::string& user) {
  if (in_transaction()) {
    return fail(ErrorCode::InvalidArguments, "There is an open transaction. Close it first.");
  }
  const std::string before = impersonated_;
  impersonated_ = user;
  if (auto connected = connect(); !connected) {
    impersonated_ = before;
    return noted(std::move(connected).error());
  }
  return {};
}

Result<> ShellSession::set_access_mode(bool read_only) {
  if (in_transaction()) {
    return fail(ErrorCode::InvalidArguments, "There is an open transaction. Close it first.");
  }
  read_only_ = read_only;
  return {};
}

void ShellSession::set_credentials(std::string user, Secret password) {
  user_ = std::move(user);
  password_ = std::move(password);
  disconnect();
}

Result<> ShellSession::change_password(const Secret& old_password, Secret new_password) {
  password_ = old_password.clone();
  disconnect();
  TRELLIS_TRY(ensure_connected());
  Arena arena;
  const std::vector<value::MapEntry> entries = {{"o", value::Value::string(old_password.reveal())},
                                                {"n", value::Value::string(new_password.reveal())}};
  federation::StatementSettings on_system;
  on_system.database = "system";
  TRELLIS_TRY_ASSIGN(auto cursor, client_->run("ALTER CURRENT USER SET PASSWORD FROM $o TO $n",
                                               value::make_map(arena, entries), on_system));
  while (true) {
    TRELLIS_TRY_ASSIGN(const cypher::RowBatch* rows, cursor->next());
    if (rows->rows == 0) break;
  }
  cursor.reset();
  password_ = std::move(new_password);
  disconnect();
  return {};
}

Result<> ShellSession::evaluate(
    std::string_view statement,
    const std::function<void(const std::vector<std::string>&, const cypher::RowBatch&)>& take) {
  TRELLIS_TRY(ensure_connected());
  Arena arena;
  federation::StatementSettings where = settings();
  if (where.database == "system") where.database.clear();  // it does not compute
  auto cursor = client_->run(statement, parameter_map(arena), where);
  if (!cursor) return noted(std::move(cursor).error());
  while (true) {
    auto rows = (*cursor)->next();
    if (!rows) return noted(std::move(rows).error());
    if ((*rows)->rows == 0) return {};
    take((*cursor)->columns(), **rows);
  }
}

Result<> ShellSession::set_parameters(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with("{")) {
    return evaluate("RETURN " + std::string(text) + " AS parameters",
                    [this](const auto&, const cypher::RowBatch& rows) {
                      if (!rows.at(0, 0).is(value::Type::kMap)) return;
                      for (const value::MapEntry& entry : rows.at(0, 0).as_map()) {
                        parameters_[std::string(entry.key)] = value::ValueHolder(entry.value);
                      }
                    });
  }
  TRELLIS_TRY_ASSIGN(Assignment assignment, parse_assignment(text));
  return evaluate("RETURN " + std::string(assignment.expression) + " AS parameter",
                  [&](const auto&, const cypher::RowBatch& rows) {
                    parameters_[assignment.name] = value::ValueHolder(rows.at(0, 0));
                  });
}

std::string ShellSession::parameters_text() const {
  if (parameters_.empty()) return "{\n}";
  std::string out = "{\n";
  bool first = true;
  for (const auto& [name, held] : parameters_) {
    out += fmt::format("{}  {}: {}", first ? "" : ",\n", escaped_name(name), shown(held.get()));
    first = false;
  }
  return out + "\n}";
}

std::string ShellSession::server_text() const {
  if (!client_) return "not connected";
  return fmt::format("{} at {}, Bolt {}", client_->server_agent(),
                     net::to_string(client_->endpoint()), wire::to_string(client_->version()));
}

}  // namespace trellis::cli::shell

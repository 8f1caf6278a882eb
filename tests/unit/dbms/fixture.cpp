// SPDX-License-Identifier: Apache-2.0
#include "unit/dbms/fixture.h"

#include <doctest/doctest.h>

#include <condition_variable>
#include <mutex>

#include "cypher/procedures/built_in.h"
#include "security/keystore.h"
#include "security/password_hash.h"
#include "security/random.h"
#include "storage/resident_database.h"
#include "value/compare.h"

namespace trellis::dbms::test {
namespace {

constexpr security::Argon2Cost kCheap{64, 1, 1};

// Polls to the end on this thread.
template <class Step>
std::optional<Error> drive(Step&& step) {
  std::mutex mutex;
  std::condition_variable changed;
  while (true) {
    bool woken = false;
    auto shared = std::make_shared<bool>(false);
    const PollContext context{[&, shared] {
      const std::lock_guard lock(mutex);
      if (*shared) return;
      woken = true;
      changed.notify_one();
    }};
    Result<Poll> poll = step(context);
    std::unique_lock lock(mutex);
    if (!poll || *poll == Poll::kReady) *shared = true;
    if (!poll) return std::move(poll).error();
    if (*poll == Poll::kReady) return std::nullopt;
    if (*poll == Poll::kYielded) continue;
    REQUIRE(changed.wait_for(lock, std::chrono::seconds(20), [&] { return woken; }));
    *shared = true;
  }
}

std::optional<ErrorCode> code_of(const std::optional<Error>& error) {
  if (!error) return std::nullopt;
  return error->code();
}

StatementRequest statement_of(const std::string& text, const Parameters& parameters) {
  std::vector<value::MapEntry> entries;
  for (const auto& [name, v] : parameters) entries.push_back({name, value::Value::string(v)});
  StatementRequest request;
  request.text = text;
  request.parameters = value::ValueHolder(value::Value::map(entries));
  return request;
}

Answer consume(Session& session, Result<StatementRun*> started) {
  Answer answer;
  const auto give_up = [&](const Error& error) {
    answer.error = error.code();
    answer.message = error.message();
    return answer;
  };
  if (!started) return give_up(started.error());
  StatementRun& run = **started;
  if (const auto error = drive([&](const PollContext& c) { return run.open(c); })) {
    return give_up(*error);
  }
  answer.columns.assign(run.columns().begin(), run.columns().end());
  while (true) {
    if (const auto error = drive([&](const PollContext& c) { return run.next(c); })) {
      return give_up(*error);
    }
    const cypher::RowBatch& rows = run.rows();
    if (rows.rows == 0) break;
    for (uint32_t r = 0; r < rows.rows; ++r) {
      std::vector<std::string> row;
      for (uint32_t c = 0; c < rows.columns; ++c) row.push_back(value::to_text(rows.at(r, c)));
      answer.rows.push_back(std::move(row));
    }
  }
  answer.system_updates = run.summary().counters.system_updates;
  answer.database = run.summary().database;
  answer.bookmark = run.bookmark();
  session.close_statement(run.qid());
  return answer;
}

}  // namespace

Result<std::unique_ptr<storage::Database>> MemoryStores::open(std::string_view directory) {
  if (!fail_prefix.empty() && directory.starts_with(fail_prefix)) {
    return fail(ErrorCode::IoError, "The disk is on fire.");
  }
  return storage::open_resident(files_, "data/" + std::string(directory),
                                storage::ResidentOptions::in_memory());
}

Result<> MemoryStores::remove(std::string_view directory) {
  return files_.remove_tree("data/" + std::string(directory));
}

std::vector<std::string> MemoryStores::directories() {
  auto names = files_.list("data");
  return names ? *names : std::vector<std::string>{};
}

Result<std::unique_ptr<cypher::GraphSession>> RecordingRemotes::open(RemoteTarget target) {
  opened.push_back(std::move(target));
  return fail(ErrorCode::RemoteTransientError, "There is nothing over there.");
}

std::vector<std::string> Answer::column(const std::string& name) const {
  std::vector<std::string> result;
  for (size_t c = 0; c < columns.size(); ++c) {
    if (columns[c] != name) continue;
    for (const auto& one : rows) result.push_back(one[c]);
  }
  return result;
}

std::map<std::string, std::string> Answer::row(const std::string& key,
                                               const std::string& key_value) const {
  for (const auto& one : rows) {
    std::map<std::string, std::string> result;
    for (size_t c = 0; c < columns.size(); ++c) result[columns[c]] = one[c];
    if (result[key] == key_value) return result;
  }
  return {};
}

std::optional<ErrorCode> Client::log_on(const std::string& user, const std::string& password) {
  AuthToken token;
  token.scheme = "basic";
  token.principal = user;
  token.credentials = Secret(password);
  session_->start_log_on(std::move(token));
  return code_of(drive([&](const PollContext& c) { return session_->poll_log_on(c); }));
}

Answer Client::run(const std::string& text, TransactionRequest request,
                   const Parameters& parameters) {
  return consume(*session_, session_->run(statement_of(text, parameters), std::move(request)));
}

Answer Client::on(const std::string& database, const std::string& text) {
  TransactionRequest request;
  request.database = database;
  return run(text, std::move(request));
}

std::optional<ErrorCode> Client::begin(TransactionRequest request) {
  if (auto begun = session_->begin(std::move(request)); !begun) return begun.error().code();
  return code_of(drive([&](const PollContext& c) { return session_->poll_begin(c); }));
}

Answer Client::run_in_transaction(const std::string& text) {
  return consume(*session_, session_->run_in_transaction(statement_of(text, {})));
}

std::optional<ErrorCode> Client::commit() {
  return code_of(drive([&](const PollContext& c) { return session_->commit(c); }));
}

std::optional<ErrorCode> Client::rollback() {
  return code_of(drive([&](const PollContext& c) { return session_->rollback(c); }));
}

Fixture::Fixture(FixtureOptions options) : options_(std::move(options)) {
  auto configuration = std::make_shared<config::Configuration>("/nowhere");
  options_.settings.emplace("dbms.security.keystore.path", "/nowhere/keystore.p12");
  options_.settings.emplace("dbms.security.keystore.password", "keystore-password");
  options_.settings.emplace("dbms.security.key.name", "aesKey");
  for (const auto& [name, text] : options_.settings) {
    const auto set = configuration->set(name, text, config::Source::kFile);
    if (!set) FAIL(set.error().message());
  }
  auto config = config::server_config(configuration);
  if (!config) FAIL(config.error().message());
  config_ = std::move(*config);
  std::vector<security::KeystoreEntry> entries;
  entries.push_back({"aesKey", security::random_secret(32)});
  keystore_ = security::write_keystore(entries, Secret("keystore-password"))->reveal();
  procedures_ = cypher::make_procedure_table(Dbms::procedures(&procedures_dbms_));
  engine_ = cypher::Engine::create({}, *procedures_);
  open();
}

Fixture::~Fixture() { dbms.reset(); }

void Fixture::open() {
  DbmsOptions options;
  options.config = &config_;
  options.engine = engine_.get();
  options.stores = &stores;
  options.remote_graphs = &remotes;
  options.clock = &clock_;
  options.certificates = options_.certificates;
  options.bolt_address = "localhost:7687";
  options.password_cost = kCheap;
  options.initial_password_hash = *security::hash_password(Secret(kPassword), kCheap);
  options.initial_password_change_required = options_.change_required;
  options.read_file = [this](const std::string&) -> Result<std::string> { return keystore_; };
  auto opened = Dbms::open(std::move(options));
  if (!opened) FAIL(opened.error().message());
  dbms = std::move(*opened);
  procedures_dbms_ = dbms.get();
}

void Fixture::restart() {
  dbms.reset();
  open();
}

Client Fixture::connect() {
  ClientInfo client;
  client.connection_id = "test-1";
  client.client_address = "127.0.0.1:1";
  client.protocol = "test";
  return Client(dbms->new_session(std::move(client)));
}

Client Fixture::admin() {
  Client client = connect();
  REQUIRE_FALSE(client.log_on("neo4j", kPassword));
  return client;
}

Client Fixture::user(const std::string& name) {
  Client boss = admin();
  for (const std::string& command :
       {"CREATE USER " + name + " SET PASSWORD 'pw-of-" + name + "' CHANGE NOT REQUIRED",
        "CREATE ROLE " + name, "GRANT ROLE " + name + " TO " + name}) {
    const Answer answer = boss.run(command);
    INFO(answer.message);
    REQUIRE(answer.ok());
  }
  Client client = connect();
  REQUIRE_FALSE(client.log_on(name, "pw-of-" + name));
  return client;
}

}  // namespace trellis::dbms::test

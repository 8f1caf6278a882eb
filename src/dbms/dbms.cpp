// SPDX-License-Identifier: Apache-2.0
#include "dbms/dbms.h"

#include <map>
#include <thread>

#include "dbms/core.h"
#include "dbms/names.h"
#include "dbms/session_impl.h"
#include "dbms/system_bootstrap.h"
#include "dbms/system_schema.h"

namespace trellis::dbms {
namespace {

constexpr std::string_view kInitialPassword = "neo4j";

class DbmsImpl final : public Dbms {
 public:
  explicit DbmsImpl(DbmsOptions options) : core_(std::move(options)) {}
  ~DbmsImpl() override { (void)close(std::chrono::milliseconds(0)); }

  Result<> start() {
    auto system = std::make_shared<LocalDatabase>();
    system->name = system->directory = system_schema::kSystemDatabase;
    TRELLIS_TRY_ASSIGN(system->store, core_.options.stores->open(system->directory));
    BootstrapInput input;
    input.default_database =
        normalize_database_name(core_.config().databases.initial_default_database);
    if (input.default_database.empty()) input.default_database = "neo4j";
    input.now_ms = core_.now_ms();
    input.change_required = true;
    if (core_.options.initial_password_hash) {
      input.password_hash = *core_.options.initial_password_hash;
      input.change_required = core_.options.initial_password_change_required;
    } else if (system->store->last_commit_index() == 0) {
      TRELLIS_TRY_ASSIGN(input.password_hash, security::hash_password(Secret(kInitialPassword),
                                                                      core_.options.password_cost));
    }
    TRELLIS_TRY(bootstrap_system(*system->store, input));
    core_.system_database = system;
    core_.databases.adopt(std::move(system));
    TRELLIS_TRY(core_.refresh());
    core_.databases.wait_settled(default_database());
    return {};
  }

  std::unique_ptr<Session> new_session(ClientInfo client) override {
    return std::make_unique<SessionImpl>(core_, std::move(client));
  }

  std::string default_database() const override { return core_.system.current()->default_database; }
  std::string id() const override { return core_.system.current()->dbms_id; }
  uint64_t open_transactions() const override { return core_.transactions.open_count(); }
  std::vector<DatabaseActivity> activity() const override {
    std::map<std::string, DatabaseActivity> by_name;
    for (const auto& [name, record] : core_.system.current()->databases) {
      const auto database = core_.databases.online(name);
      if (!database) continue;
      by_name[name] = {std::string(name), 0, (*database)->store->last_commit_index()};
    }
    for (const auto& record : core_.transactions.all()) {
      const auto found = by_name.find(record->database());
      if (found != by_name.end()) ++found->second.open_transactions;
    }
    std::vector<DatabaseActivity> result;
    for (auto& [name, activity] : by_name) result.push_back(std::move(activity));
    return result;
  }
  const config::Configuration& configuration() const override { return *core_.config().all; }
  Core& core() override { return core_; }

  Result<> close(std::chrono::milliseconds grace) override {
    if (closed_) return {};
    closed_ = true;
    core_.transactions.stop_admitting();
    const auto until = std::chrono::steady_clock::now() + grace;
    while (core_.transactions.open_count() > 0 && std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    for (const auto& record : core_.transactions.all()) {
      record->terminate(ErrorCode::TransactionTerminated);
    }
    return core_.databases.close();
  }

 private:
  Core core_;
  bool closed_ = false;
};

}  // namespace

Result<std::unique_ptr<Dbms>> Dbms::open(DbmsOptions options) {
  auto dbms = std::make_unique<DbmsImpl>(std::move(options));
  TRELLIS_TRY(dbms->start());
  return std::unique_ptr<Dbms>(std::move(dbms));
}

}  // namespace trellis::dbms

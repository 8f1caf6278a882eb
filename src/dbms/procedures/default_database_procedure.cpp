// SPDX-License-Identifier: Apache-2.0
//
// dbms.setDefaultDatabase(name): a transaction of its own on `system`.
#include "dbms/core.h"
#include "dbms/names.h"
#include "dbms/procedures/dbms_procedures.h"
#include "dbms/system_reader.h"
#include "dbms/system_schema.h"
#include "dbms/system_writer.h"
#include "dbms/table_source.h"

namespace trellis::dbms {
namespace {

using value::Value;
namespace schema = system_schema;

class SetDefaultDatabase final : public cypher::RowSource {
 public:
  SetDefaultDatabase(Core& core, std::string name)
      : core_(core), name_(normalize_database_name(name)), table_(1), turn_(core.system_writers) {}

  Result<Poll> next(const PollContext& context, cypher::RowBatch& out) override {
    if (!done_) {
      TRELLIS_TRY_ASSIGN(const Poll poll, change(context));
      if (poll != Poll::kReady) return poll;
      done_ = true;
      table_.add_row({table_.text("Default database set to " + name_ + ".")});
    }
    return table_.next(context, out);
  }

 private:
  Result<Poll> change(const PollContext& context) {
    storage::Database& store = *core_.system_database->store;
    const storage::NodeId version = core_.system.current()->version_node;
    if (turn_.poll(context) == Poll::kBlocked) return Poll::kBlocked;
    if (!transaction_) TRELLIS_TRY(begin(store));
    if (!written_) {
      TRELLIS_TRY_ASSIGN(
          const Poll poll,
          transaction_->lock_nodes(std::span(&version, 1), storage::LockMode::kExclusive, context));
      if (poll != Poll::kReady) return poll;
      TRELLIS_TRY(write(store));
      written_ = true;
    }
    TRELLIS_TRY_ASSIGN(const Poll poll, transaction_->commit(context));
    if (poll != Poll::kReady) return poll;
    transaction_.reset();
    turn_.leave();
    TRELLIS_TRY(core_.refresh());
    return Poll::kReady;
  }

  Result<> begin(storage::Database& store) {
    TRELLIS_TRY_ASSIGN(transaction_, store.begin());
    return {};
  }

  Result<> write(storage::Database& store) {
    TRELLIS_TRY_ASSIGN(const auto system, read_system(store, *transaction_));
    const DatabaseRecord* database = system->database(name_);
    if (database == nullptr) {
      return fail(ErrorCode::DatabaseNotFound, "Database '{}' does not exist.", name_);
    }
    if (database->kind != DatabaseKind::kStandard) {
      return fail(ErrorCode::InvalidArguments, "'{}' cannot be the default database.", name_);
    }
    SystemWriter writer(*transaction_);
    TRELLIS_TRY(
        writer.set(system->version_node, schema::key::kDefaultDatabase, Value::string(name_)));
    return writer.set(system->version_node, schema::key::kEpoch,
                      Value::integer(static_cast<int64_t>(system->epoch + 1)));
  }

  Core& core_;
  const std::string name_;
  TableSource table_;
  WriterQueue::Ticket turn_;
  std::unique_ptr<storage::Transaction> transaction_;
  bool written_ = false;
  bool done_ = false;
};

}  // namespace

void add_default_database_procedure(std::vector<cypher::Procedure>& table, Dbms* const* dbms) {
  cypher::Procedure p;
  p.name = "dbms.setDefaultDatabase";
  p.description = "Change the default database to the provided value.";
  p.mode = cypher::ProcedureMode::kDbms;
  p.admin_only = true;
  p.works_on_system = true;
  p.arguments.push_back({"databaseName", "STRING", std::nullopt});
  p.columns = {{"result", "STRING"}};
  p.open = [dbms](const cypher::CallEnvironment& environment,
                  std::span<const Value> arguments) -> Result<std::unique_ptr<cypher::RowSource>> {
    if (arguments.size() != 1 || !arguments[0].is(value::Type::kString)) {
      return fail(ErrorCode::TypeError, "dbms.setDefaultDatabase takes the name of a database.");
    }
    if (environment.database_name != schema::kSystemDatabase) {
      return fail(ErrorCode::NotSystemDatabase,
                  "dbms.setDefaultDatabase must be called on the database 'system'.");
    }
    return std::make_unique<SetDefaultDatabase>((*dbms)->core(),
                                                std::string(arguments[0].as_string()));
  };
  table.push_back(std::move(p));
}

}  // namespace trellis::dbms

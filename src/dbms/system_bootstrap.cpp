// SPDX-License-Identifier: Apache-2.0
#include "dbms/system_bootstrap.h"

#include "base/mutex.h"
#include "dbms/names.h"
#include "dbms/system_reader.h"
#include "dbms/system_schema.h"
#include "dbms/system_writer.h"

namespace trellis::dbms {
namespace {

namespace schema = system_schema;
using value::Value;

// Version 1: the version node, the built-in roles, the user neo4j, `system` and the default
// database.
Result<> make_version_1(SystemWriter& writer, const BootstrapInput& input) {
  TRELLIS_TRY(
      writer.create(schema::label::kVersion,
                    {{schema::key::kVersion, Value::integer(1)},
                     {schema::key::kDbmsId, Value::string(random_uuid())},
                     {schema::key::kEpoch, Value::integer(1)},
                     {schema::key::kDefaultDatabase, Value::string(input.default_database)}}));

  std::optional<storage::NodeId> admin;
  for (const security::BuiltInRole& built_in : security::built_in_roles()) {
    TRELLIS_TRY_ASSIGN(const storage::NodeId role, create_role(writer, built_in.name, false));
    for (const security::Privilege& privilege : built_in.privileges) {
      TRELLIS_TRY(add_privilege(writer, role, privilege));
    }
    if (built_in.name == security::kAdminRole) admin = role;
  }

  UserRecord user;
  user.name = "neo4j";
  user.id = random_uuid();
  user.credential = input.password_hash;
  user.change_required = input.change_required;
  TRELLIS_TRY_ASSIGN(const storage::NodeId user_node, create_user(writer, user));
  TRELLIS_TRY(grant_role(writer, *admin, user_node));

  DatabaseRecord system;
  system.name = system.directory = schema::kSystemDatabase;
  system.kind = DatabaseKind::kSystem;
  system.created_at_ms = system.started_at_ms = input.now_ms;
  TRELLIS_TRY(create_database(writer, system));
  DatabaseRecord first;
  first.name = input.default_database;
  first.directory = input.default_database + "-" + random_uuid().substr(0, 8);
  first.created_at_ms = first.started_at_ms = input.now_ms;
  TRELLIS_TRY(create_database(writer, first));
  return {};
}

}  // namespace

Result<> commit_blocking(storage::Transaction& transaction) {
  Mutex mutex;
  ConditionVariable woken;
  bool ready = false;
  while (true) {
    const PollContext context{[&] {
      MutexLock lock(mutex);
      ready = true;
      woken.notify_one();
    }};
    TRELLIS_TRY_ASSIGN(const Poll poll, transaction.commit(context));
    if (poll == Poll::kReady) return {};
    if (poll == Poll::kYielded) continue;
    MutexLock lock(mutex);
    while (!ready) woken.wait(mutex);
    ready = false;
  }
}

Result<> bootstrap_system(storage::Database& database, const BootstrapInput& input) {
  TRELLIS_TRY_ASSIGN(const auto transaction, database.begin());
  TRELLIS_TRY_ASSIGN(const auto before, read_system(database, *transaction));
  if (before->schema_version > schema::kVersion) {
    return fail(
        ErrorCode::InvalidConfiguration,
        "The system database was written by a newer version of Trellis (schema {}, this one "
        "knows {}).",
        before->schema_version, schema::kVersion);
  }
  if (before->schema_version == schema::kVersion) return {};
  SystemWriter writer(*transaction);
  TRELLIS_TRY(make_version_1(writer, input));
  return commit_blocking(*transaction);
}

}  // namespace trellis::dbms

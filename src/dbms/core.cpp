// SPDX-License-Identifier: Apache-2.0
#include "dbms/core.h"

#include <thread>

#include "dbms/system_reader.h"

namespace trellis::dbms {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

// How long closing a database waits for statements that were told to stop.
constexpr auto kDrainLimit = std::chrono::seconds(10);

// Ends all use of a database: idle transactions fail at their next step, running ones stop at their
// next batch; this waits for those.
void drain(TransactionRegistry& transactions, const LocalDatabase& database) {
  const auto give_up = std::chrono::steady_clock::now() + kDrainLimit;
  while (true) {
    bool busy = false;
    for (const auto& record : transactions.all()) {
      if (!record->uses(&database)) continue;
      record->terminate(ErrorCode::TransactionTerminated);
      busy = busy || record->busy();
    }
    if (!busy || std::chrono::steady_clock::now() >= give_up) return;
    std::this_thread::sleep_for(milliseconds(5));
  }
}

}  // namespace

Core::Core(DbmsOptions o)
    : options(std::move(o)),
      query_log(options.query_log, options.config->log),
      transactions(static_cast<uint64_t>(options.config->transaction.concurrent_maximum)),
      hasher({0, 256, options.password_cost}),
      throttle({static_cast<uint32_t>(options.config->security.max_failed_attempts),
                duration_cast<milliseconds>(options.config->security.lock_time)}),
      auth_cache(options.config->security.auth_cache_use_ttl
                     ? duration_cast<milliseconds>(options.config->security.auth_cache_ttl)
                     : milliseconds(std::chrono::hours(24 * 365)),
                 static_cast<size_t>(options.config->security.auth_cache_capacity)),
      databases(*options.stores, options.log,
                [this](const LocalDatabase& database) { drain(transactions, database); }) {}

int64_t Core::now_ms() const {
  return duration_cast<milliseconds>(options.clock->wall().time_since_epoch()).count();
}

Result<> Core::refresh() {
  TRELLIS_TRY_ASSIGN(const auto transaction, system_database->store->begin());
  TRELLIS_TRY_ASSIGN(std::shared_ptr<const SystemSnapshot> snapshot,
                     read_system(*system_database->store, *transaction));
  system.publish(snapshot);
  databases.reconcile(snapshot);
  return {};
}

}  // namespace trellis::dbms

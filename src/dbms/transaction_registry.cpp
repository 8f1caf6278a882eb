// SPDX-License-Identifier: Apache-2.0
#include "dbms/transaction_registry.h"

#include <algorithm>

namespace trellis::dbms {
std::string TransactionRecord::View::id() const {
  return fmt::format("{}-transaction-{}", database, number);
}

std::string TransactionRecord::View::query_id() const {
  return query ? fmt::format("query-{}", query->number) : "";
}

TransactionRecord::View TransactionRecord::view() const {
  MutexLock lock(mutex_);
  return view_;
}

std::string TransactionRecord::database() const {
  MutexLock lock(mutex_);
  return view_.database;
}

void TransactionRecord::set_database(std::string name) {
  MutexLock lock(mutex_);
  view_.database = std::move(name);
}

void TransactionRecord::set_query(std::optional<Query> query) {
  MutexLock lock(mutex_);
  view_.query = std::move(query);
}

void TransactionRecord::set_closing() {
  MutexLock lock(mutex_);
  view_.closing = true;
}

void TransactionRecord::add_use(const void* database) {
  MutexLock lock(mutex_);
  used_.push_back(database);
}

bool TransactionRecord::uses(const void* database) const {
  MutexLock lock(mutex_);
  return std::find(used_.begin(), used_.end(), database) != used_.end();
}

void TransactionRecord::terminate(ErrorCode reason) {
  {
    MutexLock lock(mutex_);
    if (view_.terminated) return;
    view_.terminated = reason;
  }
  if (terminate_) terminate_(reason);
}

std::optional<ErrorCode> TransactionRecord::terminated() const {
  MutexLock lock(mutex_);
  return view_.terminated;
}

Result<std::shared_ptr<TransactionRecord>> TransactionRegistry::add(
    TransactionRecord::View start, TransactionRecord::Terminate terminate) {
  MutexLock lock(mutex_);
  if (!admitting_) {
    return fail(ErrorCode::DatabaseUnavailable, "The server is stopping.");
  }
  if (limit_ != 0 && open_.size() >= limit_) {
    return fail(ErrorCode::MaximumTransactionLimitReached,
                "{} transactions are open, which is the limit "
                "(db.transaction.concurrent.maximum). Try again.",
                limit_);
  }
  start.number = ++last_number_;
  auto record = std::make_shared<TransactionRecord>(std::move(start), std::move(terminate));
  open_.emplace(record.get(), record);
  return record;
}

void TransactionRegistry::remove(const TransactionRecord& record) {
  MutexLock lock(mutex_);
  open_.erase(&record);
}

std::vector<std::shared_ptr<TransactionRecord>> TransactionRegistry::all() const {
  std::vector<std::shared_ptr<TransactionRecord>> result;
  MutexLock lock(mutex_);
  for (const auto& [pointer, weak] : open_) {
    if (auto record = weak.lock()) result.push_back(std::move(record));
  }
  return result;
}

uint64_t TransactionRegistry::open_count() const {
  MutexLock lock(mutex_);
  return open_.size();
}

void TransactionRegistry::stop_admitting() {
  MutexLock lock(mutex_);
  admitting_ = false;
}

}  // namespace trellis::dbms

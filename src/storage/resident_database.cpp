// SPDX-License-Identifier: Apache-2.0
#include "storage/resident_database.h"

#include "storage/engine.h"
#include "storage/resident_transaction.h"

namespace trellis::storage {
namespace {

class ResidentDatabase final : public Database {
 public:
  explicit ResidentDatabase(std::shared_ptr<Engine> engine) : engine_(std::move(engine)) {}
  ~ResidentDatabase() override { (void)close(); }

  Result<std::unique_ptr<Transaction>> begin() override {
    TRELLIS_TRY(engine_->check_open());
    return std::make_unique<ResidentTransaction>(engine_);
  }
  const TokenCatalog& tokens() const override { return engine_->tokens; }
  std::shared_ptr<const Schema> schema() const override { return engine_->schema.current(); }
  const Statistics& statistics() const override { return engine_->counts; }
  const std::string& uuid() const override { return engine_->uuid(); }
  uint64_t last_commit_index() const override { return engine_->snapshots.last(); }

  Poll await_commit_index(uint64_t index, const PollContext& context) override {
    if (engine_->snapshots.last() >= index) return Poll::kReady;
    engine_->commit_waiters.add(index, context.waker);
    // It may have come between the look and the entry.
    if (engine_->snapshots.last() >= index) engine_->commit_waiters.reached(index);
    return Poll::kBlocked;
  }

  Result<> checkpoint() override {
    TRELLIS_TRY(engine_->check_open());
    return engine_->checkpoint();
  }
  Result<> close() override { return engine_->close(); }
  std::optional<Error> failure() const override { return engine_->failure(); }

 private:
  const std::shared_ptr<Engine> engine_;
};

}  // namespace

Result<std::unique_ptr<Database>> open_resident(os::FileSystem& files, const std::string& directory,
                                                const ResidentOptions& options) {
  auto engine = std::make_shared<Engine>(files, directory, options);
  TRELLIS_TRY(engine->open());
  return std::make_unique<ResidentDatabase>(std::move(engine));
}

}  // namespace trellis::storage

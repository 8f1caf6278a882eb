// SPDX-License-Identifier: Apache-2.0
#include "cypher/exec/statement_stream.h"

#include <fmt/ranges.h>

#include "cypher/exec/explain.h"
#include "cypher/exec/plan_run.h"
#include "cypher/procedures/show_source.h"
#include "cypher/syntax/ast_statement.h"

namespace trellis::cypher::exec {
namespace {

constexpr uint32_t kMaxAttempts = 100;

class StatementStream final : public ResultStream {
 public:
  StatementStream(std::shared_ptr<TransactionState> transaction, const StatementCall& call)
      : transaction_(std::move(transaction)),
        compiled_(call.compiled),
        parameters_(call.parameters),
        auto_parameters_(call.auto_parameters) {}

  Result<Poll> open(const PollContext& context) override {
    auto opened = try_open(context);
    if (!opened) return fail(abandon(std::move(opened).error()));
    return opened;
  }

  std::span<const std::string> columns() const override { return columns_; }

  Result<Poll> next(const PollContext& context) override {
    rows_ = {};
    while (true) {
      auto moved = advance(context);
      if (moved) return moved;
      Error error = std::move(moved).error();
      if (!may_retry(error)) return fail(abandon(std::move(error)));
      ++attempts_;
      run_.reset();
      transaction_->start_over();
      ended_ = false;
      if (context.slice_over()) return Poll::kYielded;
    }
  }

  const RowBatch& rows() const override { return rows_; }
  const Summary& summary() const override { return summary_; }

  void cancel() noexcept override {
    cancel_.set(ErrorCode::TransactionTerminated);
    transaction_->terminate(ErrorCode::TransactionTerminated);
  }

 private:
  Result<Poll> try_open(const PollContext& context) {
    TRELLIS_TRY_ASSIGN(const Poll begun, transaction_->ensure_begun(context));
    if (begun != Poll::kReady) return begun;
    TRELLIS_TRY_ASSIGN(plan_, transaction_->plans().plan(*compiled_, transaction_->database(),
                                                         *transaction_->local().access));
    columns_.clear();
    for (const plan::ResultColumn& column : plan_->columns) columns_.push_back(column.name);
    summary_.type = plan_->type;
    summary_.notifications = plan_->notifications;
    summary_.database = transaction_->local().database_name;
    if (compiled_->explain()) {
      summary_.plan = describe(*plan_);
      explained_ = true;
    }
    return Poll::kReady;
  }

  Result<> start_run() {
    ExecutionInputs inputs = transaction_->inputs();
    inputs.plan = plan_;
    inputs.parameters = parameters_;
    inputs.auto_parameters = auto_parameters_;
    inputs.cancel = &cancel_;
    source_.reset();
    if (compiled_->kind() == StatementKind::kShowSchema) {
      CallEnvironment environment = inputs.environment;
      environment.transaction = inputs.transaction;
      environment.database = inputs.database;
      environment.access = inputs.access.get();
      const auto& show = static_cast<const ast::Show&>(compiled_->syntax());
      TRELLIS_TRY_ASSIGN(source_, open_show_source(show.commands.front(), environment,
                                                   transaction_->plans().functions(),
                                                   transaction_->plans().procedures()));
      inputs.source = source_.get();
    }
    TRELLIS_TRY_ASSIGN(run_, PlanRun::start(std::move(inputs)));
    return {};
  }

  Result<Poll> advance(const PollContext& context) {
    if (!ended_ && !explained_) {
      TRELLIS_TRY_ASSIGN(const Poll begun, transaction_->ensure_begun(context));
      if (begun != Poll::kReady) return begun;
      if (run_ == nullptr) TRELLIS_TRY(start_run());
      TRELLIS_TRY_ASSIGN(const Step step, run_->next(context));
      switch (step) {
        case Step::kOutput:
          rows_ = run_->rows();
          sent_ = true;
          return Poll::kReady;
        case Step::kBlocked:
          return Poll::kBlocked;
        case Step::kYielded:
          return Poll::kYielded;
        default:
          break;
      }
      ended_ = true;
      summary_.counters = run_->counters();
      run_.reset();
    }
    if (!transaction_->implicit()) return Poll::kReady;
    return transaction_->commit(context);
  }

  bool may_retry(const Error& error) const {
    const bool conflict =
        error.code() == ErrorCode::Outdated || error.code() == ErrorCode::DeadlockDetected;
    return conflict && transaction_->implicit() && !sent_ && attempts_ < kMaxAttempts &&
           !cancel_.reason() && transaction_->check_usable().has_value();
  }

  // A failed statement ends its transaction; its locks go at once.
  Error abandon(Error error) {
    Error shown = transaction_->translate(std::move(error));
    run_.reset();
    transaction_->rollback();
    return shown;
  }

  const std::shared_ptr<TransactionState> transaction_;
  const std::shared_ptr<const CompiledStatement> compiled_;
  const value::Value parameters_;
  const value::Value auto_parameters_;
  std::shared_ptr<const plan::Plan> plan_;
  std::vector<std::string> columns_;
  StopSignal cancel_;
  std::unique_ptr<RowSource> source_;
  std::unique_ptr<PlanRun> run_;
  RowBatch rows_;
  Summary summary_;
  bool explained_ = false;
  bool sent_ = false;
  bool ended_ = false;
  uint32_t attempts_ = 1;
};

Result<> check_parameters(const CompiledStatement& compiled, const value::Value& given) {
  std::vector<std::string_view> missing;
  for (const std::string& name : compiled.required_parameters()) {
    bool found = false;
    if (given.is(value::Type::kMap)) {
      for (const value::MapEntry& entry : given.as_map()) found = found || entry.key == name;
    }
    if (!found) missing.push_back(name);
  }
  if (missing.empty()) return {};
  return fail(ErrorCode::ParameterMissing, "Expected parameter(s): {}", fmt::join(missing, ", "));
}

}  // namespace

Result<std::unique_ptr<ResultStream>> make_statement_stream(
    std::shared_ptr<TransactionState> transaction, const StatementCall& call) {
  TRELLIS_ASSERT(call.compiled != nullptr);
  TRELLIS_TRY(transaction->check_usable());
  const CompiledStatement& compiled = *call.compiled;
  const bool changes = compiled.writes() || compiled.kind() == StatementKind::kSchema;
  if (!compiled.explain()) {
    if (changes && transaction->mode() == AccessMode::kRead) {
      return fail(ErrorCode::WriteInReadMode,
                  "Writing in read access mode not allowed. Use a session or transaction with "
                  "write access.");
    }
    TRELLIS_TRY(check_parameters(compiled, call.parameters));
  }
  return std::make_unique<StatementStream>(std::move(transaction), call);
}

}  // namespace trellis::cypher::exec

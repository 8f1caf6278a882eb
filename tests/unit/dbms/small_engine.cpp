// SPDX-License-Identifier: Apache-2.0
#include "unit/dbms/small_engine.h"

#include "cypher/local_graph.h"
#include "cypher/syntax/ast.h"
#include "cypher/syntax/parser.h"

namespace trellis::dbms::test {
namespace {

namespace ast = cypher::ast;

class Compiled final : public cypher::CompiledStatement {
 public:
  explicit Compiled(ast::StatementPtr statement) : statement_(std::move(statement)) {
    if (const auto* query = ast::try_as<ast::QueryStatement>(statement_.get())) {
      for (const auto& clause : query->query.parts.front().clauses) {
        writes_ = writes_ || clause->kind == ast::ClauseKind::kCreate;
        if (const auto* use = ast::try_as<ast::Use>(clause.get())) {
          for (const auto& part : use->parts) use_ += (use_.empty() ? "" : ".") + part;
        }
      }
    }
  }
  cypher::StatementKind kind() const override {
    if (const auto* show = ast::try_as<ast::Show>(statement_.get())) {
      switch (show->commands.front().kind) {
        case ast::ShowKind::kTransactions:
        case ast::ShowKind::kTerminateTransactions:
        case ast::ShowKind::kSettings:
          return cypher::StatementKind::kTransactions;
        default:
          return cypher::StatementKind::kAdministration;
      }
    }
    return statement_->kind == ast::StatementKind::kQuery ? cypher::StatementKind::kQuery
                                                          : cypher::StatementKind::kAdministration;
  }
  const ast::Statement& syntax() const override { return *statement_; }
  std::optional<std::string_view> use_graph() const override {
    if (use_.empty()) return std::nullopt;
    return use_;
  }
  std::string text_without_use(std::string_view original) const override {
    return std::string(original);
  }
  bool writes() const override { return writes_; }
  bool explain() const override { return statement_->explain; }

 private:
  const ast::StatementPtr statement_;
  std::string use_;
  bool writes_ = false;
};

// Rows of a source, default columns only.
class SourceStream final : public cypher::ResultStream {
 public:
  SourceStream(std::span<const cypher::SourceColumn> columns,
               std::unique_ptr<cypher::RowSource> source)
      : source_(std::move(source)) {
    for (const auto& column : columns) names_.push_back(column.name);
  }
  Result<Poll> open(const PollContext&) override { return Poll::kReady; }
  std::span<const std::string> columns() const override { return names_; }
  Result<Poll> next(const PollContext& context) override { return source_->next(context, rows_); }
  const cypher::RowBatch& rows() const override { return rows_; }
  const cypher::Summary& summary() const override { return summary_; }
  void cancel() noexcept override {}

 private:
  std::vector<std::string> names_;
  std::unique_ptr<cypher::RowSource> source_;
  cypher::RowBatch rows_;
  cypher::Summary summary_;
};

class SmallEngine final : public cypher::Engine {
 public:
  Result<cypher::PreparedStatement> prepare(std::string_view text, std::string_view) override {
    TRELLIS_TRY_ASSIGN(ast::StatementPtr statement, cypher::parse(text));
    cypher::PreparedStatement prepared;
    prepared.compiled = std::make_shared<Compiled>(std::move(statement));
    return prepared;
  }
  Result<std::unique_ptr<cypher::ResultStream>> project(
      const cypher::StatementCall&, std::span<const cypher::SourceColumn> columns,
      std::unique_ptr<cypher::RowSource> source) override {
    return std::make_unique<SourceStream>(columns, std::move(source));
  }
  cypher::PlanProvider& plans() override { TRELLIS_UNREACHABLE(); }
  const cypher::FunctionRegistry& functions() const override { TRELLIS_UNREACHABLE(); }
  const cypher::ProcedureTable& procedures() const override { TRELLIS_UNREACHABLE(); }
  const cypher::EngineMetrics& metrics() const override { return metrics_; }

 private:
  cypher::EngineMetrics metrics_;
};

class CountStream final : public cypher::ResultStream {
 public:
  CountStream(storage::Transaction& transaction, std::string database, bool creates, bool visible)
      : transaction_(transaction), creates_(creates), visible_(visible) {
    summary_.database = std::move(database);
    if (!creates_) names_ = {"count"};
  }
  Result<Poll> open(const PollContext&) override { return Poll::kReady; }
  std::span<const std::string> columns() const override { return names_; }
  Result<Poll> next(const PollContext&) override {
    if (stopped_) return fail(ErrorCode::TransactionTerminated, "Stopped.");
    rows_ = {};
    if (done_) return Poll::kReady;
    done_ = true;
    if (creates_) {
      TRELLIS_TRY(transaction_.create_node({}, {}));
      return Poll::kReady;
    }
    int64_t count = 0;
    std::vector<storage::NodeId> ids(storage::kSegmentRows);
    for (uint32_t s = 0; visible_ && s < transaction_.node_segment_count(); ++s) {
      count += transaction_.scan_nodes(s, std::nullopt, ids.data());
    }
    cell_ = value::Value::integer(count);
    rows_ = {1, 1, &cell_, 1, 1};
    return Poll::kReady;
  }
  const cypher::RowBatch& rows() const override { return rows_; }
  const cypher::Summary& summary() const override { return summary_; }
  void cancel() noexcept override { stopped_ = true; }

 private:
  storage::Transaction& transaction_;
  const bool creates_;
  const bool visible_;
  std::atomic<bool> stopped_{false};
  bool done_ = false;
  value::Value cell_;
  std::vector<std::string> names_;
  cypher::RowBatch rows_;
  cypher::Summary summary_;
};

class SmallTransaction final : public cypher::GraphTransaction {
 public:
  SmallTransaction(std::unique_ptr<storage::Transaction> transaction, std::string database,
                   bool visible)
      : transaction_(std::move(transaction)), database_(std::move(database)), visible_(visible) {}
  Result<std::unique_ptr<cypher::ResultStream>> run(const cypher::StatementCall& call) override {
    return std::make_unique<CountStream>(*transaction_, database_, call.compiled->writes(),
                                         visible_);
  }
  Result<Poll> commit(const PollContext& context) override { return transaction_->commit(context); }
  Result<Poll> rollback(const PollContext&) override {
    transaction_->rollback();
    return Poll::kReady;
  }
  std::string bookmark() const override { return ""; }
  void terminate(ErrorCode) noexcept override { transaction_->interrupt(); }

 private:
  std::unique_ptr<storage::Transaction> transaction_;
  const std::string database_;
  const bool visible_;
};

class SmallGraph final : public cypher::GraphSession {
 public:
  SmallGraph(storage::Database& database, cypher::LocalGraphOptions options)
      : database_(database), options_(std::move(options)) {}
  Result<std::unique_ptr<cypher::GraphTransaction>> begin(
      const cypher::TransactionOptions&) override {
    TRELLIS_TRY_ASSIGN(auto transaction, database_.begin());
    return std::make_unique<SmallTransaction>(std::move(transaction), options_.database_name,
                                              options_.access->unrestricted_read());
  }

 private:
  storage::Database& database_;
  const cypher::LocalGraphOptions options_;
};

}  // namespace

std::unique_ptr<cypher::Engine> make_small_engine() { return std::make_unique<SmallEngine>(); }

}  // namespace trellis::dbms::test

namespace trellis::cypher {

std::unique_ptr<GraphSession> make_local_graph(Engine&, storage::Database& database,
                                               LocalGraphOptions options) {
  return std::make_unique<dbms::test::SmallGraph>(database, std::move(options));
}

}  // namespace trellis::cypher

// SPDX-License-Identifier: Apache-2.0
//
// A parsed and analysed statement with the plans made for it so far.
//
// Thread-safe: immutable but for the plans, which are added under a lock and never changed.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "cypher/engine.h"
#include "cypher/plan/plan.h"
#include "cypher/semantics/semantic_info.h"
#include "cypher/syntax/ast_statement.h"
#include "cypher/syntax/parser.h"

namespace trellis::cypher {

// What a plan is good for.
struct PlanStamp {
  std::string database;  // uuid
  uint64_t schema_epoch = 0;
  uint64_t access_hash = 0;
  friend bool operator==(const PlanStamp&, const PlanStamp&) = default;
};

class Compiled final : public CompiledStatement {
 public:
  // key: under which it is cached; empty: it is not.
  Compiled(ast::StatementPtr statement, std::shared_ptr<const SemanticInfo> info, std::string key,
           std::string text, std::vector<ExtractedLiteral> literals);

  StatementKind kind() const override { return kind_; }
  const ast::Statement& syntax() const override { return *statement_; }
  std::optional<std::string_view> use_graph() const override;
  std::string text_without_use(std::string_view original) const override;
  std::span<const std::string> required_parameters() const override { return required_parameters_; }
  bool writes() const override { return info_ && info_->writes(); }
  bool explain() const override { return statement_->explain; }

  const ast::StatementPtr& statement() const { return statement_; }
  // Null for administration commands.
  const std::shared_ptr<const SemanticInfo>& info() const { return info_; }
  const std::string& key() const { return key_; }
  const std::string& text() const { return text_; }  // as it was first seen
  const std::vector<ExtractedLiteral>& literals() const { return literals_; }  // taken out of it

  std::shared_ptr<const plan::Plan> find_plan(const PlanStamp& stamp) const;
  void add_plan(PlanStamp stamp, std::shared_ptr<const plan::Plan> plan) const;
  bool has_plans() const;

 private:
  struct StampedPlan {
    PlanStamp stamp;
    std::shared_ptr<const plan::Plan> plan;
  };
  const ast::StatementPtr statement_;
  const std::shared_ptr<const SemanticInfo> info_;
  const std::string key_;
  const std::string text_;
  const std::vector<ExtractedLiteral> literals_;
  StatementKind kind_;
  std::optional<std::string> use_graph_;
  std::vector<std::string> required_parameters_;

  mutable Mutex mutex_;
  mutable std::vector<StampedPlan> plans_ GUARDED_BY(mutex_);
};

StatementKind kind_of(const ast::Statement& statement);

}  // namespace trellis::cypher

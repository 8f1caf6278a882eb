// SPDX-License-Identifier: Apache-2.0
#include "cypher/engine/compiled.h"

#include "cypher/semantics/analyze.h"
#include "cypher/syntax/normalize.h"

namespace trellis::cypher {
namespace {

// Plans of one statement for different databases, schemas or rights; more than that is a sign of
// churn, and the oldest goes.
constexpr size_t kMostPlans = 16;

const ast::Use* use_of(const ast::Statement& statement, const SemanticInfo* info) {
  if (statement.use) return statement.use.get();
  return info ? info->use() : nullptr;
}

}  // namespace

StatementKind kind_of(const ast::Statement& statement) {
  switch (statement.kind) {
    case ast::StatementKind::kQuery:
      return StatementKind::kQuery;
    case ast::StatementKind::kCreateIndex:
    case ast::StatementKind::kDropIndex:
    case ast::StatementKind::kCreateConstraint:
    case ast::StatementKind::kDropConstraint:
      return StatementKind::kSchema;
    case ast::StatementKind::kShow:
      switch (ast::as<ast::Show>(statement).commands.at(0).kind) {
        case ast::ShowKind::kIndexes:
        case ast::ShowKind::kConstraints:
        case ast::ShowKind::kFunctions:
        case ast::ShowKind::kProcedures:
          return StatementKind::kShowSchema;
        case ast::ShowKind::kSettings:
        case ast::ShowKind::kCertificates:
        case ast::ShowKind::kTransactions:
        case ast::ShowKind::kTerminateTransactions:
          return StatementKind::kTransactions;
        default:
          return StatementKind::kAdministration;
      }
    default:
      return StatementKind::kAdministration;
  }
}

Compiled::Compiled(ast::StatementPtr statement, std::shared_ptr<const SemanticInfo> info,
                   std::string key, std::string text, std::vector<ExtractedLiteral> literals)
    : statement_(std::move(statement)),
      info_(std::move(info)),
      key_(std::move(key)),
      text_(std::move(text)),
      literals_(std::move(literals)),
      kind_(kind_of(*statement_)) {
  if (const ast::Use* use = use_of(*statement_, info_.get());
      use && use->use == ast::UseKind::kName) {
    std::string name;
    for (const auto& part : use->parts) {
      if (!name.empty()) name += '.';
      name += part;
    }
    use_graph_ = std::move(name);
  }
  required_parameters_ = statement_->parameters;
  if (info_) {
    for (std::string& name : implicit_parameters(*statement_, *info_)) {
      required_parameters_.push_back(std::move(name));
    }
  }
}

std::optional<std::string_view> Compiled::use_graph() const {
  if (!use_graph_) return std::nullopt;
  return std::string_view(*use_graph_);
}

std::string Compiled::text_without_use(std::string_view original) const {
  return cypher::text_without_use(original);
}

std::shared_ptr<const plan::Plan> Compiled::find_plan(const PlanStamp& stamp) const {
  MutexLock lock(mutex_);
  for (const StampedPlan& entry : plans_) {
    if (entry.stamp == stamp) return entry.plan;
  }
  return nullptr;
}

void Compiled::add_plan(PlanStamp stamp, std::shared_ptr<const plan::Plan> plan) const {
  MutexLock lock(mutex_);
  if (plans_.size() >= kMostPlans) plans_.erase(plans_.begin());
  plans_.push_back({std::move(stamp), std::move(plan)});
}

bool Compiled::has_plans() const {
  MutexLock lock(mutex_);
  return !plans_.empty();
}

}  // namespace trellis::cypher

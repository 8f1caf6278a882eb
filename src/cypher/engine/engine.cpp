// SPDX-License-Identifier: Apache-2.0
#include "cypher/engine.h"

#include "cypher/engine/compiled.h"
#include "cypher/engine/statement_cache.h"
#include "cypher/exec/source_stream.h"
#include "cypher/functions/registry.h"
#include "cypher/plan/plan_provider.h"
#include "cypher/plan/planner.h"
#include "cypher/plan/procedure_signatures.h"
#include "cypher/semantics/analyze.h"
#include "cypher/semantics/show_columns.h"
#include "cypher/syntax/excerpt.h"
#include "cypher/syntax/normalize.h"
#include "cypher/syntax/parser.h"
#include "security/access_rules.h"

namespace trellis::cypher {
namespace {

// Statements longer than this are parsed each time: they are generated, and would crowd the cache.
constexpr size_t kLongestCachedText = 16 * 1024;

value::ValueHolder literals_of(const std::vector<ExtractedLiteral>& literals) {
  std::vector<value::Value> values(literals.size());
  for (const ExtractedLiteral& literal : literals) {
    value::Value& v = values.at(literal.index);
    if (const auto* i = std::get_if<int64_t>(&literal.value)) v = value::Value::integer(*i);
    if (const auto* d = std::get_if<double>(&literal.value)) v = value::Value::real(*d);
    if (const auto* s = std::get_if<std::string>(&literal.value)) v = value::Value::string(*s);
  }
  return value::ValueHolder(value::Value::list(values));
}

class CachingEngine final : public Engine, public PlanProvider {
 public:
  CachingEngine(const Options& options, const ProcedureTable& procedures)
      : procedures_(procedures), signatures_(procedures), cache_(options.cache_entries) {}

  Result<PreparedStatement> prepare(std::string_view text,
                                    std::string_view session_database) override {
    const NormalizedText normalized = normalize(text);
    auto prepared = find_or_compile(text, normalized, session_database);
    if (prepared) return prepared;
    return fail(with_excerpt(std::move(prepared.error()), text,
                             normalized.cacheable ? Excerpt::kLine : Excerpt::kPositionOnly));
  }

  Result<PreparedStatement> find_or_compile(std::string_view text, const NormalizedText& normalized,
                                            std::string_view session_database) {
    if (!normalized.cacheable) {
      TRELLIS_TRY_ASSIGN(auto compiled, compile(text, {}, std::string()));
      return PreparedStatement{std::move(compiled), literals_of({})};
    }
    std::string key = cache_key(normalized.key, session_database);
    if (auto hit = find(key)) {
      return PreparedStatement{std::move(hit), literals_of(normalized.literals)};
    }
    if (!cache_.is_exact(key)) {
      auto compiled = compile(text, normalized.literals, key);
      if (compiled && !(*compiled)->syntax().needs_exact_text) {
        return PreparedStatement{std::move(*compiled), literals_of(normalized.literals)};
      }
      // An error may come of a literal that had to stay: the exact text decides.
      if (!compiled && normalized.literals.empty()) return fail(std::move(compiled.error()));
      if (compiled) cache_.mark_exact(std::move(key));
    }
    std::string exact = cache_key(exact_key(text), session_database);
    if (auto hit = find(exact)) return PreparedStatement{std::move(hit), literals_of({})};
    TRELLIS_TRY_ASSIGN(auto compiled, compile(text, {}, std::move(exact)));
    return PreparedStatement{std::move(compiled), literals_of({})};
  }

  Result<std::shared_ptr<const plan::Plan>> plan(const CompiledStatement& statement,
                                                 const storage::Database& database,
                                                 const security::AccessRules& access) override {
    const auto& compiled = static_cast<const Compiled&>(statement);
    const auto schema = database.schema();
    PlanStamp stamp{database.uuid(), schema->epoch, access.content_hash()};
    if (auto known = compiled.find_plan(stamp)) return known;
    if (!compiled.has_plans()) return make_plan(compiled, database, *schema, std::move(stamp));

    // Made for another schema or other rights: compiled anew, once, and the new one takes its
    // place.
    std::shared_ptr<const Compiled> current = cache_.find(compiled.key());
    if (!current || current.get() == &compiled) {
      TRELLIS_TRY_ASSIGN(current, compile(compiled.text(), compiled.literals(), compiled.key()));
    }
    if (auto known = current->find_plan(stamp)) return known;
    TRELLIS_TRY_ASSIGN(auto made, make_plan(*current, database, *schema, stamp));
    // Who still holds the old form finds the plan there, too.
    compiled.add_plan(std::move(stamp), made);
    return made;
  }

  Result<std::unique_ptr<ResultStream>> project(const StatementCall& call,
                                                std::span<const SourceColumn> columns,
                                                std::unique_ptr<RowSource> source) override {
    const auto& compiled = static_cast<const Compiled&>(*call.compiled);
    const auto* show = ast::try_as<ast::Show>(&compiled.syntax());
    TRELLIS_ASSERT(show);
    TRELLIS_TRY_ASSIGN(auto tail,
                       plan::make_show_plan(*show, *compiled.info(), columns, functions_));
    metrics_.plans.fetch_add(1, std::memory_order_relaxed);
    return exec::make_source_stream(std::make_shared<const plan::Plan>(std::move(tail)), call,
                                    std::move(source));
  }

  const EngineMetrics& metrics() const override { return metrics_; }
  PlanProvider& plans() override { return *this; }
  const FunctionRegistry& functions() const override { return functions_; }
  const ProcedureTable& procedures() const override { return procedures_; }

 private:
  static std::string cache_key(std::string_view text, std::string_view database) {
    std::string key;
    key.reserve(text.size() + database.size() + 1);
    key.append(text);
    key += '\x1e';
    key.append(database);
    return key;
  }

  std::shared_ptr<const Compiled> find(const std::string& key) {
    auto hit = cache_.find(key);
    if (hit) metrics_.cache_hits.fetch_add(1, std::memory_order_relaxed);
    return hit;
  }

  // Parsed, analysed, and cached under the key unless that is empty.
  Result<std::shared_ptr<const Compiled>> compile(std::string_view text,
                                                  std::vector<ExtractedLiteral> literals,
                                                  std::string key) {
    metrics_.parses.fetch_add(1, std::memory_order_relaxed);
    ParseOptions parse_options;
    parse_options.literals = literals;
    TRELLIS_TRY_ASSIGN(auto statement, parse(text, parse_options));
    const StatementKind kind = kind_of(*statement);
    const bool on_graph = kind == StatementKind::kQuery || kind == StatementKind::kSchema;
    std::shared_ptr<const SemanticInfo> info;
    if (on_graph || statement->kind == ast::StatementKind::kShow) {
      AnalyzeOptions options;
      options.functions = &functions_;
      options.procedures = &signatures_;
      TRELLIS_TRY_ASSIGN(info, analyze(*statement, options));
    }
    const bool exact_wanted = statement->needs_exact_text && !literals.empty();
    // Commands may hold passwords: neither their text nor their form is kept.
    const bool kept = on_graph && !key.empty() && !exact_wanted;
    auto compiled = std::make_shared<const Compiled>(
        std::move(statement), std::move(info), kept ? std::move(key) : std::string(),
        on_graph ? std::string(text) : std::string(), std::move(literals));
    if (kept && text.size() <= kLongestCachedText) cache_.put(compiled);
    return compiled;
  }

  Result<std::shared_ptr<const plan::Plan>> make_plan(const Compiled& compiled,
                                                      const storage::Database& database,
                                                      const storage::Schema& schema,
                                                      PlanStamp stamp) {
    metrics_.plans.fetch_add(1, std::memory_order_relaxed);
    const plan::PlannerContext context{functions_, procedures_, schema, database.tokens(),
                                       database.statistics()};
    plan::Plan made;
    if (compiled.kind() == StatementKind::kShowSchema) {
      const auto& show = static_cast<const ast::Show&>(compiled.syntax());
      std::vector<SourceColumn> columns;
      for (const ShowColumn& column : show_columns(show.commands.front())) {
        columns.push_back({std::string(column.name), std::string(), column.shown_by_default});
      }
      TRELLIS_TRY_ASSIGN(made, plan::make_show_plan(show, *compiled.info(), columns, functions_));
    } else {
      TRELLIS_TRY_ASSIGN(made, plan::make_plan(compiled.syntax(), *compiled.info(), context));
    }
    auto shared = std::make_shared<const plan::Plan>(std::move(made));
    compiled.add_plan(std::move(stamp), shared);
    return shared;
  }

  const FunctionRegistry functions_;
  const ProcedureTable& procedures_;
  const ProcedureSignatures signatures_;
  StatementCache cache_;
  EngineMetrics metrics_;
};

}  // namespace

std::unique_ptr<Engine> Engine::create(const Options& options, const ProcedureTable& procedures) {
  return std::make_unique<CachingEngine>(options, procedures);
}

}  // namespace trellis::cypher

// SPDX-License-Identifier: Apache-2.0
//
// What an administration command was given: names, passwords and maps, literal or as parameters.
// References the call and its syntax; lives as long as they do. Not thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/result.h"
#include "base/secret.h"
#include "cypher/syntax/ast.h"
#include "dbms/remote_access.h"
#include "value/value.h"

namespace trellis::dbms {

namespace ast = cypher::ast;

class Arguments {
 public:
  // parameters: a map or null; auto_parameters: a list or null.
  Arguments(value::Value parameters, value::Value auto_parameters)
      : parameters_(parameters), auto_parameters_(auto_parameters) {}

  // ParameterMissing, TypeError.
  Result<std::string> name(const ast::Name& name) const;
  Result<std::vector<std::string>> names(const std::vector<ast::Name>& names) const;
  // Parts joined with dots, in lower case.
  Result<std::string> graph_name(const ast::GraphName& name) const;
  Result<Secret> password(const ast::Password& password) const;
  Result<int64_t> count(const ast::Count& count) const;
  // Of literals, lists, maps, parameters, signed numbers and duration(...); anything else is
  // NotSupportedHere. Valid as long as this object.
  Result<value::Value> evaluate(const ast::Expression& expression);
  // A MapLiteral or Parameter; null expression: an empty map.
  Result<ValueMap> map(const ast::ExpressionPtr& expression);
  // One string, or several: expressions that give strings or lists of them.
  Result<std::vector<std::string>> strings(const ast::ExpressionList& expressions);

 private:
  Result<value::Value> parameter(std::string_view name) const;
  Result<std::string> text_parameter(std::string_view name) const;
  Result<value::Value> call(const ast::FunctionCall& call);

  const value::Value parameters_;
  const value::Value auto_parameters_;
  Arena arena_;
};

}  // namespace trellis::dbms

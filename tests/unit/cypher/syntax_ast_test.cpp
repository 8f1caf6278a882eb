// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "cypher/syntax/ast.h"

using namespace trellis::cypher::ast;

TEST_CASE("as and try_as follow the kind") {
  auto literal = std::make_unique<Literal>();
  literal->value = int64_t{7};
  const ExpressionPtr expression = std::move(literal);
  CHECK(std::get<int64_t>(as<Literal>(*expression).value) == 7);
  CHECK(try_as<Variable>(expression.get()) == nullptr);
  CHECK(try_as<Literal>(static_cast<const Expression*>(nullptr)) == nullptr);
}

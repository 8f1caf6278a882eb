// SPDX-License-Identifier: Apache-2.0
#include "cypher/syntax/ast.h"

namespace trellis::cypher::ast {

static_assert(sizeof(Literal) <= 96, "literals are the most frequent nodes: keep them small");

}  // namespace trellis::cypher::ast

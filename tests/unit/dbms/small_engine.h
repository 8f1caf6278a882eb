// SPDX-License-Identifier: Apache-2.0
//
// An engine that is just enough for this room's tests: the real parser; SHOW without its tail; and
// two queries, CREATE () and MATCH (n) RETURN count(n) AS count.
#pragma once

#include <memory>

#include "cypher/engine.h"

namespace trellis::dbms::test {

std::unique_ptr<cypher::Engine> make_small_engine();

}  // namespace trellis::dbms::test

// SPDX-License-Identifier: Apache-2.0
//
// Values as cypher-shell shows them, so that scripts which read its output go on working:
// "text", TRUE, NULL, [1, 2], {a: 1}, (:Label {a: 1}), [:TYPE], (:A)-[:T]->(:B),
// point({srid:7203, x:1.0, y:2.0}).
#pragma once

#include <string>

#include "value/value.h"

namespace trellis::cli::shell {

void append_shown(std::string& out, const value::Value& value);
inline std::string shown(const value::Value& value) {
  std::string out;
  append_shown(out, value);
  return out;
}

// A name as it must stand in a statement: in backticks unless it is a plain identifier.
std::string escaped_name(std::string_view name);

}  // namespace trellis::cli::shell

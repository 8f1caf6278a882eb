// SPDX-License-Identifier: Apache-2.0
//
// The notation of expected values: 1, 1.5, 'text', null, true, [..], {..}, (:L {p: 1}), [:T {p: 1}],
// <(:A)-[:T]->(:B)>; and whether a real value is what was expected.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "value/value.h"

namespace trellis::tck {

struct Expected {
  enum class Kind : uint8_t {
    kNull,
    kBoolean,
    kInteger,
    kFloat,
    kString,
    kList,
    kMap,
    kNode,
    kRelationship,
    kPath,
  };
  Kind kind = Kind::kNull;
  bool boolean = false;
  int64_t integer = 0;
  double real = 0;
  std::string text;                                      // string; type of a relationship
  std::vector<std::string> labels;                       // node
  std::vector<std::string> keys;                         // map, properties ...
  std::vector<Expected> values;                          // ... and their values
  std::vector<Expected> items;  // list; path: node, relationship, node, ...
  std::vector<bool> forward;    // path: direction of each relationship
};

// nullopt: not in the notation.
std::optional<Expected> parse_expected(std::string_view text);

// Lists may be compared without regard to order (at every depth).
bool matches(const Expected& expected, const value::Value& actual, bool ignore_list_order);

// For parameters. The value lives in the arena; nodes and paths cannot be parameters (asserted).
value::Value to_value(const Expected& expected, Arena& arena);

}  // namespace trellis::tck

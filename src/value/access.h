// SPDX-License-Identifier: Apache-2.0
//
// Getting at the parts of a value: indexing, slicing, fields, membership, string predicates.
// Entities that are references are the executor's: here they are a TypeError; records work.
#pragma once

#include "base/result.h"
#include "value/compare.h"
#include "value/value.h"

namespace trellis::value {

// container[index]: list by integer (from the end when negative, null when outside), map or record
// by string. ListElementAccessByNonInteger, MapElementAccessByNonString, TypeError.
Result<Value> element(const Value& container, const Value& index);
// list[from..to], a null pointer for a missing bound; null if a given bound is null.
Result<Value> slice(const Value& list, const Value* from, const Value* to);
// subject.key of maps, records, temporal values, durations, points; null of null. Temporal values
// and points refuse keys that they have not.
Result<Value> field(Arena& arena, const Value& subject, std::string_view key);

// value IN list: unknown when nothing equal is found but something was unknown.
Result<Value> in_list(const Value& value, const Value& list);

// Null unless both are strings.
Value starts_with(const Value& text, const Value& prefix);
Value ends_with(const Value& text, const Value& suffix);
Value contains(const Value& text, const Value& part);

// Can the value be stored as a property? Scalars, temporal values, points, and lists of one type of
// them without nulls (integers and floats mix: they become floats). The result is what is to be
// stored; null (no property) stays null. InvalidPropertyType.
Result<Value> to_property(Arena& arena, const Value& value);

}  // namespace trellis::value

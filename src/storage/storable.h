// SPDX-License-Identifier: Apache-2.0
//
// What a property may hold: scalars, temporal values, points, bytes, and lists of these.
#pragma once

#include "storage/storage.h"

namespace trellis::storage {

// InvalidPropertyType for maps, entities, paths, lists in lists and nulls in lists.
Result<> check_storable(const value::Value& value);
Result<> check_storable(std::span<const Property> properties);

}  // namespace trellis::storage

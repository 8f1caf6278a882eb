// SPDX-License-Identifier: Apache-2.0
//
// What a server says at the end of a result, as a cypher::Summary.
// Source: neo4j.com/docs/bolt, "message specification", SUCCESS of PULL; what is absent stays
// empty.
#pragma once

#include <span>

#include "cypher/result_stream.h"
#include "value/value.h"

namespace trellis::federation {

cypher::Summary summary_of(std::span<const value::MapEntry> metadata);

}  // namespace trellis::federation

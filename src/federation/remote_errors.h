// SPDX-License-Identifier: Apache-2.0
//
// What a client of this DBMS is told of a failure behind a remote alias.
//
//   statement's own error (Neo.ClientError.*)  keeps its Neo4j code and message; GQLSTATUS 08N16
//   Neo.TransientError.*                       keeps both (so that drivers retry); 08N17
//   Neo.DatabaseError.*                        Neo.DatabaseError.Statement.RemoteExecutionFailed;
//   08N18
// The remote error with its own chain is the cause. Codes on which a driver would act against
// *this* server (log on again, drop it from its routing table) become the general remote codes:
//   Security.Unauthorized and other credentials' codes, Cluster.NotALeader,
//   ForbiddenOnReadOnlyDatabase, DatabaseUnavailable, unreachable host, refused certificate.
// Source: Neo4j status codes manual (08N16, 08N17, 08N18).
#pragma once

#include <string_view>

#include "base/error.h"

namespace trellis::federation {

Error remote_error(const Error& error, std::string_view alias);

}  // namespace trellis::federation

// SPDX-License-Identifier: Apache-2.0
#include "federation/remote_errors.h"

#include <algorithm>

#include "base/macros.h"

namespace trellis::federation {
namespace {

constexpr std::string_view kActedUpon[] = {
    "Neo.ClientError.Security.Unauthorized",
    "Neo.ClientError.Security.CredentialsExpired",
    "Neo.ClientError.Security.AuthorizationExpired",
    "Neo.ClientError.Security.TokenExpired",
    "Neo.ClientError.Security.AuthenticationRateLimit",
    "Neo.ClientError.Cluster.NotALeader",
    "Neo.ClientError.General.ForbiddenOnReadOnlyDatabase",
    "Neo.TransientError.General.DatabaseUnavailable",
    "Neo.TransientError.Transaction.Terminated",
    "Neo.TransientError.Transaction.LockClientStopped",
};

ErrorCode general_code(Classification classification) {
  switch (classification) {
    case Classification::kClientError:
      return ErrorCode::RemoteClientError;
    case Classification::kTransientError:
      return ErrorCode::RemoteTransientError;
    case Classification::kDatabaseError:
      return ErrorCode::RemoteDatabaseError;
  }
  TRELLIS_UNREACHABLE();
}

bool is_local(ErrorCode code) {
  return code == ErrorCode::ConnectionFailed || code == ErrorCode::ConnectionClosed ||
         code == ErrorCode::CertificateRejected || code == ErrorCode::ResourceExhausted;
}

// The status description says what kind of failure it was; the message says which.
Error described(Error error, ErrorCode general) {
  std::string text = fmt::format("{}. Remote execution failed with message '{}'.",
                                 traits_of(general).title, error.message());
  return std::move(error).described_as(std::move(text));
}

}  // namespace

Error remote_error(const Error& error, std::string_view alias) {
  const ErrorCode general = general_code(error.classification());
  const bool acted_upon = std::find(std::begin(kActedUpon), std::end(kActedUpon),
                                    error.neo4j_code()) != std::end(kActedUpon);
  if (is_local(error.code())) {
    return described(make_error(general, "The remote DBMS of alias '{}' cannot be used: {}", alias,
                                error.message()),
                     general)
        .caused_by(error.clone());
  }
  if (acted_upon || general == ErrorCode::RemoteDatabaseError) {
    return described(make_error(general, "The remote DBMS of alias '{}' answered {}: {}", alias,
                                error.neo4j_code(), error.message()),
                     general)
        .caused_by(error.clone());
  }
  return described(Error::foreign(general, std::string(error.neo4j_code()),
                                  std::string(traits_of(general).gqlstatus), error.message()),
                   general)
      .at(error.position())
      .caused_by(error.clone());
}

}  // namespace trellis::federation

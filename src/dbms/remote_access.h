// SPDX-License-Identifier: Apache-2.0
//
// Stored credentials of remote aliases: sealed with the keystore's key, opened when they are used;
// and the driver settings of an alias, checked and completed.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "dbms/core.h"
#include "dbms/remote_graphs.h"
#include "dbms/system_snapshot.h"

namespace trellis::dbms {

using ValueMap = std::map<std::string, value::ValueHolder>;

// KeystoreUnavailable when the keystore is not configured or cannot be read.
Result<std::string> seal_password(const Core& core, std::string_view dbms_id,
                                  std::string_view alias, const Secret& password);
Result<RemoteTarget> unseal_target(const Core& core, const SystemSnapshot& system,
                                   const AliasRecord& alias);

// InvalidDriverSettings for unknown keys and wrong types. What is not given comes from the
// configuration.
Result<DriverSettings> driver_settings(const Core& core, const ValueMap& given);
// The map as it is stored and shown: logging_level in upper case.
Result<ValueMap> normalize_driver_map(const Core& core, const ValueMap& given);
// InvalidAliasUrl: no known scheme, no host, or plain while ssl_enforced.
Result<> check_remote_url(std::string_view url, bool ssl_enforced);

}  // namespace trellis::dbms

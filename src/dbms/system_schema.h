// SPDX-License-Identifier: Apache-2.0
//
// The graph of the `system` database: labels, relationship types, properties, keys.
//
//   (Version {version, dbmsId, epoch, defaultDatabase})    exactly one: the version node
//   (User {name, id, credential?, passwordChangeRequired, suspended, homeDatabase?})
//     -[HAS_ROLE]->(Role)            PUBLIC is held by everybody and has no relationships
//     -[HAS_AUTH]->(Auth {provider, externalId})   providers other than native
//   (Role {name, immutable})
//     -[HAS_PRIVILEGE]->(Privilege {effect, action, scope, scopeName?, segment, qualifier?,
//                                   resource?, immutable})
//   (Database {name, directory, kind, access, requested, createdAt, startedAt?, stoppedAt?,
//              `options.<key>`})
//   (Alias {name, composite?, target, url?, username?, sealedPassword?, changes,
//           `driver.<key>`, `properties.<key>`})
//
// Keys (unique, kept so by the lock below): User.name, Role.name, Database.name, Alias.name; a
// database and an alias cannot have the same name.
//
// Invariants
//   1. Every transaction that writes locks the version node exclusively before it reads, and raises
//      Version.epoch: writers of `system` are serial.
//   2. Names of databases and aliases are stored in lower case; users and roles as given.
//   3. Version.version is the schema's; system_bootstrap.cpp brings older ones up, one idempotent
//      transaction for each step.
// Times are milliseconds since 1970-01-01 UTC.
#pragma once

#include <cstdint>
#include <string_view>

namespace trellis::dbms::system_schema {

inline constexpr std::string_view kSystemDatabase = "system";
inline constexpr int64_t kVersion = 1;

namespace label {
inline constexpr std::string_view kVersion = "Version";
inline constexpr std::string_view kUser = "User";
inline constexpr std::string_view kAuth = "Auth";
inline constexpr std::string_view kRole = "Role";
inline constexpr std::string_view kPrivilege = "Privilege";
inline constexpr std::string_view kDatabase = "Database";
inline constexpr std::string_view kAlias = "Alias";
}  // namespace label

namespace type {
inline constexpr std::string_view kHasRole = "HAS_ROLE";
inline constexpr std::string_view kHasAuth = "HAS_AUTH";
inline constexpr std::string_view kHasPrivilege = "HAS_PRIVILEGE";
}  // namespace type

namespace key {
inline constexpr std::string_view kVersion = "version";
inline constexpr std::string_view kDbmsId = "dbmsId";
inline constexpr std::string_view kEpoch = "epoch";
inline constexpr std::string_view kDefaultDatabase = "defaultDatabase";

inline constexpr std::string_view kName = "name";
inline constexpr std::string_view kId = "id";
inline constexpr std::string_view kCredential = "credential";
inline constexpr std::string_view kChangeRequired = "passwordChangeRequired";
inline constexpr std::string_view kSuspended = "suspended";
inline constexpr std::string_view kHomeDatabase = "homeDatabase";
inline constexpr std::string_view kProvider = "provider";
inline constexpr std::string_view kExternalId = "externalId";

inline constexpr std::string_view kImmutable = "immutable";
inline constexpr std::string_view kEffect = "effect";        // "GRANT", "DENY"
inline constexpr std::string_view kAction = "action";        // stored name of the action
inline constexpr std::string_view kScope = "scope";          // "ALL", "HOME", "NAMED"
inline constexpr std::string_view kScopeName = "scopeName";  // of NAMED
inline constexpr std::string_view kSegment = "segment";      // stored name of the segment
inline constexpr std::string_view kQualifier = "qualifier";
inline constexpr std::string_view kResource = "resource";

inline constexpr std::string_view kDirectory = "directory";
inline constexpr std::string_view kKind = "kind";            // "standard", "composite"
inline constexpr std::string_view kAccess = "access";        // "read-write", "read-only"
inline constexpr std::string_view kRequested = "requested";  // "online", "offline"
inline constexpr std::string_view kCreatedAt = "createdAt";
inline constexpr std::string_view kStartedAt = "startedAt";
inline constexpr std::string_view kStoppedAt = "stoppedAt";
inline constexpr std::string_view kOptionPrefix = "options.";

inline constexpr std::string_view kComposite = "composite";
inline constexpr std::string_view kTarget = "target";
inline constexpr std::string_view kUrl = "url";
inline constexpr std::string_view kUsername = "username";
inline constexpr std::string_view kSealedPassword = "sealedPassword";  // bytes, security/sealing.h
inline constexpr std::string_view kChanges = "changes";  // raised by each ALTER, and by replacement
inline constexpr std::string_view kDriverPrefix = "driver.";
inline constexpr std::string_view kPropertyPrefix = "properties.";
}  // namespace key

}  // namespace trellis::dbms::system_schema

// SPDX-License-Identifier: Apache-2.0
#include "cypher/semantics/show_columns.h"

namespace trellis::cypher {
namespace {

using ast::ShowKind;

constexpr StaticType kText{kStringType, kAnyType};
constexpr StaticType kInt{kIntegerType, kAnyType};
constexpr StaticType kReal{kFloatType, kAnyType};
constexpr StaticType kBool{kBooleanType, kAnyType};
constexpr StaticType kTextList{kListType, kStringType};
constexpr StaticType kMapList{kListType, kMapType};
constexpr StaticType kMap{kMapType, kAnyType};
constexpr StaticType kSpan{kDurationType, kAnyType};
constexpr StaticType kInstant{kZonedDateTimeType, kAnyType};
constexpr bool kExtra = false;

std::vector<ShowColumn> indexes() {
  return {{"id", kInt},
          {"name", kText},
          {"state", kText},
          {"populationPercent", kReal},
          {"type", kText},
          {"entityType", kText},
          {"labelsOrTypes", kTextList},
          {"properties", kTextList},
          {"indexProvider", kText},
          {"owningConstraint", kText},
          {"lastRead", kInstant},
          {"readCount", kInt},
          {"trackedSince", kInstant, kExtra},
          {"options", kMap, kExtra},
          {"failureMessage", kText, kExtra},
          {"createStatement", kText, kExtra}};
}

std::vector<ShowColumn> constraints() {
  return {{"id", kInt},
          {"name", kText},
          {"type", kText},
          {"entityType", kText},
          {"labelsOrTypes", kTextList},
          {"properties", kTextList},
          {"ownedIndex", kText},
          {"propertyType", kText},
          {"options", kMap, kExtra},
          {"createStatement", kText, kExtra}};
}

std::vector<ShowColumn> functions() {
  return {{"name", kText},
          {"category", kText},
          {"description", kText},
          {"signature", kText, kExtra},
          {"isBuiltIn", kBool, kExtra},
          {"argumentDescription", kMapList, kExtra},
          {"returnDescription", kText, kExtra},
          {"aggregating", kBool, kExtra},
          {"rolesExecution", kTextList, kExtra},
          {"rolesBoostedExecution", kTextList, kExtra},
          {"isDeprecated", kBool, kExtra},
          {"deprecatedBy", kText, kExtra}};
}

std::vector<ShowColumn> procedures() {
  return {{"name", kText},
          {"description", kText},
          {"mode", kText},
          {"worksOnSystem", kBool},
          {"signature", kText, kExtra},
          {"argumentDescription", kMapList, kExtra},
          {"returnDescription", kMapList, kExtra},
          {"admin", kBool, kExtra},
          {"rolesExecution", kTextList, kExtra},
          {"rolesBoostedExecution", kTextList, kExtra},
          {"isDeprecated", kBool, kExtra},
          {"deprecatedBy", kText, kExtra},
          {"option", kMap, kExtra}};
}

std::vector<ShowColumn> settings() {
  return {{"name", kText},
          {"value", kText},
          {"isDynamic", kBool},
          {"defaultValue", kText},
          {"description", kText},
          {"startupValue", kText, kExtra},
          {"isExplicitlySet", kBool, kExtra},
          {"validValues", kText, kExtra},
          {"isDeprecated", kBool, kExtra}};
}

std::vector<ShowColumn> certificates() {
  return {{"scope", kText},       {"sniNames", kTextList},
          {"subject", kText},     {"names", kTextList},
          {"issuer", kText},      {"keyType", kText},
          {"sha256", kText},      {"notBefore", kInstant, kExtra},
          {"notAfter", kInstant}, {"daysLeft", kInt},
          {"source", kText},      {"lastReload", kInstant},
          {"lastError", kText},   {"nextRenewal", kInstant}};
}

std::vector<ShowColumn> transactions() {
  return {{"database", kText},
          {"transactionId", kText},
          {"currentQueryId", kText},
          {"connectionId", kText},
          {"clientAddress", kText},
          {"username", kText},
          {"currentQuery", kText},
          {"startTime", kText},
          {"status", kText},
          {"elapsedTime", kSpan},
          {"outerTransactionId", kText, kExtra},
          {"metaData", kMap, kExtra},
          {"parameters", kMap, kExtra},
          {"planner", kText, kExtra},
          {"runtime", kText, kExtra},
          {"indexes", kMapList, kExtra},
          {"currentQueryStartTime", kText, kExtra},
          {"protocol", kText, kExtra},
          {"requestUri", kText, kExtra},
          {"currentQueryStatus", kText, kExtra},
          {"statusDetails", kText, kExtra},
          {"resourceInformation", kMap, kExtra},
          {"activeLockCount", kInt, kExtra},
          {"currentQueryActiveLockCount", kInt, kExtra},
          {"cpuTime", kSpan, kExtra},
          {"waitTime", kSpan, kExtra},
          {"idleTime", kSpan, kExtra},
          {"currentQueryElapsedTime", kSpan, kExtra},
          {"currentQueryCpuTime", kSpan, kExtra},
          {"currentQueryWaitTime", kSpan, kExtra},
          {"currentQueryIdleTime", kSpan, kExtra},
          {"currentQueryAllocatedBytes", kInt, kExtra},
          {"allocatedDirectBytes", kInt, kExtra},
          {"estimatedUsedHeapMemory", kInt, kExtra},
          {"pageHits", kInt, kExtra},
          {"pageFaults", kInt, kExtra},
          {"currentQueryPageHits", kInt, kExtra},
          {"currentQueryPageFaults", kInt, kExtra},
          {"initializationStackTrace", kText, kExtra}};
}

std::vector<ShowColumn> databases(bool default_and_home) {
  std::vector<ShowColumn> columns{{"name", kText},
                                  {"type", kText},
                                  {"aliases", kTextList},
                                  {"access", kText},
                                  {"databaseID", kText, kExtra},
                                  {"serverID", kText, kExtra},
                                  {"address", kText},
                                  {"role", kText},
                                  {"writer", kBool},
                                  {"requestedStatus", kText},
                                  {"currentStatus", kText},
                                  {"statusMessage", kText}};
  if (default_and_home) {
    columns.push_back({"default", kBool});
    columns.push_back({"home", kBool});
  }
  const ShowColumn rest[] = {{"currentPrimariesCount", kInt, kExtra},
                             {"currentSecondariesCount", kInt, kExtra},
                             {"requestedPrimariesCount", kInt, kExtra},
                             {"requestedSecondariesCount", kInt, kExtra},
                             {"creationTime", kInstant, kExtra},
                             {"lastStartTime", kInstant, kExtra},
                             {"lastStopTime", kInstant, kExtra},
                             {"store", kText, kExtra},
                             {"lastCommittedTxn", kInt, kExtra},
                             {"replicationLag", kInt, kExtra},
                             {"constituents", kTextList},
                             {"defaultLanguage", kText, kExtra},
                             {"options", kMap, kExtra}};
  columns.insert(columns.end(), std::begin(rest), std::end(rest));
  return columns;
}

std::vector<ShowColumn> aliases() {
  return {{"name", kText},
          {"composite", kText},
          {"database", kText},
          {"location", kText},
          {"url", kText},
          {"user", kText},
          {"driver", kMap, kExtra},
          {"defaultLanguage", kText, kExtra},
          {"properties", kMap, kExtra}};
}

std::vector<ShowColumn> users(bool with_auth) {
  std::vector<ShowColumn> columns{{"user", kText},
                                  {"roles", kTextList},
                                  {"passwordChangeRequired", kBool},
                                  {"suspended", kBool},
                                  {"home", kText}};
  if (with_auth) {
    columns.push_back({"provider", kText});
    columns.push_back({"auth", kMap});
  }
  return columns;
}

std::vector<ShowColumn> roles(bool with_users) {
  std::vector<ShowColumn> columns{{"role", kText}};
  if (with_users) columns.push_back({"member", kText});
  columns.push_back({"immutable", kBool, kExtra});
  return columns;
}

std::vector<ShowColumn> privileges(const ast::ShowCommand& command) {
  if (command.output != ast::PrivilegeOutput::kRows) {
    return {{"command", kText}, {"immutable", kBool, kExtra}};
  }
  std::vector<ShowColumn> columns{{"access", kText},   {"action", kText},  {"resource", kText},
                                  {"graph", kText},    {"segment", kText}, {"role", kText},
                                  {"immutable", kBool}};
  if (command.kind == ShowKind::kUserPrivileges) columns.push_back({"user", kText});
  return columns;
}

std::vector<ShowColumn> servers() {
  return {{"name", kText},
          {"address", kText},
          {"state", kText},
          {"health", kText},
          {"hosting", kTextList},
          {"serverId", kText, kExtra},
          {"httpAddress", kText, kExtra},
          {"httpsAddress", kText, kExtra},
          {"requestedHosting", kTextList, kExtra},
          {"tags", kTextList, kExtra},
          {"allowedDatabases", kTextList, kExtra},
          {"deniedDatabases", kTextList, kExtra},
          {"modeConstraint", kText, kExtra},
          {"version", kText, kExtra}};
}

}  // namespace

std::vector<ShowColumn> show_columns(const ast::ShowCommand& command) {
  switch (command.kind) {
    case ShowKind::kIndexes:
      return indexes();
    case ShowKind::kConstraints:
      return constraints();
    case ShowKind::kFunctions:
      return functions();
    case ShowKind::kProcedures:
      return procedures();
    case ShowKind::kSettings:
      return settings();
    case ShowKind::kCertificates:
      return certificates();
    case ShowKind::kTransactions:
      return transactions();
    case ShowKind::kTerminateTransactions:
      return {{"transactionId", kText}, {"username", kText}, {"message", kText}};
    case ShowKind::kDatabases:
    case ShowKind::kDatabase:
      return databases(true);
    case ShowKind::kDefaultDatabase:
    case ShowKind::kHomeDatabase:
      return databases(false);
    case ShowKind::kAliases:
      return aliases();
    case ShowKind::kUsers:
      return users(command.with_auth);
    case ShowKind::kCurrentUser:
      return users(false);
    case ShowKind::kRoles:
      return roles(command.with_users);
    case ShowKind::kPrivileges:
    case ShowKind::kRolePrivileges:
    case ShowKind::kUserPrivileges:
      return privileges(command);
    case ShowKind::kSupportedPrivileges:
      return {{"action", kText},
              {"qualifier", kText},
              {"target", kText},
              {"scope", kTextList},
              {"description", kText}};
    case ShowKind::kServers:
      return servers();
  }
  TRELLIS_UNREACHABLE();
}

}  // namespace trellis::cypher

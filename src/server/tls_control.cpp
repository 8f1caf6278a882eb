// SPDX-License-Identifier: Apache-2.0
#include "server/tls_control.h"

#include <boost/json.hpp>

#include "os/utc_text.h"

namespace trellis::server {
namespace {

namespace json = boost::json;
using Days = std::chrono::duration<int64_t, std::ratio<86400>>;

json::value text_or_null(const std::string& text) {
  return text.empty() ? json::value() : json::value(text);
}

json::value time_or_null(const std::optional<os::Clock::Wall>& time) {
  return time ? json::value(os::utc_text(*time)) : json::value();
}

json::array texts(const std::vector<std::string>& list) {
  json::array all;
  for (const std::string& item : list) all.emplace_back(item);
  return all;
}

json::object reload(tls::PolicyStore& certificates) {
  json::array scopes;
  for (const tls::ScopeReload& scope : certificates.reload()) {
    json::object row;
    row["scope"] = to_string(scope.scope);
    row["changed"] = scope.changed;
    row["keptOld"] = scope.kept_old ? json::value(scope.kept_old->message()) : json::value();
    row["sha256"] = text_or_null(scope.sha256);
    row["notAfter"] = time_or_null(scope.not_after);
    scopes.push_back(std::move(row));
  }
  return {{"scopes", std::move(scopes)}};
}

json::object row_of(const tls::CertificateStatus& pair, os::Clock::Wall now) {
  json::object row;
  row["scope"] = to_string(pair.scope);
  row["sniNames"] = texts(pair.sni_names);
  row["subject"] = row["issuer"] = row["keyType"] = row["sha256"] = nullptr;
  row["notBefore"] = row["notAfter"] = row["daysLeft"] = nullptr;
  row["names"] = json::array();
  if (pair.identity) {
    const tls::ServerIdentity& identity = *pair.identity;
    json::array names = texts(identity.dns_names);
    for (const std::string& ip : identity.ip_names) names.emplace_back(ip);
    row["subject"] = identity.subject;
    row["names"] = std::move(names);
    row["issuer"] = identity.issuer;
    row["keyType"] = identity.key_kind;
    row["sha256"] = identity.sha256;
    row["notBefore"] = os::utc_text(identity.not_before);
    row["notAfter"] = os::utc_text(identity.not_after);
    row["daysLeft"] = std::chrono::floor<Days>(identity.not_after - now).count();
  }
  row["source"] = text_or_null(pair.source);
  row["lastReload"] = time_or_null(pair.last_reload);
  row["lastError"] = text_or_null(pair.last_error);
  row["nextRenewal"] = time_or_null(pair.next_renewal);
  return row;
}

}  // namespace

void add_tls_commands(AdminCommands& commands, tls::PolicyStore& certificates,
                      const os::Clock& clock) {
  commands["tls.reload"] = [&certificates](const json::object&) -> Result<json::object> {
    return reload(certificates);
  };
  commands["tls.status"] = [&certificates, &clock](const json::object&) -> Result<json::object> {
    json::array pairs;
    for (const tls::CertificateStatus& pair : certificates.status()) {
      pairs.push_back(row_of(pair, clock.wall()));
    }
    return json::object{{"certificates", std::move(pairs)}};
  };
}

}  // namespace trellis::server

// SPDX-License-Identifier: Apache-2.0
#include "server/http/discovery.h"

#include <fmt/format.h>

namespace trellis::server {
namespace {

// The host that the client used, safe to print; "localhost" when it is nonsense.
net::Endpoint host_of(const net::HttpRequest& request) {
  auto host = net::parse_endpoint(request.header("Host"), request.encrypted ? 443 : 80);
  if (!host || host->host.empty()) return {"localhost", 0};
  return std::move(*host);
}

std::string discovery_json(const net::HttpRequest& request, const DiscoverySettings& settings) {
  const net::Endpoint own = host_of(request);
  const net::Endpoint bolt =
      settings.advertised_bolt.value_or(net::Endpoint{own.host, settings.bolt_port});
  const char* suffix = settings.bolt_encrypted ? "+s" : "";
  std::string json =
      fmt::format("{{\"bolt_routing\":\"neo4j{}://{}\",\"bolt_direct\":\"bolt{}://{}\"", suffix,
                  to_string(bolt), suffix, to_string(bolt));
  const std::string base = fmt::format("http{}://{}", request.encrypted ? "s" : "", to_string(own));
  if (settings.query_api)
    json += fmt::format(",\"query\":\"{}/db/{{databaseName}}/query/v2\"", base);
  if (settings.transaction_api) {
    json += fmt::format(",\"transaction\":\"{}/db/{{databaseName}}/tx\"", base);
  }
  json += fmt::format(
      ",\"neo4j_version\":\"{}\",\"neo4j_edition\":\"{}\",\"auth_config\":{{\"oidc_providers\":[]}}"
      "}}",
      settings.version, settings.edition);
  return json;
}

}  // namespace

net::HttpResponse discover(const net::HttpRequest& request, const DiscoverySettings& settings) {
  net::HttpResponse response;
  response.headers.emplace_back("Access-Control-Allow-Origin", settings.allow_origin);
  response.headers.emplace_back("Vary", "Accept");
  if (request.method == "OPTIONS") {
    response.status = 204;
    response.headers.emplace_back("Access-Control-Allow-Methods", "GET, POST, DELETE, OPTIONS");
    response.headers.emplace_back("Access-Control-Allow-Headers",
                                  "Authorization, Content-Type, Accept");
    return response;
  }
  response.headers.emplace_back("Content-Type", "application/json");
  if (request.path() != "/") {
    response.status = 404;
    response.body =
        R"({"errors":[{"code":"Neo.ClientError.Request.Invalid","message":"There is nothing here. GET / says what is."}]})";
  } else if (request.method != "GET" && request.method != "HEAD") {
    response.status = 405;
    response.headers.emplace_back("Allow", "GET, HEAD, OPTIONS");
  } else {
    response.body = discovery_json(request, settings);
  }
  return response;
}

}  // namespace trellis::server

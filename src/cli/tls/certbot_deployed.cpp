// SPDX-License-Identifier: Apache-2.0
//
// trellis tls certbot-deployed: what the deploy hook of install-certbot runs. Exit code 0 only when
// every scope that uses the lineage, and every port of it, serves the lineage's newest certificate.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <thread>

#include "cli/admin_client.h"
#include "cli/exit_codes.h"
#include "cli/tls/certbot_plan.h"
#include "cli/tls/certificate_text.h"
#include "cli/tls/leaf_certificate.h"
#include "cli/tls/tls_command.h"

namespace trellis::cli::tls_command {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using Seconds = std::chrono::seconds;

// A listener takes a new certificate with its next handshake; this is for a loaded machine.
constexpr Seconds kPatience{10};

struct DeployedOptions {
  fs::path lineage;
};

void declare(CLI::App& command, DeployedOptions& options) {
  command.add_option("lineage", options.lineage, "certbot's RENEWED_LINEAGE")->required();
}

// Ports on which a scope is served.
std::vector<config::SocketAddress> ports_of(const config::ServerConfig& config,
                                            config::SslScope scope) {
  std::vector<config::SocketAddress> ports;
  if (scope == config::SslScope::kBolt && config.bolt.enabled &&
      config.bolt.tls_level != config::TlsLevel::kDisabled) {
    ports.push_back(config.bolt.listen_address);
  }
  if (scope == config::SslScope::kHttps && config.http.https.enabled) {
    ports.push_back(config.http.https.listen_address);
  }
  return ports;
}

Result<> wait_until_port_serves(const config::SocketAddress& port, const std::string& name,
                                const std::string& wanted) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (true) {
    auto seen = fingerprint_of_port(port, name);
    if (seen && *seen == wanted) return {};
    if (std::chrono::steady_clock::now() > deadline) {
      if (!seen) return fail(std::move(seen.error()));
      return fail(ErrorCode::ConnectionFailed,
                  "{} still serves {} and not the renewed certificate {}.", config::to_string(port),
                  *seen, wanted);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
}

// The answer's row for a scope; null when it has none.
const json::object* row_of(const json::object& answer, std::string_view scope) {
  for (const json::value& value : answer.at("scopes").as_array()) {
    if (text_of(value.as_object(), "scope") == scope) return &value.as_object();
  }
  return nullptr;
}

Result<> check_scope(const config::ServerConfig& config, const config::SslPolicySettings& policy,
                     const json::object& answer, const CertbotLineage& lineage,
                     const std::string& wanted) {
  const std::string_view scope = to_string(policy.scope);
  const json::object* row = row_of(answer, scope);
  if (row == nullptr) {
    return fail(ErrorCode::InvalidConfiguration,
                "{}: the running server does not serve it. Restart the server.", scope);
  }
  if (const std::string why = text_of(*row, "keptOld"); !why.empty()) {
    return fail(ErrorCode::InvalidConfiguration, "{}: the old certificate is kept: {}", scope, why);
  }
  if (text_of(*row, "sha256") != wanted) {
    return fail(ErrorCode::InvalidConfiguration,
                "{}: the server has {} and not the renewed certificate {}.", scope,
                text_of(*row, "sha256"), wanted);
  }
  for (const config::SocketAddress& port : ports_of(config, policy.scope)) {
    TRELLIS_TRY(wait_until_port_serves(port, lineage.name, wanted));
    fmt::print("{} serves {} on {}.\n", scope, wanted, config::to_string(port));
  }
  return {};
}

Result<> check(const CommonOptions& common, const fs::path& live) {
  const CertbotLineage lineage{live.parent_path().parent_path(), live.filename().string()};
  // Values that are commands are not executed for this.
  config::LoadOptions load = load_options(common);
  load.lenient = true;
  TRELLIS_TRY_ASSIGN(const config::LoadedConfiguration loaded, config::load(load));
  TRELLIS_TRY_ASSIGN(const config::ServerConfig config,
                     config::server_config(loaded.configuration));
  TRELLIS_TRY_ASSIGN(const std::string wanted, fingerprint_of_file(live / "cert.pem"));
  TRELLIS_TRY_ASSIGN(const json::object answer, ask_server(config.directories, "tls.reload", {}));
  bool any = false;
  std::string wrong;
  for (const config::SslPolicySettings& policy : config.ssl.by_scope) {
    if (!policy.enabled || policy.obtained || !uses_lineage(policy, lineage)) continue;
    any = true;
    if (auto fine = check_scope(config, policy, answer, lineage, wanted); !fine) {
      wrong += (wrong.empty() ? "" : "\n") + fine.error().message();
    }
  }
  if (!any) {
    return fail(ErrorCode::InvalidConfiguration,
                "No scope of this server uses {}: run trellis tls install-certbot again, or take "
                "its hook back with --undo.",
                live.string());
  }
  if (!wrong.empty()) return fail(ErrorCode::InvalidConfiguration, "{}", wrong);
  return {};
}

int run(const CommonOptions& common, const DeployedOptions& options) {
  if (auto fine = check(common, options.lineage); !fine) {
    print_error(fine.error());
    return kFailure;
  }
  return kOk;
}

}  // namespace

void add_certbot_deployed(Registration& registration) {
  registration.add<DeployedOptions>("certbot-deployed",
                                    "For certbot's deploy hook: is the renewed certificate served?",
                                    declare, run);
}

}  // namespace trellis::cli::tls_command

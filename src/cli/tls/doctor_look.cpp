// SPDX-License-Identifier: Apache-2.0
#include "cli/tls/doctor_look.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "federation/blocking_client.h"
#include "os/acting_as.h"
#include "os/identity.h"
#include "tls/findings/driver_words.h"
#include "tls/findings/policy_findings.h"
#include "tls/findings/server_findings.h"

namespace trellis::cli::tls_command {
namespace {

using tls::Finding;
using tls::FindingId;
using tls::Findings;

// -- this machine --

struct Port {
  config::SslScope scope{};
  net::Endpoint endpoint;
};

// An address that listens on every interface is dialled on the loopback one.
net::Endpoint dialled(const config::SocketAddress& address) {
  if (address.host == "0.0.0.0" || address.host.empty()) return {"127.0.0.1", address.port};
  if (address.host == "::") return {"::1", address.port};
  return {address.host, address.port};
}

std::vector<Port> encrypted_ports(const config::ServerConfig& config) {
  std::vector<Port> ports;
  if (tls::in_use(config, config::SslScope::kBolt)) {
    ports.push_back({config::SslScope::kBolt, dialled(config.bolt.listen_address)});
  }
  if (tls::in_use(config, config::SslScope::kHttps)) {
    ports.push_back({config::SslScope::kHttps, dialled(config.http.https.listen_address)});
  }
  return ports;
}

Finding differs(const Port& port, const std::string& served,
                const std::vector<std::string>& on_disk) {
  const std::string scope(config::to_string(port.scope));
  return make_finding(
      FindingId::kServedDiffers, scope,
      fmt::format("{} shows the certificate with SHA-256 {}, the files have {}. Either they were "
                  "replaced a moment ago, or the new pair was refused: the log and `trellis tls "
                  "status` say why.",
                  net::to_string(port.endpoint), served.empty() ? "(none)" : served,
                  fmt::join(on_disk, ", ")),
      "trellis tls reload");
}

Finding nothing_served(const Port& port) {
  const std::string scope(config::to_string(port.scope));
  return make_finding(FindingId::kCertificateMissing, scope,
                      fmt::format("{} ends TLS handshakes: it has no certificate to show yet. "
                                  "`trellis tls status` says what the order waits for.",
                                  net::to_string(port.endpoint)),
                      "trellis tls status");
}

// Any pair of the scope is right: which one is shown depends on the name that is asked for, and on
// the kinds of key that the client takes.
void look_at_port(const Port& port, const std::vector<std::string>& on_disk, bool obtained,
                  const tls::RemoteOptions& options, Diagnosis& out) {
  const std::string scope(config::to_string(port.scope));
  const auto served = tls::served_digest(port.endpoint, options.timeout);
  if (!served) {
    out.looked_at.push_back(
        fmt::format("{}: nothing answers at {}", scope, net::to_string(port.endpoint)));
    return;
  }
  out.looked_at.push_back(fmt::format("{}: as served at {}, SHA-256 {}", scope,
                                      net::to_string(port.endpoint),
                                      served->empty() ? "(none)" : *served));
  const bool known = std::find(on_disk.begin(), on_disk.end(), *served) != on_disk.end();
  if (!on_disk.empty() && !obtained && !known) {
    out.findings.push_back(differs(port, *served, on_disk));
  } else if (obtained && served->empty()) {
    out.findings.push_back(nothing_served(port));
  }
}

// What ACME obtained lies in no file of a policy: it is looked at as it is served.
Result<> look_at_obtained(const config::ServerConfig& config, const Port& port,
                          const tls::RemoteOptions& options, const os::Clock& clock,
                          Diagnosis& out) {
  const auto hosts = tls::advertised_hosts(config, port.scope);
  const std::string name = hosts.empty() ? port.endpoint.host : hosts.front();
  const bool https = port.scope == config::SslScope::kHttps;
  TRELLIS_TRY_ASSIGN(const auto uri, tls::parse_diagnosis_uri(
                                         (https ? "https://" : "bolt+s://") +
                                         net::to_string(net::Endpoint{name, port.endpoint.port})));
  tls::RemoteOptions here = options;
  here.resolve[name] = port.endpoint.host;
  TRELLIS_TRY_ASSIGN(tls::RemoteLook look, tls::look_at_remote(uri, here, clock));
  for (Finding& finding : look.findings) {
    // Without an advertised name there is none that the certificate must have; the rest of the
    // list is about the configuration, which has been looked at.
    if (hosts.empty() && finding.id == "name-mismatch") continue;
    if (finding.id == "plain-bolt-open" || finding.id == "handshake-refused") continue;
    finding.subject = config::to_string(port.scope);
    out.findings.push_back(std::move(finding));
  }
  return {};
}

// With whose rights files were looked at: the server's, if we may take them.
std::string as_whom(const std::filesystem::path& data) {
  const std::string us = os::user_name(os::effective_user());
  const os::ActingAs server(data);
  const std::string taken = os::user_name(os::effective_user());
  if (us != taken) {
    return fmt::format("with the rights of user {}, who owns {} and so runs the server", taken,
                       data.string());
  }
  const auto owner = os::ownership(data);
  if (!owner || owner->user == os::effective_user()) return "with the rights of user " + us;
  return fmt::format(
      "with the rights of user {}, but {} belongs to {}: what that user's server may read is "
      "another matter (run this as root to see)",
      us, data.string(), os::user_name(owner->user));
}

// -- a server --

std::string scheme_of_members(const tls::DiagnosisUri& uri) {
  return uri.encrypted ? "bolt+s" : "bolt";
}

Finding not_asked(const tls::DiagnosisUri& uri, const std::string& why) {
  return make_finding(FindingId::kRoutingUnchecked, uri.text,
                      "The routing table was not looked at: " + why);
}

Result<std::vector<net::Endpoint>> ask_routing(const tls::DiagnosisUri& uri,
                                               const tls::RemoteOptions& options,
                                               const Credentials& credentials) {
  federation::ClientSettings settings;
  settings.uri = scheme_of_members(uri) + "://" + net::to_string(uri.endpoint);
  if (const auto moved = options.resolve.find(uri.endpoint.host); moved != options.resolve.end()) {
    settings.connect_to = moved->second;
  }
  settings.user = credentials.user;
  settings.password = credentials.password.clone();
  settings.user_agent = "trellis-doctor/0.1";
  settings.connection_timeout = options.timeout;
  TRELLIS_TRY_ASSIGN(const auto client, federation::BlockingClient::connect(settings));
  TRELLIS_TRY_ASSIGN(const auto table, client->route({}));
  std::vector<net::Endpoint> all;
  for (const auto* list : {&table.writers, &table.readers, &table.routers}) {
    for (const net::Endpoint& member : *list) {
      if (std::find(all.begin(), all.end(), member) == all.end()) all.push_back(member);
    }
  }
  return all;
}

void look_at_member(const tls::DiagnosisUri& uri, const net::Endpoint& member,
                    const tls::RemoteOptions& options, const os::Clock& clock, Diagnosis& out) {
  const std::string at = net::to_string(member);
  out.looked_at.push_back(fmt::format("{}, from the routing table", at));
  const auto parsed = tls::parse_diagnosis_uri(scheme_of_members(uri) + "://" + at);
  auto look = parsed ? tls::look_at_remote(*parsed, options, clock)
                     : Result<tls::RemoteLook>(fail(parsed.error().clone()));
  if (!look) {
    out.findings.push_back(make_finding(
        FindingId::kMemberUnreachable, uri.text,
        fmt::format("The routing table sends clients to {}, which cannot be reached from here: {}",
                    at, look.error().message()),
        "server.bolt.advertised_address=HOST:PORT"));
    return;
  }
  for (Finding& finding : look->findings) {
    if (finding.id != "name-mismatch") {
      out.findings.push_back(std::move(finding));
      continue;
    }
    out.findings.push_back(make_finding(
        FindingId::kRoutingNameMismatch, uri.text,
        fmt::format("The routing table sends clients to '{}', but the certificate there has the "
                    "names: {}. Clients that verify connect to '{}' and are then refused at '{}'.",
                    at, look->names, uri.endpoint.host, member.host),
        "server.bolt.advertised_address=NAME:" + std::to_string(member.port)));
  }
}

void look_at_routing(const tls::DiagnosisUri& uri, const tls::RemoteOptions& options,
                     const Credentials& credentials, bool verified, const os::Clock& clock,
                     Diagnosis& out) {
  if (credentials.user.empty()) return;
  const bool refused =
      std::any_of(out.findings.begin(), out.findings.end(),
                  [](const Finding& one) { return one.id == "encryption-required"; });
  if (refused) return out.findings.push_back(not_asked(uri, "no driver connects with this URI."));
  if (uri.http) return out.findings.push_back(not_asked(uri, "it needs a scheme of Bolt."));
  if (uri.encrypted && !verified) {
    return out.findings.push_back(
        not_asked(uri,
                  "the certificate does not verify, and a password is not sent to whoever may "
                  "be there. Mend the rest first."));
  }
  const auto members = ask_routing(uri, options, credentials);
  if (!members) {
    Finding failed = not_asked(uri, members.error().message());
    failed.severity = tls::Severity::kWarning;
    return out.findings.push_back(std::move(failed));
  }
  for (const net::Endpoint& member : *members) {
    if (member == uri.endpoint) continue;  // seen already
    look_at_member(uri, member, options, clock, out);
  }
}

}  // namespace

Result<Diagnosis> look_at_this_machine(const CommonOptions& common,
                                       const tls::RemoteOptions& options) {
  TRELLIS_TRY_ASSIGN(auto loaded, load_configuration(common));
  TRELLIS_TRY_ASSIGN(const config::ServerConfig config,
                     config::server_config(loaded.configuration));
  const os::SystemClock clock;
  Diagnosis out;
  const std::filesystem::path settings = load_options(common).conf / "neo4j.conf";
  std::error_code ignored;
  if (!std::filesystem::exists(settings, ignored) &&
      !std::filesystem::exists(config.directories.data, ignored)) {
    // Not "nothing found": most likely this is not the server's home.
    return fail(ErrorCode::InvalidArguments,
                "there is neither {} nor {}. Say where the server's home and settings are: --home "
                "DIR (and --conf DIR), or give the URI of a server.",
                settings.string(), config.directories.data.string());
  }
  out.looked_at.push_back("settings: " + settings.string());
  out.looked_at.push_back("files, " + as_whom(config.directories.data));
  tls::FileFindings files = tls::file_findings(config, clock);
  for (const auto& [scope, digests] : files.digests) {
    out.looked_at.push_back(
        fmt::format("{}: files, SHA-256 {}", config::to_string(scope), fmt::join(digests, ", ")));
  }
  append(out.findings, std::move(files.findings));
  for (const Port& port : encrypted_ports(config)) {
    const auto found = std::find_if(files.digests.begin(), files.digests.end(),
                                    [&](const auto& one) { return one.scope == port.scope; });
    const bool obtained = config.ssl.of(port.scope).obtained;
    look_at_port(port, found == files.digests.end() ? std::vector<std::string>() : found->sha256,
                 obtained, options, out);
    // Nobody there is no fault: the server may be down.
    if (obtained) (void)look_at_obtained(config, port, options, clock, out);
  }
  if (config.tls.acme.enabled) {
    out.looked_at.push_back("clock, against " + config.tls.acme.issuer.directory);
    append(out.findings,
           tls::acme_clock_findings(config.tls.acme.issuer.directory, clock, options.timeout));
  }
  return out;
}

Result<Diagnosis> look_at_server(const std::string& text, const tls::RemoteOptions& options,
                                 const Credentials& credentials) {
  TRELLIS_TRY_ASSIGN(const tls::DiagnosisUri uri, tls::parse_diagnosis_uri(text));
  const os::SystemClock clock;
  TRELLIS_TRY_ASSIGN(tls::RemoteLook look, tls::look_at_remote(uri, options, clock));
  Diagnosis out;
  std::string seen = text + " as served";
  if (!look.version.empty()) seen += ", " + look.version;
  if (!look.sha256.empty()) {
    seen += fmt::format(", names: {}, SHA-256 {}", look.names, look.sha256);
  }
  out.looked_at.push_back(std::move(seen));
  out.findings = std::move(look.findings);
  out.driver = std::move(look.driver);
  look_at_routing(uri, options, credentials, look.verified, clock, out);
  if (look.verified && tls::worth_an_alarm(out.findings)) {
    // What the routing table brought to light comes after the first connection.
    std::string after = tls::driver_words(uri, out.findings);
    if (!after.empty()) out.driver = std::move(after);
  }
  return out;
}

}  // namespace trellis::cli::tls_command

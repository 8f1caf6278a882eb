// SPDX-License-Identifier: Apache-2.0
//
// trellis tls ca ...: the cluster's own authority, in this home. Root works in it as the owner of
// the data, who runs the server.
#include <sys/stat.h>

#include <CLI/CLI.hpp>

#include "cli/exit_codes.h"
#include "cli/tls/tls_command.h"
#include "cluster/member_files.h"
#include "os/acting_as.h"
#include "os/utc_text.h"

namespace trellis::cli::tls_command {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

struct CaOptions {
  std::vector<std::string> names;
  std::string lifetime;
  std::string to;
  bool rotate = false;
};

struct Home {
  std::filesystem::path data;
  config::TlsConfig tls;
  config::SslPolicySettings policy;  // cluster

  Result<tls::Authority> authority() const {
    return tls::Authority::open(tls.authority.directory, clock);
  }
  os::SystemClock clock{};
};

Result<Home> home_of(const CommonOptions& common) {
  TRELLIS_TRY_ASSIGN(const auto loaded, load_configuration(common));
  return Home{config::directories_config(*loaded.configuration).data,
              config::tls_config(*loaded.configuration),
              config::ssl_policy(*loaded.configuration, config::SslScope::kCluster)};
}

Result<seconds> seconds_of(const std::string& text, std::chrono::nanoseconds otherwise) {
  if (text.empty()) return std::chrono::duration_cast<seconds>(otherwise);
  TRELLIS_TRY_ASSIGN(const config::Duration parsed, config::parse_duration(text));
  return std::chrono::duration_cast<seconds>(parsed);
}

int finished(const Result<>& result) {
  if (result) return kOk;
  print_error(result.error());
  return kFailure;
}

// -- init --

Result<> init(const CommonOptions& common, const CaOptions& options) {
  TRELLIS_TRY_ASSIGN(const Home home, home_of(common));
  const os::ActingAs owner(home.data);
  const fs::path& folder = home.tls.authority.directory;
  TRELLIS_TRY_ASSIGN(const seconds life,
                     seconds_of(options.lifetime, std::chrono::hours(24 * 3650)));
  if (options.rotate) {
    TRELLIS_TRY_ASSIGN(const auto authority, home.authority());
    TRELLIS_TRY(authority.rotate(life));
    TRELLIS_TRY_ASSIGN(const std::string pin, authority.pin());
    fmt::print(
        "A new authority issues from now on (pin {}).\nMembers trust it and the one before at "
        "their next poll, and get certificates of it when they renew. Join tokens of before are "
        "still good.\n",
        pin);
    return {};
  }
  TRELLIS_TRY_ASSIGN(const auto authority, tls::Authority::create(folder, "", life, home.clock));
  TRELLIS_TRY_ASSIGN(const std::string pin, authority.pin());
  fmt::print(
      "The cluster's authority is in {} (pin {}): keep a backup of that folder.\nNext, for this "
      "member: trellis tls ca issue NAME\nand for each other one: trellis tls ca join-token\n",
      folder.string(), pin);
  return {};
}

// -- issue --

// With the names that the files have where no setting gives them others.
config::SslPolicySettings policy_in(const fs::path& folder) {
  config::SslPolicySettings policy;
  policy.base_directory = folder;
  policy.private_key = "private.key";
  policy.public_certificate = "public.crt";
  policy.trusted_dir = "trusted";
  policy.revoked_dir = "revoked";
  return policy;
}

Result<> issue(const CommonOptions& common, const CaOptions& options) {
  TRELLIS_TRY_ASSIGN(Home home, home_of(common));
  std::optional<os::ActingAs> owner(std::in_place, home.data);
  TRELLIS_TRY_ASSIGN(const auto authority, home.authority());
  TRELLIS_TRY_ASSIGN(const seconds life,
                     seconds_of(options.lifetime, home.tls.authority.member_lifetime));
  if (!options.to.empty()) home.policy = policy_in(fs::absolute(options.to));
  const cluster::MemberFiles files(home.policy);
  if (options.to.empty()) TRELLIS_TRY(files.check_writable());
  TRELLIS_TRY_ASSIGN(const auto issued, authority.issue(options.names, life));
  TRELLIS_TRY_ASSIGN(const auto trust, authority.trust());
  if (!options.to.empty()) owner.reset();  // another folder is the caller's own
  TRELLIS_TRY(files.write_trust(trust));
  if (options.to.empty()) {
    TRELLIS_TRY(files.write_pair(issued.key_pem, issued.certificate_pem));
    TRELLIS_TRY(files.write_membership({"", options.names}));
  } else {  // nobody else writes there, and only what is asked for is to be carried away
    TRELLIS_TRY(tls::write_key_file(files.key, issued.key_pem));
    TRELLIS_TRY(tls::write_certificate_file(files.certificate, issued.certificate_pem));
  }
  fmt::print("A certificate for {} is in {}.\n", fmt::join(options.names, ", "),
             home.policy.base_directory.string());
  if (options.to.empty() && !home.policy.enabled) {
    fmt::print("To use it: dbms.ssl.policy.cluster.enabled=true\n");
  }
  return {};
}

// -- join-token --

Result<> join_token(const CommonOptions& common, const CaOptions& options) {
  TRELLIS_TRY_ASSIGN(const Home home, home_of(common));
  const os::ActingAs owner(home.data);
  TRELLIS_TRY_ASSIGN(const auto authority, home.authority());
  TRELLIS_TRY_ASSIGN(const seconds valid, seconds_of(options.lifetime, std::chrono::hours(1)));
  TRELLIS_TRY_ASSIGN(const auto token, authority.new_token(options.names, valid));
  // The token alone on standard output, so that it can be piped.
  fmt::print("{}\n", token.text().reveal());
  fmt::print(stderr,
             "Good for one member within {} s: trellis tls join --authority HOST:PORT "
             "--token TOKEN NAME\n",
             valid.count());
  if (!home.tls.authority.listen_address) {
    fmt::print(stderr,
               "Members cannot join yet: set server.tls.authority.listen_address here and "
               "restart.\n");
  }
  return {};
}

// -- revoke, list --

Result<> revoke(const CommonOptions& common, const CaOptions& options) {
  TRELLIS_TRY_ASSIGN(const Home home, home_of(common));
  const os::ActingAs owner(home.data);
  TRELLIS_TRY_ASSIGN(const auto authority, home.authority());
  for (const std::string& name : options.names) {
    TRELLIS_TRY_ASSIGN(const size_t count, authority.revoke(name));
    if (count == 0) {
      return fail(ErrorCode::InvalidArguments,
                  "No certificate in force has the name or serial number '{}'. See trellis tls ca "
                  "list.",
                  name);
    }
    fmt::print("{}: {} certificate(s) revoked; members refuse them from their next poll on.\n",
               name, count);
  }
  return {};
}

Result<> list(const CommonOptions& common, const CaOptions&) {
  TRELLIS_TRY_ASSIGN(const Home home, home_of(common));
  const os::ActingAs owner(home.data);
  TRELLIS_TRY_ASSIGN(const auto authority, home.authority());
  TRELLIS_TRY_ASSIGN(const auto records, authority.issued());
  for (const auto& one : records) {
    fmt::print("{}  until {}  {:<7}  {}\n", one.facts.serial, os::utc_text(one.facts.not_after),
               one.revoked ? "revoked" : "", fmt::join(one.names, ", "));
  }
  return {};
}

void take_names(CLI::App& command, CaOptions& options, const char* what, bool required) {
  command.add_option("names", options.names, what)->required(required);
}
void take_lifetime(CLI::App& command, CaOptions& options, const char* flag, const char* what) {
  command.add_option(flag, options.lifetime, what);
}

}  // namespace

void add_ca(Registration& registration) {
  CLI::App* ca = registration.tls.add_subcommand(
      "ca", "The cluster's own authority: certificates for both sides of a connection");
  ca->fallthrough();
  ca->require_subcommand(1);
  Registration group{*ca, registration.common, registration.action};
  group.add<CaOptions>(
      "init", "Make the authority in this home, or replace it by a new one with --rotate",
      [](CLI::App& command, CaOptions& options) {
        command.add_flag("--rotate", options.rotate, "Replace it; the old one stays trusted");
        take_lifetime(command, options, "--lifetime", "Life of the authority: 3650d");
      },
      [](const CommonOptions& c, const CaOptions& o) { return finished(init(c, o)); });
  group.add<CaOptions>(
      "issue", "Issue a certificate for this member",
      [](CLI::App& command, CaOptions& options) {
        take_names(command, options, "Host names or IP addresses", true);
        take_lifetime(command, options, "--lifetime",
                      "Life of the certificate (server.tls.authority.member_lifetime)");
        command.add_option("--to", options.to,
                           "Folder to write to, instead of that of the SSL policy 'cluster'");
      },
      [](const CommonOptions& c, const CaOptions& o) { return finished(issue(c, o)); });
  group.add<CaOptions>(
      "join-token", "Print a token that lets one member join, once",
      [](CLI::App& command, CaOptions& options) {
        take_names(command, options, "Names that it is good for; none: any", false);
        take_lifetime(command, options, "--valid", "Time that it is good for: 1h");
      },
      [](const CommonOptions& c, const CaOptions& o) { return finished(join_token(c, o)); });
  group.add<CaOptions>(
      "revoke", "Revoke a member's certificates",
      [](CLI::App& command, CaOptions& options) {
        take_names(command, options, "Names or serial numbers", true);
      },
      [](const CommonOptions& c, const CaOptions& o) { return finished(revoke(c, o)); });
  group.add<CaOptions>(
      "list", "Show what was issued", [](CLI::App&, CaOptions&) {},
      [](const CommonOptions& c, const CaOptions& o) { return finished(list(c, o)); });
}

}  // namespace trellis::cli::tls_command

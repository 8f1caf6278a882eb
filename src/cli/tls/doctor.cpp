// SPDX-License-Identifier: Apache-2.0
//
// trellis tls doctor: everything that is wrong with certificates, at once, each with what mends it.
#include <CLI/CLI.hpp>

#include "cli/exit_codes.h"
#include "cli/terminal.h"
#include "cli/tls/doctor_look.h"
#include "cli/tls/doctor_report.h"
#include "cli/tls/tls_command.h"

namespace trellis::cli::tls_command {
namespace {

constexpr int kCouldNotLook = 2;

struct DoctorOptions {
  std::string uri;
  bool as_json = false;
  std::vector<std::string> resolve;
  std::string user;
  std::string password;
  int timeout_s = 5;
};

void declare(CLI::App& command, DoctorOptions& options) {
  command.add_option("uri", options.uri,
                     "Server to look at, as a client would dial it: neo4j+s://HOST:PORT, bolt+s, "
                     "https, wss, HOST:PORT. Without it: this machine's configuration, files and "
                     "ports");
  command.add_flag("--json", options.as_json, "Print one JSON object");
  command
      .add_option("--resolve", options.resolve,
                  "NAME:ADDRESS: connect to ADDRESS where NAME is dialled (repeatable)")
      ->type_size(1)
      ->allow_extra_args(false);
  command.add_option("-u,--username", options.user, "Log in, and look at the routing table too");
  command.add_option("-p,--password", options.password, "Password; asked for when it is missing");
  command.add_option("--timeout", options.timeout_s, "Seconds that one step may take")
      ->check(CLI::Range(1, 120));
}

Result<tls::RemoteOptions> remote_options(const DoctorOptions& options) {
  tls::RemoteOptions out;
  out.timeout = std::chrono::seconds(options.timeout_s);
  for (const std::string& one : options.resolve) {
    const size_t colon = one.find(':');
    if (colon == one.npos || colon == 0 || colon + 1 == one.size()) {
      return fail(ErrorCode::InvalidArguments, "--resolve takes NAME:ADDRESS, not '{}'.", one);
    }
    std::string address = one.substr(colon + 1);
    if (address.starts_with('[') && address.ends_with(']')) {
      address = address.substr(1, address.size() - 2);
    }
    out.resolve[one.substr(0, colon)] = address;
  }
  return out;
}

Result<Diagnosis> look(const CommonOptions& common, const DoctorOptions& options) {
  TRELLIS_TRY_ASSIGN(const tls::RemoteOptions remote, remote_options(options));
  if (options.uri.empty()) return look_at_this_machine(common, remote);
  Credentials credentials{options.user, Secret(options.password)};
  if (!options.user.empty() && options.password.empty()) {
    TRELLIS_TRY_ASSIGN(credentials.password, read_password("Password of " + options.user + ": "));
  }
  return look_at_server(options.uri, remote, credentials);
}

int run(const CommonOptions& common, const DoctorOptions& options) {
  auto diagnosis = look(common, options);
  if (!diagnosis) {
    if (options.as_json) {
      fmt::print("{}\n", json_report(diagnosis.error()));
    } else {
      fmt::print(stderr, "Could not look: {}\n", diagnosis.error().message());
    }
    return kCouldNotLook;
  }
  tls::sort_by_severity(diagnosis->findings);
  fmt::print("{}", options.as_json ? json_report(*diagnosis) + "\n" : text_report(*diagnosis));
  return tls::worth_an_alarm(diagnosis->findings) ? kFailure : kOk;
}

}  // namespace

void add_doctor(Registration& registration) {
  registration.add<DoctorOptions>("doctor",
                                  "Find what is wrong with certificates, here or on a server; 0: "
                                  "nothing, 1: something, 2: could not look",
                                  declare, run);
}

}  // namespace trellis::cli::tls_command

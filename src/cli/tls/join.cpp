// SPDX-License-Identifier: Apache-2.0
//
// trellis tls join: this home becomes a member, with a token of the cluster's authority.
#include <CLI/CLI.hpp>

#include "cli/exit_codes.h"
#include "cli/terminal.h"
#include "cli/tls/tls_command.h"
#include "cluster/authority_access.h"
#include "os/acting_as.h"

namespace trellis::cli::tls_command {
namespace {

struct JoinOptions {
  std::string authority;
  std::string token;
  std::vector<std::string> names;
};

void declare(CLI::App& command, JoinOptions& options) {
  command
      .add_option("--authority", options.authority,
                  "HOST:PORT of the member that holds the authority")
      ->required();
  command.add_option("--token", options.token,
                     "What trellis tls ca join-token printed; asked for when it is missing");
  command.add_option("names", options.names, "Host names or IP addresses of this member")
      ->required();
}

Result<> join(const CommonOptions& common, const JoinOptions& options) {
  TRELLIS_TRY_ASSIGN(const auto loaded, load_configuration(common));
  const auto policy = config::ssl_policy(*loaded.configuration, config::SslScope::kCluster);
  Secret text(options.token);
  if (text.empty()) {
    TRELLIS_TRY_ASSIGN(text, read_password("Join token: "));
  }
  TRELLIS_TRY_ASSIGN(const auto token, tls::parse_join_token(text.reveal()));
  // The server's own files, of which root makes none that the server cannot replace.
  const os::ActingAs owner(config::directories_config(*loaded.configuration).data);
  const cluster::MemberFiles files(policy);
  TRELLIS_TRY(files.check_writable());  // before the token is used up
  TRELLIS_TRY_ASSIGN(const auto made, tls::new_key_and_request(options.names.front()));
  TRELLIS_TRY_ASSIGN(const auto member,
                     cluster::join_remote(options.authority, token, made.request_pem, options.names,
                                          std::chrono::seconds(20)));
  TRELLIS_TRY(files.write_trust(member.trust));
  TRELLIS_TRY(files.write_pair(made.key_pem, member.chain));
  TRELLIS_TRY(files.write_membership({options.authority, options.names}));
  fmt::print("Joined: the certificate is in {}, and the server renews it.\n",
             policy.base_directory.string());
  if (!policy.enabled) fmt::print("To use it: dbms.ssl.policy.cluster.enabled=true\n");
  return {};
}

int run(const CommonOptions& common, const JoinOptions& options) {
  if (const auto joined = join(common, options); !joined) {
    print_error(joined.error());
    return kFailure;
  }
  return kOk;
}

}  // namespace

void add_join(Registration& registration) {
  registration.add<JoinOptions>("join", "Join a cluster: have its authority certify this member",
                                declare, run);
}

}  // namespace trellis::cli::tls_command

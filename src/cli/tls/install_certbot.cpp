// SPDX-License-Identifier: Apache-2.0
//
// trellis tls install-certbot: the server uses certbot's certificate, now and after each renewal.
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "cli/admin_client.h"
#include "cli/exit_codes.h"
#include "cli/tls/certbot_plan.h"
#include "cli/tls/certificate_text.h"
#include "cli/tls/tls_command.h"
#include "os/child_process.h"
#include "os/identity.h"
#include "server/admin_socket.h"
#include "tls/findings/certbot_findings.h"

namespace trellis::cli::tls_command {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

struct InstallOptions {
  std::string domain;
  std::vector<std::string> scopes;
  fs::path config_dir = "/etc/letsencrypt";
  std::string user = "trellis";
  bool undo = false;
  bool dry_run = false;
};

void declare(CLI::App& command, InstallOptions& options) {
  command.add_option("domain,--domain", options.domain,
                     "Which of certbot's certificates; may be left out when there is one");
  command
      .add_option("--scope", options.scopes, "bolt, https, cluster, backup (default: bolt https)")
      ->check(CLI::IsMember({"bolt", "https", "cluster", "backup"}))
      ->delimiter(',');
  command.add_option("--config-dir", options.config_dir,
                     "certbot's folder (default: /etc/letsencrypt)");
  command.add_option("--user", options.user, "User that the server runs as (default: trellis)");
  command.add_flag("--undo", options.undo, "Take back everything that this command did");
  command.add_flag("--dry-run", options.dry_run, "Show what would be done, and do nothing");
}

// For /bin/sh.
std::string quoted(const fs::path& path) {
  std::string out = "'";
  for (char c : path.string()) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

// certbot runs the hook as root: whoever can change the program can then do anything.
void warn_of_open_program(const fs::path& program) {
  fs::path part;
  for (const fs::path& name : program) {
    part /= name;
    const auto rights = rights_of(part);
    if (!rights) return;
    const bool sticky = (rights->mode & S_ISVTX) != 0;
    if (rights->user == 0 && ((rights->mode & 022) == 0 || sticky)) continue;
    fmt::print(
        "Warning: root will run {}, and others than root can change {} (owner {}, mode {}). "
        "Install the program where only root writes.\n",
        program.string(), part.string(), os::user_name(rights->user), os::mode_text(rights->mode));
    return;
  }
}

Result<std::string> hook_content(const CommonOptions& common, const CertbotLineage& lineage) {
  TRELLIS_TRY_ASSIGN(const fs::path program, os::own_executable());
  warn_of_open_program(program);
  const config::LoadOptions where = load_options(common);
  return fmt::format(
      "#!/bin/sh\n"
      "# Made by `trellis tls install-certbot`; `trellis tls install-certbot --undo` removes it.\n"
      "# Fails unless the server serves the renewed certificate.\n"
      "[ \"$RENEWED_LINEAGE\" -ef {0} ] || exit 0\n"
      "exec {1} tls certbot-deployed {0} --home {2} --conf {3}\n",
      quoted(lineage.live()), quoted(program), quoted(where.home), quoted(where.conf));
}

fs::path journal_of(const CertbotLineage& lineage) {
  return lineage.config_dir / "renewal-hooks" / ("trellis-" + lineage.name + ".json");
}

// To take back what was done nothing of certbot's is needed: its certificate may be gone.
Result<fs::path> find_journal(const InstallOptions& options) {
  const fs::path folder = fs::absolute(options.config_dir).lexically_normal() / "renewal-hooks";
  std::error_code error;
  const fs::path named = folder / ("trellis-" + options.domain + ".json");
  if (fs::exists(named, error)) return named;
  std::vector<fs::path> journals;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with("trellis-") && name.ends_with(".json")) journals.push_back(entry->path());
  }
  if (options.domain.empty() && journals.size() == 1) return journals.front();
  TRELLIS_TRY_ASSIGN(const CertbotLineage lineage,
                     find_lineage(options.config_dir, options.domain));
  return journal_of(lineage);
}

Result<config::SslScope> scope_of(const std::string& name) {
  for (size_t i = 0; i < config::kSslScopeNames.size(); ++i) {
    if (config::kSslScopeNames[i] == name) return static_cast<config::SslScope>(i);
  }
  return fail(ErrorCode::InvalidArguments, "There is no scope {}.", name);
}

// The lines of neo4j.conf without which the files would not be used.
void print_missing_settings(const config::Configuration& c,
                            const std::vector<std::string>& scopes) {
  std::vector<std::string> lines;
  for (const std::string& scope : scopes) {
    const std::string policy = "dbms.ssl.policy." + scope + ".";
    if (!c.boolean(policy + "enabled")) lines.push_back(policy + "enabled=true");
    const bool public_side = scope == "bolt" || scope == "https";
    if (public_side && !c.is_set(policy + "client_auth")) {
      lines.push_back(policy + "client_auth=NONE");
    }
    if (scope == "bolt" && c.enumeration("server.bolt.tls_level") == "DISABLED") {
      lines.emplace_back("server.bolt.tls_level=REQUIRED");
    }
    if (scope == "https" && !c.boolean("server.https.enabled")) {
      lines.emplace_back("server.https.enabled=true");
    }
    if (!public_side) {
      fmt::print(
          "Members of a cluster need certificates for clients too, which public authorities "
          "do not give: see trellis tls ca.\n");
    }
  }
  if (lines.empty()) return;
  fmt::print("Add to neo4j.conf, and restart the server:\n  {}\n", fmt::join(lines, "\n  "));
}

// True: the running server, if there is one, took the files.
bool tell_server(const config::Configuration& c) {
  const config::DirectoriesConfig directories = config::directories_config(c);
  std::error_code error;
  if (!fs::exists(server::admin_socket_path(directories.run), error)) {
    fmt::print("No server runs; the next start uses the certificate.\n");
    return true;
  }
  const auto answer = ask_server(directories, "tls.reload", {});
  if (!answer) {
    fmt::print("The server was not told: {}\n", answer.error().message());
    return false;
  }
  bool took = true;
  for (const json::value& value : answer->at("scopes").as_array()) {
    const json::object& scope = value.as_object();
    const std::string kept_old = text_of(scope, "keptOld");
    fmt::print("{:<8} {}\n", text_of(scope, "scope"), served_text(scope));
    if (!kept_old.empty()) fmt::print("         not loaded: {}\n", kept_old);
    took = took && kept_old.empty();
  }
  return took;
}

Result<int> undo(const InstallOptions& options) {
  TRELLIS_TRY_ASSIGN(const fs::path journal, find_journal(options));
  TRELLIS_TRY_ASSIGN(const Steps steps, read_journal(journal));
  if (steps.empty()) {
    fmt::print("Nothing to take back: {} is not there.\n", journal.string());
    return kOk;
  }
  if (options.dry_run) {
    for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
      fmt::print("take back: {}\n", command_text(*step));
    }
    fmt::print("Nothing was done (--dry-run).\n");
    return kOk;
  }
  TRELLIS_TRY_ASSIGN(const auto left, undo_steps(journal, steps));
  for (const std::string& text : left) fmt::print("{}\n", text);
  fmt::print("Taken back. A running server keeps its certificate until it ends.\n");
  return left.empty() ? kOk : kFailure;
}

Result<int> install(const CommonOptions& common, const InstallOptions& options) {
  TRELLIS_TRY_ASSIGN(const CertbotLineage lineage,
                     find_lineage(options.config_dir, options.domain));
  config::LoadOptions load = load_options(common);
  load.lenient = true;
  TRELLIS_TRY_ASSIGN(const config::LoadedConfiguration loaded, config::load(load));
  const config::Configuration& c = *loaded.configuration;
  InstallRequest request{
      .lineage = lineage, .user = {}, .policies = {}, .hook = {}, .hook_content = {}};
  TRELLIS_TRY_ASSIGN(request.user, find_service_user(options.user));
  std::vector<std::string> scopes = options.scopes;
  if (scopes.empty()) scopes = {"bolt", "https"};
  for (const std::string& name : scopes) {
    TRELLIS_TRY_ASSIGN(const config::SslScope scope, scope_of(name));
    request.policies.push_back(config::ssl_policy(c, scope));
  }
  request.hook = lineage.hooks() / ("trellis-" + lineage.name);
  TRELLIS_TRY_ASSIGN(request.hook_content, hook_content(common, lineage));
  TRELLIS_TRY_ASSIGN(const Steps steps, plan_install(request));
  for (const Step& step : steps) fmt::print("{}\n", command_text(step));
  if (options.dry_run) {
    if (!steps.empty()) fmt::print("\n{}\n", request.hook_content);
    fmt::print("Nothing was done (--dry-run).\n");
    return kOk;
  }
  if (steps.empty()) fmt::print("All is in place.\n");
  const fs::path journal = journal_of(lineage);
  TRELLIS_TRY_ASSIGN(Steps all, read_journal(journal));
  all.insert(all.end(), steps.begin(), steps.end());
  // The journal's own folder comes first; certbot makes it with its first certificate.
  for (const Step& step : steps) {
    if (step.kind == StepKind::kMakeDirectory && step.path == journal.parent_path()) {
      TRELLIS_TRY(do_step(step));
    }
  }
  if (!steps.empty()) TRELLIS_TRY(write_journal(journal, all));
  for (const Step& step : steps) TRELLIS_TRY(do_step(step));
  print_missing_settings(c, scopes);
  const fs::path served = request.policies.front().public_certificate;
  for (const tls::Finding& finding : tls::certbot_schedule_findings(served)) {
    fmt::print("{} ({})\n  {}\n", finding.cause, finding.id, finding.command);
  }
  return tell_server(c) ? kOk : kFailure;
}

int run(const CommonOptions& common, const InstallOptions& options) {
  const auto done = options.undo ? undo(options) : install(common, options);
  if (!done) {
    print_error(done.error());
    return kFailure;
  }
  return *done;
}

}  // namespace

void add_install_certbot(Registration& registration) {
  registration.add<InstallOptions>(
      "install-certbot",
      "Serve certbot's certificate, and prove after each renewal that it is served", declare, run);
}

}  // namespace trellis::cli::tls_command

// SPDX-License-Identifier: Apache-2.0
//
// trellis tls acme status|renew|revoke|account rollover|account deactivate: what the running server
// does about its certificate. Begun at the server, then looked at until it has ended.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>
#include <thread>

#include "cli/admin_client.h"
#include "cli/exit_codes.h"
#include "cli/tls/certificate_text.h"
#include "cli/tls/tls_command.h"

namespace trellis::cli::tls_command {
namespace {

namespace json = boost::json;

// An order may take server.tls.acme.order_timeout; the server ends it, not we.
constexpr std::chrono::hours kPatience{2};
constexpr std::chrono::milliseconds kFirstLook{20};  // each is so much later than the one before
constexpr std::chrono::milliseconds kBetweenLooks{200};  // at most

struct AcmeOptions {
  bool as_json = false;
  bool fallback = false;
  std::string reason;
};

int print_status(const json::object& status) {
  const auto line = [&status](const char* heading, std::string_view name) {
    if (const std::string text = text_of(status, name); !text.empty()) {
      fmt::print("{:<16} {}\n", heading, text);
    }
  };
  std::string names;
  for (const json::value& name : status.at("names").as_array()) {
    names.append(names.empty() ? "" : ", ").append(name.as_string());
  }
  fmt::print("{:<16} {}\n", "names", names);
  line("state", "state");
  line("authority", "directory");
  line("terms", "termsOfService");
  line("certificate of", "obtainedFrom");
  line("SHA-256", "sha256");
  line("valid until", "notAfter");
  line("next renewal", "nextRenewal");
  line("next attempt", "nextAttempt");
  line("last attempt", "lastAttempt");
  line("last error", "lastError");
  line("explanation", "explanation");
  return text_of(status, "lastError").empty() ? kOk : kFailure;
}

int status(const CommonOptions& common, const AcmeOptions& options) {
  const auto directories = load_directories(common);
  const auto answer = directories ? ask_server(*directories, "tls.acme.status", {})
                                  : tl::unexpected(directories.error().clone());
  if (!answer) {
    print_error(answer.error());
    return kFailure;
  }
  if (!options.as_json) return print_status(*answer);
  fmt::print("{}\n", json::serialize(json::value(*answer)));
  return text_of(*answer, "lastError").empty() ? kOk : kFailure;
}

Result<json::object> carry_out(const config::DirectoriesConfig& directories, const char* command,
                               const AcmeOptions& options) {
  json::object arguments{{"command", command}, {"fallback", options.fallback}};
  if (!options.reason.empty()) arguments["reason"] = options.reason;
  TRELLIS_TRY_ASSIGN(const json::object begun,
                     ask_server(directories, "tls.acme.begin", arguments));
  const json::object question{{"number", begun.at("number")}};
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  for (auto wait = kFirstLook;; wait = std::min(wait + kFirstLook, kBetweenLooks)) {
    TRELLIS_TRY_ASSIGN(json::object outcome, ask_server(directories, "tls.acme.outcome", question));
    if (outcome.at("done").as_bool()) return outcome;
    if (std::chrono::steady_clock::now() > deadline) {
      return fail(ErrorCode::IoError, "The server has not ended it yet: trellis tls acme status");
    }
    std::this_thread::sleep_for(wait);
  }
}

int run_command(const CommonOptions& common, const char* command, const AcmeOptions& options) {
  const auto directories = load_directories(common);
  const auto outcome = directories ? carry_out(*directories, command, options)
                                   : tl::unexpected(directories.error().clone());
  if (!outcome) {
    print_error(outcome.error());
    return kFailure;
  }
  const bool failed = outcome->at("failed").as_bool();
  fmt::print(failed ? stderr : stdout, "{}\n", text_of(*outcome, "text"));
  return failed ? kFailure : kOk;
}

void declare_nothing(CLI::App&, AcmeOptions&) {}
void declare_status(CLI::App& command, AcmeOptions& options) {
  command.add_flag("--json", options.as_json, "Print one JSON object");
}
void declare_revoke(CLI::App& command, AcmeOptions& options) {
  command.add_option("--reason", options.reason,
                     "unspecified, keyCompromise, affiliationChanged, superseded or "
                     "cessationOfOperation");
}
void declare_account(CLI::App& command, AcmeOptions& options) {
  command.add_flag("--fallback", options.fallback, "At the second authority");
}

int renew(const CommonOptions& common, const AcmeOptions& options) {
  return run_command(common, "renew", options);
}
int revoke(const CommonOptions& common, const AcmeOptions& options) {
  return run_command(common, "revoke", options);
}
int roll_over(const CommonOptions& common, const AcmeOptions& options) {
  return run_command(common, "account rollover", options);
}
int deactivate(const CommonOptions& common, const AcmeOptions& options) {
  return run_command(common, "account deactivate", options);
}

}  // namespace

void add_acme(Registration& registration) {
  CLI::App* acme =
      registration.tls.add_subcommand("acme", "The certificate that the server obtains itself");
  acme->fallthrough();
  acme->require_subcommand(1);
  Registration below{*acme, registration.common, registration.action};
  below.add<AcmeOptions>("status",
                         "Show what was obtained, and what comes next; 1: the last attempt failed",
                         declare_status, status);
  below.add<AcmeOptions>("renew", "Order a certificate now, whatever the schedule says",
                         declare_nothing, renew);
  below.add<AcmeOptions>("revoke", "Revoke the certificate, and order another with a new key",
                         declare_revoke, revoke);
  CLI::App* account = acme->add_subcommand("account", "The account at the authority");
  account->fallthrough();
  account->require_subcommand(1);
  Registration accounts{*account, registration.common, registration.action};
  accounts.add<AcmeOptions>("rollover", "Give the account a new key", declare_account, roll_over);
  accounts.add<AcmeOptions>("deactivate", "End the account; the next order makes a new one",
                            declare_account, deactivate);
}

}  // namespace trellis::cli::tls_command

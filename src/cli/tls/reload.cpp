// SPDX-License-Identifier: Apache-2.0
//
// trellis tls reload: the running server reads all its certificates again.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "cli/admin_client.h"
#include "cli/exit_codes.h"
#include "cli/tls/certificate_text.h"
#include "cli/tls/tls_command.h"

namespace trellis::cli::tls_command {
namespace {

namespace json = boost::json;

struct ReloadOptions {
  bool as_json = false;
};

void declare(CLI::App& command, ReloadOptions& options) {
  command.add_flag("--json", options.as_json, "Print one JSON object");
}

// True: it keeps its old certificate.
bool print_scope(const json::object& scope) {
  const std::string kept_old = text_of(scope, "keptOld");
  const json::value* changed = scope.if_contains("changed");
  const bool is_new = changed != nullptr && changed->is_bool() && changed->get_bool();
  fmt::print("{:<8} {:<9} {}\n", text_of(scope, "scope"),
             !kept_old.empty() ? "kept old"
             : is_new          ? "reloaded"
                               : "unchanged",
             served_text(scope));
  if (!kept_old.empty()) fmt::print("         {}\n", kept_old);
  return !kept_old.empty();
}

int run(const CommonOptions& common, const ReloadOptions& options) {
  const auto directories = load_directories(common);
  if (!directories) {
    print_error(directories.error());
    return kFailure;
  }
  const auto answer = ask_server(*directories, "tls.reload", {});
  if (!answer) {
    print_error(answer.error());
    return kFailure;
  }
  bool kept_old = false;
  if (options.as_json) fmt::print("{}\n", json::serialize(json::value(*answer)));
  for (const json::value& scope : answer->at("scopes").as_array()) {
    kept_old |= options.as_json ? !text_of(scope.as_object(), "keptOld").empty()
                                : print_scope(scope.as_object());
  }
  if (answer->at("scopes").as_array().empty() && !options.as_json) {
    fmt::print("No scope has TLS enabled (dbms.ssl.policy.<scope>.enabled).\n");
  }
  return kept_old ? kFailure : kOk;
}

}  // namespace

void add_reload(Registration& registration) {
  registration.add<ReloadOptions>(
      "reload", "Have the running server read its certificates again; 1: a scope kept its old ones",
      declare, run);
}

}  // namespace trellis::cli::tls_command

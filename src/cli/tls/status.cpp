// SPDX-License-Identifier: Apache-2.0
//
// trellis tls status: which certificates the running server serves.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "cli/admin_client.h"
#include "cli/exit_codes.h"
#include "cli/tls/certificate_text.h"
#include "cli/tls/tls_command.h"

namespace trellis::cli::tls_command {
namespace {

namespace json = boost::json;

struct StatusOptions {
  bool as_json = false;
};

void declare(CLI::App& command, StatusOptions& options) {
  command.add_flag("--json", options.as_json, "Print one JSON object");
}

std::string joined(const json::object& fields, std::string_view name) {
  std::string all;
  if (const json::value* list = fields.if_contains(name); list && list->is_array()) {
    for (const json::value& item : list->get_array()) {
      if (item.is_string()) all.append(all.empty() ? "" : ", ").append(item.get_string());
    }
  }
  return all;
}

void print_pair(const json::object& pair) {
  const std::string sni = joined(pair, "sniNames");
  fmt::print("{:<8} {}\n", text_of(pair, "scope"), served_text(pair));
  if (!sni.empty()) fmt::print("         for {}\n", sni);
  if (const std::string names = joined(pair, "names"); !names.empty()) {
    fmt::print("         names: {}\n", names);
  }
  if (const std::string source = text_of(pair, "source"); !source.empty()) {
    fmt::print("         from: {}\n", source);
  }
  if (const std::string next = text_of(pair, "nextRenewal"); !next.empty()) {
    fmt::print("         next renewal: {}\n", next);
  }
  if (const std::string why = text_of(pair, "lastError"); !why.empty()) {
    fmt::print("         last error: {}\n", why);
  }
}

int run(const CommonOptions& common, const StatusOptions& options) {
  const auto directories = load_directories(common);
  if (!directories) {
    print_error(directories.error());
    return kFailure;
  }
  const auto answer = ask_server(*directories, "tls.status", {});
  if (!answer) {
    print_error(answer.error());
    return kFailure;
  }
  if (options.as_json) fmt::print("{}\n", json::serialize(json::value(*answer)));
  bool failing = false;
  const json::array& pairs = answer->at("certificates").as_array();
  for (const json::value& pair : pairs) {
    if (!options.as_json) print_pair(pair.as_object());
    failing |= !text_of(pair.as_object(), "lastError").empty();
  }
  if (pairs.empty() && !options.as_json) {
    fmt::print("No scope has TLS enabled (dbms.ssl.policy.<scope>.enabled).\n");
  }
  return failing ? kFailure : kOk;
}

}  // namespace

void add_status(Registration& registration) {
  registration.add<StatusOptions>(
      "status", "Show what the running server serves; 1: something could not be loaded or renewed",
      declare, run);
}

}  // namespace trellis::cli::tls_command

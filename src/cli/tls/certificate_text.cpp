// SPDX-License-Identifier: Apache-2.0
#include "cli/tls/certificate_text.h"

#include <fmt/format.h>

#include <boost/json.hpp>

namespace trellis::cli::tls_command {

std::string text_of(const boost::json::object& fields, std::string_view name) {
  const boost::json::value* value = fields.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::string served_text(const boost::json::object& fields) {
  const std::string sha256 = text_of(fields, "sha256");
  if (sha256.empty()) return "no certificate yet";
  return fmt::format("SHA-256 {}, until {}", sha256, text_of(fields, "notAfter"));
}

}  // namespace trellis::cli::tls_command

// SPDX-License-Identifier: Apache-2.0
//
// The JSON resources of RFC 8555 7.1 as client.h's structs. Private to tls/acme.
// An empty optional: not that resource (no object, or a member that it needs is missing).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tls/acme/client.h"

namespace trellis::tls::acme {

std::optional<Directory> parse_directory(std::string_view body);
std::optional<Account> parse_account(std::string_view body);
std::optional<std::vector<std::string>> parse_order_list(std::string_view body);  // URLs
std::optional<Order> parse_order(std::string_view body);
std::optional<Authorization> parse_authorization(std::string_view body);
std::optional<Challenge> parse_challenge(std::string_view body);
// Start and end in order, as RFC 9773 4.2 wants.
std::optional<RenewalInfo> parse_renewal_info(std::string_view body);

// Requests.
std::string account_request_body(const std::vector<std::string>& contact,
                                 const std::string& external_account);
std::string contact_body(const std::vector<std::string>& contact);
std::string order_body(const NewOrder& request);

}  // namespace trellis::tls::acme

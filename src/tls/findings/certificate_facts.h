// SPDX-License-Identifier: Apache-2.0
//
// Single facts about a certificate, for the findings. Pure functions over OpenSSL's X509.
#pragma once

#include <openssl/x509.h>

#include <string>
#include <string_view>
#include <vector>

#include "os/clock.h"
#include "tls/x509_facts.h"

namespace trellis::tls {

// Leaf first, as a file has it or a server sends it; owned by somebody else.
using ChainView = std::vector<x509_st*>;

std::string span_in_words(std::chrono::nanoseconds span);  // "3 days", "5 hours", "40 seconds"

std::string subject_text(const x509_st* certificate);
std::string issuer_text(const x509_st* certificate);
std::string names_text(const x509_st* certificate);

bool is_self_issued(const x509_st* certificate);
bool has_alternative_names(const x509_st* certificate);
// Would a client that dials `host` (name or IP literal) accept it? RFC 9525.
bool covers(const x509_st* certificate, const std::string& host);

// True where the extension is missing: then every use is allowed.
bool allows_server_use(x509_st* certificate);
bool allows_client_use(x509_st* certificate);

// Does anything in it tell that its issuer is no root: an address to fetch the issuer from (RFC
// 5280, 4.2.2.1), or an issuer whose own issuer is another (4.2.1.1)?
bool hints_at_intermediate(const x509_st* certificate);

}  // namespace trellis::tls

// SPDX-License-Identifier: Apache-2.0
//
// What is wrong with one certificate and its chain, whoever shows it: a file, a running listener,
// a server far away. Pure functions of the certificates and the time.
#pragma once

#include <string>
#include <vector>

#include "os/clock.h"
#include "tls/findings/certificate_facts.h"
#include "tls/findings/finding.h"
#include "tls/findings/known_authorities.h"

namespace trellis::tls {

struct PresentedChain {
  std::string subject;  // "bolt", "neo4j+s://db.example.org:7687"
  std::string source;   // for people: the certificate's path, the ACME directory, an address
  ChainView chain;      // at least the leaf
  // Where clients are sent: hosts of advertised addresses.
  std::vector<std::string> advertised_hosts = {};
  bool for_members = false;   // cluster and backup: used as client and as server
  bool for_browsers = false;  // https
};

// Dates, use, strength, names.
Findings certificate_findings(const PresentedChain& shown, os::Clock::Wall now);
// The chain from the server's own certificate upwards, whatever order it was presented in.
ChainView in_order(const ChainView& presented);
// Order and completeness, and the dates of what stands above the leaf.
Findings chain_findings(const PresentedChain& shown, KnownAuthorities& known, os::Clock::Wall now);
// Both.
Findings pair_findings(const PresentedChain& shown, KnownAuthorities& known, os::Clock::Wall now);

// A certificate whose life has less than this left should have been renewed: a fifth of it, at
// most three weeks (RFC 9773 clients and certbot renew at a third, or at half of a short life).
std::chrono::nanoseconds renewal_margin(std::chrono::nanoseconds life);

// How the certificate from `source` is renewed: a command, or a sentence.
std::string renewal_command(const std::string& source);

}  // namespace trellis::tls

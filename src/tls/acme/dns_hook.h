// SPDX-License-Identifier: Apache-2.0
//
// dns-01: TXT records made and removed by a program of the operator, and the wait until they can be
// seen.
//
// The program is run without a shell, with the one argument "present" or "cleanup" and, in its
// environment, what certbot gives to its hooks: CERTBOT_DOMAIN (without "*.") and
// CERTBOT_VALIDATION (the value of the TXT record at _acme-challenge.CERTBOT_DOMAIN). Exit code 0
// is success; at its timeout it is killed with its process group, and so it is when the stop signal
// is given: "present" at once, "cleanup" five seconds later, however many records there are.
// Errors: InvalidConfiguration with the program, what it printed and what to do; IoError when it
// was stopped. Blocks.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/values.h"
#include "tls/stop_signal.h"

namespace trellis::tls::acme {

struct DnsRecord {
  std::string domain;  // "example.org"
  std::string value;
};

struct DnsHook {
  std::filesystem::path program;
  std::chrono::nanoseconds timeout;
  const StopSignal* stop = nullptr;  // may be null

  Result<> present(const DnsRecord& record) const { return run("present", record); }
  Result<> cleanup(const DnsRecord& record) const { return run("cleanup", record); }

 private:
  Result<> run(const char* action, const DnsRecord& record) const;
};

// The values of all TXT records of that name, each with its parts joined; none: an empty list.
// Asks the resolver, or the system's when there is none.
Result<std::vector<std::string>> txt_records(const std::string& name,
                                             const std::optional<config::SocketAddress>& resolver,
                                             std::chrono::milliseconds timeout);

// Until every record is seen, or `wait` is over (then an error with the missing ones and what was
// seen), or `stop` is given (an error too). A `wait` of zero looks for nothing.
Result<> await_records(const std::vector<DnsRecord>& records,
                       const std::optional<config::SocketAddress>& resolver,
                       std::chrono::nanoseconds wait, StopSignal& stop);

}  // namespace trellis::tls::acme

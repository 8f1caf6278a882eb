// SPDX-License-Identifier: Apache-2.0
#include "tls/acme/dns_hook.h"

#include <algorithm>

#include "os/child_process.h"

namespace trellis::tls::acme {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kBetweenLooks{1000};
constexpr milliseconds kToCleanUp{5000};  // everything, once the server stops
constexpr milliseconds kOneQuery{5000};

std::string last_words(const os::ProcessOutput& done) {
  std::string text = done.errors.empty() ? done.output : done.errors;
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (text.size() > 500) text.erase(0, text.size() - 500);
  return text.empty() ? "nothing" : text;
}

}  // namespace

Result<> DnsHook::run(const char* action, const DnsRecord& record) const {
  const milliseconds grace = std::string_view(action) == "present" ? milliseconds(0) : kToCleanUp;
  const auto cancelled = [&] { return stop != nullptr && stop->stopped_for(grace); };
  auto done = os::run_process(
      {program.string(), action}, duration_cast<milliseconds>(timeout), 1 << 20,
      {{"CERTBOT_DOMAIN", record.domain}, {"CERTBOT_VALIDATION", record.value}}, cancelled);
  if (!done) {
    return fail(ErrorCode::InvalidConfiguration,
                "{} Check server.tls.acme.dns_hook, and that the file can be executed: chmod +x {}",
                done.error().message(), program.string());
  }
  if (done->cancelled) {
    return fail(ErrorCode::IoError, "'{} {}' for {} was ended: the server is stopping.",
                program.string(), action, record.domain);
  }
  if (done->timed_out) {
    return fail(ErrorCode::InvalidConfiguration,
                "'{} {}' for {} took longer than {} and was ended (server.tls.acme."
                "dns_hook_timeout). It printed: {}",
                program.string(), action, record.domain, config::format_duration(timeout),
                last_words(*done));
  }
  if (done->exit_code != 0) {
    return fail(ErrorCode::InvalidConfiguration, "'{} {}' for {} ended with {}. It printed: {}",
                program.string(), action, record.domain, done->exit_code, last_words(*done));
  }
  return {};
}

Result<> await_records(const std::vector<DnsRecord>& records,
                       const std::optional<config::SocketAddress>& resolver,
                       std::chrono::nanoseconds wait, StopSignal& stop) {
  if (wait.count() == 0) return {};
  const auto deadline = steady_clock::now() + wait;
  std::vector<DnsRecord> missing = records;
  std::string seen;
  for (;;) {
    for (size_t i = 0; i < missing.size();) {
      const std::string name = "_acme-challenge." + missing[i].domain;
      const auto left = duration_cast<milliseconds>(deadline - steady_clock::now());
      const auto values =
          txt_records(name, resolver, std::clamp(left, milliseconds(500), kOneQuery));
      if (values && std::count(values->begin(), values->end(), missing[i].value) > 0) {
        missing.erase(missing.begin() + static_cast<std::ptrdiff_t>(i));
        continue;
      }
      seen = values ? values->empty() ? "there is none" : "others are there"
                    : std::string(values.error().message());
      ++i;
    }
    if (missing.empty()) return {};
    const auto left = deadline - steady_clock::now();
    if (left.count() <= 0) break;
    if (stop.wait_for(std::min<std::chrono::nanoseconds>(left, kBetweenLooks))) {
      return fail(ErrorCode::IoError, "The server is stopping.");
    }
  }
  return fail(ErrorCode::InvalidConfiguration,
              "The TXT record '{}' at _acme-challenge.{} cannot be seen at {} after {} "
              "(server.tls.acme.dns_wait): {}. See: dig TXT _acme-challenge.{}",
              missing.front().value, missing.front().domain,
              resolver ? config::to_string(*resolver) : "the system's name server",
              config::format_duration(wait), seen, missing.front().domain);
}

}  // namespace trellis::tls::acme

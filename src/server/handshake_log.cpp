// SPDX-License-Identifier: Apache-2.0
#include "server/handshake_log.h"

#include <fmt/format.h>

#include "os/utc_text.h"

namespace trellis::server {
namespace {

class SchemeWitness final : public net::TlsWitness {
 public:
  SchemeWitness(std::shared_ptr<HandshakeLog> log, std::string scheme)
      : log_(std::move(log)), scheme_(std::move(scheme)) {}
  void handshake_failed(const net::TlsFailure& failure) override { log_->record(scheme_, failure); }

 private:
  const std::shared_ptr<HandshakeLog> log_;
  const std::string scheme_;
};

// What a peer says of itself goes into a line of text: nothing but letters of names may.
std::string printable(std::string_view name) {
  std::string out(name.substr(0, 255));
  for (char& c : out) {
    if (c <= ' ' || c == '\'' || c == 0x7f) c = '?';
  }
  return out;
}

std::string likely_cause(const net::TlsFailure& failure, os::Clock::Wall now) {
  if (failure.shown_not_after && now > *failure.shown_not_after) {
    return "our certificate expired on " + os::utc_text(*failure.shown_not_after);
  }
  if (failure.shown_not_before && now < *failure.shown_not_before) {
    return "our certificate is not valid before " + os::utc_text(*failure.shown_not_before);
  }
  const std::string name = printable(failure.server_name);
  if (!name.empty() && !failure.shown_covers_server_name) {
    return fmt::format(
        "the certificate has no name '{}', so the client must dial another name, or "
        "the certificate needs this one",
        name);
  }
  const std::string authority =
      failure.shown_alone
          ? "our certificate is sent without the intermediate that issued it, or the client does "
            "not know its authority"
          : "the client does not know the certificate's authority, or an intermediate is missing "
            "from the chain";
  switch (*failure.alert) {
    case 44:
      return "the certificate has been revoked by its issuer";
    case 45:
      return "the certificate has expired, by the client's clock";
    case 43:
      return "the client cannot use this kind of key or certificate";
    case 48:
      return authority;
    default:
      break;
  }
  return name.empty()
             ? "the client dialled an address that the certificate does not have, or " + authority
             : authority;
}

}  // namespace

std::vector<std::pair<std::string_view, uint64_t>> HandshakeFailureCounts::snapshot() const {
  std::vector<std::pair<std::string_view, uint64_t>> out;
  for (size_t i = 0; i < counts_.size(); ++i) {
    out.emplace_back(net::kTlsFailureReasonNames[i], counts_[i].load(std::memory_order_relaxed));
  }
  return out;
}

std::string rejection_text(const std::string& scheme, const net::TlsFailure& failure,
                           os::Clock::Wall now) {
  const std::string name = printable(failure.server_name);
  const std::string dialled = name.empty() ? failure.local.host : name;
  return fmt::format(
      "The client {} rejected our certificate ({}, TLS alert {}). It asked for {}; the "
      "certificate's names are: {}. Likely cause: {}. To see what the client sees: "
      "trellis tls doctor {}://{}",
      failure.peer.host, net::alert_name(*failure.alert), *failure.alert,
      name.empty() ? "no name" : "'" + name + "'",
      failure.shown_names.empty() ? "none" : failure.shown_names, likely_cause(failure, now),
      scheme, to_string(net::Endpoint{dialled, failure.local.port}));
}

std::shared_ptr<net::TlsWitness> HandshakeLog::witness(std::string scheme) {
  return std::make_shared<SchemeWitness>(shared_from_this(), std::move(scheme));
}

void HandshakeLog::record(const std::string& scheme, const net::TlsFailure& failure) {
  counts_.add(failure.reason);
  if (failure.reason != net::TlsFailureReason::kCertificateRejected || !failure.alert) return;
  if (limit_.may_log(failure.peer.host, clock_.monotonic())) {
    log_.info("{}", rejection_text(scheme, failure, clock_.wall()));
  }
}

}  // namespace trellis::server

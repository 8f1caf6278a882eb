// SPDX-License-Identifier: Apache-2.0
#include "tls/findings/remote_findings.h"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>

#include "net/certificate_names.h"
#include "net/tls_failure.h"
#include "tls/acme/http.h"
#include "tls/findings/clock_findings.h"
#include "tls/findings/driver_words.h"
#include "tls/findings/pair_findings.h"
#include "tls/findings/remote_probe.h"

namespace trellis::tls {
namespace {

struct Scheme {
  std::string_view name;
  uint16_t port;
  bool http;
  bool encrypted;
};
constexpr std::array<Scheme, 10> kSchemes = {{{"neo4j+s", 7687, false, true},
                                              {"neo4j+ssc", 7687, false, true},
                                              {"bolt+s", 7687, false, true},
                                              {"bolt+ssc", 7687, false, true},
                                              {"neo4j", 7687, false, false},
                                              {"bolt", 7687, false, false},
                                              {"https", 7473, true, true},
                                              {"wss", 7687, true, true},
                                              {"http", 7474, true, false},
                                              {"ws", 7687, true, false}}};

// The command to use in place of the one that dialled a wrong name.
std::string command_for(const DiagnosisUri& uri, const std::string& name) {
  const std::string to = net::to_string(net::Endpoint{name, uri.endpoint.port});
  if (uri.http) return "https://" + to;
  const bool direct = uri.scheme.starts_with("bolt");
  return fmt::format("cypher-shell -a {}://{}", direct ? "bolt+s" : "neo4j+s", to);
}

// Of the certificate's names, the one that a person would dial.
std::string best_name(const x509_st* leaf) {
  const net::CertificateNames names = net::names_of(leaf);
  for (const std::string& name : names.dns) {
    if (!name.starts_with("*.") && name != "localhost") return name;
  }
  for (const std::string& name : names.dns) {
    if (name.starts_with("*.")) return "HOST" + name.substr(1);
  }
  if (!names.dns.empty()) return names.dns.front();
  return names.ips.empty() ? std::string() : names.ips.front();
}

Finding wrong_name(const DiagnosisUri& uri, const x509_st* leaf) {
  const std::string& asked = uri.endpoint.host;
  const std::string name = best_name(leaf);
  return make_finding(
      FindingId::kNameMismatch, uri.text,
      fmt::format(
          "You asked for '{}', but the certificate that {} shows has the names: {}. Use one "
          "of these (on the server's own machine, let it lead there in /etc/hosts), or "
          "obtain a certificate that has '{}'.",
          asked, to_string(uri.endpoint), names_text(leaf), asked),
      name.empty() ? std::string() : command_for(uri, name));
}

// A server that merely asks for a certificate, and then ends the connection because it speaks
// another protocol, does not demand one.
bool demands_certificate(const TlsLook& look, bool answers_otherwise) {
  if (!look.asks_for_certificate || answers_otherwise) return false;
  if (!look.alert) return look.closed;
  constexpr uint8_t kHandshakeFailure = 40, kBadCertificate = 42, kCertificateRequired = 116;
  return *look.alert == kCertificateRequired || *look.alert == kBadCertificate ||
         *look.alert == kHandshakeFailure;
}

// What the unfinished or refused handshake of `look` means. `answers_otherwise`: to the other
// protocol it does answer.
std::optional<Finding> refusal(const DiagnosisUri& uri, const TlsLook& look, bool plain_works,
                               bool answers_otherwise) {
  if (look.failure.empty()) return std::nullopt;
  const std::string at = to_string(uri.endpoint);
  if (!look.finished && look.chain.empty() && (look.speaks_plainly || plain_works)) {
    return make_finding(FindingId::kTlsNotOffered, uri.text,
                        fmt::format("{} answers, but without TLS. Enable it on the server, or, "
                                    "within one machine or a private network, use a scheme without "
                                    "encryption ({}).",
                                    at, uri.http ? "http" : "neo4j, bolt"),
                        uri.http ? "server.https.enabled=true" : "server.bolt.tls_level=REQUIRED");
  }
  if (demands_certificate(look, answers_otherwise)) {
    const std::string scope = uri.http ? "https" : "bolt";
    return make_finding(
        FindingId::kClientCertificateRequired, uri.text,
        fmt::format(
            "{} demands a client certificate{}: it {}. Give each client one that the server "
            "trusts, or ask for none.",
            at, look.finished ? " and said so only after the handshake" : "",
            look.alert
                ? fmt::format("sent the alert {} ({})", net::alert_name(*look.alert), *look.alert)
                : look.failure),
        fmt::format("dbms.ssl.policy.{}.client_auth=NONE", scope));
  }
  // It says nothing, or another protocol's word: other-protocol.
  if (look.finished && (!look.alert || answers_otherwise)) return std::nullopt;
  return make_finding(
      FindingId::kHandshakeRefused, uri.text,
      fmt::format("{} ends the TLS handshake: {}. Either it has no certificate to show (yet), does "
                  "not know the name '{}', or speaks no TLS on this port; its log and `trellis tls "
                  "status` there tell which.",
                  at,
                  look.alert
                      ? fmt::format("alert {} ({})", net::alert_name(*look.alert), *look.alert)
                      : look.failure,
                  uri.endpoint.host),
      "trellis tls status");
}

Findings chain_as_served(const DiagnosisUri& uri, const TlsLook& look, const os::Clock& clock,
                         RemoteLook& out) {
  KnownAuthorities known;
  PresentedChain shown{uri.text, to_string(uri.endpoint), {}};
  for (const auto& certificate : look.chain) shown.chain.push_back(certificate.get());
  shown.for_browsers = uri.http;
  shown.chain = in_order(shown.chain);
  const x509_st* leaf = shown.chain[0];
  out.sha256 = sha256_of(leaf);
  out.names = names_text(leaf);
  Findings found = certificate_findings(shown, clock.wall());
  shown.chain.clear();
  for (const auto& certificate : look.chain) shown.chain.push_back(certificate.get());
  append(found, chain_findings(shown, known, clock.wall()));
  for (Finding& finding : found) {
    // A client on this very machine refuses it.
    if (finding.id == "authority-unknown") finding.severity = Severity::kWarning;
  }
  if (has_alternative_names(leaf) && !covers(leaf, uri.endpoint.host)) {
    found.push_back(wrong_name(uri, leaf));
  }
  return found;
}

Findings version_findings(const DiagnosisUri& uri, const ProbeTarget& target, Talk talk,
                          const std::string& version) {
  Findings found;
  if (version == "TLSv1.3") {
    const auto older = look_with_tls(target, talk, {TLS1_2_VERSION, TLS1_2_VERSION});
    if (older && !older->finished && older->alert == SSL_AD_PROTOCOL_VERSION) {
      found.push_back(make_finding(FindingId::kTls12Refused, uri.text,
                                   "The server speaks TLS 1.3 alone. Clients of Java 8 and other "
                                   "old ones need TLS 1.2."));
    }
  }
  const auto old = look_with_tls(target, talk, {TLS1_VERSION, TLS1_1_VERSION});
  if (old && old->finished) {
    found.push_back(make_finding(FindingId::kProtocolTooOld, uri.text,
                                 fmt::format("The server speaks {}, which no client should use any "
                                             "more (RFC 8996).",
                                             old->version),
                                 "dbms.ssl.policy.bolt.tls_versions=TLSv1.2,TLSv1.3"));
  }
  return found;
}

Findings talk_findings(const DiagnosisUri& uri, const TlsLook& look, Talk talk,
                       bool answers_otherwise) {
  const bool speaks = look.answered.has_value() || answers_otherwise;
  if (!look.finished || look.answered == talk) return {};
  if (uri.scheme.empty() && speaks) return {};
  const char* wanted = talk == Talk::kBolt ? "Bolt" : "HTTP";
  return {make_finding(
      FindingId::kOtherProtocol, uri.text,
      fmt::format("Behind TLS, {} {} where {} was asked for. Is it another port that you mean "
                  "(server.bolt.listen_address, server.https.listen_address)?",
                  to_string(uri.endpoint), speaks ? "speaks another protocol" : "says nothing",
                  wanted))};
}

// The same URI, encrypted.
std::string encrypted_command(const DiagnosisUri& uri) {
  const std::string rest = uri.text.substr(uri.scheme.size());
  if (uri.scheme == "http") return "https" + rest;
  if (uri.scheme == "ws") return "wss" + rest;
  return fmt::format("cypher-shell -a {}+s{}", uri.scheme, rest);
}

Finding only_encrypted(const DiagnosisUri& uri) {
  return make_finding(
      FindingId::kEncryptionRequired, uri.text,
      fmt::format("{} takes encrypted connections only, and {}:// asks for none: drivers cannot "
                  "connect with this URI.",
                  to_string(uri.endpoint), uri.scheme),
      encrypted_command(uri));
}

Finding plain_bolt(const DiagnosisUri& uri) {
  return make_finding(FindingId::kPlainBoltOpen, uri.text,
                      fmt::format("{} also speaks Bolt without TLS: clients with neo4j:// or "
                                  "bolt:// send passwords and data in the clear.",
                                  to_string(uri.endpoint)),
                      "server.bolt.tls_level=REQUIRED");
}

bool speaks_other(const ProbeTarget& target, Talk talk) {
  const Talk other = talk == Talk::kBolt ? Talk::kHttp : Talk::kBolt;
  const auto look = look_with_tls(target, other);
  return look && look->answered == other;
}

}  // namespace

Result<DiagnosisUri> parse_diagnosis_uri(std::string_view text) {
  DiagnosisUri uri;
  uri.text = std::string(text);
  std::string_view rest = text;
  uint16_t port = 7687;
  if (const size_t at = text.find("://"); at != text.npos) {
    uri.scheme = std::string(text.substr(0, at));
    const auto scheme = std::find_if(kSchemes.begin(), kSchemes.end(),
                                     [&](const Scheme& s) { return s.name == uri.scheme; });
    if (scheme == kSchemes.end()) {
      return fail(ErrorCode::InvalidArguments,
                  "'{}' is no scheme that the doctor knows. Use neo4j+s, bolt+s, neo4j, bolt, "
                  "https, wss, or HOST:PORT alone.",
                  uri.scheme);
    }
    port = scheme->port;
    uri.http = scheme->http;
    uri.encrypted = scheme->encrypted;
    uri.verifies = scheme->encrypted && !uri.scheme.ends_with("+ssc");
    rest.remove_prefix(at + 3);
    rest = rest.substr(0, rest.find_first_of("/?#"));
  }
  TRELLIS_TRY_ASSIGN(uri.endpoint, net::parse_endpoint(rest, port));
  if (uri.endpoint.host.empty()) {
    return fail(ErrorCode::InvalidArguments, "'{}' names no host.", text);
  }
  return uri;
}

Result<RemoteLook> look_at_remote(const DiagnosisUri& uri, const RemoteOptions& options,
                                  const os::Clock& clock) {
  ProbeTarget target{uri.endpoint.host, {}, uri.endpoint.port, options.timeout};
  if (const auto moved = options.resolve.find(uri.endpoint.host); moved != options.resolve.end()) {
    target.address = moved->second;
  }
  const Talk talk = uri.http ? Talk::kHttp : Talk::kBolt;
  TRELLIS_TRY_ASSIGN(const TlsLook look, look_with_tls(target, talk));
  const auto plain = look_plainly(target, talk);
  const bool plain_works = plain && plain->has_value();
  const bool answers_otherwise = look.finished && !look.answered && speaks_other(target, talk);

  RemoteLook out;
  out.version = look.version;
  auto refused = refusal(uri, look, plain_works, answers_otherwise);
  if (refused && refused->id == "tls-not-offered" && !uri.encrypted) {
    refused->severity = Severity::kWarning;
  }
  if (!refused) append(out.findings, talk_findings(uri, look, talk, answers_otherwise));
  if (refused) out.findings.push_back(std::move(*refused));
  if (!look.chain.empty()) append(out.findings, chain_as_served(uri, look, clock, out));
  if (look.finished) append(out.findings, version_findings(uri, target, talk, look.version));
  if (look.finished && plain == Talk::kBolt) out.findings.push_back(plain_bolt(uri));
  if (look.finished && !uri.encrypted && plain != talk) {
    out.findings.push_back(only_encrypted(uri));
  }

  out.driver = driver_words(uri, out.findings);
  out.verified = look.finished &&
                 std::none_of(out.findings.begin(), out.findings.end(), [](const Finding& finding) {
                   return finding.severity == Severity::kError ||
                          finding.id == "authority-unknown" ||
                          finding.id == "certificate-self-signed";
                 });
  sort_by_severity(out.findings);
  return out;
}

Result<std::string> served_digest(const net::Endpoint& endpoint,
                                  std::chrono::milliseconds timeout) {
  const ProbeTarget target{endpoint.host, {}, endpoint.port, timeout};
  TRELLIS_TRY_ASSIGN(const TlsLook look, look_with_tls(target, Talk::kBolt));
  return look.chain.empty() ? std::string() : sha256_of(look.chain[0].get());
}

Findings acme_clock_findings(const std::string& directory, const os::Clock& clock,
                             std::chrono::milliseconds timeout) {
  const auto unchecked = [&](const std::string& why) {
    return Findings{make_finding(
        FindingId::kClockUnchecked, "clock",
        fmt::format("The time of the ACME authority {} could not be had: {}", directory, why))};
  };
  const bool encrypted = directory.starts_with("https://");
  const size_t host_at = directory.find("://");
  if (host_at == directory.npos) return unchecked("it is no URL.");
  const size_t path_at = directory.find('/', host_at + 3);
  const std::string path = path_at == directory.npos ? "/" : directory.substr(path_at);
  const auto endpoint = net::parse_endpoint(
      std::string_view(directory).substr(host_at + 3, path_at - host_at - 3), encrypted ? 443 : 80);
  if (!endpoint) return unchecked(endpoint.error().message());
  const auto before = clock.wall();
  const auto head = http_head({endpoint->host, {}, endpoint->port, timeout}, encrypted, path);
  if (!head) return unchecked(head.error().message());
  const auto after = clock.wall();
  std::string lower = *head;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const size_t at = lower.find("\r\ndate: ");
  if (at == lower.npos) return unchecked("its answer has no Date.");
  const size_t end = head->find('\r', at + 8);
  const auto date = acme::parse_http_date(std::string_view(*head).substr(at + 8, end - at - 8));
  if (!date) return unchecked("its Date cannot be read.");
  return clock_findings(directory, *date, before + (after - before) / 2);
}

}  // namespace trellis::tls

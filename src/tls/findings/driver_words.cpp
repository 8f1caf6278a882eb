// SPDX-License-Identifier: Apache-2.0
#include "tls/findings/driver_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace trellis::tls {
namespace {

enum class Who : uint8_t {
  kAll,
  kPlain,      // neo4j, bolt
  kEncrypted,  // +s and +ssc
  kVerifying,  // +s
};

struct Words {
  FindingId id;
  const char* say;  // {} is the name that was dialled
  Who who = Who::kVerifying;
};

// In the order in which a client comes upon them: connection, chain, dates, names, then the rest.
constexpr Words kWords[] = {
    {FindingId::kEncryptionRequired,
     "A driver with this URI speaks unencrypted, and the server ends the connection: Java and "
     "cypher-shell say \"Connection to the database terminated\" and speak of encryption settings, "
     "Python \"closed without handshake response\", JavaScript \"Connection was closed by "
     "server\". With +s in the scheme they connect.",
     Who::kPlain},
    {FindingId::kTlsNotOffered,
     "A driver that is told to encrypt (neo4j+s, bolt+s) sends a TLS greeting that this port does "
     "not understand. Java says \"Failed to establish secured connection with the server\", Python "
     "\"wrong version number\" or \"EOF occurred in violation of protocol\", JavaScript \"Failed "
     "to "
     "connect to server\", a browser \"ERR_SSL_PROTOCOL_ERROR\".",
     Who::kEncrypted},
    {FindingId::kHandshakeRefused,
     "A driver gets no further than the greeting: the server ends the handshake. Java says "
     "\"Received fatal alert\", Python \"tlsv1 alert\" or \"EOF occurred in violation of "
     "protocol\", and each driver then \"ServiceUnavailable\".",
     Who::kEncrypted},
    {FindingId::kClientCertificateRequired,
     "A driver without a client certificate is refused after a handshake that looks complete: "
     "Java says \"Received fatal alert: certificate_required\" or \"bad_certificate\", Python "
     "\"tlsv13 alert certificate required\"; a browser shows a dialogue or "
     "\"ERR_BAD_SSL_CLIENT_AUTH_CERT\".",
     Who::kEncrypted},
    {FindingId::kCertificateSelfSigned,
     "A driver refuses the certificate because nobody it knows has signed it: Java says \"PKIX "
     "path building failed: unable to find valid certification path to requested target\", Python "
     "\"certificate verify failed: self-signed certificate\", JavaScript "
     "\"DEPTH_ZERO_SELF_SIGNED_CERT\", a browser \"ERR_CERT_AUTHORITY_INVALID\" or just "
     "\"WebSocket connection failure\"."},
    {FindingId::kChainLeafOnly,
     "A driver cannot get from the server's certificate to a root that it knows, because the "
     "intermediate is not sent: Java says \"PKIX path building failed: unable to find valid "
     "certification path to requested target\", Python \"certificate verify failed: unable to get "
     "local issuer certificate\". Some browsers fetch the intermediate themselves and work, which "
     "makes this fault look like the driver's."},
    {FindingId::kChainMissingIntermediate,
     "A driver cannot get from the last certificate that is sent to a root that it knows: Java "
     "says \"PKIX path building failed: unable to find valid certification path to requested "
     "target\", Python \"certificate verify failed: unable to get local issuer certificate\"."},
    {FindingId::kAuthorityUnknown,
     "A driver on this machine does not know the authority: Java says \"PKIX path building failed: "
     "unable to find valid certification path to requested target\", Python \"certificate verify "
     "failed: unable to get local issuer certificate\", JavaScript "
     "\"UNABLE_TO_VERIFY_LEAF_SIGNATURE\". Drivers on machines that have its root connect. (Java "
     "has a store of its own: keytool -importcert.)"},
    {FindingId::kCertificateExpired,
     "A driver refuses the certificate because it has expired: Java says "
     "\"CertificateExpiredException: NotAfter\", Python \"certificate verify failed: certificate "
     "has expired\", JavaScript \"CERT_HAS_EXPIRED\", a browser \"ERR_CERT_DATE_INVALID\"."},
    {FindingId::kChainExpired,
     "A driver refuses the chain because an intermediate is out of its time: Java says "
     "\"CertificateExpiredException\", Python \"certificate verify failed: certificate has "
     "expired\", although the server's own certificate is good."},
    {FindingId::kCertificateNotYetValid,
     "A driver refuses the certificate because its time has not begun: Java says "
     "\"CertificateNotYetValidException\", Python \"certificate verify failed: certificate is not "
     "yet valid\"."},
    {FindingId::kUsageServerMissing,
     "A driver refuses the certificate because it is not meant for servers: Java says \"Extended "
     "key usage does not permit use for TLS server authentication\", Python \"certificate verify "
     "failed: unsupported certificate purpose\"."},
    {FindingId::kKeyWeak,
     "A driver refuses the key as too short: Java says \"Certificates do not conform to algorithm "
     "constraints\", Python \"certificate verify failed: EE certificate key too weak\"."},
    {FindingId::kSignatureWeak,
     "A driver refuses the signature: Java says \"Certificates do not conform to algorithm "
     "constraints\", Python \"certificate verify failed: CA md too weak\"."},
    {FindingId::kNamesInCommonNameOnly,
     "A driver looks for '{}' among the subject alternative names and finds none: Java says \"No "
     "subject alternative names present\", Python \"certificate verify failed: Hostname "
     "mismatch\", "
     "a browser \"ERR_CERT_COMMON_NAME_INVALID\"."},
    {FindingId::kNameMismatch,
     "A driver compares '{}', the name it was given, with the certificate's names and refuses: "
     "Java "
     "and cypher-shell say \"No name matching {} found\" or \"No subject alternative DNS name "
     "matching {} found\", Python \"certificate verify failed: Hostname mismatch, certificate is "
     "not "
     "valid for '{}'\", JavaScript \"ERR_TLS_CERT_ALTNAME_INVALID\", a browser "
     "\"ERR_CERT_COMMON_NAME_INVALID\" or just \"WebSocket connection failure\". Nothing is wrong "
     "with the certificate itself: use a name that it has."},
    {FindingId::kChainMisordered,
     "Most drivers sort the certificates out themselves, older Java and many devices do not: "
     "\"PKIX "
     "path validation failed\"."},
    {FindingId::kOtherProtocol,
     "A driver finishes the TLS handshake and then does not understand the answer: Java says "
     "\"Server responded HTTP\", Python \"Connection to ... closed without handshake response\". "
     "Usually it is the other port that was meant.",
     Who::kAll},
    {FindingId::kMemberUnreachable,
     "A driver connects, asks for the routing table, and then fails with another address in its "
     "message than the one it was given: \"Unable to connect to ...\", \"No routing server "
     "available\".",
     Who::kAll},
    {FindingId::kRoutingNameMismatch,
     "A driver connects, asks for the routing table, and is refused by the certificate of the "
     "address that it finds there, with a name in the message that nobody dialled."},
};

std::string with_name(std::string text, const std::string& name) {
  for (size_t at = 0; (at = text.find("{}", at)) != text.npos; at += name.size()) {
    text.replace(at, 2, name);
  }
  return text;
}

bool concerns(Who who, const DiagnosisUri& uri) {
  switch (who) {
    case Who::kAll:
      break;
    case Who::kPlain:
      return !uri.encrypted;
    case Who::kEncrypted:
      return uri.encrypted;
    case Who::kVerifying:
      return uri.verifies;
  }
  return true;
}

}  // namespace

std::string driver_words(const DiagnosisUri& uri, const Findings& findings) {
  for (const Words& words : kWords) {
    const auto id = finding_kinds()[static_cast<size_t>(words.id)].id;
    const bool there =
        std::any_of(findings.begin(), findings.end(), [&](const Finding& f) { return f.id == id; });
    if (there && concerns(words.who, uri)) return with_name(words.say, uri.endpoint.host);
  }
  if (!uri.encrypted) {
    return fmt::format(
        "A driver connects to {} without encryption: whoever is between can read passwords and "
        "data.",
        uri.text);
  }
  if (!uri.verifies) {
    return fmt::format(
        "A driver connects to {} whatever the certificate is, for +ssc has it verify nothing: "
        "whoever is between can pose as the server. Use +s.",
        uri.text);
  }
  return fmt::format(
      "A driver that verifies connects: '{}' is one of the certificate's names, and this machine "
      "knows its authority.",
      uri.endpoint.host);
}

}  // namespace trellis::tls

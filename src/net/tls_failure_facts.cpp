// SPDX-License-Identifier: Apache-2.0
#include "net/tls_failure_facts.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <ctime>

#include "net/certificate_names.h"

namespace trellis::net {
namespace {

std::optional<std::chrono::system_clock::time_point> time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

}  // namespace

bool is_sent_alone(SSL* ssl) {
  X509* leaf = SSL_get_certificate(ssl);
  STACK_OF(X509)* others = nullptr;
  if (leaf == nullptr || SSL_get0_chain_certs(ssl, &others) != 1) return false;
  return sk_X509_num(others) <= 0 &&
         X509_NAME_cmp(X509_get_subject_name(leaf), X509_get_issuer_name(leaf)) != 0;
}

std::optional<uint8_t> alert_in(unsigned long code) {
  const int reason = ERR_GET_REASON(code);
  if (ERR_GET_LIB(code) != ERR_LIB_SSL || reason < SSL_AD_REASON_OFFSET ||
      reason > SSL_AD_REASON_OFFSET + 255) {
    return std::nullopt;
  }
  return static_cast<uint8_t>(reason - SSL_AD_REASON_OFFSET);
}

TlsFailureReason reason_of(unsigned long code, const TlsLink& link) {
  if (link.verify_error != X509_V_OK) return TlsFailureReason::kClientCertificate;
  if (const auto alert = alert_in(code)) return reason_of(*alert);
  if (link.failure || link.ended) return TlsFailureReason::kPeerClosed;
  switch (ERR_GET_REASON(code)) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
      return TlsFailureReason::kNotTls;
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
      return TlsFailureReason::kClientCertificate;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SUITABLE_GROUPS:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
      return TlsFailureReason::kNoCommonParameters;
    default:
      return TlsFailureReason::kOther;
  }
}

TlsFailureReason reason_of(uint8_t alert) {
  return rejects_certificate(alert) ? TlsFailureReason::kCertificateRejected
                                    : TlsFailureReason::kOtherAlert;
}

void describe_handshake(SSL* ssl, const X509* shown, TlsFailure& failure) {
  if (const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)) {
    failure.server_name = name;
  }
  if (shown != nullptr) {
    failure.shown_names = to_text(names_of(shown));
    failure.shown_not_before = time_of(X509_get0_notBefore(shown));
    failure.shown_not_after = time_of(X509_get0_notAfter(shown));
    failure.shown_covers_server_name =
        !failure.server_name.empty() &&
        X509_check_host(const_cast<X509*>(shown), failure.server_name.data(),
                        failure.server_name.size(), 0, nullptr) == 1;
  } else if (failure.reason == TlsFailureReason::kNoCommonParameters ||
             failure.reason == TlsFailureReason::kOther) {
    failure.reason = TlsFailureReason::kNoCertificate;
  }
}

}  // namespace trellis::net

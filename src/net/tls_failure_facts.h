// SPDX-License-Identifier: Apache-2.0
//
// From OpenSSL's state after a failed handshake to the facts of TlsFailure. Private to room `net`.
#pragma once

#include <openssl/ssl.h>

#include "net/tls_bio.h"
#include "net/tls_failure.h"

namespace trellis::net {

// The alert that the peer sent, when `code` (of OpenSSL's error queue) is about one.
std::optional<uint8_t> alert_in(unsigned long code);
TlsFailureReason reason_of(uint8_t alert);
TlsFailureReason reason_of(unsigned long code, const TlsLink& link);
// Has the session's certificate no other beside it, though another issued it?
bool is_sent_alone(SSL* ssl);
// SNI, and the certificate that was shown (null: none).
void describe_handshake(SSL* ssl, const X509* shown, TlsFailure& failure);

}  // namespace trellis::net

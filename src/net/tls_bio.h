// SPDX-License-Identifier: Apache-2.0
//
// OpenSSL's view of a Stream: a BIO that reads and writes it without waiting and without a buffer.
// Private to room `net`.
#pragma once

#include <openssl/bio.h>
#include <openssl/x509.h>

#include <optional>
#include <string>

#include "net/stream.h"

namespace trellis::net {

// What the BIO and the verification hook leave behind for the stream that owns them.
struct TlsLink {
  Stream* lower = nullptr;
  std::optional<Error> failure;  // the lower stream's
  bool ended = false;            // the lower stream's end
  int verify_error = X509_V_OK;  // the first
  std::string peer_names;
  std::string refused_subject;
  std::string refused_issuer;
};

// `link` must outlive the BIO. Null when out of memory.
BIO* make_stream_bio(TlsLink* link);

}  // namespace trellis::net

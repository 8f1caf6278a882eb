// SPDX-License-Identifier: Apache-2.0
#include "net/tls_bio.h"

namespace trellis::net {
namespace {

TlsLink& link_of(BIO* bio) { return *static_cast<TlsLink*>(BIO_get_data(bio)); }

int read_stream(BIO* bio, char* into, size_t size, size_t* moved) {
  TlsLink& link = link_of(bio);
  BIO_clear_retry_flags(bio);
  *moved = 0;
  auto got = link.lower->read_now(std::as_writable_bytes(std::span(into, size)));
  if (!got) {
    link.failure = std::move(got.error());
    return 0;
  }
  if (got->moved()) {
    *moved = got->bytes;
    return 1;
  }
  if (got->kind == Transfer::Kind::kEnd) {
    link.ended = true;
  } else {
    BIO_set_retry_read(bio);
  }
  return 0;
}

int write_stream(BIO* bio, const char* bytes, size_t size, size_t* moved) {
  TlsLink& link = link_of(bio);
  BIO_clear_retry_flags(bio);
  *moved = 0;
  auto sent = link.lower->write_now(std::as_bytes(std::span(bytes, size)));
  if (!sent) {
    link.failure = std::move(sent.error());
    return 0;
  }
  if (!sent->moved()) {
    BIO_set_retry_write(bio);
    return 0;
  }
  *moved = sent->bytes;
  return 1;
}

long control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_EOF) return link_of(bio).ended ? 1 : 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* make_method() {
  BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
  if (method == nullptr) return nullptr;
  BIO_meth_set_read_ex(method, &read_stream);
  BIO_meth_set_write_ex(method, &write_stream);
  BIO_meth_set_ctrl(method, &control);
  return method;
}

}  // namespace

BIO* make_stream_bio(TlsLink* link) {
  // A table of functions that is made once and never changes; every BIO points to it.
  static BIO_METHOD* const kMethod = make_method();
  BIO* bio = kMethod != nullptr ? BIO_new(kMethod) : nullptr;
  if (bio == nullptr) return nullptr;
  BIO_set_data(bio, link);
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace trellis::net

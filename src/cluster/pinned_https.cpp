// SPDX-License-Identifier: Apache-2.0
#include "cluster/pinned_https.h"

#include <curl/curl.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>

#include "cluster/membership_messages.h"
#include "tls/openssl_handles.h"
#include "tls/stoppable_transfer.h"
#include "tls/x509_facts.h"

namespace trellis::cluster {
namespace {

using CurlHandle = std::unique_ptr<CURL, tls::Freed<curl_easy_cleanup>>;

time_t now_of(const HttpsCall& call) {
  const auto now = call.clock != nullptr ? call.clock->wall() : std::chrono::system_clock::now();
  return std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
}

// The pinned authority among the certificates that the peer sent becomes the one anchor.
int verify_by_pin(X509_STORE_CTX* asked, void* user) {
  const auto& call = *static_cast<const HttpsCall*>(user);
  STACK_OF(X509)* sent = X509_STORE_CTX_get0_untrusted(asked);
  const tls::StoreHandle store(X509_STORE_new());
  const tls::VerificationHandle context(X509_STORE_CTX_new());
  bool known = false;
  for (int i = 0; store && i < sk_X509_num(sent); ++i) {
    X509* one = sk_X509_value(sent, i);
    if (tls::public_key_sha256(one) == call.pin)
      known = X509_STORE_add_cert(store.get(), one) == 1 || known;
  }
  X509_STORE_CTX_set_error(asked, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
  if (!known || !context) return 0;
  X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);
  if (X509_STORE_CTX_init(context.get(), store.get(), X509_STORE_CTX_get0_cert(asked), sent) != 1 ||
      X509_STORE_CTX_set_purpose(context.get(), X509_PURPOSE_SSL_SERVER) != 1) {
    return 0;
  }
  X509_STORE_CTX_set_time(context.get(), 0, now_of(call));
  const int verified = X509_verify_cert(context.get());
  X509_STORE_CTX_set_error(asked, X509_STORE_CTX_get_error(context.get()));
  return verified == 1 ? 1 : 0;
}

CURLcode on_context(CURL*, void* context, void* user) {
  auto* ssl_context = static_cast<SSL_CTX*>(context);
  const auto& call = *static_cast<const HttpsCall*>(user);
  X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(ssl_context), now_of(call));
  if (!call.pin.empty()) SSL_CTX_set_cert_verify_callback(ssl_context, &verify_by_pin, user);
  return CURLE_OK;
}

size_t on_body(char* bytes, size_t size, size_t count, void* user) {
  auto& body = *static_cast<std::string*>(user);
  if (body.size() + size * count > kLargestMessage) return 0;
  body.append(bytes, size * count);
  return size * count;
}

// Of bytes that outlive the request, which libcurl does not copy.
void set_blob(CURL* curl, CURLoption option, std::string_view bytes) {
  curl_blob blob{const_cast<char*>(bytes.data()), bytes.size(), CURL_BLOB_NOCOPY};
  curl_easy_setopt(curl, option, &blob);
}

tl::unexpected<Error> refused(long status, const std::string& body, const HttpsCall& call) {
  std::string why = read_refusal(body);
  if (why.empty()) why = fmt::format("{} answered with HTTP status {}.", call.url, status);
  const bool forbidden = status == 401 || status == 403;
  return fail(forbidden ? ErrorCode::Forbidden : ErrorCode::InvalidArguments, "{}", why);
}

}  // namespace

Result<std::string> answer_of(const HttpsCall& call) {
  const tls::MultiHandle multi(curl_multi_init());
  const CurlHandle handle(curl_easy_init());
  if (!handle || !multi) return fail(ErrorCode::ConnectionFailed, "No memory for a request.");
  CURL* curl = handle.get();
  std::string body;
  char reason[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(curl, CURLOPT_URL, call.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");  // members reach each other directly
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);  // nor does a name server hold up a stop
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(call.timeout.count()));
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
  curl_easy_setopt(curl, CURLOPT_SSL_CTX_FUNCTION, &on_context);
  curl_easy_setopt(curl, CURLOPT_SSL_CTX_DATA, &call);
  if (call.pin.empty()) set_blob(curl, CURLOPT_CAINFO_BLOB, call.trusted_pem);
  // By their bytes: a file that libcurl reads itself stays in its buffers.
  if (!call.certificate_pem.empty()) {
    set_blob(curl, CURLOPT_SSLCERT_BLOB, call.certificate_pem);
    set_blob(curl, CURLOPT_SSLKEY_BLOB, call.key_pem.reveal());
  }
  if (!call.body.empty()) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(call.body.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call.body.reveal().data());
  }
  const CURLcode done = tls::perform(multi.get(), curl, call.stop);
  if (done == CURLE_PEER_FAILED_VERIFICATION) {
    return fail(ErrorCode::CertificateRejected, "The certificate of {} was refused: {}.", call.url,
                reason);
  }
  if (done != CURLE_OK) {
    return fail(ErrorCode::ConnectionFailed, "Cannot ask {}: {}.", call.url,
                reason[0] != 0 ? reason : curl_easy_strerror(done));
  }
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  if (status != 200) return refused(status, body, call);
  return body;
}

}  // namespace trellis::cluster

// SPDX-License-Identifier: Apache-2.0
//
// AcmeTransport by libcurl. One handle, one connection cache, one request at a time.
#include <curl/curl.h>

#include <algorithm>

#include "tls/acme/failure.h"
#include "tls/acme/http.h"
#include "tls/acme/json_fields.h"
#include "tls/stoppable_transfer.h"

namespace trellis::tls::acme {
namespace {

constexpr size_t kMostHeaders = 200;

struct EasyFree {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct ListFree {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, ListFree>;

// What the callbacks of one request fill.
struct Arriving {
  HttpResponse response;
  size_t largest_body = 0;
  bool too_large = false;
};

size_t on_body(char* bytes, size_t size, size_t count, void* user) {
  auto& arriving = *static_cast<Arriving*>(user);
  if (arriving.response.body.size() + size * count > arriving.largest_body) {
    arriving.too_large = true;
    return 0;
  }
  arriving.response.body.append(bytes, size * count);
  return size * count;
}

size_t on_header(char* bytes, size_t size, size_t count, void* user) {
  auto& arriving = *static_cast<Arriving*>(user);
  std::string_view line(bytes, size * count);
  if (line.starts_with("HTTP/")) arriving.response.headers.clear();  // after a 1xx
  const size_t colon = line.find(':');
  if (colon == line.npos) return line.size();
  if (arriving.response.headers.size() == kMostHeaders) {
    arriving.too_large = true;
    return 0;
  }
  std::string name(line.substr(0, colon));
  std::ranges::transform(name, name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  std::string_view value = line.substr(colon + 1);
  const size_t begin = std::min(value.find_first_not_of(" \t"), value.size());
  value.remove_prefix(begin);
  while (!value.empty() && std::string_view(" \t\r\n").find(value.back()) != value.npos) {
    value.remove_suffix(1);
  }
  arriving.response.headers.emplace_back(std::move(name), value);
  return line.size();
}

bool is_loopback(std::string_view url) {
  const size_t begin = url.find("://");
  if (begin == url.npos) return false;
  const std::string_view host = url.substr(begin + 3);
  return host.starts_with("localhost:") || host.starts_with("localhost/") ||
         host.starts_with("127.") || host.starts_with("[::1]");
}

class HttpsTransport final : public AcmeTransport {
 public:
  explicit HttpsTransport(HttpsOptions options)
      : options_(std::move(options)), multi_(curl_multi_init()), easy_(curl_easy_init()) {
    if (options_.user_agent.empty()) options_.user_agent = "Trellis/" TRELLIS_VERSION;
  }

  Answer<HttpResponse> exchange(const HttpRequest& request) override;

 private:
  bool prepare(const HttpRequest& request, Arriving& arriving, HeaderList& headers);
  bool is_stopped() const { return options_.stop && options_.stop->stopped(); }
  tl::unexpected<Failure> failure_of(CURLcode code, const HttpRequest& request,
                                     const Arriving& arriving) const;

  HttpsOptions options_;
  MultiHandle multi_;
  std::unique_ptr<CURL, EasyFree> easy_;  // before multi_ in destruction
  char reason_[CURL_ERROR_SIZE] = {};
};

bool add(HeaderList& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) return false;
  static_cast<void>(list.release());  // curl returned the same list, one longer
  list.reset(longer);
  return true;
}

bool HttpsTransport::prepare(const HttpRequest& request, Arriving& arriving, HeaderList& headers) {
  CURL* easy = easy_.get();
  curl_easy_reset(easy);
  reason_[0] = '\0';
  CURLcode all = CURLE_OK;
  const auto set = [&](CURLoption option, auto value) {
    const CURLcode code = curl_easy_setopt(easy, option, value);
    if (all == CURLE_OK) all = code;
  };
  const long timeout_ms = std::max<long>(
      1, static_cast<long>(
             std::chrono::duration_cast<std::chrono::milliseconds>(options_.timeout).count()));
  set(CURLOPT_URL, request.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_QUICK_EXIT, 1L);  // a name server that hangs must not hold up a shutdown
  set(CURLOPT_TIMEOUT_MS, timeout_ms);
  set(CURLOPT_CONNECTTIMEOUT_MS, timeout_ms);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  if (!options_.trust_file.empty()) {
    set(CURLOPT_CAINFO, options_.trust_file.c_str());
    set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  }
  set(CURLOPT_USERAGENT, options_.user_agent.c_str());
  if (is_loopback(request.url)) set(CURLOPT_PROXY, "");
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(CURLOPT_ERRORBUFFER, static_cast<char*>(reason_));
  set(CURLOPT_WRITEFUNCTION, &on_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(&arriving));
  set(CURLOPT_HEADERFUNCTION, &on_header);
  set(CURLOPT_HEADERDATA, static_cast<void*>(&arriving));
  bool made = add(headers, "Expect:");
  if (request.method == "HEAD") set(CURLOPT_NOBODY, 1L);
  if (request.method == "POST") {
    set(CURLOPT_POST, 1L);
    // On a connection that was used before and breaks, libcurl would send the request again; an
    // order must not be placed twice.
    set(CURLOPT_FRESH_CONNECT, 1L);
    set(CURLOPT_FORBID_REUSE, 1L);
    set(CURLOPT_POSTFIELDS, request.body.c_str());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    made = made && add(headers, "Content-Type: " + request.content_type);
  }
  if (!request.accept.empty()) made = made && add(headers, "Accept: " + request.accept);
  set(CURLOPT_HTTPHEADER, headers.get());
  return made && all == CURLE_OK;
}

tl::unexpected<Failure> HttpsTransport::failure_of(CURLcode code, const HttpRequest& request,
                                                   const Arriving& arriving) const {
  using Kind = Failure::Kind;
  const std::string& url = request.url;
  if (is_stopped()) return stopped();
  if (arriving.too_large) {
    return failed(Kind::kProtocol, url,
                  fmt::format("the answer is larger than {} bytes", options_.largest_body));
  }
  const std::string reason =
      one_line(reason_[0] != '\0' ? reason_ : curl_easy_strerror(code), CURL_ERROR_SIZE);
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return failed(Kind::kTimeout, url, reason);
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
      return failed(Kind::kProtocol, url, "no https URL: " + reason);
    case CURLE_PEER_FAILED_VERIFICATION:
      return failed(Kind::kNetwork, url,
                    fmt::format("{}. Trusted is {}; a private authority's root certificate is "
                                "named by server.tls.acme.trust_file.",
                                reason,
                                options_.trust_file.empty() ? "the system's store"
                                                            : options_.trust_file.string()));
    default:
      return failed(Kind::kNetwork, url, reason);
  }
}

Answer<HttpResponse> HttpsTransport::exchange(const HttpRequest& request) {
  if (is_stopped()) return stopped();
  Arriving arriving;
  arriving.largest_body = options_.largest_body;
  HeaderList headers;
  if (!multi_ || !easy_ || !prepare(request, arriving, headers)) {
    return broken(request.url, "libcurl cannot be set up");
  }
  const CURLcode code = perform(multi_.get(), easy_.get(), options_.stop.get());
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  if (code != CURLE_OK) return failure_of(code, request, arriving);
  arriving.response.status = static_cast<int>(status);
  return std::move(arriving.response);
}

}  // namespace

std::unique_ptr<AcmeTransport> make_https_transport(HttpsOptions options) {
  return std::make_unique<HttpsTransport>(std::move(options));
}

}  // namespace trellis::tls::acme

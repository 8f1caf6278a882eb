// SPDX-License-Identifier: Apache-2.0
//
// One transfer by libcurl that a stop signal ends within 50 ms: the multi interface is used
// for nothing else.
#pragma once

#include <curl/curl.h>

#include <memory>

#include "tls/stop_signal.h"

namespace trellis::tls {

struct MultiFree {
  void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};
using MultiHandle = std::unique_ptr<CURLM, MultiFree>;

// CURLE_ABORTED_BY_CALLBACK when it was stopped. `stop` may be null.
CURLcode perform(CURLM* multi, CURL* easy, const StopSignal* stop);

}  // namespace trellis::tls

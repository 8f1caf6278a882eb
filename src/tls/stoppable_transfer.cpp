// SPDX-License-Identifier: Apache-2.0
#include "tls/stoppable_transfer.h"

namespace trellis::tls {
namespace {

constexpr int kLongestNapMs = 50;

CURLcode perform_added(CURLM* multi, const StopSignal* stop) {
  int running = 1;
  while (running != 0) {
    if (curl_multi_perform(multi, &running) != CURLM_OK) return CURLE_FAILED_INIT;
    if (running == 0) break;
    if (stop != nullptr && stop->stopped()) return CURLE_ABORTED_BY_CALLBACK;
    curl_multi_poll(multi, nullptr, 0, kLongestNapMs, nullptr);
  }
  int left = 0;
  const CURLMsg* message = curl_multi_info_read(multi, &left);
  return message != nullptr ? message->data.result : CURLE_FAILED_INIT;
}

}  // namespace

CURLcode perform(CURLM* multi, CURL* easy, const StopSignal* stop) {
  if (stop != nullptr && stop->stopped()) return CURLE_ABORTED_BY_CALLBACK;
  if (curl_multi_add_handle(multi, easy) != CURLM_OK) return CURLE_FAILED_INIT;
  const CURLcode code = perform_added(multi, stop);
  curl_multi_remove_handle(multi, easy);
  return code;
}

}  // namespace trellis::tls

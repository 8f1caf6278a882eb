// SPDX-License-Identifier: Apache-2.0
#include "os/service_notify.h"

#include <systemd/sd-daemon.h>

#include <chrono>
#include <string>

namespace trellis::os {

void notify_ready(std::string_view status) {
  ::sd_notify(0, ("READY=1\nSTATUS=" + std::string(status)).c_str());
}

void notify_reloading() {
  auto now = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
  ::sd_notify(0, ("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.count())).c_str());
}

void notify_stopping() { ::sd_notify(0, "STOPPING=1"); }

void notify_status(std::string_view status) {
  ::sd_notify(0, ("STATUS=" + std::string(status)).c_str());
}

}  // namespace trellis::os

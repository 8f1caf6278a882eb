// SPDX-License-Identifier: Apache-2.0
//
// What systemd is told (sd_notify(3)); nothing happens when it did not start us.
#pragma once

#include <string_view>

namespace trellis::os {

void notify_ready(std::string_view status);
void notify_reloading();
void notify_stopping();
void notify_status(std::string_view status);

}  // namespace trellis::os

// SPDX-License-Identifier: Apache-2.0
//
// Will certbot renew in time? Looks for what starts it (systemd's timers, cron's tables, the
// programs in cron.daily and its kin) and reckons the longest pause between two starts against the
// certificate's life.
//
// Sources: systemd.time(7), systemd.timer(5), crontab(5), certbot's manual ("Automated Renewals").
// Pure functions over the file system; thread-safe.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "tls/findings/finding.h"

namespace trellis::tls {

// The longest time between two starts. Nothing: never, or a text that is not understood.
//   cron's five fields, or @daily and its kin
std::optional<std::chrono::minutes> longest_pause_of_cron(std::string_view fields);
//   systemd's OnCalendar=: "daily", "Mon..Fri *-*-* 03:00", "*-*-* 00/12:00:00"
std::optional<std::chrono::minutes> longest_pause_of_calendar(std::string_view expression);

// `certificate`: perhaps a link into certbot's tree; nothing is found where it is none, nor where
// this process may not look. `root` is where the file system of the machine begins.
Findings certbot_schedule_findings(const std::filesystem::path& certificate,
                                   const std::filesystem::path& root = "/");

}  // namespace trellis::tls

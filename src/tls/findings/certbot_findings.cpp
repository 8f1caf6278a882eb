// SPDX-License-Identifier: Apache-2.0
#include "tls/findings/certbot_findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <vector>

#include "config/values.h"
#include "tls/findings/certbot_tree.h"
#include "tls/findings/certificate_facts.h"
#include "tls/pem.h"

namespace trellis::tls {
namespace {

namespace fs = std::filesystem;
using std::chrono::minutes;

// certbot renews when less than this is left, unless told otherwise.
constexpr std::chrono::hours kRenewBefore(24 * 30);

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool renews(std::string_view text) {
  return text.find("certbot") != std::string_view::npos &&
         text.find("renew") != std::string_view::npos;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  size_t begin = 0;
  while (begin < text.size()) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    std::string line = text.substr(begin, end - begin);
    line.erase(0, std::min(line.size(), line.find_first_not_of(" \t")));
    if (!line.empty() && line.front() != '#') lines.push_back(std::move(line));
    begin = end + 1;
  }
  return lines;
}

// What starts certbot on a machine.
class Schedule {
 public:
  explicit Schedule(const fs::path& root) : root_(root) {
    std::error_code error;
    systemd_ = fs::exists(root_ / "run/systemd/system", error);
    look_at_timers();
    look_at_cron();
  }

  bool found() const { return found_; }
  bool hidden() const { return hidden_; }  // there is a place that this process may not read
  bool has_systemd() const { return systemd_; }
  // The shortest of the longest pauses; nothing where none is understood.
  const std::optional<minutes>& pause() const { return pause_; }

 private:
  std::vector<fs::path> files_in(const char* folder) {
    std::vector<fs::path> files;
    std::error_code error;
    for (auto at = fs::directory_iterator(root_ / folder, error);
         !error && at != fs::directory_iterator(); at.increment(error)) {
      files.push_back(at->path());
    }
    if (error && error != std::errc::no_such_file_or_directory) hidden_ = true;
    return files;
  }

  void add(std::optional<minutes> pause) {
    found_ = true;
    if (!pause) {
      understood_ = false;
      pause_.reset();
    } else if (understood_) {
      pause_ = pause_ ? std::min(*pause_, *pause) : *pause;
    }
  }

  void look_at_timers() {
    if (!systemd_) return;
    for (const char* wants :
         {"etc/systemd/system/timers.target.wants", "etc/systemd/system/multi-user.target.wants"}) {
      for (const fs::path& link : files_in(wants)) {
        const std::string name = link.filename().string();
        if (!name.ends_with(".timer")) continue;
        look_at_timer(name);
      }
    }
  }

  void look_at_timer(const std::string& name) {
    std::string text;
    std::string service;
    const std::string service_name = name.substr(0, name.size() - 6) + ".service";
    std::error_code error;
    for (const char* folder : {"etc/systemd/system", "run/systemd/system", "usr/lib/systemd/system",
                               "lib/systemd/system"}) {
      const fs::path unit = root_ / folder / name;
      if (text.empty() && fs::is_regular_file(unit, error)) text = content_of(unit);
      if (service.empty()) service = content_of(root_ / folder / service_name);
    }
    if (name.find("certbot") == std::string::npos && !renews(service)) return;
    for (const fs::path& part : files_in(("etc/systemd/system/" + name + ".d").c_str())) {
      if (part.extension() == ".conf") text += "\n" + content_of(part);
    }
    add(pause_of_timer(text));
  }

  static std::optional<minutes> pause_of_timer(const std::string& text) {
    std::optional<minutes> shortest;
    auto take = [&shortest](std::optional<minutes> pause) {
      if (pause) shortest = shortest ? std::min(*shortest, *pause) : *pause;
    };
    for (const std::string& line : lines_of(text)) {
      const size_t equals = line.find('=');
      if (equals == std::string::npos) continue;
      const std::string key = line.substr(0, equals);
      const std::string value = line.substr(equals + 1);
      if (key == "OnCalendar") {
        if (value.empty()) shortest.reset();  // so a drop-in takes back what stands before it
        take(longest_pause_of_calendar(value));
      } else if (key == "OnUnitActiveSec" || key == "OnUnitInactiveSec") {
        if (auto span = config::parse_duration(value)) {
          take(std::chrono::duration_cast<minutes>(*span));
        }
      }
    }
    return shortest;
  }

  void look_at_cron() {
    // Tables without a cron are paper: so it is in most containers.
    std::error_code error;
    const bool has_cron = std::any_of(kCrons.begin(), kCrons.end(), [&](const char* program) {
      return fs::exists(root_ / program, error);
    });
    if (!has_cron) return;
    look_at_table(root_ / "etc/crontab");
    for (const fs::path& table : files_in("etc/cron.d")) look_at_table(table);
    for (const char* folder : {"var/spool/cron/crontabs", "var/spool/cron"}) {
      for (const fs::path& table : files_in(folder)) look_at_table(table);
    }
    using std::chrono::hours;
    constexpr std::pair<const char*, hours> kFolders[] = {{"etc/cron.hourly", hours(1)},
                                                          {"etc/cron.daily", hours(24)},
                                                          {"etc/cron.weekly", hours(24 * 7)},
                                                          {"etc/cron.monthly", hours(24 * 31)}};
    for (const auto& [folder, pause] : kFolders) {
      for (const fs::path& program : files_in(folder)) {
        if (renews(content_of(program))) add(pause);
      }
    }
  }

  void look_at_table(const fs::path& table) {
    std::error_code error;
    if (!fs::is_regular_file(table, error)) return;
    for (const std::string& line : lines_of(content_of(table))) {
      if (!renews(line)) continue;
      // Debian's own line leaves the work to systemd's timer.
      if (systemd_ && line.find("-d /run/systemd/system") != std::string::npos) continue;
      add(longest_pause_of_cron(line));
    }
  }

  static constexpr std::array<const char*, 5> kCrons = {
      "usr/sbin/cron", "usr/sbin/crond", "usr/bin/crond", "usr/sbin/fcron", "usr/sbin/anacron"};

  fs::path root_;
  bool systemd_ = false;
  bool found_ = false;
  bool hidden_ = false;
  bool understood_ = true;
  std::optional<minutes> pause_;
};

}  // namespace

Findings certbot_schedule_findings(const fs::path& certificate, const fs::path& root) {
  const auto tree = certbot_tree(certificate);
  std::error_code error;
  if (!tree || !fs::exists(tree->folder / "renewal" / (tree->lineage + ".conf"), error)) return {};
  const std::string& lineage = tree->lineage;
  const Schedule schedule(root);
  const std::string by_cron =
      "echo '17 3,15 * * * root certbot -q renew' > /etc/cron.d/certbot-renew";
  const bool has_timer = fs::exists(root / "lib/systemd/system/certbot.timer", error) ||
                         fs::exists(root / "usr/lib/systemd/system/certbot.timer", error);
  const std::string command =
      schedule.has_systemd() && has_timer ? "systemctl enable --now certbot.timer" : by_cron;
  if (!schedule.found()) {
    if (schedule.hidden()) return {};
    return {make_finding(FindingId::kCertbotNotScheduled, "certbot",
                         fmt::format("The certificate is certbot's ({}), and nothing on this "
                                     "machine starts certbot: no systemd timer is enabled and no "
                                     "cron that runs has an entry for it. It will expire.",
                                     lineage),
                         command)};
  }
  const auto chain = load_certificates(certificate);
  if (!chain || !schedule.pause()) return {};
  const auto life = to_time(X509_get0_notAfter(chain->front().get())) -
                    to_time(X509_get0_notBefore(chain->front().get()));
  // In the time in which certbot renews there must be a second chance when the first one fails.
  const auto window = std::min<std::chrono::nanoseconds>(kRenewBefore, life / 3);
  if (*schedule.pause() * 2 <= window) return {};
  return {make_finding(
      FindingId::kCertbotTooRare, "certbot",
      fmt::format("certbot is started only every {}, and this certificate lives {}: one renewal "
                  "that fails, and it expires. Start it twice a day; it does nothing while there "
                  "is nothing to do.",
                  span_in_words(*schedule.pause()), span_in_words(life)),
      command)};
}

}  // namespace trellis::tls

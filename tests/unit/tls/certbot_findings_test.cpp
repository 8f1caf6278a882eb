// SPDX-License-Identifier: Apache-2.0
#include "tls/findings/certbot_findings.h"

#include <doctest/doctest.h>

#include "support/certificates.h"
#include "support/temp_dir.h"

using namespace trellis;
using namespace trellis::tls;
using namespace trellis::testing;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

std::vector<std::string> ids(const Findings& findings) {
  std::vector<std::string> out;
  for (const Finding& finding : findings) out.emplace_back(finding.id);
  return out;
}
using Ids = std::vector<std::string>;

// A file system with certbot's tree, a link to its certificate, and cron.
struct Machine {
  TempDir root;
  fs::path certificate = root / "public.crt";

  explicit Machine(const std::string& validity = "-days 90") {
    const fs::path archive = root / "etc/letsencrypt/archive/graph.example";
    fs::create_directories(archive);
    make_authority(archive, "ca");
    make_certificate(archive, "ca", "fullchain1", "DNS:graph.example",
                     "ec -pkeyopt ec_paramgen_curve:P-256", validity);
    root.write("etc/letsencrypt/renewal/graph.example.conf", "");
    fs::create_symlink(archive / "fullchain1.crt", certificate);
    root.write("usr/sbin/cron", "");
  }
  Ids found() const { return ids(certbot_schedule_findings(certificate, root.path())); }
};

}  // namespace

TEST_CASE("the longest pause of cron's fields") {
  CHECK(longest_pause_of_cron("0 */12 * * * root certbot -q renew") == 12h);
  CHECK(longest_pause_of_cron("17 3,15 * * *") == 12h);
  CHECK(longest_pause_of_cron("0 3 * * 1") == 7 * 24h);
  CHECK(longest_pause_of_cron("0 3 * * Mon-Fri") == 3 * 24h);
  CHECK(longest_pause_of_cron("0 3 1 * *") == 31 * 24h);
  CHECK(longest_pause_of_cron("0 3 1,15 * mon") == 7 * 24h);  // either
  CHECK(longest_pause_of_cron("30 2 1 jan,jul *") == 184 * 24h);
  CHECK(longest_pause_of_cron("0 0 * * 7") == 7 * 24h);
  CHECK(longest_pause_of_cron("@daily root x") == 24h);
  CHECK(!longest_pause_of_cron("@reboot root x"));
  CHECK(!longest_pause_of_cron("61 3 * * *"));
  CHECK(!longest_pause_of_cron("0 3 * *"));
}

TEST_CASE("the longest pause of systemd's calendar") {
  CHECK(longest_pause_of_calendar("*-*-* 00,12:00:00") == 12h);
  CHECK(longest_pause_of_calendar("*-*-* 00/6:00") == 6h);
  CHECK(longest_pause_of_calendar("daily") == 24h);
  CHECK(longest_pause_of_calendar("Mon,Thu 03:00") == 4 * 24h);
  CHECK(longest_pause_of_calendar("Mon..Fri *-*-* 03:00 Europe/Berlin") == 3 * 24h);
  CHECK(longest_pause_of_calendar("*-*-01") == 31 * 24h);
  CHECK(longest_pause_of_calendar("monthly") == 31 * 24h);
  CHECK(!longest_pause_of_calendar("2026-01-01 00:00"));
  CHECK(!longest_pause_of_calendar("whenever"));
}

TEST_CASE("certbot must be started, by a cron that runs") {
  const Machine machine;
  CHECK(machine.found() == Ids{"certbot-not-scheduled"});
  machine.root.write("etc/cron.d/other", "0 3 * * * root something renew\n");
  machine.root.write("etc/cron.d/off", "# 0 3 * * * root certbot renew\n");
  CHECK(machine.found() == Ids{"certbot-not-scheduled"});
  machine.root.write("etc/cron.d/certbot", "SHELL=/bin/sh\n0 3 * * * root certbot -q renew\n");
  CHECK(machine.found().empty());
  fs::remove(machine.root / "usr/sbin/cron");
  CHECK(machine.found() == Ids{"certbot-not-scheduled"});
}

TEST_CASE("with systemd, Debian's line for cron does nothing, and the timer must be enabled") {
  const Machine machine;
  machine.root.write("etc/cron.d/certbot",
                     "0 */12 * * * root test -x /usr/bin/certbot -a \\! -d /run/systemd/system && "
                     "certbot -q renew\n");
  CHECK(machine.found().empty());
  fs::create_directories(machine.root / "run/systemd/system");
  machine.root.write("lib/systemd/system/certbot.timer",
                     "[Timer]\nOnCalendar=*-*-* 00,12:00:00\nRandomizedDelaySec=43200\n");
  auto found = certbot_schedule_findings(machine.certificate, machine.root.path());
  REQUIRE(found.size() == 1);
  CHECK(found[0].command == "systemctl enable --now certbot.timer");
  const fs::path wants = machine.root / "etc/systemd/system/timers.target.wants";
  fs::create_directories(wants);
  fs::create_symlink("/lib/systemd/system/certbot.timer", wants / "certbot.timer");
  CHECK(machine.found().empty());
  // A change of the operator's.
  machine.root.write("etc/systemd/system/certbot.timer.d/rare.conf",
                     "[Timer]\nOnCalendar=\nOnCalendar=monthly\n");
  CHECK(machine.found() == Ids{"certbot-too-rare"});
}

TEST_CASE("how rare is too rare depends on the certificate's life") {
  const Machine three_months;
  three_months.root.write("etc/cron.d/certbot", "0 3 * * 1 root certbot renew\n");
  CHECK(three_months.found().empty());
  three_months.root.write("etc/cron.d/certbot", "0 3 1 * * root certbot renew\n");
  CHECK(three_months.found() == Ids{"certbot-too-rare"});

  const Machine six_days("-days 6");
  fs::create_directories(six_days.root / "etc/cron.daily");
  six_days.root.write("etc/cron.daily/certbot", "#!/bin/sh\nexec certbot -q renew\n");
  CHECK(six_days.found().empty());
  fs::rename(six_days.root / "etc/cron.daily", six_days.root / "etc/cron.weekly");
  CHECK(six_days.found() == Ids{"certbot-too-rare"});
}

TEST_CASE("certificates that are not certbot's are nobody's business") {
  const TempDir folder;
  make_authority(folder.path(), "ca");
  CHECK(certbot_schedule_findings(folder / "ca.crt", folder.path()).empty());
  CHECK(certbot_schedule_findings(folder / "missing", folder.path()).empty());
}

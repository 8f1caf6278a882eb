# SPDX-License-Identifier: Apache-2.0
"""Two years of a server and its authority, walked in a minute (a long run does so for six-day
certificates too, of which this has seven months).

The server is of the test build: a file moves its clock. Pebble's clock is moved by the same seconds,
and openssl judges what is served as of the same moment. Timeouts stay those of the machine.
"""
import datetime
import os
import random
import subprocess
import threading
import time

import pytest
from acme import AcmeServer, dates
from acme_proxy import AcmeProxy
from conftest import TRELLIS

DAY, HOUR = 86400, 3600
SEED = int(os.environ.get("TRELLIS_ACME_SEED", "1"))
PROFILES = {"shortlived": 6 * DAY, "tlsserver": 45 * DAY, "classic": 90 * DAY}
DAYS = {"shortlived": int(os.environ.get("TRELLIS_ACME_SHORT_DAYS", "210")), "tlsserver": 730, "classic": 730}
# The longest time between two looks from outside at what is served.
STEP = {"shortlived": 36 * HOUR, "tlsserver": 10 * DAY, "classic": 20 * DAY}


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Walk:
    """One server with one profile, and an authority of its own."""

    def __init__(self, dbms, pebble, profile, **acme):
        self.pebble, self.profile, self.life = pebble, profile, PROFILES[profile]
        self.server = AcmeServer(dbms, pebble, f"{profile}.example.test", test_build=True, profile=profile, **acme)
        self.lot = random.Random(f"{SEED} {profile}")
        self.looks = self.renewals = 0
        self.offset = 0
        self.failure = None

    def now(self):
        return time.time() + self.offset

    def move_to(self, when):
        self.offset += max(0, int(when - self.now()) + 1)
        self.pebble.set_clock(self.offset)
        self.server.set_clock(self.offset)

    def look(self):
        self.server.verify(at=self.now(), root=self.root)
        self.looks += 1

    def walk(self):
        try:
            self.root = self.pebble.root()
            self.server.start()
            self.look()
            end = self.now() + DAYS[self.profile] * DAY
            while self.now() < end:
                self.renew_in_time(end)
        except BaseException as failure:  # noqa: B902 - told by the test
            self.failure = failure

    def check(self, start, due, stop):
        """The authority suggests two days around two thirds of its life."""
        assert abs(due - (start + self.life * 2 / 3)) <= DAY + HOUR, (start, due, stop)

    def renew_in_time(self, end):
        """From one certificate to the next one, or to the end."""
        sha256 = self.server.ask("tls.acme.status")["sha256"]
        start, stop = dates(self.server.leaf())
        due = seconds(self.server.wait_for(lambda status: status["nextRenewal"]))
        self.check(start, due, stop)
        while min(due, end) - self.now() > STEP[self.profile]:
            self.move_to(self.now() + self.lot.uniform(0.5, 1) * STEP[self.profile])
            self.look()
        if due >= end:
            self.move_to(end)
            self.look()
            return
        self.move_to(due - 10)
        self.look()
        assert self.server.served_sha256() == sha256, "renewed too early"
        self.move_to(due)
        self.server.wait_for_other_than(sha256)
        self.server.wait_for(lambda status: status["state"] == "waiting")
        self.renewals += 1
        self.look()
        if self.lot.random() < 0.1:  # it keeps what it knows
            self.server.stop()
            self.server.dbms.start()
            self.server.wait_for_certificate()


class WalkAlone(Walk):
    """The authority does not say when; `left` of a life is when it is time."""

    left = None

    def check(self, start, due, stop):
        # Spread over the two hundredth part before.
        assert -2 <= (stop - due) - self.life * self.left <= self.life / 200 + 2, (start, due, stop)


@pytest.mark.parametrize("profile, left, settings", [
    ("tlsserver", 1 / 3, {}), ("shortlived", 1 / 2, {}), ("tlsserver", 1 / 20, {"renew_before": "1m"})])
def test_forty_five_days_without_the_authoritys_wish(dbms_factory, pebble_factory, tmp_path, profile, left, settings):
    pebble = pebble_factory(profiles={profile: PROFILES[profile]}, clock=True)
    proxy = AcmeProxy(tmp_path, pebble)
    proxy.problem(proxy.RENEWAL_INFO, 503, "serverInternal")
    walk = WalkAlone(dbms_factory(), pebble, profile, directory=proxy.directory, **settings)
    walk.left, walk.root = left, pebble.root()
    walk.server.start()
    end = walk.now() + 45 * DAY
    while walk.now() < end:
        walk.renew_in_time(end)
    assert walk.renewals == int(45 * DAY / (walk.life * (1 - left)))
    assert (pebble.accounts(), pebble.orders()) == (1, 1 + walk.renewals)
    assert proxy.count(proxy.RENEWAL_INFO) > walk.renewals
    walk.server.stop()
    proxy.stop()


def test_two_years(dbms_factory, pebble_factory):
    walks = [Walk(dbms_factory(), pebble_factory(profiles=PROFILES, clock=True), profile) for profile in PROFILES]
    threads = [threading.Thread(target=walk.walk) for walk in walks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for walk in walks:
        if walk.failure:
            raise AssertionError(f"{walk.profile}, day {walk.offset / DAY:.1f}\n{walk.server.dbms.console()}") from walk.failure
        wanted = 1 + walk.renewals
        print(f"{walk.profile}: {wanted} orders in {walk.offset / DAY:.1f} days, {walk.looks} looks")
        assert (walk.pebble.accounts(), walk.pebble.orders(), len(walk.pebble.issued())) == (1, wanted, wanted)
        # Each renewal comes at two thirds of the life of the one before, a day more or less.
        walked, usual = DAYS[walk.profile] * DAY, walk.life * 2 / 3
        assert walked / (usual + DAY) <= wanted <= walked / (usual - DAY) + 2


@pytest.mark.parametrize("setting", ["internal.tls.clock_file=clock", "internal.tls.crash_at=3"])
def test_the_binary_of_users_refuses_what_is_for_tests(tmp_path, setting):
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "neo4j.conf").write_text(setting + "\n")
    done = subprocess.run([TRELLIS, "console", "--home", str(tmp_path)], capture_output=True, text=True, timeout=20)
    assert done.returncode != 0
    assert setting.split("=")[0] in done.stdout + done.stderr

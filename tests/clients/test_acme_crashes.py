# SPDX-License-Identifier: Apache-2.0
"""The server is killed at every step of an order: never a second account, a lost key, a needless order.

Challenges pass unseen here: a server killed while the authority looks at its answer loses that order
rightly, and orders are counted exactly.
"""
import os
import queue
import random
import shutil
import threading

import pytest
from acme import AcmeServer, wait_until
from acme_proxy import AcmeProxy

NAME = "graph.example.test"
MINUTE, HOUR = 60, 3600
WORKERS = 4  # most of the time goes by in waiting
KILLS = int(os.environ.get("TRELLIS_ACME_KILLS", "100"))
SEED = int(os.environ.get("TRELLIS_ACME_SEED", "1"))
YEARS_10 = {"default": 10 * 365 * 24 * HOUR}


def side_by_side(workers, tasks):
    """Each worker(task) in a thread of its own, until the tasks are done or one fails."""
    waiting, failures = queue.SimpleQueue(), []
    for task in tasks:
        waiting.put(task)

    def work(worker):
        while not failures:
            try:
                task = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                worker(task)
            except BaseException as failure:  # noqa: B902 - told below
                failures.append((task, failure))

    threads = [threading.Thread(target=work, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for task, failure in failures:
        raise AssertionError(f"{task} (TRELLIS_ACME_SEED={SEED})") from failure


class Victim:
    """One server and its own authority. Counts the kills that happened."""

    def __init__(self, dbms, pebble, **acme):
        self.pebble = pebble
        self.server = AcmeServer(dbms, pebble, NAME, **acme)
        self.dbms = self.server.dbms
        self.now = 0
        self.kills = 0

    def forget(self):
        shutil.rmtree(self.server.storage, ignore_errors=True)

    def is_dead(self):
        return self.dbms.process.poll() is not None

    def end(self):
        if self.dbms.process and not self.is_dead():
            self.dbms.kill()
        # Half a minute later nobody would take the dead one for another server, and wait for it.
        for member in (self.server.storage / "members").glob("*"):
            member.unlink()

    def start(self, crash_at=0):
        self.dbms.set("internal.tls.crash_at", crash_at)
        self.dbms.start(wait=crash_at == 0)

    def start_and_die(self, crash_at, unless):
        self.start(crash_at)
        wait_until(lambda: self.is_dead() or self.reached(unless), 30, self.dbms.console)
        self.kills += self.is_dead()
        self.end()

    def reached(self, condition):
        try:
            return condition(self.server.ask("tls.acme.status"))
        except (OSError, ValueError):  # dead, or not open yet
            return False

    def check(self, counts, accounts, orders):
        self.server.verify(root=self.root)
        assert (self.pebble.accounts(), len(self.pebble.issued()), self.pebble.orders()) == (
            counts[0] + accounts, counts[1] + orders, counts[2] + orders), self.dbms.console()
        left = [path.name for path in self.server.storage.iterdir() if path.name.startswith((".", "challenges-"))]
        assert not left, left

    def counts(self):
        self.root = self.pebble.root()
        return self.pebble.accounts(), len(self.pebble.issued()), self.pebble.orders()

    # -- what it is killed in --
    def first(self, *points):
        self.end()
        self.forget()
        counts = self.counts()
        for point in points:
            self.start_and_die(point, lambda status: status["sha256"] and status["state"] == "waiting")
        self.start()
        self.server.wait_for_certificate()
        self.settle()
        self.check(counts, 1, 1)

    def renewal(self, *points):
        before = self.established()
        counts = self.counts()
        self.pebble.set_renewal_window(self.server.leaf(), "2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z")
        self.end()
        self.now += 7 * HOUR  # it asks for the window every six
        self.server.set_clock(self.now)
        done = lambda status: status["sha256"] not in (before, None) and status["state"] == "waiting"
        for point in points:
            self.start_and_die(point, done)
        self.start()
        self.settle()
        self.now += 2 * MINUTE  # what was cut short three times counts as a failure, and waits
        self.server.set_clock(self.now)
        self.server.wait_for_other_than(before)
        self.settle()
        self.check(counts, 0, 1)

    def roll_over(self, *points):
        self.established()
        counts = self.counts()
        for point in points:
            self.end()
            self.start(point)
            self.dbms.wait_until_ready()
            self.server.trellis("account", "rollover", check=False)
            self.kills += self.is_dead()
            self.end()
        self.end()
        self.start()
        self.server.trellis("renew")
        self.settle()
        self.check(counts, 0, 1)

    def established(self):
        if not self.dbms.process or self.is_dead():
            self.start()
        return self.server.wait_for_certificate()

    def settle(self):
        """The certificate is shown a moment before the last writes."""
        self.server.wait_for(lambda status: status["state"] == "waiting")


@pytest.fixture
def victims(dbms_factory, pebble_factory):
    made = []

    def make(count, *arguments, **acme):
        for _ in range(count):
            made.append(Victim(dbms_factory(), pebble_factory(profiles=YEARS_10, always_valid=True), *arguments, **acme))
        return made

    yield make
    for victim in made:
        victim.end()


def test_killed_before_every_request_and_every_write(victims):
    lot = random.Random(SEED)
    steps = {"first": 25, "renewal": 25, "roll_over": 9}  # a few more than there are, for polls: checked below
    tasks = [(what, point) for what, count in steps.items() for point in range(1, count + 1)]
    tasks += [(what, lot.randint(2, steps[what]), lot.randint(1, 4))
              for what in lot.choices(list(steps), k=max(0, KILLS - len(tasks)) * 2 // 3 + 12)]  # at most two kills each
    lot.shuffle(tasks)
    workers = victims(WORKERS, test_build=True)
    for worker in workers:
        worker.start()
    side_by_side([lambda task, worker=worker: getattr(worker, task[0])(*task[1:]) for worker in workers], tasks)
    for what, count in steps.items():
        before = workers[0].kills
        getattr(workers[0], what)(count)
        assert workers[0].kills == before, f"{what} has {count} steps by now, or more: raise the number"
    kills = sum(worker.kills for worker in workers)
    print(f"{kills} kills, seed {SEED}")
    assert kills >= KILLS


def test_killed_after_every_request_whose_answer_is_lost(victims, tmp_path):
    """The binary that users have; the authority has done its part, and nobody learns of it."""
    workers, proxies = victims(3), []
    for number, worker in enumerate(workers):
        (tmp_path / str(number)).mkdir()
        proxies.append(AcmeProxy(tmp_path / str(number), worker.pebble))
        worker.server.set("directory", proxies[-1].directory)

    def lose(worker, proxy, number):
        worker.end()
        worker.forget()
        counts = worker.counts()
        proxy.pass_on("", number - 1)
        proxy.call_after("", worker.dbms.kill)
        worker.dbms.start(wait=False)
        wait_until(lambda: worker.is_dead() or worker.reached(lambda status: status["sha256"]), 30, worker.dbms.console)
        worker.kills += worker.is_dead()
        worker.end()
        proxy.clear()
        worker.dbms.start()
        worker.server.wait_for_certificate()
        worker.settle()
        worker.check(counts, 1, 1)

    try:
        side_by_side([lambda number, worker=worker, proxy=proxy: lose(worker, proxy, number)
                      for worker, proxy in zip(workers, proxies)], range(1, 14))
    finally:
        for proxy in proxies:
            proxy.stop()
    assert sum(worker.kills for worker in workers) >= 9

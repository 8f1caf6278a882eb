# SPDX-License-Identifier: Apache-2.0
"""Two servers of one name with one storage folder, as two members of a cluster would have it."""
import threading

import pytest
from acme import AcmeServer, wait_until
from acme_proxy import AcmeProxy

NAME = "graph.example.test"
HOSTS = ("127.0.0.1", "127.0.0.2")
HOUR = 3600


@pytest.fixture
def proxy(tmp_path, pebble):
    proxy = AcmeProxy(tmp_path, pebble)
    yield proxy
    proxy.stop()


@pytest.fixture
def pair(dbms_factory, proxy, tmp_path):
    """Two servers, not started, each with an address of its own; their clock is one file."""
    servers = []
    for host in HOSTS:
        one = AcmeServer(dbms_factory(), proxy.pebble, NAME, address=host, test_build=True, directory=proxy.directory,
                         storage_directory=tmp_path / "storage")
        one.shared = tmp_path / "storage"
        if servers:
            one.clock_file = servers[0].clock_file
            one.dbms.set("internal.tls.clock_file", one.clock_file)
        servers.append(one)
    yield servers
    proxy.pebble.dns("clear-a", host=NAME)
    for one in servers:
        if one.dbms.process and one.dbms.process.poll() is None:
            one.dbms.kill()


def resolve_to(pebble, host):
    pebble.dns("clear-a", host=NAME)
    pebble.add_a(NAME, host)


def served_by_all(servers, other_than=None):
    """The one certificate that every server serves; not the one before."""
    def same():
        known = {one.ask("tls.acme.status")["sha256"] for one in servers}
        if len(known) != 1 or known & {None, other_than}:
            return None
        shown = {one.served_sha256() for one in servers}
        return known.pop() if known == shown else None
    sha256 = wait_until(same, 30, lambda: "\n".join(one.dbms.console() for one in servers))
    for one in servers:
        one.verify()
    return sha256


@pytest.mark.parametrize("holder, answering", [(0, 1), (1, 0), (0, 0)])
def test_either_answers_the_challenge_of_one_order(proxy, pair, holder, answering):
    """The first is in mid-order when the second comes; the authority is led to `answering`."""
    placed, go_on = threading.Event(), threading.Event()
    proxy.call(proxy.NEW_ORDER, lambda: (placed.set(), go_on.wait(30)))
    resolve_to(proxy.pebble, HOSTS[answering])
    accounts = proxy.pebble.accounts()
    pair[holder].start(certificate=False)
    assert placed.wait(20)
    other = pair[1 - holder]
    other.start(certificate=False)
    other.wait_for(lambda status: status["state"] == "another server orders")
    go_on.set()
    first = served_by_all(pair)
    assert proxy.attempts() == 1 and proxy.pebble.accounts() == accounts + 1
    # And the renewal, asked of the other one.
    resolve_to(proxy.pebble, HOSTS[1 - answering])
    other.trellis("renew")
    served_by_all(pair, other_than=first)
    assert proxy.attempts() == 2 and proxy.pebble.accounts() == accounts + 1


def test_both_at_once_place_one_order(proxy, pair):
    pebble = proxy.pebble
    counts = lambda: (pebble.accounts(), pebble.orders(), len(pebble.issued()))
    accounts, orders, issued = counts()
    for one in pair:
        one.dbms.start(wait=False)
    for one in pair:
        one.dbms.wait_until_ready()
    served = served_by_all(pair)
    assert proxy.attempts() == 1 and counts() == (accounts + 1, orders + 1, issued + 1)
    # Both see at the same moment that it is time to renew.
    for count in (2, 3):
        proxy.pebble.set_renewal_window(pair[0].leaf(), "2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z")
        pair[0].set_clock((count - 1) * 7 * HOUR)  # they ask for it every six
        served = served_by_all(pair, other_than=served)
        assert proxy.attempts() == count
    assert counts() == (accounts + 1, orders + 3, issued + 3)


def test_a_failure_of_one_makes_the_other_wait(proxy, pair):
    proxy.problem(proxy.NEW_ORDER, 500, "serverInternal", times=1)
    one, two = pair
    one.start(certificate=False)
    one.wait_for(lambda status: status["failed"] == 1)
    two.set_clock(30)
    two.start(certificate=False)
    seen = two.wait_for(lambda status: status["lookedAt"])
    two.wait_for(lambda status: status["lookedAt"] > seen and status["state"] == "waiting")
    assert proxy.attempts() == 1
    two.set_clock(65)
    served_by_all(pair)
    assert proxy.attempts() == 2


@pytest.mark.parametrize("where", ["NEW_ACCOUNT", "NEW_ORDER", "AUTHORIZATION", "FINALIZE", "CERTIFICATE"])
def test_a_holder_killed_in_mid_order_is_recovered_from(proxy, pair, where):
    """The authority has done what it was asked to; the answer finds nobody."""
    accounts = proxy.pebble.accounts()
    proxy.call_after(getattr(proxy, where), pair[0].dbms.kill)
    pair[0].start(certificate=False)
    wait_until(lambda: pair[0].dbms.process.poll() is not None, 20, pair[0].dbms.console)
    resolve_to(proxy.pebble, HOSTS[1])
    pair[1].start()
    assert proxy.pebble.accounts() == accounts + 1
    assert proxy.attempts() == 1
    pair[0].start()
    served_by_all(pair)
    assert proxy.attempts() == 1


def test_a_server_that_waits_takes_over_from_a_holder_that_is_killed(proxy, pair):
    pebble = proxy.pebble
    before = (pebble.accounts(), pebble.orders(), len(pebble.issued()))
    proxy.hang(proxy.FINALIZE, times=1)
    for one in pair:
        one.set("request_timeout", "60s")
    one, two = pair
    resolve_to(pebble, HOSTS[0])
    one.start(certificate=False)
    wait_until(lambda: proxy.count(proxy.FINALIZE) == 1)
    two.start(certificate=False)
    two.wait_for(lambda status: status["state"] == "another server orders")
    assert proxy.count(proxy.FINALIZE) == 1
    one.dbms.kill()
    two.wait_for_certificate()
    two.verify()
    assert (pebble.accounts(), pebble.orders(), len(pebble.issued())) == tuple(count + 1 for count in before)


def test_a_holder_that_has_lost_its_lease_leaves_everything_to_the_new_one(proxy, pair):
    """As if a server of another machine had taken over one that stood still."""
    one, pebble = pair[0], proxy.pebble
    orders = pebble.orders()
    storage = one.shared
    lease = lambda: next(storage.glob("lease-graph.*"))
    left = {}

    def lease_of_another(path):
        path.write_text("trellis-acme lease 1\nmachine: other\nholder: other\nbeat: 7\n")

    def take_over():
        lease_of_another(lease())
        for kind in ("challenges", "failures"):
            path = next(storage.glob(f"{kind}-*"))
            path.write_text(path.read_text() + "theirs: yes\n")
            left[path] = path.read_text()
        order = next(storage.glob("order-*"))
        left[order] = order.read_text()

    proxy.call(proxy.CHALLENGE, take_over)
    storage.mkdir()
    (storage / "members").mkdir()
    (storage / "members" / "other").touch()  # company: answers are published
    resolve_to(pebble, HOSTS[0])
    one.start(certificate=False)
    one.wait_for(lambda status: status["state"] == "another server orders")
    assert left and {path: path.read_text() for path in left} == left
    assert lease().read_text().endswith("beat: 7\n") and proxy.count(proxy.FINALIZE) == 0
    assert one.ask("tls.acme.status")["failed"] == 0
    # That one ends, with nothing done: the order goes on.
    path = lease()
    path.unlink()
    one.wait_for_certificate()
    one.verify()
    assert pebble.orders() == orders + 1
    # Nor is a certificate revoked that another server may be replacing.
    one.wait_for(lambda status: status["state"] == "waiting")
    wait_until(lambda: not path.exists())
    lease_of_another(path)
    assert "Another server" in one.trellis("revoke", check=False).stderr
    assert pebble.certificate_status(pebble.issued()[-1])["Status"] == "Valid"

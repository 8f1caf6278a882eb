# SPDX-License-Identifier: Apache-2.0
"""Servers of one name that share their storage: one orders, either answers, both serve."""
import pytest
from acme import AcmeServer, wait_until
from acme_proxy import AcmeProxy

NAME = "graph.example.test"


@pytest.fixture
def pair(pebble_factory, dbms_factory, tmp_path):
    """Two servers on addresses of their own; the authority knows only the second one's."""
    pebble = pebble_factory()
    pebble.add_a(NAME, "127.0.0.3")
    servers = []
    for address in ("127.0.0.2", "127.0.0.3"):
        server = AcmeServer(dbms_factory(), pebble, NAME, test_build=True, address=address,
                            storage_directory=tmp_path / "shared")
        server.address = address
        servers.append(server)
    yield servers
    for server in servers:
        if server.dbms.process and server.dbms.process.poll() is None:
            server.dbms.kill()


def test_one_order_for_both_and_either_answers(pair, tmp_path):
    one, two = pair
    pebble = one.pebble
    proxy = AcmeProxy(tmp_path / "proxy", pebble)
    proxy.refuse(proxy.DIRECTORY)
    for server in pair:
        server.set("directory", proxy.directory)
        server.start(certificate=False)
    wait_until(lambda: one.status()["lastError"] or two.status()["lastError"])
    proxy.clear()
    for server in pair:
        server.set_clock(65)
    for server in pair:
        server.wait_for_certificate()
    assert (pebble.accounts(), pebble.orders(), len(pebble.issued())) == (1, 1, 1)
    assert one.served_sha256() == two.served_sha256()
    # A renewal that one of them makes is served by the other.
    first = one.status()["sha256"]
    one.trellis("renew")
    assert two.wait_for_other_than(first) == one.status()["sha256"]
    assert one.served_sha256() == two.served_sha256() != first
    one.verify()
    two.verify()
    assert pebble.orders() == 2
    proxy.stop()


def test_a_holder_that_is_killed_mid_order_is_followed_by_the_other(pair, tmp_path):
    one, two = pair
    pebble = one.pebble
    proxy = AcmeProxy(tmp_path / "proxy", pebble)
    proxy.hang(proxy.FINALIZE, times=1)
    pebble.add_a(NAME, "127.0.0.2")
    one.set("directory", proxy.directory)
    one.set("request_timeout", "60s")
    two.set("directory", proxy.directory)
    pebble.dns("clear-a", host=NAME)
    pebble.add_a(NAME, "127.0.0.2")
    one.start(certificate=False)
    wait_until(lambda: proxy.count(proxy.FINALIZE) == 1)
    two.start(certificate=False)
    two.wait_for(lambda status: status["state"] == "another server orders")
    assert (pebble.orders(), proxy.count(proxy.FINALIZE)) == (1, 1)
    one.dbms.kill()
    two.wait_for_certificate()
    two.verify()
    assert (pebble.accounts(), pebble.orders(), len(pebble.issued())) == (1, 1, 1)
    proxy.stop()

# SPDX-License-Identifier: Apache-2.0
"""Certificates that the server obtains itself, from Pebble: issue, serve, renew."""
import pathlib
import socket
import ssl
import stat
import subprocess

import neo4j
import pytest
from acme import AcmeServer, wait_until
from conftest import PASSWORD

NAME = "graph.example.test"


@pytest.fixture
def resolved(monkeypatch):
    """Names of example.test lead to loopback for this process alone, as /etc/hosts would."""
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest, **named: real(
        "127.0.0.1" if str(host).endswith("example.test") else host, *rest, **named))


@pytest.fixture(scope="module")
def pebble(pebble_factory):
    return pebble_factory()


@pytest.fixture(scope="module")
def served(pebble, dbms_factory):
    return AcmeServer(dbms_factory(), pebble, NAME, "www.example.test").start()


def driver(server, root):
    return neo4j.GraphDatabase.driver(f"neo4j://{NAME}:{server.dbms.bolt_port}", auth=("neo4j", PASSWORD),
                                      ssl_context=ssl.create_default_context(cafile=str(root)))


def test_it_is_served_on_bolt_and_https_and_verified(served, resolved):
    with driver(served, served.pebble.root()) as connected:
        connected.verify_connectivity()
        assert connected.execute_query("RETURN 1 AS one")[0][0]["one"] == 1
    for port in (served.dbms.bolt_port, served.https_port):
        served.verify(port)
        served.verify(port, "www.example.test")
    assert served.served_sha256() == served.served_sha256(served.https_port) == served.status()["sha256"]
    assert (served.pebble.accounts(), served.pebble.orders()) == (1, 1)


def test_what_is_stored_is_closed_to_others(served):
    for path in [served.storage, *served.storage.rglob("*")]:
        if path.name.startswith("lock-"):  # holds a process number, in a closed folder
            continue
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_renewed_by_command_without_a_dropped_connection(served, resolved):
    before = served.served_sha256()
    with driver(served, served.pebble.root()) as connected, connected.session() as session:
        transaction = session.begin_transaction()
        assert transaction.run("RETURN 1 AS one").single()["one"] == 1
        done = served.trellis("renew")
        assert served.status()["sha256"] in done.stdout
        assert served.served_sha256() == served.served_sha256(served.https_port) != before
        assert transaction.run("RETURN 2 AS two").single()["two"] == 2
        transaction.rollback()
    served.verify()
    assert served.pebble.accounts() == 1 and served.status()["lastError"] is None


def test_a_restart_serves_what_was_saved_and_orders_nothing(served):
    orders, sha256 = served.pebble.orders(), served.served_sha256()
    served.stop()
    served.start()
    assert served.served_sha256() == sha256
    assert served.pebble.orders() == orders

# SPDX-License-Identifier: Apache-2.0
"""What an idle, authenticated connection costs."""
import os
import ssl

import bolt
import pytest
from conftest import PASSWORD

COUNT = int(os.environ.get("TRELLIS_IDLE_CONNECTIONS", "10000"))


def open_many(dbms, count, wrap=None):
    import resource
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    connections = []
    for _ in range(count):
        connection = bolt.Connection(dbms.bolt_port)
        if wrap:
            connection.socket = wrap(connection.socket)
        assert connection.handshake((5, 4, 0)) == b"\0\0\x04\x05"
        connection.log_on((5, 4), "neo4j", PASSWORD)
        connections.append(connection)
    return connections


def measure(dbms, count, wrap=None):
    before = dbms.memory_mb()
    connections = open_many(dbms, count, wrap)
    grown = dbms.memory_mb() - before
    for connection in connections[:: max(1, count // 20)]:  # they still work
        assert connection.call(0x10, "RETURN 1", {}, {})[0] == bolt.SUCCESS
    for connection in connections:
        connection.close()
    return grown


def test_plain(dbms_factory):
    dbms = dbms_factory()
    dbms.set("trellis.bolt.max_connections", COUNT + 100)
    dbms.start()
    grown = measure(dbms, COUNT)
    print(f"{COUNT} idle plain connections: {grown:.1f} MB")
    assert grown < 150 * COUNT / 10000


def test_tls(dbms_factory, authority):
    count = COUNT // 10
    dbms = dbms_factory()
    dbms.secure(authority, "localhost")
    dbms.start()
    context = ssl.create_default_context(cafile=str(authority.certificate))
    grown = measure(dbms, count, lambda s: context.wrap_socket(s, server_hostname="localhost"))
    print(f"{count} idle TLS connections: {grown:.1f} MB, so {grown * 10000 / count:.0f} MB for 10,000")
    assert grown * 10000 / count < 350

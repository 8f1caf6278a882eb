# SPDX-License-Identifier: Apache-2.0
"""Back-pressure, interruption and abandonment, straight and through the alias."""
import re
import threading
import time

import bolt
import neo4j
import pytest
from conftest import PASSWORD, TRELLIS, run
from test_main_job import two  # noqa: F401 (a fixture)

COUNT = 10_000_000
STATEMENT = f"UNWIND range(1, {COUNT}) AS i RETURN i"


def drain(connection, statement, size=1000, limit=COUNT):
    tag, _ = connection.call(0x10, statement, {}, {})
    assert tag == bolt.SUCCESS
    got = 0
    while got < limit:
        connection.send(0x3F, {"n": size})
        while True:
            tag, fields = connection.receive()
            if tag != bolt.RECORD:
                break
            got += 1
        assert tag == bolt.SUCCESS, fields
        if not fields[0].get("has_more"):
            return got
    return got


class Watch:
    """The memory of servers while something runs."""

    def __init__(self, *servers):
        self.servers = servers
        self.idle = [s.memory_mb() for s in servers]
        self.peak = list(self.idle)
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def watch(self):
        while not self.stop.wait(0.05):
            self.peak = [max(p, s.memory_mb()) for p, s in zip(self.peak, self.servers)]

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()


# Messages of one chunk each: records of one integer, whatever its size.
ONE_RECORD = b"|".join(b"\\x00" + re.escape(bytes([size])) + b"\\xb1\\x71.{%d}\\x00\\x00" % (size - 2) for size in range(4, 13))
RECORDS = re.compile(b"(?:" + ONE_RECORD + b")*", re.DOTALL)
RECORD = re.compile(ONE_RECORD, re.DOTALL)


class Skimmer:
    """Counts records without unpacking them: ten million rows in seconds."""

    def __init__(self, connection):
        self.connection = connection
        self.buffer = b""

    def pull_all(self, statement, database, size=1000):
        c = self.connection
        tag, fields = c.call(0x10, statement, {}, {"db": database})
        assert tag == bolt.SUCCESS, fields
        count, more = 0, True
        while more:
            c.send(0x3F, {"n": size})
            while True:
                count += self.take_records()
                head = self.take(2)
                length = int.from_bytes(head, "big")
                if length == 0:
                    continue
                body = self.take(length)
                if body[1] == bolt.RECORD:
                    count += 1
                    continue
                assert body[1] == bolt.SUCCESS, body
                self.take(2)
                more = b"has_more" in body
                break
        return count

    def take_records(self):
        """How many stand whole at the head of what has come; they are taken away."""
        end = RECORDS.match(self.buffer).end()
        taken, self.buffer = self.buffer[:end], self.buffer[end:]
        return len(RECORD.findall(taken))

    def take(self, size):
        while len(self.buffer) < size:
            more = self.connection.socket.recv(1 << 16)
            assert more, "closed"
            self.buffer += more
        taken, self.buffer = self.buffer[:size], self.buffer[size:]
        return taken


def test_ten_million_rows_keep_memory_flat(plain_dbms):
    connection = bolt.connected(plain_dbms.bolt_port, "neo4j", PASSWORD)
    connection.socket.settimeout(60)
    drain(connection, "UNWIND range(1, 100000) AS i RETURN i", limit=100000)
    with Watch(plain_dbms) as watch:
        assert Skimmer(connection).pull_all(STATEMENT, "neo4j") == COUNT
    print(f"direct: idle {watch.idle[0]:.1f} MB, peak {watch.peak[0]:.1f} MB")
    assert watch.peak[0] - watch.idle[0] < 20


@pytest.fixture
def carol(two, authority):  # noqa: F811
    import ssl
    a, _ = two
    context = ssl.create_default_context(cafile=str(authority.certificate))

    def connect():
        import socket
        plain = socket.create_connection(("127.0.0.1", a.bolt_port), timeout=60)
        return bolt.connected(a.bolt_port, "carol", "carol-password",
                              stream=context.wrap_socket(plain, server_hostname="localhost"))
    return connect


def test_ten_million_rows_through_the_alias_keep_both_flat(two, carol):  # noqa: F811
    connection = carol()
    connection.socket.settimeout(60)
    assert Skimmer(connection).pull_all("UNWIND range(1, 100000) AS i RETURN i", "products") == 100000
    with Watch(*two) as watch:
        assert Skimmer(connection).pull_all(STATEMENT, "products") == COUNT
    for name, idle, peak in zip(("A", "B"), watch.idle, watch.peak):
        print(f"through the alias, {name}: idle {idle:.1f} MB, peak {peak:.1f} MB")
        assert peak - idle < 20


def test_reset_through_the_alias(two, carol):  # noqa: F811
    connection = carol()
    assert connection.call(0x10, STATEMENT, {}, {"db": "products"})[0] == bolt.SUCCESS
    connection.send(0x3F, {"n": 1})
    time.sleep(0.3)
    begin = time.monotonic()
    connection.send(0x0F)
    while connection.receive() != (bolt.SUCCESS, [{}]):
        pass
    elapsed = time.monotonic() - begin
    print(f"RESET through the alias answered after {elapsed * 1000:.1f} ms")
    assert elapsed < 0.1


def test_closing_the_client_ends_the_remote_query(two, carol, authority):  # noqa: F811
    from test_main_job import connect
    connection = carol()
    connection.send(0x10, "UNWIND range(1, 1000000000) AS i WITH i WHERE i < 0 RETURN count(i)", {}, {"db": "products"})
    connection.send(0x3F, {"n": -1})
    with connect(two[1], authority, "neo4j", PASSWORD) as bob:
        deadline = time.monotonic() + 5
        while not running(bob, "db1"):
            assert time.monotonic() < deadline, "the query did not reach B"
            time.sleep(0.05)
        begin = time.monotonic()
        connection.close()
        while running(bob, "db1"):
            assert time.monotonic() - begin < 1
            time.sleep(0.02)
        print(f"the remote query was gone {time.monotonic() - begin:.2f} s after the client")


def test_reset_interrupts_within_a_tenth_of_a_second(plain_dbms):
    connection = bolt.connected(plain_dbms.bolt_port, "neo4j", PASSWORD)
    for statement in (STATEMENT, "UNWIND range(1, 1000000000) AS i WITH i WHERE i < 0 RETURN count(i)"):
        assert connection.call(0x10, statement, {}, {})[0] == bolt.SUCCESS
        connection.send(0x3F, {"n": 1})
        time.sleep(0.3)
        begin = time.monotonic()
        connection.send(0x0F)
        while True:
            tag, fields = connection.receive()
            if tag == bolt.SUCCESS and fields == [{}]:
                break
        elapsed = time.monotonic() - begin
        print(f"RESET answered after {elapsed * 1000:.1f} ms")
        assert elapsed < 0.1


def running(driver, database="neo4j"):
    records, _, _ = driver.execute_query("SHOW TRANSACTIONS YIELD currentQuery RETURN currentQuery", database_=database)
    return [r["currentQuery"] for r in records if "1000000000" in r["currentQuery"] and "SHOW" not in r["currentQuery"]]


def test_closing_the_client_ends_its_query(plain_dbms):
    connection = bolt.connected(plain_dbms.bolt_port, "neo4j", PASSWORD)
    connection.send(0x10, "UNWIND range(1, 1000000000) AS i WITH i WHERE i < 0 RETURN count(i)", {}, {})
    connection.send(0x3F, {"n": -1})
    with neo4j.GraphDatabase.driver(plain_dbms.uri(), auth=("neo4j", PASSWORD)) as driver:
        time.sleep(0.5)
        assert running(driver)
        connection.close()
        deadline = time.monotonic() + 1
        while running(driver):
            assert time.monotonic() < deadline
            time.sleep(0.05)

# SPDX-License-Identifier: Apache-2.0
"""Back-pressure, interruption and abandonment, straight and through the alias."""
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


def test_ten_million_rows_keep_memory_flat(plain_dbms):
    connection = bolt.connected(plain_dbms.bolt_port, "neo4j", PASSWORD)
    drain(connection, "UNWIND range(1, 100000) AS i RETURN i")
    idle = plain_dbms.memory_mb()
    peak = [idle]
    stop = threading.Event()

    def watch():
        while not stop.wait(0.05):
            peak[0] = max(peak[0], plain_dbms.memory_mb())
    watcher = threading.Thread(target=watch)
    watcher.start()
    with neo4j.GraphDatabase.driver(plain_dbms.uri(), auth=("neo4j", PASSWORD)) as driver:
        with driver.session(fetch_size=1000) as session:
            result = session.run(STATEMENT)
            for i, record in enumerate(result):
                if i == 300_000:  # the client is the slow part: a slice of it shows the plateau
                    break
            summary_peak = peak[0]
    stop.set()
    watcher.join()
    print(f"direct: idle {idle:.1f} MB, peak {summary_peak:.1f} MB")
    assert peak[0] - idle < 20


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


def running(driver):
    records, _, _ = driver.execute_query("SHOW TRANSACTIONS YIELD currentQuery RETURN currentQuery", database_="neo4j")
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

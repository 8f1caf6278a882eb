# SPDX-License-Identifier: Apache-2.0
"""kill -9 under 8 concurrent writers: each transaction makes two nodes and a relationship; after the
restart every acknowledged one is whole and no other is half there. TRELLIS_KILL_ROUNDS sets how
often (default 5; `./dev test --long` runs 50)."""
import logging
import os
import random
import threading
import time

import neo4j
from conftest import PASSWORD

logging.getLogger("neo4j").setLevel(logging.CRITICAL)  # the kills are meant
ROUNDS = int(os.environ.get("TRELLIS_KILL_ROUNDS", "5"))
WRITERS = 8


def write(dbms, writer, round_, acknowledged, stop):
    driver = neo4j.GraphDatabase.driver(dbms.uri(), auth=("neo4j", PASSWORD), max_transaction_retry_time=0)
    number = 0
    try:
        with driver.session(database="neo4j") as session:
            while not stop.is_set():
                key = f"{round_}-{writer}-{number}"
                session.run("CREATE (a:Left {key: $key})-[:PAIR {key: $key}]->(b:Right {key: $key})", key=key).consume()
                acknowledged.append(key)
                number += 1
    except (neo4j.exceptions.Neo4jError, neo4j.exceptions.DriverError, OSError):
        pass  # the kill
    finally:
        driver.close()


def test_acknowledged_transactions_survive_kills(dbms_factory):
    dbms = dbms_factory().start()
    acknowledged = []
    chance = random.Random(11)
    restarts = []
    for round_ in range(ROUNDS):
        stop = threading.Event()
        threads = [threading.Thread(target=write, args=(dbms, w, round_, acknowledged, stop)) for w in range(WRITERS)]
        for thread in threads:
            thread.start()
        time.sleep(0.3 + chance.random())
        dbms.kill()
        stop.set()
        for thread in threads:
            thread.join()
        begin = time.monotonic()
        dbms.start()
        restarts.append(time.monotonic() - begin)
        with neo4j.GraphDatabase.driver(dbms.uri(), auth=("neo4j", PASSWORD)) as driver:
            records, _, _ = driver.execute_query(
                "MATCH (a:Left)-[r:PAIR]->(b:Right) WHERE a.key = r.key AND b.key = r.key RETURN collect(a.key) AS keys",
                database_="neo4j")
            whole = set(records[0]["keys"])
            records, _, _ = driver.execute_query(
                "MATCH (n) WHERE n:Left OR n:Right RETURN count(n) AS nodes", database_="neo4j")
            assert records[0]["nodes"] == 2 * len(whole), "a transaction is half there"
            lost = set(acknowledged) - whole
            assert not lost, f"{len(lost)} acknowledged transactions are lost"
    assert len(acknowledged) > ROUNDS * WRITERS
    print(f"{ROUNDS} kills, {len(acknowledged)} acknowledged transactions, restart {max(restarts):.2f} s at most")

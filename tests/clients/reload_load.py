# SPDX-License-Identifier: Apache-2.0
"""reload_load.py URI PASSWORD CONNECTIONS LIFE_SECONDS: so many drivers with one connection each, in steady use
and each renewed after its life, until standard input closes. Trusts the CAs of SSL_CERT_FILE alone. Prints JSON."""
import json
import random
import sys
import threading
import time

import neo4j

uri, password, connections, life = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
stop = threading.Event()
lock = threading.Lock()
totals = {"queries": 0, "connects": 0, "errors": []}


def work(seed):
    chance = random.Random(seed)
    while not stop.is_set():
        try:
            with neo4j.GraphDatabase.driver(uri, auth=("neo4j", password), max_transaction_retry_time=0,
                                            max_connection_pool_size=1, connection_timeout=60) as driver:
                with lock:
                    totals["connects"] += 1
                until = time.monotonic() + life * chance.uniform(0.5, 1.5)
                while not stop.is_set() and time.monotonic() < until:
                    with driver.session(database="neo4j") as session:
                        assert session.run("UNWIND range(1, 50) AS i RETURN sum(i) AS s").single()["s"] == 1275
                    with lock:
                        totals["queries"] += 1
                    stop.wait(chance.uniform(0.05, 0.15))
        except Exception as error:  # whatever it is: a reload must not show
            with lock:
                totals["errors"].append(f"{type(error).__name__}: {error}")


threads = [threading.Thread(target=work, args=(n,)) for n in range(connections)]
for thread in threads:
    thread.start()
sys.stdin.read()
stop.set()
for thread in threads:
    thread.join()
totals["errors"] = totals["errors"][:20]
print(json.dumps(totals))

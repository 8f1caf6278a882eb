# SPDX-License-Identifier: Apache-2.0
"""python steady_client.py URI PASSWORD: works against a server until standard input ends, then tells how that
went, as one line of JSON. One driver runs queries on its pooled connections, one transaction stays open all
the while, and new drivers connect again and again. Certificates are verified against SSL_CERT_FILE.
"""
import json
import sys
import threading

import neo4j

uri, password = sys.argv[1:]
auth = ("neo4j", password)
over = threading.Event()
failures = []
counts = {"queries": 0, "connects": 0}


def guarded(name, step):
    def loop():
        while not over.wait(0.02):
            try:
                step()
                counts[name] += 1
            except Exception as error:  # whatever it is: it is counted, and the test fails
                failures.append(f"{name}: {error!r}")
    return threading.Thread(target=loop)


def connect():
    with neo4j.GraphDatabase.driver(uri, auth=auth) as fresh:
        assert fresh.execute_query("RETURN 2 AS two")[0][0]["two"] == 2


with neo4j.GraphDatabase.driver(uri, auth=auth) as driver:
    def query():
        assert driver.execute_query("RETURN 1 AS one")[0][0]["one"] == 1

    with driver.session() as session:
        held = session.begin_transaction()
        held.run("CREATE (:Held)").consume()
        threads = [guarded("queries", query), guarded("connects", connect)]
        for thread in threads:
            thread.start()
        print("ready", flush=True)
        sys.stdin.read()
        over.set()
        for thread in threads:
            thread.join()
        try:
            held.run("CREATE (:Held)").consume()
            held.commit()
        except Exception as error:
            failures.append(f"transaction: {error!r}")
print(json.dumps({**counts, "failures": failures[:20]}))

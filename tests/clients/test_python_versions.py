# SPDX-License-Identifier: Apache-2.0
"""The official Python driver, several versions, over verified TLS and plain."""
import json
import subprocess
import sys

import pytest
from conftest import CACHE, PASSWORD, run

VERSIONS = ["4.4.12", "5.0.1", "5.14.1", "5.25.0", "5.28.8", "6.4.1"]

SCRIPT = r"""
import json, ssl, sys, neo4j
uri, ca, password = sys.argv[1:4]
options = {"auth": ("neo4j", password)}
if uri.startswith(("bolt+s://", "neo4j+s://")):
    import os
    os.environ["SSL_CERT_FILE"] = ca
with neo4j.GraphDatabase.driver(uri, **options) as driver:
    with driver.session(database="neo4j") as session:
        def work(tx):
            return [list(r.values()) for r in tx.run(
                "UNWIND range(1, 3000) AS i WITH i WHERE i % 1000 = 0 "
                "RETURN i, date('2026-11-22') AS d, datetime('2026-11-22T10:00:00[Europe/Stockholm]') AS t, "
                "duration('P1DT2H') AS u, point({x: 1.0, y: 2.0}) AS p, {a: [1, 2.5, null, 'x', true]} AS m")]
        read = session.read_transaction if not hasattr(session, "execute_read") else session.execute_read
        rows = read(work)
        assert [r[0] for r in rows] == [1000, 2000, 3000], rows
        assert str(rows[0][1]) == "2026-11-22" and rows[0][5] == {"a": [1, 2.5, None, "x", True]}, rows[0]
        write = session.write_transaction if not hasattr(session, "execute_write") else session.execute_write
        made = write(lambda tx: tx.run("CREATE (n:Made {v: $v})-[r:OF]->(m) RETURN n, r", v=1).single())
        assert made["n"]["v"] == 1 and made["r"].type == "OF"
        summary = session.run("RETURN 1 AS x").consume()
        try:
            session.run("RETURN missing").consume()
            raise SystemExit("no error")
        except neo4j.exceptions.CypherSyntaxError:
            pass
        print(json.dumps({"protocol": list(summary.server.protocol_version), "agent": summary.server.agent}))
"""


def installed(version):
    target = CACHE / "python" / version
    if not (target / "neo4j").is_dir():
        run(sys.executable, "-m", "pip", "install", "-q", "--target", target, f"neo4j=={version}")
    return target


@pytest.mark.parametrize("scheme", ["bolt", "neo4j+s"])
@pytest.mark.parametrize("version", VERSIONS)
def test_driver(secure_dbms, plain_dbms, authority, version, scheme):
    target = installed(version)
    dbms = secure_dbms if scheme.endswith("+s") else plain_dbms
    import os
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT, dbms.uri(scheme, "localhost"),
         str(authority.certificate), PASSWORD],
        capture_output=True, text=True, timeout=60,
        env={**os.environ, "PYTHONPATH": str(target), "SSL_CERT_FILE": str(authority.certificate)})
    assert done.returncode == 0, done.stdout + done.stderr
    answer = json.loads(done.stdout)
    assert answer["agent"].startswith("Neo4j/5.26")
    print(f"Python driver {version} | {scheme} | Bolt {'.'.join(map(str, answer['protocol']))}")

# SPDX-License-Identifier: Apache-2.0
"""What a running server says of its certificates: SHOW CERTIFICATES to the Python driver and to cypher-shell, metrics
to Prometheus, `trellis tls status`, and the program that is run when an end nears."""
import datetime
import json
import socket
import stat
import subprocess
import time
import urllib.error
import urllib.request

import neo4j
import pytest
from conftest import PASSWORD, TRELLIS, free_port, run
from maven import jars, trust_store
from serving import HOST, Pairs, Server, issue_dated, metrics, wait_for


@pytest.fixture(scope="module")
def pairs(tmp_path_factory, authority):
    return Pairs(tmp_path_factory.mktemp("pairs"), authority, 2)


@pytest.fixture(scope="module")
def one(dbms_factory, authority, pairs):
    made = Server(dbms_factory(), authority, pairs)
    made.metrics_port = free_port()
    made.dbms.set("server.metrics.prometheus.enabled", "true")
    made.dbms.set("server.metrics.prometheus.endpoint", f"127.0.0.1:{made.metrics_port}")
    made.dbms.set("server.metrics.prefix", "graph")
    return made.start()


def test_show_certificates_to_the_python_driver(one, pairs):
    row, = one.query("SHOW CERTIFICATES")
    assert list(row) == ["scope", "sniNames", "subject", "names", "issuer", "keyType", "sha256", "notAfter", "daysLeft",
                         "source", "lastReload", "lastError", "nextRenewal"]
    assert row["scope"] == "bolt" and row["sniNames"] == [] and row["sha256"] == pairs.fingerprints[0]
    assert row["names"] == ["localhost", "127.0.0.1"] and row["subject"] == "CN=localhost"
    assert row["issuer"] == "CN=Test Authority" and "EC" in row["keyType"]
    assert isinstance(row["notAfter"], neo4j.time.DateTime) and row["daysLeft"] == 19
    left = row["notAfter"].to_native() - datetime.datetime.now(datetime.timezone.utc)
    assert 19 <= left.total_seconds() / 86400 <= 20
    assert row["lastError"] is None and row["nextRenewal"] is None and row["source"].endswith("public.crt")
    assert one.query("SHOW CERTIFICATES YIELD scope, daysLeft AS left, notBefore WHERE left < 30 RETURN scope, left") == [
        {"scope": "bolt", "left": 19}]
    assert one.query("SHOW CERTIFICATES WHERE daysLeft < 7") == []


def test_show_certificates_needs_the_right_to_see_settings(one):
    with one.driver() as driver:
        for text in ("CREATE USER ann SET PASSWORD 'correct-horse' CHANGE NOT REQUIRED", "CREATE ROLE auditor",
                     "GRANT ROLE auditor TO ann"):
            driver.execute_query(text, database_="system")
        ann = {"auth_": ("ann", "correct-horse"), "database_": "system"}
        assert driver.execute_query("SHOW CERTIFICATES", **ann).records == []
        with pytest.raises(neo4j.exceptions.Forbidden):
            driver.execute_query("CALL dbms.security.reloadTLS()", **ann)
        driver.execute_query("GRANT SHOW SETTING dbms.ssl.policy.* ON DBMS TO auditor", database_="system")
        assert len(driver.execute_query("SHOW CERTIFICATES", **ann).records) == 1
        driver.execute_query("GRANT EXECUTE ADMIN PROCEDURES ON DBMS TO auditor", database_="system")
        driver.execute_query("CALL dbms.security.reloadTLS()", **ann)


def test_cypher_shell(one, authority):
    done = subprocess.run(
        ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", *trust_store(authority), "-cp",
         jars("org.neo4j", "cypher-shell", "5.26.30"), "org.neo4j.shell.Main", "-a",
         f"neo4j+s://{HOST}:{one.dbms.bolt_port}", "-u", "neo4j", "-p", PASSWORD, "--format", "plain"],
        input="SHOW CERTIFICATES YIELD scope, names, daysLeft RETURN scope, names, daysLeft > 10 AS fine;\n"
              "CALL dbms.security.reloadTLS();\n",
        capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"bolt", ["localhost", "127.0.0.1"], TRUE' in done.stdout, done.stdout


def test_prometheus_metrics(one, pairs):
    values = metrics(one.metrics_port)
    end = int(run("date", "-d", run("openssl", "x509", "-noout", "-enddate", "-in", pairs.folders[0] / "public.crt")
                  .strip().removeprefix("notAfter="), "+%s"))
    assert values['graph_certificate_not_after_seconds{scope="bolt",name="localhost",key="EC"}'] == end
    assert {'graph_tls_reloads_total{result="changed"}', 'graph_tls_reloads_total{result="failed"}'} <= values.keys()
    opened = values["graph_dbms_bolt_connections_opened_total"]
    assert opened >= 1 and "graph_database_neo4j_transaction_last_committed_tx_id_total" in values
    one.query("RETURN 1")
    assert metrics(one.metrics_port, "/")["graph_dbms_bolt_connections_opened_total"] > opened
    with pytest.raises(urllib.error.HTTPError) as missing:
        urllib.request.urlopen(f"http://127.0.0.1:{one.metrics_port}/other", timeout=20)
    assert missing.value.code == 404


def test_a_client_that_rejects_the_certificate_is_counted(one):
    before = sum(v for k, v in metrics(one.metrics_port).items() if k.startswith("graph_tls_handshake_failures_total"))
    subprocess.run(["curl", "-sS", "--max-time", "10", f"https://localhost:{one.dbms.bolt_port}/"], capture_output=True)
    wait_for(lambda: sum(v for k, v in metrics(one.metrics_port).items()
                         if k.startswith("graph_tls_handshake_failures_total")) > before, "no failure is counted")


def test_tls_status_and_its_socket(one, pairs, tmp_path):
    done = subprocess.run([TRELLIS, "tls", "status", "--home", str(one.dbms.home)], capture_output=True, text=True)
    assert done.returncode == 0 and pairs.fingerprints[0] in done.stdout and "names: localhost, 127.0.0.1" in done.stdout
    path = one.dbms.home / "run" / "admin.sock"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        client.sendall(b'{"command":"tls.status"}\n')
        answer = json.loads(client.makefile().readline())
    assert answer["ok"] and answer["result"]["certificates"][0]["sha256"] == pairs.fingerprints[0]
    nobody = subprocess.run([TRELLIS, "tls", "status", "--home", str(tmp_path)], capture_output=True, text=True)
    assert nobody.returncode == 1 and "trellis start" in nobody.stderr


def test_reload_works_when_the_certificate_has_expired(dbms_factory, authority, tmp_path_factory):
    """No client can log in any more; the command needs no login."""
    pairs = Pairs(tmp_path_factory.mktemp("pairs"), authority, 2)
    issue_dated(authority, pairs.folders[0], datetime.datetime(2020, 1, 1), datetime.datetime(2020, 2, 1))
    one = Server(dbms_factory(), authority, pairs, poll="1h").start()
    with pytest.raises(Exception, match="certificate"):
        one.serves(0)
    code, answer = one.tls("status")
    assert code == 0 and answer["certificates"][0]["daysLeft"] < 0
    one.put(1)
    code, answer = one.tls("reload")
    assert code == 0 and answer["scopes"][0]["sha256"] == pairs.fingerprints[1]
    assert one.serves(1)
    one.dbms.stop()


def test_a_program_is_run_when_the_end_nears(dbms_factory, authority, tmp_path):
    """Four days of a hundred are less than a twentieth."""
    program = tmp_path / "expiry notice.sh"
    program.write_text('#!/bin/sh\necho "$1|$TRELLIS_CERTIFICATE_SCOPES|$TRELLIS_CERTIFICATE_NAMES|'
                       '$TRELLIS_CERTIFICATE_LIFE_LEFT|$TRELLIS_CERTIFICATE_NOT_AFTER" >> ' + f"{tmp_path}/notices\n")
    program.chmod(0o755)
    pairs = Pairs(tmp_path / "pairs", authority, 1)
    now = datetime.datetime.now(datetime.timezone.utc)
    issue_dated(authority, pairs.folders[0], now - datetime.timedelta(days=95), now + datetime.timedelta(days=4))
    one = Server(dbms_factory(), authority, pairs)
    one.dbms.set("server.tls.expiry_command", f'"{program}" "$(touch {tmp_path}/a-shell)"')
    one.start()
    wait_for((tmp_path / "notices").exists, "the program was not run")
    for _ in range(3):
        assert one.tls("reload")[0] == 0
    time.sleep(0.5)
    lines = (tmp_path / "notices").read_text().splitlines()
    assert len(lines) == 1 and lines[0].startswith(f"$(touch {tmp_path}/a-shell)|bolt|localhost|1/20|20"), lines
    assert not (tmp_path / "a-shell").exists()
    assert "of its life is left" in one.log()
    one.dbms.stop()

# SPDX-License-Identifier: Apache-2.0
"""Certificates are replaced under load, in every way in which they are replaced in practice, without a failed
handshake or query. TRELLIS_RELOAD_SWAPS sets how often (default 100; `./dev test --long` swaps 1,000 times)."""
import copy
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import neo4j
import pytest
from conftest import PASSWORD, TRELLIS, free_port, run
from serving import HOST, Pairs, Server, link, metrics, served, wait_for
from test_javascript import installed

SWAPS = int(os.environ.get("TRELLIS_RELOAD_SWAPS", "100"))
HERE = pathlib.Path(__file__).parent


@pytest.fixture(scope="module")
def pairs(tmp_path_factory, authority):
    return Pairs(tmp_path_factory.mktemp("pairs"), authority, 8)


@pytest.fixture
def server(dbms_factory, authority, pairs):
    made = []

    def make(**options):
        one = Server(dbms_factory(), authority, pairs, **options)
        made.append(one)
        return one
    yield make
    for one in made:
        one.dbms.stop()


class Load:
    """A client process that keeps connections busy until it is told to stop."""

    def __init__(self, *command, environment):
        self.process = subprocess.Popen([str(c) for c in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, env={**os.environ, **environment})

    def end(self):
        output, _ = self.process.communicate(timeout=120)
        assert self.process.returncode == 0
        return json.loads(output)


def test_swaps_under_load(server, authority):
    one = server()
    metrics_port = free_port()
    one.dbms.set("server.metrics.prometheus.enabled", "true")
    one.dbms.set("server.metrics.prometheus.endpoint", f"127.0.0.1:{metrics_port}")
    one.dbms.set("server.metrics.filter", "*")
    one.start()
    port = one.dbms.bolt_port
    uri = f"neo4j+s://{HOST}:{port}"
    own_handshakes = 0
    with one.driver() as driver, driver.session(database="neo4j") as session:
        # Begun on a connection that was made with the first certificate, ended after all swaps.
        transaction = session.begin_transaction()
        transaction.run("CREATE (:Long {step: 1})").consume()
        loads = [
            Load(sys.executable, HERE / "reload_load.py", uri, PASSWORD, 32, 3,
                 environment={"SSL_CERT_FILE": str(authority.certificate)}),
            Load("node", HERE / "javascript" / "reload_load.js", installed("5.28.3"), uri, PASSWORD, 32, 3,
                 environment={"NODE_EXTRA_CA_CERTS": str(authority.certificate)})]
        opened, closed = (f"neo4j_dbms_bolt_connections_{what}_total" for what in ("opened", "closed"))
        wait_for(lambda: (m := metrics(metrics_port))[opened] - m[closed] >= 65, "64 connections are not open", 60)
        before, begin = metrics(metrics_port)[opened], time.monotonic()
        for swap in range(1, SWAPS + 1):
            pair = swap % len(one.pairs.folders)
            one.put(pair)
            while served(port, authority) != one.pairs.fingerprints[pair]:
                own_handshakes += 1
                assert time.monotonic() < begin + 60 + 3 * SWAPS, f"swap {swap} is not served"
                time.sleep(0.02)
            own_handshakes += 1
        seconds = time.monotonic() - begin
        during = metrics(metrics_port)
        totals = [load.end() for load in loads]
        transaction.run("MATCH (n:Long) SET n.step = 2").consume()
        transaction.commit()
    reconnects = during[opened] - before - own_handshakes
    errors = [error for total in totals for error in total["errors"]]
    failed_handshakes = {k: v for k, v in metrics(metrics_port).items()
                         if k.startswith("neo4j_tls_handshake_failures_total") and v > 0}
    print(f"{SWAPS} swaps in {seconds:.1f} s, each awaited by its fingerprint; {reconnects:.0f} new connections of the "
          f"drivers ({reconnects / seconds:.0f} a second), {sum(t['queries'] for t in totals)} queries; failed "
          f"handshakes: {sum(failed_handshakes.values()):.0f}, failed queries: {len(errors)}")
    assert not errors, errors
    assert not failed_handshakes
    assert during[opened] - during[closed] >= 64
    assert reconnects / seconds >= 10
    assert during['neo4j_tls_reloads_total{result="changed"}'] >= SWAPS
    assert one.query("MATCH (n:Long) RETURN n.step AS step") == [{"step": 2}]


@pytest.mark.parametrize("first", ["key", "certificate"])
def test_a_pair_that_comes_in_two_parts(server, first):
    one = server().start()
    put = {"key": one.put_key, "certificate": one.put_certificate}
    put[first](1)
    until = time.monotonic() + 3
    wait_for(one.last_error, "the half pair is not told")
    while time.monotonic() < until:
        assert one.serves(0)
        time.sleep(0.1)
    put["certificate" if first == "key" else "key"](1)
    one.await_pair(1)
    assert one.last_error() is None


def test_a_truncated_file_is_not_taken(server, pairs):
    one = server().start()
    whole = (pairs.folders[1] / "public.crt").read_text()
    (one.folder / "public.crt").unlink()
    (one.folder / "public.crt").write_text(whole[:len(whole) // 2])
    why = wait_for(one.last_error, "the broken file is not told")
    assert "public.crt" in why and one.serves(0)
    one.put_key(1)
    (one.folder / "public.crt").write_text(whole)
    one.await_pair(1)


def test_a_folder_that_goes_and_comes_back(server, pairs):
    one = server().start()
    aside = one.folder.with_name("aside")
    one.folder.rename(aside)
    wait_for(one.last_error, "the missing folder is not told")
    assert one.serves(0)
    one.folder.mkdir()
    one.put(2)
    one.await_pair(2)
    shutil.rmtree(aside)


def test_a_secret_as_kubernetes_mounts_it(server, pairs):
    """Files are links to ..data/NAME, and ..data is a link that one rename turns."""
    one = server()
    for n in (0, 1):
        shutil.copytree(pairs.folders[n], one.folder / f"..2026_0{n}")
    (one.folder / "..data").symlink_to("..2026_00")
    for name in ("public.crt", "private.key"):
        link(pathlib.Path("..data") / name, one.folder / name)
    one.start()
    assert one.serves(0)
    link(pathlib.Path("..2026_01"), one.folder / "..data")
    shutil.rmtree(one.folder / "..2026_00")
    one.await_pair(1)


def test_a_key_that_may_not_be_read(server, pairs):
    one = server()
    home = one.dbms.home
    one.pairs = copy.copy(pairs)  # files that the server's user owns
    one.pairs.folders = [pathlib.Path(shutil.copytree(pairs.folders[n], home / "pairs" / str(n))) for n in (0, 1)]
    one.put(0)
    key = home / "next.key"
    shutil.copy(pairs.folders[1] / "private.key", key)
    key.chmod(0)
    one.dbms.write_settings()
    command = [TRELLIS, "console", "--home", str(home)]
    if os.geteuid() == 0:  # root reads everything: the server runs as another
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *command]
        for folder in home.parents:
            if not folder.stat().st_mode & 0o001:
                folder.chmod(folder.stat().st_mode | 0o011)
        run("chown", "-R", "65534:65534", home)
        os.chown(key, 0, 0)
    one.dbms.process = subprocess.Popen(command, stdout=open(home / "console.out", "ab"), stderr=subprocess.STDOUT)
    one.dbms.wait_until_ready()
    assert one.serves(0)
    link(key, one.folder / "private.key")
    one.put_certificate(1)
    why = wait_for(one.last_error, "the unreadable key is not told")
    assert "next.key" in why and one.serves(0)
    os.chown(key, home.stat().st_uid, -1)
    key.chmod(0o600)
    one.await_pair(1)


def test_a_reload_by_signal_command_and_procedure(server):
    one = server(poll="1h").start()
    one.put(1)
    assert one.serves(0)
    one.dbms.process.send_signal(signal.SIGHUP)
    one.await_pair(1)
    one.put(2)
    code, answer = one.tls("reload")
    assert code == 0 and answer["scopes"][0]["sha256"] == one.pairs.fingerprints[2], answer
    assert answer["scopes"][0]["changed"] and answer["scopes"][0]["keptOld"] is None
    assert one.serves(2)
    one.put(3)
    with one.driver() as driver:
        result = driver.execute_query("CALL dbms.security.reloadTLS()", database_="system")
        assert result.records == [] and result.keys == []
    assert one.serves(3)
    done = subprocess.run([TRELLIS, "tls", "reload", "--home", str(one.dbms.home)], capture_output=True, text=True)
    assert done.returncode == 0 and "unchanged" in done.stdout and one.pairs.fingerprints[3] in done.stdout


def test_every_place_says_why_a_bad_pair_was_not_taken(server, pairs):
    one = server(poll="1h")
    metrics_port = free_port()
    one.dbms.set("server.metrics.prometheus.enabled", "true")
    one.dbms.set("server.metrics.prometheus.endpoint", f"127.0.0.1:{metrics_port}")
    one.start()
    one.put_certificate(1)  # of another key
    code, answer = one.tls("reload")
    assert code == 1
    why = answer["scopes"][0]["keptOld"]
    assert "private.key" in why and answer["scopes"][0]["sha256"] == pairs.fingerprints[0]
    code, answer = one.tls("status")
    assert code == 1 and answer["certificates"][0]["lastError"] == why
    with one.driver() as driver:
        with pytest.raises(neo4j.exceptions.ClientError) as refused:
            driver.execute_query("CALL dbms.security.reloadTLS()", database_="neo4j")
    assert refused.value.code == "Neo.ClientError.Procedure.ProcedureCallFailed"
    assert "bolt" in refused.value.message and "private.key" in refused.value.message
    row, = one.query("SHOW CERTIFICATES YIELD scope, sha256, lastError")
    assert row == {"scope": "bolt", "sha256": pairs.fingerprints[0], "lastError": why}
    assert metrics(metrics_port)['neo4j_tls_reloads_total{result="failed"}'] >= 1
    assert "private.key" in one.log()
    assert one.serves(0)
    one.put_key(1)
    assert one.tls("reload")[0] == 0 and one.tls("status")[0] == 0
    assert one.serves(1)


def test_the_procedure_switched_off_leaves_the_other_ways(server):
    one = server(poll="1h")
    one.dbms.set("dbms.security.tls_reload_enabled", "false")
    one.start()
    one.put(1)
    with one.driver() as driver:
        with pytest.raises(neo4j.exceptions.ClientError) as refused:
            driver.execute_query("CALL dbms.security.reloadTLS()", database_="system")
    assert "dbms.security.tls_reload_enabled" in refused.value.message and one.serves(0)
    assert one.tls("reload")[0] == 0
    assert one.serves(1)

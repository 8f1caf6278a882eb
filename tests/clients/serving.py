# SPDX-License-Identifier: Apache-2.0
"""What a server serves, as its clients see it; pairs of key and certificate to swap under it; and what it
says of itself by `trellis tls`, SHOW CERTIFICATES and its metrics."""
import hashlib
import json
import os
import pathlib
import socket
import ssl
import subprocess
import time
import urllib.request

import neo4j
from conftest import PASSWORD, TRELLIS, run

HOST = "localhost"


def fingerprint(certificate):
    """SHA-256 of the first certificate of a PEM file."""
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(first_certificate(certificate))).hexdigest()


def first_certificate(path):
    text = pathlib.Path(path).read_text()
    end = "-----END CERTIFICATE-----"
    return text[text.index("-----BEGIN CERTIFICATE-----"):text.index(end) + len(end)] + "\n"


def served(port, authority):
    """The fingerprint that a new, fully verifying client is shown."""
    context = ssl.create_default_context(cafile=str(authority.certificate))
    with socket.create_connection(("127.0.0.1", port), timeout=20) as plain:
        with context.wrap_socket(plain, server_hostname=HOST) as secure:
            return hashlib.sha256(secure.getpeercert(binary_form=True)).hexdigest()


def wait_until_served(port, authority, wanted, seconds=30):
    deadline = time.monotonic() + seconds
    while (shown := served(port, authority)) != wanted:
        assert time.monotonic() < deadline, f"{shown} is served, not {wanted}"
        time.sleep(0.02)


def wait_for(condition, what, seconds=30):
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, what
        time.sleep(0.05)
    return result


class Pairs:
    """Ready-made pairs for localhost, all of one authority."""

    def __init__(self, folder, authority, count):
        self.folders = [folder / str(n) for n in range(count)]
        for one in self.folders:
            authority.issue(HOST, "127.0.0.1", folder=one)
        self.fingerprints = [fingerprint(one / "public.crt") for one in self.folders]


def issue_dated(authority, folder, start, end):
    """Replaces public.crt by one for localhost with that life (datetimes, UTC)."""
    (folder / "ext").write_text("subjectAltName=DNS:localhost\n")
    (folder / "index").write_text("")
    (folder / "ca.cnf").write_text(
        f"[ca]\ndefault_ca=x\n[x]\ndatabase={folder}/index\nnew_certs_dir={folder}\ndefault_md=sha256\npolicy=p\n"
        "rand_serial=yes\n[p]\ncommonName=supplied\n")
    run("openssl", "req", "-new", "-key", folder / "private.key", "-subj", "/CN=localhost", "-out", folder / "csr")
    run("openssl", "ca", "-batch", "-config", folder / "ca.cnf", "-cert", authority.certificate, "-keyfile",
        authority.key, "-in", folder / "csr", "-out", folder / "public.crt", "-extfile", folder / "ext", "-notext",
        "-startdate", start.strftime("%Y%m%d%H%M%SZ"), "-enddate", end.strftime("%Y%m%d%H%M%SZ"))


def link(target, name):
    """Makes `name` a link to `target` by one rename."""
    new = name.parent / f".new-{name.name}"
    new.unlink(missing_ok=True)
    new.symlink_to(target)
    os.rename(new, name)


class Server:
    """A DBMS with Bolt over TLS, whose pair is two links."""

    def __init__(self, dbms, authority, pairs, poll="100ms"):
        self.dbms, self.authority, self.pairs = dbms, authority, pairs
        self.folder = dbms.home / "certificates" / "bolt"
        self.folder.mkdir(parents=True)
        self.put(0)
        dbms.set("server.bolt.tls_level", "REQUIRED")
        dbms.set("dbms.ssl.policy.bolt.enabled", "true")
        dbms.set("dbms.ssl.policy.bolt.client_auth", "NONE")
        dbms.set("server.tls.poll_interval", poll)

    def start(self):
        self.dbms.start()
        return self

    def put_key(self, n):
        link(self.pairs.folders[n] / "private.key", self.folder / "private.key")

    def put_certificate(self, n):
        link(self.pairs.folders[n] / "public.crt", self.folder / "public.crt")

    def put(self, n):
        self.put_key(n)
        self.put_certificate(n)

    def await_pair(self, n, seconds=30):
        wait_until_served(self.dbms.bolt_port, self.authority, self.pairs.fingerprints[n], seconds)

    def serves(self, n):
        return served(self.dbms.bolt_port, self.authority) == self.pairs.fingerprints[n]

    def driver(self):
        context = ssl.create_default_context(cafile=str(self.authority.certificate))
        return neo4j.GraphDatabase.driver(f"neo4j://{HOST}:{self.dbms.bolt_port}", auth=("neo4j", PASSWORD),
                                          ssl_context=context)

    def query(self, text):
        with self.driver() as driver:
            return [record.data() for record in driver.execute_query(text, database_="neo4j")[0]]

    def tls(self, command, *arguments, settings=()):
        """`trellis tls COMMAND --json` -> (exit code, answer)."""
        done = subprocess.run([TRELLIS, "tls", command, "--json", "--home", str(self.dbms.home), *arguments],
                              capture_output=True, text=True, timeout=60)
        assert done.returncode in (0, 1), done.stdout + done.stderr
        return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr

    def last_error(self):
        return self.tls("status")[1]["certificates"][0]["lastError"]

    def log(self):
        return (self.dbms.home / "logs" / "trellis.log").read_text(errors="replace")


def metrics(port, path="/metrics"):
    """{(name, labels as text): value}."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        text = answer.read().decode()
    values = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            values[name] = float(value)
    return values

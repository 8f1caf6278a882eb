# SPDX-License-Identifier: Apache-2.0
"""What the server says when a client rejects its certificate: one quiet line for each peer and minute,
with the alert, the name that was asked for, ours, and what to run. Clients come from addresses of their
own, so that each has its minute."""
import datetime
import re
import subprocess
import time

import pytest
from findings import Workshop
from maven import HERE
from serving import issue_dated
from test_chromium import Browser

NAME = "db.example.test"


@pytest.fixture(scope="module")
def dbms(dbms_factory, authority):
    made = dbms_factory()
    made.secure(authority, NAME)
    made.secure_https(authority, NAME)
    return made.start()


def lines_about(dbms, peer):
    return [line for line in (dbms.home / "logs" / "trellis.log").read_text().splitlines()
            if f"The client {peer} rejected our certificate" in line]


def line_about(dbms, peer, seconds=10):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := lines_about(dbms, peer):
            return found[0]
        time.sleep(0.02)
    raise AssertionError((dbms.home / "logs" / "trellis.log").read_text())


def openssl(dbms, own, name, *arguments):
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{dbms.bolt_port}", "-bind", f"{own}:0",
                           "-servername", name, "-verify_return_error", *map(str, arguments)],
                          input="", capture_output=True, text=True, timeout=30)
    assert done.returncode != 0, done.stdout
    return done


@pytest.mark.parametrize("version, own", [("-tls1_2", "127.0.0.2"), ("-tls1_3", "127.0.0.3")])
def test_openssl_does_not_know_the_authority(dbms, version, own):
    for _ in range(5):
        openssl(dbms, own, NAME, version, "-CAfile", "/etc/ssl/certs/ca-certificates.crt")
    line = line_about(dbms, own)
    assert re.match(r"\S+ info ", line), line
    assert "unknown_ca, TLS alert 48" in line
    assert f"asked for '{NAME}'" in line and f"names are: {NAME}." in line
    assert "authority" in line
    assert f"trellis tls doctor neo4j+s://{NAME}:{dbms.bolt_port}" in line
    assert len(lines_about(dbms, own)) == 1


def test_openssl_asks_for_another_name(dbms, authority):
    openssl(dbms, "127.0.0.4", "localhost", "-verify_hostname", "localhost", "-CAfile", authority.certificate)
    line = line_about(dbms, "127.0.0.4")
    assert "bad_certificate, TLS alert 42" in line
    assert "has no name 'localhost'" in line
    assert f"trellis tls doctor neo4j+s://localhost:{dbms.bolt_port}" in line


def test_our_own_certificate_has_expired(dbms_factory, authority):
    """The server does not say that it is well, but what is wrong with it."""
    server = dbms_factory(password=None)
    server.secure(authority, NAME)
    now = datetime.datetime.now(datetime.timezone.utc)
    issue_dated(authority, server.home / "certificates" / "bolt", now - datetime.timedelta(days=9),
                now - datetime.timedelta(days=1))
    server.start()
    openssl(server, "127.0.0.6", "localhost", "-CAfile", authority.certificate)
    line = line_about(server, "127.0.0.6")
    assert "our certificate expired on" in line and "fine" not in line


def test_our_own_certificate_comes_without_its_intermediate(dbms_factory, tmp_path):
    workshop = Workshop(tmp_path / "ca")
    workshop.issue("x", names=f"DNS:{NAME}")
    server = dbms_factory(password=None)
    workshop.install(server, "x")
    for name, value in (("server.bolt.tls_level", "REQUIRED"), ("dbms.ssl.policy.bolt.enabled", "true"),
                        ("dbms.ssl.policy.bolt.client_auth", "NONE")):
        server.set(name, value)
    server.start()
    for version, own in (("-tls1_2", "127.0.0.7"), ("-tls1_3", "127.0.0.8")):
        openssl(server, own, NAME, version, "-CAfile", workshop.root)
        assert "sent without the intermediate" in line_about(server, own)


def test_java(dbms):
    done = subprocess.run(["java", "-XX:+UseSerialGC", str(HERE / "java" / "Reject.java"), NAME, str(dbms.bolt_port),
                           "127.0.0.5"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and "PKIX" in done.stdout, done.stdout + done.stderr
    line = line_about(dbms, "127.0.0.5")
    assert "certificate_unknown, TLS alert 46" in line and f"asked for '{NAME}'" in line


def test_chromium(dbms, tmp_path):
    shown, said = Browser(tmp_path / "home").visit(f"https://{NAME}:{dbms.https_port}/")
    assert not shown, said
    line = line_about(dbms, "127.0.0.1")
    assert re.search(r"certificate_unknown, TLS alert 46|unknown_ca, TLS alert 48", line), line
    assert f"trellis tls doctor https://{NAME}:{dbms.https_port}" in line

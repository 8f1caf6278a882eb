# SPDX-License-Identifier: Apache-2.0
"""Every way to show control over names, and what is refused before anything is asked."""
import http.client
import os
import socket
import subprocess
import sys

import pytest
from acme import AcmeServer, wait_until
from conftest import free_port

NAME = "graph.example.test"
LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory"

HOOK = """#!{python}
import json, os, sys, urllib.request
name = "_acme-challenge." + os.environ["CERTBOT_DOMAIN"] + "."
value = os.environ["CERTBOT_VALIDATION"]
with open({log!r}, "a") as log:
    log.write(sys.argv[1] + " " + name + "\\n")
if os.path.exists({fail!r}) and sys.argv[1] == "present":
    sys.exit("the zone is read-only")
body = {{"host": name, "value": value}} if sys.argv[1] == "present" else {{"host": name}}
command = "set-txt" if sys.argv[1] == "present" else "clear-txt"
if not os.path.exists({lazy!r}):
    urllib.request.build_opener(urllib.request.ProxyHandler({{}})).open(
        "http://127.0.0.1:{port}/" + command, json.dumps(body).encode())
"""


@pytest.fixture(scope="module")
def pebble(pebble_factory):
    return pebble_factory(profiles={"classic": 7776000, "shortlived": 576000})


class Hook:
    def __init__(self, folder, pebble):
        self.path, self.log = folder / "hook", folder / "hook.log"
        self.fail, self.lazy = folder / "fail", folder / "lazy"
        self.path.write_text(HOOK.format(python=sys.executable, log=str(self.log), fail=str(self.fail),
                                         lazy=str(self.lazy), port=pebble.dns_control_port))
        self.path.chmod(0o755)

    def calls(self):
        return self.log.read_text().split("\n")[:-1] if self.log.exists() else []


def test_tls_alpn_01_on_the_https_port_without_a_listener_for_http(pebble, dbms_factory):
    dbms = dbms_factory()
    server = AcmeServer(dbms, pebble, NAME, challenge="tls-alpn-01", profile="classic")
    server.https_port = pebble.tlsalpn01
    dbms.set("server.https.listen_address", f"127.0.0.1:{pebble.tlsalpn01}")
    server.start()
    server.verify(server.https_port)
    server.verify()
    server.stop()


def test_tls_alpn_01_and_http_01_for_an_address(pebble, dbms_factory):
    for challenge in ("tls-alpn-01", "http-01"):
        dbms = dbms_factory()
        server = AcmeServer(dbms, pebble, "127.0.0.1", challenge=challenge, profile="shortlived")
        server.https_port = pebble.tlsalpn01
        dbms.set("server.https.listen_address", f"127.0.0.1:{pebble.tlsalpn01}")
        server.start()
        server.verify(name="127.0.0.1")
        server.stop()


def test_dns_01_for_a_wildcard(pebble, dbms_factory, tmp_path):
    hook = Hook(tmp_path, pebble)
    server = AcmeServer(dbms_factory(), pebble, "*.graphs.example.test", "graphs.example.test", challenge="dns-01",
                        profile="classic", dns_hook=hook.path, dns_resolver=pebble.dns_address)
    server.start()
    server.verify(name="any.graphs.example.test")
    server.verify(name="graphs.example.test")
    record = "_acme-challenge.graphs.example.test."
    assert sorted(hook.calls()) == [f"cleanup {record}"] * 2 + [f"present {record}"] * 2
    assert hook.calls()[:2] == [f"present {record}"] * 2


def test_a_hook_that_fails_is_cleaned_up_after_and_told(pebble, dbms_factory, tmp_path):
    hook = Hook(tmp_path, pebble)
    hook.fail.touch()
    server = AcmeServer(dbms_factory(), pebble, NAME, challenge="dns-01", profile="classic", dns_hook=hook.path,
                        dns_resolver=pebble.dns_address)
    server.start(certificate=False)
    error = server.wait_for(lambda status: status["lastError"])
    assert "the zone is read-only" in error
    assert hook.calls() == [f"present _acme-challenge.{NAME}.", f"cleanup _acme-challenge.{NAME}."]
    hook.fail.unlink()
    server.trellis("renew")
    server.verify()


def test_a_record_that_nobody_sees_is_not_shown_to_the_authority(pebble, dbms_factory, tmp_path):
    hook = Hook(tmp_path, pebble)
    hook.lazy.touch()
    asked = pebble.requests("/chalZ/")
    server = AcmeServer(dbms_factory(), pebble, NAME, challenge="dns-01", profile="classic", dns_hook=hook.path,
                        dns_resolver=pebble.dns_address, dns_wait="1s")
    server.start(certificate=False)
    error = server.wait_for(lambda status: status["lastError"])
    assert f"_acme-challenge.{NAME}" in error and pebble.dns_address in error
    assert pebble.requests("/chalZ/") == asked
    assert hook.calls()[-1].startswith("cleanup")


@pytest.mark.parametrize("settings, line", [
    ({"domains": "*.example.test"}, "server.tls.acme.challenge=dns-01"),
    ({"domains": "198.51.100.7", "profile": "classic", "directory": LETS_ENCRYPT}, "server.tls.acme.profile=shortlived"),
    ({"domains": f"*.example.test,{NAME}", "challenge": "dns-01", "dns_hook": "/bin/true"}, "leave one out"),
    ({"challenge": "dns-01"}, "server.tls.acme.dns_hook=PATH"),
    ({"eab_kid": "kid-1"}, "server.tls.acme.eab_hmac_key=KEY"),
])
def test_what_cannot_work_is_refused_at_start_with_the_line_to_write(pebble, dbms_factory, settings, line):
    server = AcmeServer(dbms_factory(), pebble, NAME)
    for name, value in settings.items():
        server.set(name, value)
    orders = pebble.orders()
    server.dbms.start(wait=False)
    assert server.dbms.process.wait(20) != 0
    assert line in server.dbms.console()
    assert pebble.orders() == orders


def test_a_profile_that_the_authority_does_not_have_is_told_before_the_order(pebble, dbms_factory):
    orders, accounts = pebble.orders(), pebble.accounts()
    server = AcmeServer(dbms_factory(), pebble, NAME, profile="shortlife").start(certificate=False)
    error = server.wait_for(lambda status: status["lastError"])
    assert "shortlife" in error and "classic, shortlived" in error
    assert (pebble.orders(), pebble.accounts()) == (orders, accounts)
    server.stop()


def test_a_hook_that_hangs_does_not_hold_up_the_stop(pebble, dbms_factory, tmp_path):
    hook, begun = tmp_path / "hook", tmp_path / "begun"
    hook.write_text(f'#!/bin/sh\n[ "$1" = cleanup ] || {{ echo > {begun}; exec sleep 600; }}\n')
    hook.chmod(0o755)
    server = AcmeServer(dbms_factory(), pebble, NAME, challenge="dns-01", profile="classic", dns_hook=hook)
    server.start(certificate=False)
    wait_until(begun.exists)
    assert server.dbms.stop() == 0


def told_by_doctor_and_log(server, finding):
    found = subprocess.run([server.dbms.binary, "tls", "doctor", "--home", str(server.dbms.home)],
                           capture_output=True, text=True, timeout=60).stdout
    assert finding in found, found
    assert f"[{finding}]" in (server.dbms.home / "logs" / "trellis.log").read_text()
    return found


def test_a_certificate_that_no_port_serves_is_told_of(pebble, dbms_factory):
    """As when the settings of another client are left in place."""
    server = AcmeServer(dbms_factory(), pebble, NAME, profile="classic")
    server.dbms.set("server.https.enabled", "false")
    server.dbms.set("dbms.ssl.policy.bolt.enabled", "true")
    server.dbms.set("dbms.ssl.policy.bolt.client_auth", "NONE")
    pebble.authority.issue(NAME, folder=server.dbms.home / "certificates" / "bolt")
    server.start()
    assert "dbms.ssl.policy.bolt.enabled=false" in told_by_doctor_and_log(server, "obtained-unserved")
    server.stop()


# -- the responder --

def ask(port, path, method="GET", host=NAME):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, headers={"Host": host})
    answer = connection.getresponse()
    return answer.status, answer.read(), answer.getheader("Location")


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_the_responder_is_there_while_an_order_runs_and_answers_challenges_alone(pebble, dbms_factory):
    server = AcmeServer(dbms_factory(), pebble, NAME, profile="classic").start()
    assert not listens(pebble.http01)
    server.stop()

    always = free_port()
    server = AcmeServer(dbms_factory(), pebble, NAME, profile="classic", http_always_listen="true",
                        http_listen_address=f"127.0.0.1:{always}")
    server.start(certificate=False)
    wait_until(lambda: listens(always))
    for path in ("/", "/db/neo4j/query/v2", "/browser/", "/.well-known/acme-challenge/unknown"):
        assert ask(always, path)[0] == 404
    server.stop()


def test_another_clients_webroot_and_the_redirect(pebble, dbms_factory, tmp_path):
    port = free_port()
    dbms = dbms_factory()
    dbms.set("server.tls.acme.http_listen_address", f"127.0.0.1:{port}")
    dbms.set("server.tls.acme.http_webroot", tmp_path)
    dbms.set("server.tls.acme.http_redirect", "true")
    dbms.set("server.http.enabled", "false")
    dbms.start()
    tokens = tmp_path / ".well-known" / "acme-challenge"
    tokens.mkdir(parents=True)
    (tokens / "token-1").write_text("token-1.thumb")
    assert ask(port, "/.well-known/acme-challenge/token-1")[:2] == (200, b"token-1.thumb")
    assert ask(port, "/.well-known/acme-challenge/token-2")[0] == 404
    assert ask(port, "/x?y=1") == (301, b"", f"https://{NAME}/x?y=1")
    dbms.stop()


def test_certbot_webroot_through_our_responder(pebble, dbms_factory, tmp_path, pebble_factory):
    plain = pebble_factory()
    dbms = dbms_factory()
    webroot = tmp_path / "webroot"
    webroot.mkdir()
    dbms.set("server.tls.acme.http_listen_address", f"127.0.0.1:{plain.http01}")
    dbms.set("server.tls.acme.http_webroot", webroot)
    dbms.start()
    plain.certbot("certonly", "--webroot", "--webroot-path", webroot, "-d", NAME)
    assert len(plain.issued()) == 1
    dbms.stop()


def test_a_taken_port_is_named_with_its_process(pebble, dbms_factory):
    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind(("127.0.0.1", pebble.http01))
        squatter.listen()
        server = AcmeServer(dbms_factory(), pebble, NAME, profile="classic")
        server.start(certificate=False)
        error = server.wait_for(lambda status: status["lastError"])
        assert str(pebble.http01) in error and f"(pid {os.getpid()})" in error
        for way in ("http_webroot", "challenge=tls-alpn-01", "stop it"):
            assert way in error
        assert f"(pid {os.getpid()})" in told_by_doctor_and_log(server, "challenge-port-taken")
    orders = pebble.orders()
    server.trellis("renew")  # the order that was placed goes on
    assert pebble.orders() == orders
    server.verify()

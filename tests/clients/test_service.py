# SPDX-License-Identifier: Apache-2.0
"""What a service manager does for the server, without one: the well-known ports as an unprivileged user
with one capability, and sockets that are open before the server is."""
import os
import signal
import socket
import ssl
import subprocess
import time

import neo4j
import pytest
from conftest import PASSWORD, TRELLIS, free_port, run
from machine import CONF, HOME, PROGRAM, USER, Machine

NAME = "graph.example.test"


# -- socket activation --

class Activated:
    """The server behind systemd-socket-activate, which starts it at the first connection."""

    def __init__(self, dbms, sockets):
        dbms.write_settings()
        listen = [word for address in sockets.values() for word in ("-l", address)]
        self.output = open(dbms.home / "console.out", "ab")
        self.process = subprocess.Popen(
            ["systemd-socket-activate", *listen, "--fdname=" + ":".join(sockets), TRELLIS, "console", "--home", dbms.home],
            stdout=self.output, stderr=subprocess.STDOUT)
        dbms.process = self.process

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


def listening(port):
    """Waits until somebody listens, without connecting."""
    deadline = time.monotonic() + 20
    while not any(f":{port:04X} 00000000:0000 0A" in line for line in open("/proc/net/tcp")):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_sockets_of_the_service_manager_replace_the_addresses(dbms_factory, authority):
    dbms = dbms_factory()
    dbms.secure(authority, NAME, "localhost")
    authority.issue("localhost", folder=dbms.home / "certificates" / "https")
    dbms.set("dbms.ssl.policy.https.enabled", "true")
    dbms.set("dbms.ssl.policy.https.client_auth", "NONE")
    dbms.set("server.https.enabled", "true")
    dbms.set("server.http.enabled", "false")
    # What the settings say cannot be opened: 192.0.2.1 is nobody's address here.
    dbms.set("server.bolt.listen_address", "192.0.2.1:7687")
    dbms.set("server.https.listen_address", "192.0.2.1:443")
    https = free_port()
    server = Activated(dbms, {"bolt": f"127.0.0.1:{dbms.bolt_port}", "https": f"127.0.0.1:{https}"})
    listening(dbms.bolt_port)
    # The first connection waits in the socket while the server starts.
    context = ssl.create_default_context(cafile=str(authority.certificate))
    with neo4j.GraphDatabase.driver(dbms.uri("bolt", "localhost"), auth=("neo4j", PASSWORD), ssl_context=context,
                                    connection_timeout=30) as driver:
        assert driver.execute_query("RETURN 1 AS one")[0][0]["one"] == 1
    shown = run("curl", "-sS", "--cacert", authority.certificate, f"https://localhost:{https}/")
    assert f"localhost:{dbms.bolt_port}" in shown
    assert server.stop() == 0


def test_a_socket_without_a_known_name_stops_the_start(dbms_factory):
    dbms = dbms_factory()
    server = Activated(dbms, {"gremlin": f"127.0.0.1:{dbms.bolt_port}"})
    listening(dbms.bolt_port)
    with socket.create_connection(("127.0.0.1", dbms.bolt_port)):
        assert server.process.wait(20) == 1
    assert "FileDescriptorName=bolt" in dbms.console()


# -- the well-known ports --

@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    made = Machine(tmp_path_factory.mktemp("machine"))
    made.host(NAME)
    yield made
    made.close()


SETTINGS = {
    "server.default_listen_address": "0.0.0.0",
    "server.bolt.tls_level": "REQUIRED",
    "server.http.listen_address": ":80",
    "server.https.enabled": "true",
    "server.https.listen_address": ":443",
    "dbms.ssl.policy.bolt.enabled": "true",
    "dbms.ssl.policy.bolt.client_auth": "NONE",
    "dbms.ssl.policy.https.enabled": "true",
    "dbms.ssl.policy.https.client_auth": "NONE",
}


def install(machine, authority, folder, **settings):
    machine.install("".join(f"{name}={value}\n" for name, value in {**SETTINGS, **settings}.items()))
    for scope in ("bolt", "https"):
        authority.issue(NAME, folder=folder / scope)
        machine.run("install", "-d", "-o", USER, "-g", USER, HOME / "certificates" / scope)
        for name in ("public.crt", "private.key"):
            machine.run("install", "-o", USER, "-g", USER, "-m", "0600", folder / scope / name,
                        HOME / "certificates" / scope / name)


def capabilities(process):
    status = open(f"/proc/{process.pid}/status").read()
    value = lambda name: status.split(f"{name}:\t")[1].split("\n")[0].split("\t")
    return int(value("CapEff")[0], 16), int(value("CapBnd")[0], 16), {int(uid) for uid in value("Uid")}


def test_ports_80_and_443_take_one_capability_and_no_root(machine, authority, tmp_path):
    install(machine, authority, tmp_path)
    server = machine.start(port=443, capability="net_bind_service")
    effective, bounding, users = capabilities(server.process)
    assert effective == bounding == 1 << 10  # CAP_NET_BIND_SERVICE
    assert 0 not in users
    shown = machine.run("curl", "-sS", "--cacert", authority.certificate, f"https://{NAME}/").stdout
    assert "neo4j_version" in shown
    assert "neo4j_version" in machine.run("curl", "-sS", f"http://{NAME}/").stdout
    with machine.network():
        context = ssl.create_default_context(cafile=str(authority.certificate))
        raw = socket.create_connection(("127.0.0.1", 7687), timeout=10)
        with context.wrap_socket(raw, server_hostname=NAME) as stream:
            stream.sendall(b"\x60\x60\xb0\x17" + bytes([0, 0, 4, 5]) + bytes(12))
            assert stream.recv(4) == bytes([0, 0, 4, 5])
    assert server.stop() == 0


def test_without_it_the_error_has_the_line_that_the_unit_lacks(machine, authority, tmp_path):
    install(machine, authority, tmp_path)
    server = machine.start(port=None)
    assert server.wait_for_end() == 1
    assert "AmbientCapabilities=CAP_NET_BIND_SERVICE" in server.console()

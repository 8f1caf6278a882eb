# SPDX-License-Identifier: Apache-2.0
"""A server that obtains its certificate from Pebble: its settings, its commands, what it serves."""
import datetime
import hashlib
import json
import os
import pathlib
import re
import socket
import ssl
import subprocess
import time

from conftest import PASSWORD, TRELLIS, free_port

ROOT = pathlib.Path(__file__).resolve().parents[2]
# With a clock that a file moves and with crashes on demand; `./dev test` builds it before.
TEST_BUILD = os.environ.get("TRELLIS_TEST_BUILD", str(ROOT / "build" / "dev" / "bin" / "trellis"))


def wait_until(true, seconds=30, what=""):
    deadline = time.monotonic() + seconds
    while True:
        value = true()
        if value:
            return value
        assert time.monotonic() < deadline, what() if callable(what) else what or true
        time.sleep(0.01)


class AcmeServer:
    """A Dbms with server.tls.acme.* for `names`. With test_build it has a clock of its own."""

    def __init__(self, dbms, pebble, *names, challenge="http-01", address="127.0.0.1", test_build=False, **acme):
        self.dbms, self.pebble, self.names = dbms, pebble, names
        self.storage = dbms.home / "data" / "acme"
        self.https_port = free_port()
        if test_build:
            dbms.binary = TEST_BUILD
            self.clock_file = dbms.home / "clock"
            self.set_clock(0)
            dbms.set("internal.tls.clock_file", self.clock_file)
        dbms.set("server.bolt.tls_level", "REQUIRED")
        dbms.set("server.https.enabled", "true")
        dbms.set("server.https.listen_address", f"{address}:{self.https_port}")
        dbms.set("server.http.enabled", "false")
        settings = {"enabled": "true", "directory": pebble.directory, "trust_file": pebble.trust_file,
                    "domains": ",".join(names), "challenge": challenge, "request_timeout": "5s",
                    "http_listen_address": f"{address}:{pebble.http01}", **acme}
        for name, value in settings.items():
            self.set(name, value)

    def set(self, name, value):
        self.dbms.set(f"server.tls.acme.{name}", value)

    def start(self, certificate=True, seconds=30):
        self.dbms.start()
        if certificate:
            self.wait_for_certificate(seconds)
        return self

    def set_clock(self, seconds):
        part = self.clock_file.with_suffix(".part")
        part.write_text(str(int(seconds)))
        os.replace(part, self.clock_file)

    # -- what it says of itself --
    def trellis(self, *command, check=True, seconds=60):
        done = subprocess.run([self.dbms.binary, "tls", "acme", *command, "--home", str(self.dbms.home)],
                              capture_output=True, text=True, timeout=seconds)
        assert not check or done.returncode == 0, done.stdout + done.stderr + self.dbms.console()
        return done

    def status(self):
        """What `trellis tls acme status --json` prints, without a process for it."""
        status = self.ask("tls.acme.status")
        for name in ("lookedAt", "nextAttempt"):
            status[name + "Seconds"] = status[name] and datetime.datetime.fromisoformat(
                status[name].replace("Z", "+00:00")).timestamp()
        return status

    def ask(self, command, /, **arguments):
        """What `trellis tls ...` asks the server, without the program. OSError: it is gone."""
        deadline = time.monotonic() + 10
        while True:
            try:
                answer = self.ask_once(command, arguments)
                if answer["ok"] or "has no command" not in answer["error"]["message"]:
                    break
            except OSError:
                if self.dbms.process.poll() is not None or time.monotonic() > deadline:
                    raise OSError("nobody answers at the admin socket\n" + self.dbms.console()) from None
            # The socket, then its commands, are the last things that a server opens.
            assert time.monotonic() < deadline, answer
            time.sleep(0.02)
        assert answer["ok"], answer
        return answer["result"]

    def ask_once(self, command, arguments):
        with socket.socket(socket.AF_UNIX) as admin:
            admin.connect(str(self.dbms.home / "run" / "admin.sock"))
            admin.sendall(json.dumps({"command": command, "arguments": arguments}).encode() + b"\n")
            return json.loads(b"".join(iter(lambda: admin.recv(65536), b"")))

    def wait_for(self, condition, seconds=30):
        return wait_until(lambda: condition(self.ask("tls.acme.status")), seconds,
                          lambda: f"{self.status()}\n{self.dbms.console()}\n{self.pebble.log()[-3000:]}")

    def wait_for_certificate(self, seconds=30):
        return self.wait_for(lambda status: status["sha256"], seconds)

    def wait_for_other_than(self, sha256, seconds=30):
        return self.wait_for(lambda status: status["sha256"] not in (sha256, None) and status["sha256"], seconds)

    # -- what it serves --
    def leaf(self, port=None, name=None):
        """The certificate shown on a port, PEM, unverified: to compare it and to read its dates."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection(("127.0.0.1", port or self.dbms.bolt_port), timeout=10) as plain:
            with context.wrap_socket(plain, server_hostname=name or self.names[0]) as secured:
                return ssl.DER_cert_to_PEM_cert(secured.getpeercert(binary_form=True))

    def served_sha256(self, port=None):
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(self.leaf(port))).hexdigest()

    def verify(self, port=None, name=None, at=None, root=None, host="127.0.0.1"):
        """openssl verifies chain and name as of `at` (seconds since 1970)."""
        name = name or self.names[0]
        is_ip = re.fullmatch(r"[\d.]+", name)
        when = [] if at is None else ["-attime", str(int(at))]
        done = subprocess.run(
            ["openssl", "s_client", "-connect", f"{host}:{port or self.dbms.bolt_port}", "-verify_return_error",
             *(["-verify_ip", name] if is_ip else ["-servername", name, "-verify_hostname", name]), *when,
             "-CAfile", str(root or self.pebble.root())],
            input="", capture_output=True, text=True, timeout=30)
        assert done.returncode == 0 and "Verification: OK" in done.stdout, done.stdout + done.stderr
        return done.stdout

    def stop(self):
        self.dbms.stop()


def dates(pem):
    """(not before, not after) of a PEM certificate, as seconds since 1970."""
    text = subprocess.run(["openssl", "x509", "-noout", "-dates"], input=pem, capture_output=True, text=True,
                          check=True).stdout
    return tuple(datetime.datetime.strptime(when, "%b %d %H:%M:%S %Y GMT").replace(
        tzinfo=datetime.timezone.utc).timestamp() for when in re.findall(r"=(.*)", text))

# SPDX-License-Identifier: Apache-2.0
"""A machine of the test's own: what a recipe does to /etc, /var/lib and well-known ports stays in it.

A mount namespace with a copy of /etc and an empty /var/lib, /var/log and /srv; a network namespace
with nothing but loopback, so that every port is free. The server runs as user `trellis`, made here.
All of it is gone with the process that holds the namespaces. Needs root.
"""
import contextlib
import ctypes
import hashlib
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import time

from conftest import PASSWORD, TRELLIS
from pebble import Pebble

USER = "trellis"
PROGRAM = "/usr/local/bin/trellis"
HOME = pathlib.Path("/var/lib/trellis")
CONF = pathlib.Path("/etc/trellis")

SET_UP = f"""
set -eu
umask 022
mount -t tmpfs -o mode=755 none /mnt
cp -a /etc /mnt/etc
mount --bind /mnt/etc /etc
for folder in /var/lib /var/log /srv; do mount -t tmpfs -o mode=755 none $folder; done
rm -rf /etc/letsencrypt
mkdir -p /etc/letsencrypt /mnt/local
# The program as it is installed, wherever the build lies; beside it what is there already.
mount --bind /usr/local/bin /mnt/local
mount -t tmpfs -o mode=755 none /usr/local/bin
find /mnt/local -mindepth 1 -maxdepth 1 -not -name trellis -exec ln -s -t /usr/local/bin {{}} +
touch {PROGRAM}
mount --bind "$1" {PROGRAM}
printf '127.0.0.1 localhost\\n' > /etc/hosts
getent passwd {USER} > /dev/null || useradd --system --user-group --home-dir {HOME} --shell /usr/sbin/nologin {USER}
ip link set lo up
echo ready
exec setpriv --pdeathsig KILL sleep infinity
"""


def _setns(fd):
    if ctypes.CDLL(None, use_errno=True).setns(fd, 0x40000000) != 0:  # CLONE_NEWNET
        raise OSError(ctypes.get_errno(), "setns")


class Machine:
    def __init__(self, folder):
        self.folder = folder
        assert os.geteuid() == 0, "these tests make namespaces and users: run them as root"
        self.holder = subprocess.Popen(
            ["unshare", "--mount", "--net", "--propagation", "private", "bash", "-c", SET_UP, "machine", TRELLIS],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        line = self.holder.stdout.readline()
        assert line == "ready\n", line + self.holder.stdout.read()
        self.servers = []
        self.pebbles = []

    # -- running things on it --
    def line(self, *command, user=None, capability=None):
        """The command line that runs a command there; the user may have one capability, and no other ever."""
        enter = ["nsenter", "--target", str(self.holder.pid), "--mount", "--net", "--"]
        if user:
            enter += ["setpriv", "--reuid", user, "--regid", user, "--init-groups", "--no-new-privs"]
            if capability:
                enter += [f"--inh-caps=+{capability}", f"--ambient-caps=+{capability}", f"--bounding-set=-all,+{capability}"]
        return enter + [str(part) for part in command]

    def run(self, *command, user=None, check=True, timeout=120, env=None, **options):
        """As root unless a user is named. Returns the completed process."""
        done = subprocess.run(self.line(*command, user=user), capture_output=True, text=True, timeout=timeout,
                              env={**os.environ, **(env or {})}, **options)
        assert not check or done.returncode == 0, f"{command}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def shell(self, script, **options):
        """A script, each line as an operator types it; the first that fails ends it."""
        return self.run("bash", "-euc", script, **options)

    def popen(self, *command, user=None, capability=None, **options):
        return subprocess.Popen(self.line(*command, user=user, capability=capability), **options)

    def read(self, path):
        return self.run("cat", path).stdout

    def write(self, path, text):
        self.run("tee", path, input=text)

    def host(self, name, address="127.0.0.1"):
        self.run("tee", "-a", "/etc/hosts", input=f"{address} {name}\n")

    @contextlib.contextmanager
    def network(self):
        """This thread, and what it starts, in the machine's network."""
        outside = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        inside = os.open(f"/proc/{self.holder.pid}/ns/net", os.O_RDONLY)
        try:
            _setns(inside)
            yield
        finally:
            _setns(outside)
            os.close(inside)
            os.close(outside)

    # -- a CA on its network --
    def pebble(self, folder, **options):
        """A CA that validates on the well-known ports. Talk to it within `network()`."""
        with self.network():
            self.pebbles.append(Pebble(folder, **{"http01": 80, "tlsalpn01": 443, **options}))
        return self.pebbles[-1]

    def certbot_of(self, pebble):
        """From here on certbot's commands need no option to reach the test's CA: cli.ini has them."""
        self.write("/etc/letsencrypt/cli.ini",
                   f"server = {pebble.directory}\nagree-tos = true\nregister-unsafely-without-email = true\n"
                   "non-interactive = true\nno-random-sleep-on-renew = true\n")
        self.trust = {"REQUESTS_CA_BUNDLE": str(pebble.trust_file)}

    def certbot(self, *arguments, **options):
        return self.run("certbot", *arguments, env=self.trust, **options)

    # -- the server --
    def install(self, settings):
        """A fresh home as a package would make it, with an initial password and these lines of neo4j.conf."""
        self.shell(f"""
            rm -rf {HOME}
            install -d {CONF}
            install -d -o {USER} -g {USER} {HOME} {HOME}/certificates""")
        self.write(CONF / "neo4j.conf", settings)
        self.trellis("admin", "dbms", "set-initial-password", PASSWORD)

    def trellis(self, *words, user=USER, **options):
        """A `trellis` command about the installed home."""
        return self.run(PROGRAM, *words, "--home", HOME, "--conf", CONF, user=user, **options)

    def start(self, *arguments, port=7687, capability=None):
        """`trellis console` as the unprivileged user. Waits until it listens on `port`; None: does not wait."""
        server = Server(self, arguments, self.folder / f"console-{len(self.servers)}.out", capability)
        self.servers.append(server)
        if port:
            server.wait_until_listening(port)
        return server

    def served(self, port, name=None):
        """What is served on a port: the leaf's SHA-256 in lower-case hex. Not verified: this only reads."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with self.network():
            raw = socket.create_connection(("127.0.0.1", port), timeout=10)
        with raw, context.wrap_socket(raw, server_hostname=name) as stream:
            return hashlib.sha256(stream.getpeercert(binary_form=True)).hexdigest()

    def wait_until_answering(self, port, name=None, seconds=20):
        """For a server that has no certificate yet; returns the first that is served."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                return self.served(port, name)
            except OSError:
                assert time.monotonic() < deadline, self.logs()
                time.sleep(0.1)

    def wait_until_served(self, sha256, port, name=None, seconds=20):
        begin = time.monotonic()
        while (seen := self.served(port, name)) != sha256:
            assert time.monotonic() - begin < seconds, f"still {seen}, not {sha256}\n{self.logs()}"
            time.sleep(0.05)
        return time.monotonic() - begin

    def fingerprint(self, certificate):
        out = self.run("openssl", "x509", "-in", certificate, "-noout", "-fingerprint", "-sha256").stdout
        return out.split("=")[1].strip().replace(":", "").lower()

    def wait_for_log(self, pattern, file="trellis.log", seconds=20):
        """The first match of a line of the log."""
        deadline = time.monotonic() + seconds
        while not (found := re.search(pattern, self.read(HOME / "logs" / file), re.M)):
            assert time.monotonic() < deadline, f"no {pattern}\n{self.logs()}"
            time.sleep(0.1)
        return found

    def logs(self):
        return self.run("bash", "-c", f"tail -n 60 {HOME}/logs/*.log", check=False).stdout[-8000:]

    def close(self):
        for server in self.servers:
            server.kill()
        for pebble in self.pebbles:
            pebble.stop()
        self.holder.kill()
        self.holder.wait()


class Server:
    """One run of the server on a machine."""

    def __init__(self, machine, arguments, console, capability):
        self.machine = machine
        self._console = console
        with open(console, "wb") as out:
            self.process = machine.popen(PROGRAM, "console", "--home", HOME, "--conf", CONF, *arguments, user=USER,
                                         capability=capability, stdout=out, stderr=subprocess.STDOUT)

    def console(self):
        return self._console.read_text(errors="replace")

    def wait_until_listening(self, port, seconds=20):
        deadline = time.monotonic() + seconds
        while True:
            assert self.process.poll() is None, "the server ended:\n" + self.console()
            try:
                with self.machine.network(), socket.create_connection(("127.0.0.1", port), timeout=1):
                    return
            except OSError:
                assert time.monotonic() < deadline, "the server does not listen:\n" + self.console()
                time.sleep(0.02)

    def wait_for_end(self, seconds=20):
        """The exit code; the server must end by itself."""
        return self.process.wait(seconds)

    def stop(self, seconds=20):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(seconds)
        return self.process.returncode

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

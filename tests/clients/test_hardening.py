# SPDX-License-Identifier: Apache-2.0
"""The TLS stream's own traps, from outside: versions, renegotiation, early data, tickets, HSTS, plain
HTTP, floods of half handshakes, and what stays in the process's memory after a reload."""
import functools
import hashlib
import http.client
import os
import re
import socket
import ssl
import subprocess
import sys
import threading
import time

import neo4j
import pytest
from conftest import PASSWORD, free_port, run
from test_membership import pair_of

NAME = "db.example.test"
HSTS = "max-age=31536000; includeSubDomains"


def s_client(port, authority, *arguments, say=""):
    return subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", NAME, "-verify_hostname", NAME,
         "-verify_return_error", "-CAfile", str(authority.certificate), *map(str, arguments)],
        input=say, capture_output=True, text=True, timeout=30)


def served(port):
    """SHA-256 of the certificate that is served; this only reads."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), timeout=10) as raw:
        with context.wrap_socket(raw, server_hostname=NAME) as stream:
            return hashlib.sha256(stream.getpeercert(binary_form=True)).hexdigest()


def https(dbms, authority, method="GET", path="/", headers=None):
    context = ssl.create_default_context(cafile=str(authority.certificate))
    raw = context.wrap_socket(socket.create_connection(("127.0.0.1", dbms.https_port), 10), server_hostname=NAME)
    connection = http.client.HTTPConnection(NAME, dbms.https_port)
    connection.sock = raw
    connection.request(method, path, headers=headers or {})
    answer = connection.getresponse()
    answer.text = answer.read().decode()
    connection.close()
    return answer


def with_https(dbms, authority):
    dbms.https_port = free_port()
    authority.issue(NAME, "localhost", folder=dbms.home / "certificates" / "https")
    dbms.set("dbms.ssl.policy.https.enabled", "true")
    dbms.set("dbms.ssl.policy.https.client_auth", "NONE")
    dbms.set("server.https.enabled", "true")
    dbms.set("server.https.listen_address", f"127.0.0.1:{dbms.https_port}")


def driver_of(dbms, authority, **options):
    context = ssl.create_default_context(cafile=str(authority.certificate))
    return neo4j.GraphDatabase.driver(dbms.uri("bolt", "localhost"), auth=("neo4j", PASSWORD), ssl_context=context, **options)


@pytest.fixture(scope="module")
def dbms(dbms_factory, authority):
    made = dbms_factory()
    made.secure(authority, NAME, "localhost")
    with_https(made, authority)
    made.set("dbms.security.http_strict_transport_security", HSTS)
    return made.start()


# -- the protocol --

def test_tls_1_3_is_the_default_and_1_2_the_floor(dbms, authority):
    for port in (dbms.bolt_port, dbms.https_port):
        assert "New, TLSv1.3" in s_client(port, authority).stdout
        assert "New, TLSv1.2" in s_client(port, authority, "-tls1_2").stdout
        for old in ("-tls1_1", "-tls1"):
            assert s_client(port, authority, old, "-cipher", "ALL:@SECLEVEL=0").returncode != 0
        # No CBC, no key exchange that a later thief of the key can undo.
        for cipher in ("ECDHE-ECDSA-AES256-SHA384", "ECDHE-ECDSA-AES128-SHA", "AES256-GCM-SHA384"):
            assert s_client(port, authority, "-tls1_2", "-cipher", cipher).returncode != 0


def test_nobody_renegotiates(dbms, authority):
    done = s_client(dbms.https_port, authority, "-tls1_2", say="R\n")
    assert "no renegotiation" in done.stdout + done.stderr


def test_no_early_data_is_offered(dbms, authority):
    asked = f"GET / HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n"
    shown = s_client(dbms.https_port, authority, "-ign_eof", say=asked).stdout
    assert "Post-Handshake New Session Ticket arrived" in shown
    assert set(re.findall(r"Max Early Data: (\d+)", shown)) == {"0"}


def test_sessions_are_resumed_and_the_ticket_changes(dbms, authority, tmp_path):
    asked = f"GET / HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n"
    for version in ("-tls1_2", "-tls1_3"):
        first, second = tmp_path / f"first{version}", tmp_path / f"second{version}"
        assert "New, TLS" in s_client(dbms.https_port, authority, version, "-ign_eof", "-sess_out", first, say=asked).stdout
        again = s_client(dbms.https_port, authority, version, "-ign_eof", "-sess_in", first, "-sess_out", second, say=asked)
        assert "Reused, TLS" in again.stdout
        if version == "-tls1_3":
            assert first.read_bytes() != second.read_bytes()


# -- HTTP beside it --

def test_every_https_answer_has_hsts_and_no_other(dbms, authority):
    for method, path, status in (("GET", "/", 200), ("HEAD", "/", 200), ("OPTIONS", "/", 204), ("POST", "/", 405),
                                 ("GET", "/nothing/here", 404), ("GET", "/" + "x" * 20000, 431)):
        answer = https(dbms, authority, method, path)
        assert (answer.status, answer.headers["Strict-Transport-Security"]) == (status, HSTS), (method, path)
    plain = http.client.HTTPConnection("127.0.0.1", dbms.http_port)
    plain.request("GET", "/")
    answer = plain.getresponse()
    assert answer.status == 200 and answer.headers["Strict-Transport-Security"] is None


def test_plain_http_is_refused_everywhere_by_one_setting(dbms_factory, authority):
    dbms = dbms_factory()
    dbms.secure(authority, NAME, "localhost", level="OPTIONAL")
    with_https(dbms, authority)
    dbms.set("server.tls.refuse_plain_http", "true")
    dbms.start()
    for port in (dbms.http_port, dbms.bolt_port):
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("GET", "/")
        answer = connection.getresponse()
        assert answer.status == 403 and "server.tls.refuse_plain_http" in answer.read().decode()
    assert https(dbms, authority).status == 200
    with driver_of(dbms, authority) as driver:
        driver.verify_connectivity()


def test_one_port_serves_https_and_bolt(dbms_factory, authority):
    dbms = dbms_factory()
    dbms.secure(authority, NAME, "localhost")
    dbms.https_port = dbms.bolt_port
    dbms.set("server.https.enabled", "true")
    dbms.set("server.https.listen_address", f"127.0.0.1:{dbms.bolt_port}")
    dbms.start()
    assert "neo4j_version" in https(dbms, authority).text
    assert https(dbms, authority, "POST").status == 405
    with driver_of(dbms, authority) as driver:
        assert driver.execute_query("RETURN 1 AS one")[0][0]["one"] == 1


# -- floods --

@functools.cache
def client_hello():
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    stream = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname=NAME)
    with pytest.raises(ssl.SSLWantReadError):
        stream.do_handshake()
    return outgoing.read()


def half_handshake(port, whole_hello):
    """A connection whose handshake the client does not finish: a whole hello and then silence, or half a hello."""
    raw = socket.create_connection(("127.0.0.1", port), timeout=10)
    raw.sendall(client_hello() if whole_hello else client_hello()[:100])
    return raw


# A process of its own: threads of this one would slow its honest clients down, not the server.
FLOOD = """
import collections, resource, socket, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
port, held, hello = int(sys.argv[1]), collections.deque(maxlen=int(sys.argv[2])), bytes.fromhex(sys.argv[3])
opened = 0
while True:
    if len(held) == held.maxlen:
        held.popleft().close()
    try:
        raw = socket.create_connection(("127.0.0.1", port), timeout=10)
        raw.sendall(hello if opened % 2 else hello[:100])
        held.append(raw)
    except (ConnectionResetError, BrokenPipeError):
        pass  # it was shown the door at once
    opened += 1
    if opened % 100 == 0:
        print(opened, flush=True)
"""


class Flood:
    """Half handshakes, whole hellos and halves of them, of which the last `held` stay open."""

    def __init__(self, port, held):
        self.opened = 0
        self.process = subprocess.Popen([sys.executable, "-c", FLOOD, str(port), str(held), client_hello().hex()],
                                        stdout=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.opened = int(line)

    def stop(self):
        """The code that it ended with by itself, None while it still went on."""
        ended = self.process.poll()
        self.process.kill()
        self.process.wait()
        self.reader.join()
        return ended


def test_a_flood_of_half_handshakes_disturbs_nobody(dbms_factory, authority):
    most = 500
    dbms = dbms_factory()
    dbms.secure(authority, NAME, "localhost")
    dbms.set("server.tls.max_handshakes", most)
    dbms.start()
    descriptors = lambda: len(os.listdir(f"/proc/{dbms.process.pid}/fd"))
    before, memory = descriptors(), dbms.memory_mb()
    most_open, queries, connected, turned_away, slowest = 0, 0, 0, 0, 0.0
    with driver_of(dbms, authority) as established, established.session() as session:
        session.run("RETURN 1").consume()
        flood = Flood(dbms.bolt_port, 6000)
        try:
            deadline = time.monotonic() + 90
            while connected < 10 or flood.opened < 5000:
                assert time.monotonic() < deadline, (connected, flood.opened)
                session.run("RETURN 1").consume()
                queries += 1
                begin = time.monotonic()
                try:
                    with driver_of(dbms, authority) as new:
                        new.verify_connectivity()
                except neo4j.exceptions.ServiceUnavailable:
                    # Displaced, on a machine so busy that its own handshake was the oldest unfinished one; or
                    # refused, by a flood that filled the house twice within the grace of those inside.
                    turned_away += 1
                    assert turned_away <= 10, f"{connected} connected, {turned_away} were turned away"
                    continue
                connected += 1
                slowest = max(slowest, time.monotonic() - begin)
                most_open = max(most_open, descriptors())
        finally:
            ended = flood.stop()
    print(f"{flood.opened} half handshakes, {most} allowed at a time: {queries} queries and {connected} new drivers went "
          f"through, {turned_away} were turned away, the slowest in {slowest * 1000:.0f} ms; at most {most_open - before} descriptors and "
          f"{dbms.memory_mb() - memory:.0f} MB more")
    assert ended is None
    # The bound was reached, and held: those inside, as many that wait, and what is being closed.
    assert most <= most_open - before <= 3 * most


def test_a_handshake_that_does_not_end_is_ended(dbms, authority):
    begin = time.monotonic()
    with half_handshake(dbms.https_port, True) as raw:
        raw.settimeout(30)
        while raw.recv(65536):
            pass
    assert 5 < time.monotonic() - begin < 20


def test_one_time_bounds_the_handshake_and_the_silence_after_it(dbms, authority):
    """Who takes its time with the one has less for the other."""
    context = ssl.create_default_context(cafile=str(authority.certificate))
    begin = time.monotonic()
    with socket.create_connection(("127.0.0.1", dbms.https_port), timeout=30) as raw:
        time.sleep(6)  # of the ten seconds that there are
        with context.wrap_socket(raw, server_hostname=NAME) as stream:
            try:
                assert stream.recv(1) == b""
            except (ssl.SSLEOFError, ConnectionResetError):
                pass
    assert 8 < time.monotonic() - begin < 14


# -- memory --

def writable_memory(pid):
    """Every byte that the process could have written, map by map."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            bounds, rights, *rest = line.split()
            if "w" not in rights or "r" not in rights or "[vvar" in line:
                continue
            start, end = (int(part, 16) for part in bounds.split("-"))
            memory.seek(start)
            left = end - start
            while left > 0:
                try:
                    piece = memory.read(min(left, 1 << 26))
                except OSError:
                    break
                if not piece:
                    break
                yield piece
                left -= len(piece)


def found_in(pid, wanted):
    """The names of what is found, of {name: [bytes]}."""
    found = set()
    for piece in writable_memory(pid):
        found |= {name for name, forms in wanted.items() if any(form in piece for form in forms)}
    return found


def scalar(key, passphrase):
    """The private number as it may lie in memory: as it is written, and as OpenSSL's words (little-endian)."""
    text = run("openssl", "pkey", "-in", key, "-passin", f"pass:{passphrase}", "-noout", "-text")
    number = bytes.fromhex("".join(re.search(r"priv:\s*([0-9a-f:\s]+)pub:", text).group(1).split()).replace(":", ""))
    number = number[-32:]
    return [number, number[::-1]]


def pem_lines(path):
    return [line for line in path.read_bytes().splitlines() if line and not line.startswith(b"-") and b":" not in line]


def test_after_a_reload_nothing_secret_lies_about(dbms_factory, authority, tmp_path):
    passphrase = "Vj8-passphrase-of-the-key-q3x"
    dbms = dbms_factory()
    dbms.secure(authority, NAME, "localhost")
    dbms.set("dbms.ssl.policy.bolt.private_key_password", passphrase)
    dbms.set("server.tls.poll_interval", "100ms")
    folder = dbms.home / "certificates" / "bolt"

    def seal(key):
        sealed = tmp_path / "sealed.key"
        run("openssl", "pkcs8", "-topk8", "-in", key, "-out", sealed, "-passout", f"pass:{passphrase}", "-v2", "aes-256-cbc")
        os.chmod(sealed, 0o600)
        os.replace(sealed, key)

    seal(folder / "private.key")
    dbms.start()
    old = served(dbms.bolt_port)
    retired = {"retired scalar": scalar(folder / "private.key", passphrase),
               "retired key's PEM": pem_lines(folder / "private.key")}
    with driver_of(dbms, authority) as driver, driver.session() as session:
        session.run("RETURN 1").consume()  # a connection that outlives the key
        for _ in range(20):
            served(dbms.bolt_port)
        authority.issue(NAME, "localhost", folder=tmp_path / "new")
        seal(tmp_path / "new" / "private.key")
        for name in ("private.key", "public.crt"):
            os.replace(tmp_path / "new" / name, folder / name)
        deadline = time.monotonic() + 20
        while served(dbms.bolt_port) == old:
            assert time.monotonic() < deadline, dbms.console()
            time.sleep(0.05)
        session.run("RETURN 1").consume()
        current = {"current scalar": scalar(folder / "private.key", passphrase),
                   "current key's PEM": pem_lines(folder / "private.key"), "passphrase": [passphrase.encode()]}
        found = found_in(dbms.process.pid, {**retired, **current})
    # The key in force must be there: else the search would find nothing whatever lay about.
    assert found == {"current scalar"}


def test_after_a_members_renewal_its_old_key_is_gone(dbms_factory):
    """Of the member and of the holder of the cluster's authority, whose keys go through other hands: files that the
    server writes itself, requests to the authority."""
    holder, member = pair_of(dbms_factory, "hm", 41, "20s", "500ms")
    holder.dbms.start()
    member.join(holder, holder.new_token())
    member.dbms.start()

    def forms(one, age):
        key = one.folder / "private.key"
        return {f"{age} scalar": scalar(key, ""), f"{age} key's PEM": pem_lines(key)}

    for one in (holder, member):
        serial, retired = one.serial(), forms(one, "retired")
        assert one.serial() == serial
        shown = one.served()
        deadline = time.monotonic() + 30
        while one.served() == shown:
            assert time.monotonic() < deadline, one.dbms.console()
            time.sleep(0.1)
        # The PEM of the key in force is there for as long as the authority is asked, and no longer.
        for _ in range(5):
            found = found_in(one.dbms.process.pid, {**retired, **forms(one, "current")})
            assert "current scalar" in found and not found & set(retired), (one.name, found)
            if found == {"current scalar"}:
                break
        assert found == {"current scalar"}, one.name

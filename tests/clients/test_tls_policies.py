# SPDX-License-Identifier: Apache-2.0
"""Which certificate is served, to whom, and how a new one comes into force: the running server as openssl's own
client and Python's TLS see it."""
import hashlib
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import time

import pytest
from conftest import Authority, Dbms, run

PASSPHRASE = "nobody guesses this one 7261"


def served(dbms, name=None, *arguments, sent=b""):
    """What `openssl s_client` says; name: SNI."""
    return subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{dbms.bolt_port}", *(("-servername", name) if name else ("-noservername",)),
         *arguments], input=sent, capture_output=True, timeout=30)


def subject(dbms, name=None, *arguments):
    found = re.search(r"^subject=CN = (.*)$", served(dbms, name, *arguments).stdout.decode(), re.M)
    return found and found.group(1)


def fingerprint(dbms):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", dbms.bolt_port), timeout=10) as plain:
        with context.wrap_socket(plain) as secure:
            return hashlib.sha256(secure.getpeercert(binary_form=True)).hexdigest()


def fingerprint_of(certificate):
    pem = pathlib.Path(certificate).read_text().split("-----END")[0] + "-----END CERTIFICATE-----\n"
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()


def greeted(dbms, context, session=None):
    """The session, and whether it was a resumed one, of a connection on which Bolt was agreed on."""
    plain = socket.create_connection(("127.0.0.1", dbms.bolt_port), timeout=10)
    with context.wrap_socket(plain, server_hostname="localhost", session=session) as secure:
        secure.sendall(bytes.fromhex("6060B017 00000405 00000000 00000000 00000000"))
        assert secure.recv(4) == bytes.fromhex("00000405")
        return secure.session, secure.session_reused


def until(condition, what, seconds=15):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def put(authority, folder, *names):
    """A new pair in that folder, by rename."""
    aside = folder.parent / (folder.name + ".next")
    authority.issue(*names, folder=aside)
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("private.key", "public.crt"):
        (aside / name).rename(folder / name)
    aside.rmdir()
    return folder / "public.crt"


@pytest.fixture
def dbms(dbms_factory, authority):
    made = dbms_factory()
    made.secure(authority, "localhost", "127.0.0.1")
    made.set("server.tls.poll_interval", "100ms")
    made.bolt = made.home / "certificates" / "bolt"
    yield made
    made.stop()


def test_a_new_pair_is_served_without_a_word_and_old_connections_live_on(dbms, authority):
    dbms.start()
    before = fingerprint(dbms)
    context = ssl.create_default_context(cafile=str(authority.certificate))
    with context.wrap_socket(socket.create_connection(("127.0.0.1", dbms.bolt_port)), server_hostname="localhost") as old:
        new = put(authority, dbms.bolt, "localhost")
        until(lambda: fingerprint(dbms) == fingerprint_of(new), "the new pair is not served")
        assert fingerprint(dbms) != before
        old.sendall(bytes.fromhex("6060B017 00000405 00000000 00000000 00000000"))
        assert old.recv(4) == bytes.fromhex("00000405")


def test_sighup_reads_the_files_at_once(dbms, authority):
    dbms.set("server.tls.poll_interval", "1h")
    dbms.start()
    new = put(authority, dbms.bolt, "localhost")
    assert fingerprint(dbms) != fingerprint_of(new)
    dbms.process.send_signal(signal.SIGHUP)
    until(lambda: fingerprint(dbms) == fingerprint_of(new), "SIGHUP has not put the new pair in force")


def test_a_key_that_comes_three_seconds_before_its_certificate(dbms, authority):
    dbms.start()
    first = fingerprint(dbms)
    authority.issue("localhost", folder=dbms.home / "next")
    (dbms.home / "next" / "private.key").rename(dbms.bolt / "private.key")
    until(lambda: "does not belong to the certificate" in dbms.console(), "the reason is not told")
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        assert fingerprint(dbms) == first
    (dbms.home / "next" / "public.crt").rename(dbms.bolt / "public.crt")
    until(lambda: fingerprint(dbms) == fingerprint_of(dbms.bolt / "public.crt"), "the whole pair is not served")
    assert dbms.console().count("keeps what it had") == 1  # told once, not at every look


def test_names_and_kinds_of_keys_choose_the_pair(dbms, authority):
    authority.issue("b.example.test", folder=dbms.bolt / "sni" / "exact")
    authority.issue("*.example.test", folder=dbms.bolt / "sni" / "wildcard")
    folder = dbms.bolt / "sni" / "rsa"
    folder.mkdir()
    (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "private.key", "-out", folder / "csr",
        "-subj", "/CN=rsa")
    run("openssl", "x509", "-req", "-in", folder / "csr", "-CA", authority.certificate, "-CAkey", authority.key,
        "-CAcreateserial", "-out", folder / "public.crt", "-days", "9", "-extfile", folder / "names")
    os.chmod(folder / "private.key", 0o640)
    dbms.start()
    assert subject(dbms, "b.example.test") == "b.example.test"
    assert subject(dbms, "c.example.test") == "*.example.test"
    assert subject(dbms, "else.where.test") == "localhost"
    assert subject(dbms) == "localhost"
    only_rsa = ("-sigalgs", "RSA-PSS+SHA256:RSA+SHA256")
    for version in ("-tls1_2", "-tls1_3"):
        assert subject(dbms, "localhost", version, *only_rsa) == "rsa"
        assert subject(dbms, None, version, *only_rsa) == "rsa"
        assert subject(dbms, "localhost", version, "-sigalgs", "ECDSA+SHA256") == "localhost"


def test_sessions_are_resumed_across_a_renewal(dbms, authority):
    dbms.start()
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = ssl.create_default_context(cafile=str(authority.certificate))
        context.minimum_version = context.maximum_version = version
        session, reused = greeted(dbms, context)
        assert not reused
        new = put(authority, dbms.bolt, "localhost")
        until(lambda: fingerprint(dbms) == fingerprint_of(new), "the new pair is not served")
        assert greeted(dbms, context, session)[1]


def test_an_acme_protocol_without_a_challenge_is_refused(dbms):
    dbms.start()
    done = served(dbms, "localhost", "-alpn", "acme-tls/1")
    assert done.returncode != 0 and b"no application protocol" in done.stderr


def revocation_list(authority, folder, *revoked, days="30", seconds=None):
    """By `openssl ca`, as an administrator makes one."""
    folder.mkdir(parents=True, exist_ok=True)
    home = authority.folder
    (home / "index.txt").write_text("")
    (home / "ca.cnf").write_text(f"[ca]\ndefault_ca=d\n[d]\ndatabase={home}/index.txt\ndefault_md=sha256\n"
                                 f"default_crl_days={days}\n")
    base = ("openssl", "ca", "-config", home / "ca.cnf", "-keyfile", authority.key, "-cert", authority.certificate)
    for certificate in revoked:
        run(*base, "-revoke", certificate)
    run(*base, "-gencrl", *(("-crlsec", seconds) if seconds else ()), "-out", folder / "new.crl")
    (folder / "new.crl").rename(folder / "ca.crl")


def test_a_revoked_client_is_refused_within_one_look_and_an_expired_list_stays_in_force(dbms, authority, tmp_path):
    clients = Authority(tmp_path / "clients")
    certificates = {}
    for name in ("good", "bad"):
        certificates[name] = clients.issue(name, folder=tmp_path / name)
    (dbms.bolt / "trusted" / "ca.crt").write_text(clients.certificate.read_text())
    revocation_list(clients, dbms.bolt / "revoked")
    dbms.set("dbms.ssl.policy.bolt.client_auth", "REQUIRE")
    dbms.start()

    def let_in(name):
        context = ssl.create_default_context(cafile=str(authority.certificate))
        context.load_cert_chain(*certificates[name])
        try:  # TLS 1.3 refuses a client after its handshake: what counts is an answer
            return bool(greeted(dbms, context))
        except (ssl.SSLError, ConnectionError):
            return False

    assert let_in("good") and let_in("bad")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        greeted(dbms, ssl.create_default_context(cafile=str(authority.certificate)))
    revocation_list(clients, dbms.bolt / "revoked", certificates["bad"][0])
    until(lambda: not let_in("bad"), "the revoked client is still let in")
    assert let_in("good")
    revocation_list(clients, tmp_path / "late", certificates["bad"][0], seconds="1")
    time.sleep(1.1)  # until it has expired: the server is to say so when it takes it
    (tmp_path / "late" / "ca.crl").rename(dbms.bolt / "revoked" / "ca.crl")
    put_in_force = lambda: "[revocation-list-expired]" in dbms.console()
    until(put_in_force, "nobody is told of the list's end")
    assert let_in("good") and not let_in("bad")


def test_an_expired_pair_is_served_loudly(dbms, authority, tmp_path):
    folder = tmp_path / "expired"
    authority.issue("localhost", folder=folder, days="-1")
    for name in ("private.key", "public.crt"):
        (folder / name).rename(dbms.bolt / name)
    dbms.start()
    assert subject(dbms) == "localhost"
    assert "[certificate-expired]" in dbms.console()


def test_an_encryption_that_openssl_has_retired_gives_the_command_that_helps(dbms):
    key = dbms.bolt / "private.key"
    run("openssl", "pkcs8", "-topk8", "-v1", "PBE-MD5-DES", "-provider", "legacy", "-provider", "default", "-in", key,
        "-passout", f"pass:{PASSPHRASE}", "-out", dbms.bolt / "old.key")
    (dbms.bolt / "old.key").rename(key)
    dbms.set("dbms.ssl.policy.bolt.private_key_password", PASSPHRASE)
    dbms.start(wait=False)
    assert dbms.process.wait(20) != 0
    command = re.search(r"(openssl pkcs8 \S.*\.new)", dbms.console()).group(1)
    run("sh", "-c", f"{command} -passin 'pass:{PASSPHRASE}' -passout 'pass:{PASSPHRASE}'")
    (dbms.bolt / "private.key.new").rename(key)
    dbms.start()
    assert subject(dbms) == "localhost"


class Needle:
    def __init__(self, data):
        self.data = data

    def count_in(self, process):
        found = 0
        with open(f"/proc/{process}/maps") as maps, open(f"/proc/{process}/mem", "rb", 0) as memory:
            for line in maps:
                area, rights = line.split()[:2]
                start, end = (int(part, 16) for part in area.split("-"))
                if "r" not in rights or line.rstrip().endswith(("[vvar]", "[vsyscall]")):
                    continue
                try:
                    memory.seek(start)
                    found += memory.read(end - start).count(self.data)
                except OSError:
                    continue
        return found


def test_after_a_reload_the_memory_holds_no_key_file_passphrase_or_retired_number(dbms, authority):
    def encrypt():
        key = dbms.bolt / "private.key"
        run("openssl", "pkcs8", "-topk8", "-in", key, "-passout", f"pass:{PASSPHRASE}", "-out", dbms.bolt / "sealed.key")
        plain = key.read_text()
        der = subprocess.run(["openssl", "ec", "-in", key, "-outform", "DER"], capture_output=True, check=True).stdout
        sealed = (dbms.bolt / "sealed.key").read_text()
        (dbms.bolt / "sealed.key").rename(key)
        number = der[7:39]
        return {"number": Needle(number), "number, as OpenSSL keeps it": Needle(number[::-1]),
                "text": Needle(plain.splitlines()[2].encode()), "sealed text": Needle(sealed.splitlines()[3].encode())}

    retired = encrypt()
    dbms.set("dbms.ssl.policy.bolt.private_key_password", PASSPHRASE)
    dbms.start()
    context = ssl.create_default_context(cafile=str(authority.certificate))
    # A connection from before the reload, which must not keep its key alive.
    with context.wrap_socket(socket.create_connection(("127.0.0.1", dbms.bolt_port)), server_hostname="localhost"):
        assert sum(needle.count_in(dbms.process.pid) for needle in retired.values()) > 0  # it is found where it is
        authority.issue("localhost", folder=dbms.home / "next")
        (dbms.home / "next" / "private.key").rename(dbms.bolt / "private.key")
        current = encrypt()
        (dbms.home / "next" / "public.crt").rename(dbms.bolt / "public.crt")
        new = dbms.bolt / "public.crt"
        until(lambda: fingerprint(dbms) == fingerprint_of(new), "the new pair is not served")
        searched = {**retired, "passphrase": Needle(PASSPHRASE.encode()), "new text": current["text"],
                    "new sealed text": current["sealed text"]}
        # What lingers stays; what is there for the moment of reading, as the watch reads new files, goes.
        found = {}

        def nothing_lingers():
            found.update({what: needle.count_in(dbms.process.pid) for what, needle in searched.items()})
            return not any(found.values())

        until(nothing_lingers, found)  # shown when it fails

# SPDX-License-Identifier: Apache-2.0
"""The cluster's own authority: three servers join by token, rotate, outlive a new authority; one is revoked.

What is served is asked by openssl and curl, with the members' own certificates.
"""
import datetime
import json
import signal
import subprocess
import time

import pytest
from acme import TEST_BUILD
from conftest import TRELLIS, free_port, run

LIFETIME = 60
POLL = 2
SLACK = 1.5  # for the processes of this test


def waited(condition, seconds, what):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.1)


class Member:
    def __init__(self, dbms, name, address):
        self.dbms, self.name, self.address, self.port = dbms, name, address, free_port()
        self.folder = dbms.home / "certificates" / "cluster"
        dbms.set("dbms.ssl.policy.cluster.enabled", "true")
        dbms.set("server.tls.authority.listen_address", f"{address}:{self.port}")
        dbms.set("server.tls.authority.member_lifetime", f"{LIFETIME}s")
        dbms.set("server.tls.poll_interval", f"{POLL}s")
        dbms.write_settings()

    def tls(self, *arguments):
        return run(TRELLIS, "tls", *arguments, "--home", self.dbms.home)

    def new_token(self):
        return self.tls("ca", "join-token").strip()

    def join(self, holder, token):
        self.tls("join", "--authority", f"{holder.address}:{holder.port}", "--token", token, self.name, self.address)

    def refused(self, *arguments):
        done = subprocess.run([TRELLIS, "tls", *map(str, arguments), "--home", str(self.dbms.home)],
                              capture_output=True, text=True)
        assert done.returncode != 0, done.stdout
        return done.stderr

    def serial(self):
        return run("openssl", "x509", "-in", self.folder / "public.crt", "-noout", "-serial").strip()

    def issuer(self):
        return run("openssl", "x509", "-in", self.folder / "public.crt", "-noout", "-issuer").strip().removeprefix("issuer=")

    def served(self):
        """SHA-256 of what the listener shows, verified by this member's own trust."""
        shown = subprocess.run(
            ["openssl", "s_client", "-connect", f"{self.address}:{self.port}", "-verify_return_error", "-partial_chain",
             "-verify_ip", self.address, "-CAfile", str(self.folder / "trusted" / "authority.crt")],
            input="", capture_output=True, text=True, timeout=20)
        assert shown.returncode == 0, shown.stdout + shown.stderr
        return run("openssl", "x509", "-noout", "-fingerprint", "-sha256", input=shown.stdout).strip()

    def asks(self, other):
        """curl with this member's certificate and trust, dialling the other's DNS name: HTTP status, 0 when the
        handshake was refused."""
        done = subprocess.run(
            ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "--max-time", "10",
             "--cacert", str(self.folder / "trusted" / "authority.crt"), "--cert", str(self.folder / "public.crt"),
             "--key", str(self.folder / "private.key"), "--resolve", f"{other.name}:{other.port}:{other.address}", f"https://{other.name}:{other.port}/cluster/v1/trust"],
            capture_output=True, text=True)
        if done.returncode == 58:  # read between the key and the certificate of a renewal
            return self.asks(other)
        if done.returncode != 0:
            print(f"{self.name} -> {other.name}: {done.stderr.strip()}\n{other.dbms.console()[-600:]}")
        return int(done.stdout or 0)

    def trusts(self):
        return (self.folder / "trusted" / "authority.crt").read_text().count("BEGIN CERTIFICATE")


def pair_of(dbms_factory, letters, number, lifetime, poll):
    """(one with an authority of its own and its certificate, one that knows of none), not started."""
    holder, member = (Member(dbms_factory(), f"{letter}.cluster.test", f"127.0.0.{at}")
                      for at, letter in enumerate(letters, number))
    for one in (holder, member):
        one.dbms.set("server.tls.authority.member_lifetime", lifetime)
        one.dbms.set("server.tls.poll_interval", poll)
        one.dbms.write_settings()
    holder.tls("ca", "init")
    holder.tls("ca", "issue", holder.name, holder.address)
    return holder, member


@pytest.fixture(scope="module")
def cluster(dbms_factory):
    """a holds the authority; b and c have joined it; all three run."""
    a, b, c = (Member(dbms_factory(), f"{letter}.cluster.test", f"127.0.0.{number}")
               for number, letter in enumerate("abc", 1))
    a.tls("ca", "init")
    a.tls("ca", "issue", a.name, a.address)
    a.dbms.start()
    for member in (b, c):
        member.token = a.tls("ca", "join-token", member.name, member.address).strip()
        print(member.tls("join", "--authority", f"{a.address}:{a.port}", "--token", member.token,
                         member.name, member.address))
        member.dbms.start()
    return a, b, c


def test_three_members_accept_each_other(cluster):
    for one in cluster:
        for other in cluster:
            assert one.asks(other) == 200, f"{one.name} -> {other.name}"


def test_the_certificate_has_both_usages_and_the_names(cluster):
    for member in cluster:
        text = run("openssl", "x509", "-in", member.folder / "public.crt", "-noout", "-ext", "extendedKeyUsage,subjectAltName")
        assert "TLS Web Server Authentication, TLS Web Client Authentication" in text
        assert member.name in text and member.address in text
        assert (member.folder / "private.key").stat().st_mode & 0o777 == 0o600


def test_a_token_is_good_once_and_for_its_names_alone(cluster, dbms_factory):
    a, b, c = cluster
    stranger = Member(dbms_factory(), "d.cluster.test", "127.0.0.4")
    authority = f"{a.address}:{a.port}"
    assert "not valid" in stranger.refused("join", "--authority", authority, "--token", b.token, b.name)
    named = a.tls("ca", "join-token", "e.cluster.test").strip()
    assert "other names" in stranger.refused("join", "--authority", authority, "--token", named, stranger.name)
    late = a.tls("ca", "join-token", "--valid", "1s").strip()
    time.sleep(1.2)
    assert "not valid" in stranger.refused("join", "--authority", authority, "--token", late, stranger.name)
    assert not stranger.folder.exists()


def test_the_authority_must_have_the_pinned_key(cluster, dbms_factory, tmp_path):
    a = cluster[0]
    elsewhere = Member(dbms_factory(), "x", "127.0.0.9")
    elsewhere.tls("ca", "init")
    foreign = elsewhere.tls("ca", "join-token").strip()
    stranger = Member(dbms_factory(), "d.cluster.test", "127.0.0.4")
    error = stranger.refused("join", "--authority", f"{a.address}:{a.port}", "--token", foreign, stranger.name)
    assert "certificate" in error.lower() and not stranger.folder.exists()


def test_who_shows_no_certificate_can_only_join(cluster):
    a = cluster[0]
    done = subprocess.run(["curl", "-s", "-w", "%{http_code}", "--cacert", str(a.folder / "trusted" / "authority.crt"),
                           f"https://{a.address}:{a.port}/cluster/v1/trust"], capture_output=True, text=True)
    assert done.stdout.endswith("403"), done.stdout


def test_members_rotate_and_outlive_a_new_authority_then_one_is_revoked(cluster, dbms_factory):
    a, b, c = cluster
    before = {member: (member.serial(), member.served()) for member in cluster}
    old = a.issuer()
    assert {member.issuer() for member in cluster} == {old}
    a.tls("ca", "init", "--rotate")
    # The listener still has its certificate of before: who joins now must be let in all the same.
    joins_now = Member(dbms_factory(), "d.cluster.test", "127.0.0.4")
    token = a.tls("ca", "join-token", joins_now.name, joins_now.address).strip()
    joins_now.join(a, token)
    new = joins_now.issuer()
    assert new != old
    waited(lambda: all(member.trusts() == 2 for member in cluster), 10, "both authorities trusted everywhere")
    begun = time.monotonic()
    while time.monotonic() - begun < LIFETIME + 10:
        for one, other in ((a, b), (b, c), (c, a)):
            assert one.asks(other) == 200, f"{one.name} -> {other.name} after {time.monotonic() - begun:.0f} s"
        if all(member.serial() != before[member][0] and member.served() != before[member][1] for member in cluster):
            break
        time.sleep(0.5)
    rounds = time.monotonic() - begun
    print(f"all three served a certificate of the new authority after {rounds:.0f} s, life {LIFETIME} s")
    assert rounds < LIFETIME
    assert {member.issuer() for member in cluster} == {new}
    for one in cluster:
        for other in cluster:
            assert one.asks(other) == 200

    assert c.asks(b) == 200
    a.tls("ca", "revoke", c.name)
    begun = time.monotonic()
    waited(lambda: c.asks(a) == 0 and c.asks(b) == 0, POLL + SLACK, "the revoked member is refused")
    print(f"refused by both others {time.monotonic() - begun:.1f} s after its revocation, poll {POLL} s")
    assert a.asks(b) == 200 and b.asks(a) == 200
    assert "revoked" in a.tls("ca", "list")


def test_a_member_without_its_authority_says_so_in_status_and_log(dbms_factory):
    holder, member = pair_of(dbms_factory, "hm", 21, "10s", "200ms")
    holder.dbms.start()
    member.join(holder, holder.new_token())
    member.dbms.start()

    def status():
        done = subprocess.run([TRELLIS, "tls", "status", "--json", "--home", str(member.dbms.home)], capture_output=True, text=True)
        (row,) = json.loads(done.stdout)["certificates"]
        return done.returncode, row

    waited(lambda: status()[1]["nextRenewal"], 10, "the next renewal is told")
    first = member.serial()
    waited(lambda: member.serial() != first, 10, "a renewal")
    code, row = status()
    assert code == 0 and row["lastError"] is None and row["nextRenewal"] < row["notAfter"], row
    # A frozen authority does not hold up the member's stop, nor hide what is wrong.
    holder.dbms.process.send_signal(signal.SIGSTOP)
    try:
        waited(lambda: "trellis tls join --authority" in (status()[1]["lastError"] or ""), 40, "what to do at the end")
        assert status()[0] == 1
        begun = time.monotonic()
        member.dbms.stop()
        assert time.monotonic() - begun < 5
    finally:
        holder.dbms.process.send_signal(signal.SIGCONT)
    log = (member.dbms.home / "logs" / "trellis.log").read_text()
    assert 1 <= log.count("cannot be looked after") <= 4, log[-3000:]
    # No word of a third, which is when it renews each time.
    assert "less than 1/3" not in log.split("cannot be looked after")[0]


def test_a_year_of_two_members(dbms_factory):
    """By the test build's clock: both renew in their turn, and the revocation lists are young whenever one looks."""
    holder, member = pair_of(dbms_factory, "yz", 51, "30d", "200ms")
    token = holder.new_token()
    clock = holder.dbms.home / "clock"
    for one in (holder, member):
        if one is member:  # before its settings have what the released program does not know
            one.join(holder, token)
        one.dbms.binary = TEST_BUILD
        one.dbms.set("internal.tls.clock_file", clock)
        one.dbms.start()
    for months in range(1, 18):
        before = [one.serial() for one in (holder, member)]
        offset = months * 21 * 86400
        (clock.with_suffix(".part")).write_text(str(offset))
        clock.with_suffix(".part").rename(clock)
        waited(lambda: all(one.serial() != old for one, old in zip((holder, member), before)), 20, "both renewed")
        for one, other in ((holder, member), (member, holder)):
            shown = subprocess.run(
                ["openssl", "s_client", "-connect", f"{one.address}:{one.port}", "-verify_return_error", "-partial_chain",
                 "-attime", str(int(time.time()) + offset), "-verify_hostname", one.name, "-CAfile",
                 str(other.folder / "trusted" / "authority.crt"), "-cert", str(other.folder / "public.crt"),
                 "-key", str(other.folder / "private.key")], input="", capture_output=True, text=True, timeout=20)
            assert "Verify return code: 0" in shown.stdout, shown.stdout + shown.stderr
        update = run("openssl", "crl", "-in", member.folder / "revoked" / "authority.crl", "-noout", "-lastupdate")
        made = datetime.datetime.strptime(update.strip().removeprefix("lastUpdate="), "%b %d %H:%M:%S %Y %Z")
        assert time.time() + offset - made.replace(tzinfo=datetime.timezone.utc).timestamp() < 8 * 86400
    print(f"{months} renewals each in {offset // 86400} days")


def test_a_kill_between_key_and_certificate_does_not_stop_the_next_start(dbms_factory):
    one = Member(dbms_factory(), "k.cluster.test", "127.0.0.31")
    one.tls("ca", "init")
    one.tls("ca", "issue", one.name, one.address)
    old = (one.folder / "public.crt").read_bytes()
    one.tls("ca", "issue", one.name, one.address)
    wanted = one.serial()
    # As a kill leaves it: the new key in its place, the certificate still beside it.
    (one.folder / "public.crt").rename(one.folder / ".public.crt.next")
    (one.folder / "public.crt").write_bytes(old)
    one.dbms.start()
    assert one.serial() == wanted
    one.served()


@pytest.mark.parametrize("setting, value", [("client_auth", "NONE"), ("trust_all", "true")])
def test_a_listener_that_knows_no_members_does_not_start(dbms_factory, setting, value):
    one = Member(dbms_factory(), "n.cluster.test", "127.0.0.32")
    one.tls("ca", "init")
    one.tls("ca", "issue", one.name, one.address)
    one.dbms.set(f"dbms.ssl.policy.cluster.{setting}", value)
    one.dbms.start(wait=False)
    assert one.dbms.process.wait(20) != 0
    said = one.dbms.console()
    assert f"server.tls.authority.listen_address={one.address}:{one.port}" in said, said
    assert f"dbms.ssl.policy.cluster.{setting}={value}" in said, said


def test_a_folder_that_cannot_be_written_uses_up_no_token(cluster, dbms_factory):
    a = cluster[0]
    stranger = Member(dbms_factory(), "w.cluster.test", "127.0.0.33")
    token = a.tls("ca", "join-token", stranger.name).strip()
    join = ("join", "--authority", f"{a.address}:{a.port}", "--token", token, stranger.name)
    (stranger.dbms.home / "certificates").rmdir()
    (stranger.dbms.home / "certificates").write_text("in the way")
    assert "Cannot write" in stranger.refused(*join)
    (stranger.dbms.home / "certificates").unlink()
    stranger.tls(*join)
    assert stranger.name in run("openssl", "x509", "-in", stranger.folder / "public.crt", "-noout", "-ext", "subjectAltName")


def test_what_is_issued_to_be_carried_away_is_the_pair_and_its_trust_alone(dbms_factory, tmp_path):
    holder = Member(dbms_factory(), "a.cluster.test", "127.0.0.1")
    holder.tls("ca", "init")
    away = tmp_path / "away"
    for _ in range(2):  # the second replaces the first
        holder.tls("ca", "issue", "--to", str(away), "z.cluster.test")
    assert sorted(str(path.relative_to(away)) for path in away.rglob("*") if path.is_file()) == [
        "private.key", "public.crt", "revoked/authority.crl", "trusted/authority.crt"]
    keys = [run("openssl", *what, "-noout", "-pubkey") if what[0] == "x509" else run("openssl", *what, "-pubout")
            for what in (("x509", "-in", away / "public.crt"), ("pkey", "-in", away / "private.key"))]
    assert keys[0] == keys[1]
    # A name is one name in all its spellings.
    holder.tls("ca", "revoke", "Z.Cluster.Test")
    assert holder.tls("ca", "list").count("revoked") == 2

# SPDX-License-Identifier: Apache-2.0
"""Authorities that fail in every way they can, and a server that gets its certificate all the same,
by the schedule and with no order too many. Time is moved by files (the server's is a test build)."""
import hashlib
import socket
import ssl
import subprocess

import pytest
from acme import AcmeServer
from acme_proxy import AcmeProxy

NAME = "graph.example.test"
MINUTE, HOUR = 60, 3600


@pytest.fixture(scope="module")
def pebble(pebble_factory):
    """One for all: each test counts from where it begins."""
    return Counted(pebble_factory())


class Counted:
    def __init__(self, pebble):
        self.__dict__["pebble"] = pebble
        self.begin()

    def begin(self):
        self.__dict__["before"] = (self.pebble.accounts(), self.pebble.orders(), len(self.pebble.issued()))

    def counts(self):
        now = (self.pebble.accounts(), self.pebble.orders(), len(self.pebble.issued()))
        return tuple(a - b for a, b in zip(now, self.before))

    def __getattr__(self, name):
        return getattr(self.pebble, name)


@pytest.fixture
def proxy(pebble, tmp_path):
    pebble.begin()
    made = AcmeProxy(tmp_path / "proxy", pebble)
    yield made
    made.stop()


@pytest.fixture
def server(pebble, proxy, dbms_factory):
    """Behind the proxy, with a clock of its own, not started."""
    made = AcmeServer(dbms_factory(), pebble, NAME, test_build=True, directory=proxy.directory, request_timeout="2s")
    yield made
    if made.dbms.process and made.dbms.process.poll() is None:
        made.dbms.kill()


def fails(server, count=1):
    return server.wait_for(lambda status: status["failed"] >= count and status["lastError"])


def test_without_a_certificate_the_handshake_ends_with_an_alert_and_the_rest_serves(proxy, server):
    proxy.hang(proxy.DIRECTORY)
    server.dbms.set("server.http.enabled", "true")
    server.dbms.set("server.bolt.tls_level", "OPTIONAL")
    server.start(certificate=False)
    with socket.create_connection(("127.0.0.1", server.dbms.http_port), timeout=5) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert plain.recv(100).startswith(b"HTTP/1.1 200")
    for port in (server.dbms.bolt_port, server.https_port):
        with pytest.raises(ssl.SSLError) as refused:
            server.leaf(port)
        assert "ALERT" in str(refused.value).upper()
    with socket.create_connection(("127.0.0.1", server.https_port), timeout=5) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        try:
            assert not plain.recv(100).startswith(b"HTTP")
        except ConnectionResetError:  # refused as well
            pass
    assert server.dbms.stop() == 0  # at once, though the authority does not answer


def test_an_authority_that_is_down_then_frozen_then_back(pebble_factory, dbms_factory):
    own = pebble_factory()
    own.kill()
    server = AcmeServer(dbms_factory(), own, NAME, test_build=True, request_timeout="1s")
    server.start(certificate=False)
    assert "localhost" in fails(server)
    own.start()
    own.freeze()
    server.set_clock(MINUTE + 5)
    fails(server, 2)
    own.thaw()
    server.set_clock(5 * MINUTE)
    server.wait_for_certificate()
    server.verify()
    # It has forgotten everything: the key is registered again, the order placed anew.
    own.kill()
    own.start()
    server.trellis("renew")
    server.verify()


@pytest.mark.parametrize("path, fault", [
    ("NEW_ACCOUNT", "lose_answer"), ("NEW_ORDER", "lose_answer"), ("AUTHORIZATION", "hang"),
    ("FINALIZE", "lose_answer"), ("ORDER", "refuse"), ("CERTIFICATE", "hang")])
def test_an_answer_lost_on_the_way_costs_no_order(pebble, proxy, server, path, fault):
    getattr(proxy, fault)(getattr(proxy, path), times=1)
    server.start(certificate=False)
    fails(server)
    server.set_clock(MINUTE + 5)
    server.wait_for_certificate()
    assert pebble.counts() == (1, 1, 1)
    server.verify()


def test_an_answer_lost_while_the_authority_looks_costs_no_attempt(pebble, proxy, server):
    proxy.lose_answer(proxy.CHALLENGE, times=1)
    server.start()
    assert pebble.counts() == (1, 1, 1) and server.status()["failed"] == 0


def test_a_stuck_order_is_given_up_and_begun_anew(pebble, proxy, server):
    proxy.slow_finalisation(1000)
    server.set("order_timeout", "2s")
    server.start(certificate=False)
    fails(server)
    proxy.slow_finalisation(0)
    server.set_clock(MINUTE + 15)
    server.wait_for_certificate()
    assert pebble.counts()[1] == 2
    server.verify()


@pytest.mark.parametrize("where, status", [("ORDER", 404), ("ORDER", 429), ("ORDER", 503), ("ORDERS", 502)])
def test_a_page_in_place_of_an_answer_costs_no_order(pebble, proxy, server, where, status):
    """Only the authority itself can say that an order is gone."""
    proxy.lose_answer(proxy.FINALIZE if where == "ORDER" else proxy.NEW_ORDER)
    server.start(certificate=False)
    fails(server)
    proxy.page(getattr(proxy, where), status, times=1)
    server.set_clock(MINUTE + 5)
    fails(server, 2)
    server.set_clock(5 * MINUTE)
    server.wait_for_certificate()
    assert pebble.counts() == (1, 1, 1)
    server.verify()


def test_storage_that_cannot_be_written_is_told_and_nothing_is_ordered(pebble, proxy, server):
    names = hashlib.sha256(NAME.encode()).hexdigest()[:16]
    in_the_way = server.storage / f"failures-{NAME}-{names}.txt"
    in_the_way.mkdir(parents=True, mode=0o700)
    server.start(certificate=False)
    assert str(in_the_way) in fails(server)
    assert server.trellis("status", check=False).returncode == 1
    assert str(in_the_way) in server.trellis("renew", check=False).stderr
    before = server.status()["lookedAt"]
    server.wait_for(lambda status: status["lookedAt"] > before)  # a second and more: not at every look
    assert proxy.count(proxy.NEW_ORDER) == 0 and server.status()["failed"] == 2
    in_the_way.rmdir()
    server.set_clock(5 * MINUTE)
    server.wait_for_certificate()
    assert server.status()["lastError"] is None and pebble.counts() == (1, 1, 1)


def test_bad_nonces_and_random_waits(pebble_factory, dbms_factory):
    own = pebble_factory(bad_nonces=60, sleep=1, retry_after=1)
    server = AcmeServer(dbms_factory(), own, NAME).start()
    server.verify()
    assert (own.accounts(), own.orders()) == (1, 1)
    server.stop()


def test_a_rejected_validation_is_told_whole_and_ordered_anew(pebble, proxy, server):
    pebble.add_a(NAME, "127.0.0.77")  # nobody is there
    server.start(certificate=False)
    error = fails(server)
    assert NAME in error and "urn:ietf:params:acme:error:connection" in error
    pebble.servfail(NAME)
    server.set_clock(MINUTE + 5)
    error = server.wait_for(lambda status: status["failed"] == 2 and status["lastError"])
    pebble.servfail(NAME, False)
    pebble.dns("clear-a", host=NAME)
    server.set_clock(5 * MINUTE)
    server.wait_for_certificate()
    assert pebble.counts() == (1, 3, 1)


def test_refused_names_are_told_with_their_subproblems(pebble_factory, dbms_factory):
    own = pebble_factory(blocklist=["blocked.example.test"])
    server = AcmeServer(dbms_factory(), own, NAME, "blocked.example.test").start(certificate=False)
    error = fails(server)
    assert "rejectedIdentifier" in error and "blocked.example.test" in error
    assert server.trellis("renew", check=False).returncode == 1
    server.stop()


def test_a_rate_limit_holds_across_restarts_and_no_longer(pebble, proxy, server):
    proxy.rate_limit(retry_after=2 * HOUR)
    server.start(certificate=False)
    assert "rateLimited" in fails(server)
    for moved in (0, MINUTE + 5, HOUR):
        server.set_clock(moved)
        server.dbms.kill()
        server.start(certificate=False)
        server.wait_for(lambda status: status["state"] == "waiting")
        assert proxy.count(proxy.NEW_ORDER) == 1
        assert "rateLimited" in server.status()["lastError"]
    proxy.clear()
    server.set_clock(2 * HOUR + 30)
    server.wait_for_certificate()
    assert pebble.counts() == (1, 1, 1)


def test_twenty_restarts_against_a_failing_authority(pebble, proxy, server):
    proxy.problem(proxy.NEW_ORDER, 500, "serverInternal")
    for restart in range(20):
        server.set_clock(restart * 10)
        server.start(certificate=False)
        server.wait_for(lambda status: status["state"] == "waiting")
        server.dbms.kill()
    # At 0, 60 and 180 seconds; each attempt asks once.
    assert proxy.count(proxy.NEW_ORDER) == 3
    assert pebble.counts() == (1, 0, 0)


def test_a_hanging_authority_and_restarts(proxy, server):
    proxy.hang(proxy.NEW_ORDER)
    server.set("request_timeout", "60s")
    for restart in range(8):
        seen = proxy.count(proxy.NEW_ORDER)
        server.start(certificate=False)
        server.wait_for(lambda status: status["state"] == "waiting" or proxy.count(proxy.NEW_ORDER) > seen)
        server.dbms.kill()
    assert proxy.count(proxy.NEW_ORDER) == 3  # cut attempts count as failures


# -- more than one authority --

@pytest.fixture
def second(pebble, pebble_factory, tmp_path, server):
    """Another authority; the server trusts the interfaces of both."""
    made = pebble_factory(http01=pebble.http01)
    both = tmp_path / "trust.pem"
    both.write_text(pebble.trust_file.read_text() + made.trust_file.read_text())
    server.set("trust_file", both)
    return made


def test_after_repeated_failure_the_second_issuer(pebble, proxy, server, second):
    server.set("fallback.directory", second.directory)
    server.set("fallback.trust_file", second.trust_file)
    proxy.problem(proxy.NEW_ORDER, 503, "serverInternal")
    server.start(certificate=False)
    fails(server, 1)
    server.set_clock(MINUTE + 5)
    fails(server, 2)
    assert second.orders() == 0
    server.set_clock(4 * MINUTE)
    server.wait_for_certificate()
    server.verify(root=second.root())
    assert (second.accounts(), second.orders()) == (1, 1)
    assert server.status()["obtainedFrom"] == second.directory
    # The next one comes from the first again.
    proxy.clear()
    server.trellis("renew")
    server.verify(root=pebble.root())


def test_after_repeated_failure_staging_first_and_never_served(pebble, proxy, server, second):
    server.set("staging_directory", second.directory)
    proxy.problem(proxy.NEW_ORDER, 503, "serverInternal")
    second.add_a(NAME, "127.0.0.77")
    server.start(certificate=False)
    for failure, moved in enumerate((MINUTE + 5, 4 * MINUTE)):
        fails(server, failure + 1)
        server.set_clock(moved)
    fails(server, 3)
    second.kill()
    second.start()  # its names resolve again; accounts are gone
    second.add_a(NAME, "127.0.0.77")
    server.set_clock(15 * MINUTE)
    assert "staging" in fails(server, 4)
    assert proxy.count(proxy.NEW_ORDER) == 3  # what fails at staging does not burn limits
    # Staging gives a certificate, and the authority itself still fails.
    second.dns("clear-a", host=NAME)
    server.set_clock(40 * MINUTE)
    fails(server, 5)
    assert len(second.issued()) == 1 and proxy.count(proxy.NEW_ORDER) == 4
    assert server.status()["sha256"] is None and not list(server.storage.glob("certificate-*"))
    with pytest.raises(ssl.SSLError):
        server.leaf()
    proxy.clear()
    server.set_clock(80 * MINUTE)
    server.wait_for_certificate()
    server.verify(root=pebble.root())
    assert pebble.counts()[2] == 1 and len(second.issued()) == 2
    assert not list(server.storage.glob("order-*"))


def test_a_try_at_another_directory_costs_no_certificate_and_is_not_served_after_it(pebble, proxy, server, second):
    server.start()
    real = server.served_sha256()
    server.stop()
    server.set("directory", second.directory)  # as docs/tls.md says for staging
    server.set("staging_directory", second.directory)
    server.start(certificate=False)
    tried = server.wait_for_other_than(real)
    assert server.served_sha256() == tried
    server.stop()
    server.set("directory", proxy.directory)
    server.start()
    assert server.served_sha256() == real and pebble.counts() == (1, 1, 1)
    server.stop()
    # Only the tried one is left: nothing is better than that.
    next(path for path in server.storage.glob("certificate-*") if proxy.directory in path.read_text()).unlink()
    proxy.refuse(proxy.NEW_ORDER)
    server.start(certificate=False)
    fails(server)
    assert server.status()["sha256"] is None


def test_after_a_change_of_names_the_old_certificate_is_served_meanwhile(pebble, proxy, server):
    server.start()
    old = server.served_sha256()
    server.stop()
    server.set("domains", f"{NAME},www.example.test")
    proxy.refuse(proxy.NEW_ORDER)
    server.start(certificate=False)
    fails(server)
    assert server.served_sha256() == old
    proxy.clear()
    server.set_clock(MINUTE + 5)
    server.wait_for_other_than(old)
    server.verify(name="www.example.test")
    assert pebble.counts() == (1, 2, 2)


def test_a_replacement_that_the_authority_refuses_is_ordered_plainly(pebble, proxy, server):
    server.start()
    first = server.status()["sha256"]
    kept = {path: path.read_bytes() for path in server.storage.glob("certificate-*")}
    server.trellis("renew")
    second = server.wait_for_other_than(first)
    # The first certificate again, which has been replaced: Pebble answers 409 alreadyReplaced.
    server.stop()
    for path, content in kept.items():
        path.write_bytes(content)
    server.start()
    assert server.status()["sha256"] == first
    asked = proxy.count(proxy.NEW_ORDER)
    server.trellis("renew")
    assert server.wait_for_other_than(first) != second
    assert proxy.count(proxy.NEW_ORDER) == asked + 2
    # Pebble's issue 550, and whatever else is an internal error about replaces.
    proxy.problem(proxy.NEW_ORDER, 500, "serverInternal", times=1)
    server.trellis("renew")


def test_chains_and_keys(pebble_factory, dbms_factory, tmp_path):
    own = pebble_factory(alternate_roots=1)
    proxy = AcmeProxy(tmp_path / "proxy", own)
    server = AcmeServer(dbms_factory(), own, NAME, directory=proxy.directory, key_type="rsa2048", reuse_key="true").start()
    server.verify(root=own.root(0))

    def public():
        return subprocess.run(["openssl", "x509", "-noout", "-pubkey"], input=server.leaf(), capture_output=True,
                              text=True, check=True).stdout

    before = public()
    proxy.default_chain(1)  # the authority signs with another root from now on
    server.trellis("renew")
    server.verify(root=own.root(1))
    assert public() == before
    server.stop()
    name = subprocess.run(["openssl", "x509", "-noout", "-subject", "-nameopt", "multiline", "-in", own.root(0)],
                          capture_output=True, text=True, check=True).stdout.split("= ")[1].strip()
    server.set("preferred_chain", name)
    server.set("reuse_key", "false")
    server.set("key_type", "ec384")
    server.start()
    server.trellis("renew")
    server.verify(root=own.root(0))
    assert public() != before
    server.stop()
    proxy.stop()


# -- commands, and the authority's wish --

def test_revocation_and_the_account(pebble, server, dbms_factory):
    pebble.begin()
    server.set("directory", pebble.directory)
    server.start()
    first, serial = server.status()["sha256"], pebble.issued()[-1]
    assert "served until the new one" in server.trellis("revoke", "--reason", "superseded").stdout
    server.wait_for_other_than(first)
    assert pebble.certificate_status(serial)["Status"] == "Revoked"
    server.verify()
    assert server.trellis("revoke", "--reason", "boredom", check=False).returncode == 1
    server.trellis("account", "rollover")
    server.trellis("renew")
    assert pebble.counts()[0] == 1
    server.dbms.kill()
    server.start()
    server.trellis("renew")  # the new key is the one that was saved
    assert pebble.counts()[0] == 1
    server.trellis("account", "deactivate")
    assert server.trellis("account", "deactivate", check=False).returncode == 1
    server.trellis("renew")
    assert pebble.counts()[0] == 2
    assert server.trellis("account", "rollover", "--fallback", check=False).returncode == 1


def test_a_roll_over_whose_answer_is_replaced_keeps_both_keys(pebble, proxy, server):
    server.start()
    proxy.replace_answer(proxy.KEY_CHANGE)
    assert "502" in server.trellis("account", "rollover", check=False).stderr
    server.dbms.kill()
    server.start()
    server.trellis("renew")
    assert pebble.counts() == (1, 2, 2)
    # Refused outright: the old key stays in force.
    proxy.problem(proxy.KEY_CHANGE, 409, "malformed", times=1)
    assert server.trellis("account", "rollover", check=False).returncode == 1
    server.trellis("renew")
    assert pebble.counts() == (1, 3, 3)


def test_killed_while_the_account_is_closed(pebble, proxy, server):
    server.start()
    proxy.call_after(proxy.ACCOUNT, server.dbms.kill)
    assert server.trellis("account", "deactivate", check=False).returncode == 1
    server.start()
    assert "trellis tls acme account deactivate" in server.trellis("renew", check=False).stderr
    # A failure by hand leaves the time of the renewal as it was, and says so.
    waiting = server.wait_for(lambda status: status["state"] == "waiting" and status)
    assert waiting["nextAttempt"] == waiting["nextRenewal"]
    assert f"Next attempt: {waiting['nextAttempt']}" in server.dbms.console()
    server.trellis("account", "deactivate")
    server.trellis("renew")
    server.verify()
    assert pebble.counts()[0] == 2


def test_a_changed_contact_of_an_account_that_the_authority_forgot(pebble_factory, dbms_factory):
    own = pebble_factory()
    server = AcmeServer(dbms_factory(), own, NAME, test_build=True).start()
    server.stop()
    own.kill()
    own.start()
    server.set("contact", "mailto:admin@example.test")
    server.start()
    server.trellis("renew")
    server.verify()
    assert own.accounts() == 2
    server.stop()


def test_renewed_when_the_authority_wishes(pebble, server):
    server.set("directory", pebble.directory)
    server.start()
    first = server.status()["sha256"]
    server.wait_for(lambda status: status["nextRenewal"])
    pebble.set_renewal_window(server.leaf(), "2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z")
    server.set_clock(5 * HOUR)  # it asks every six hours
    server.wait_for(lambda status: status["state"] == "waiting")
    assert server.status()["sha256"] == first
    server.set_clock(6 * HOUR + MINUTE)
    server.wait_for_other_than(first)
    server.verify()


def test_external_account_binding(pebble_factory, dbms_factory):
    key = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"
    own = pebble_factory(eab={"kid-1": key}, strict=True)
    server = AcmeServer(dbms_factory(), own, NAME, eab_kid="kid-1", eab_hmac_key=key,
                        contact="mailto:admin@example.test").start()
    server.verify()
    assert key not in server.dbms.console()
    server.stop()

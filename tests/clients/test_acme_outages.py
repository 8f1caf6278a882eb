# SPDX-License-Identifier: Apache-2.0
"""Authorities that freeze, forget, revoke or refuse for a day, and validation that is led astray. The
servers are of the test build: hours of waiting pass at once. See test_acme_faults.py for the rest."""
import contextlib
import http.server
import re
import socket
import threading

import pytest
from acme import AcmeServer, wait_until
from acme_proxy import AcmeProxy

NAME = "graph.example.test"
MINUTE, HOUR = 60, 3600
# tls/acme/schedule.h: minutes to wait after so many failures in a row.
WAITS = [1, 2, 10, 20, 30, 60, 120, 180, 360]
ORDER = AcmeProxy.NEW_ORDER


@pytest.fixture
def proxies(tmp_path):
    made = []

    def make(pebble):
        made.append(AcmeProxy(tmp_path / f"proxy{len(made)}", pebble))
        return made[-1]

    yield make
    for proxy in made:
        proxy.stop()


@pytest.fixture
def proxy(proxies, pebble):
    return proxies(pebble)


class Server(AcmeServer):
    """With the proxy as its authority, and a clock of its own."""

    def __init__(self, dbms, proxy, *names, **acme):
        super().__init__(dbms, proxy.pebble, *names, test_build=True, directory=proxy.directory, **acme)
        self.proxy = proxy

    def advance(self, seconds):
        self.set_clock(int(self.clock_file.read_text()) + seconds)

    def think(self):
        """Returns when it has looked, from now on, at what there is to do: twice it is given a
        command that it takes in the same turn and that does nothing."""
        for _ in range(2):
            number = self.ask("tls.acme.begin", command="account rollover", fallback=True)["number"]
            done = wait_until(lambda: (found := self.ask("tls.acme.outcome", number=number))["done"] and found)
            assert "There is no second issuer" in done["text"], done

    def wait_for_failure(self, count=1, seconds=30):
        """The authority's words at the count-th failure of this process."""
        return self.wait_for(lambda status: status["failed"] >= count and status["lastError"], seconds)

    def saved(self, label):
        """The PEM parts of that label in the saved certificate."""
        text = next(self.storage.glob("certificate-*")).read_text()
        return "".join(re.findall(rf"-----BEGIN {label}-----.*?-----END {label}-----\n", text, re.S))


@pytest.fixture
def server(dbms_factory):
    """make(proxy, *names, **settings) -> Server, ended with the test: they share Pebble's port."""
    made = []

    def make(proxy, *names, **acme):
        made.append(Server(dbms_factory(), proxy, *(names or (NAME,)), **acme))
        return made[-1]

    yield make
    for one in made:
        if one.dbms.process and one.dbms.process.poll() is None:
            one.dbms.kill()


@contextlib.contextmanager
def liar(host, port):
    """Answers every request there, wrongly."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"parked")

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer((host, port), Handler) as other:
        thread = threading.Thread(target=other.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield
        finally:
            other.shutdown()
            thread.join()


def test_another_server_answers_for_one_of_the_names(proxy, server):
    bad, pebble = "parked.example.test", proxy.pebble
    pebble.add_a(bad, "127.0.0.9")
    with liar("127.0.0.9", pebble.http01):
        one = server(proxy, NAME, bad).start(certificate=False)
        error = one.wait_for_failure()
    assert "urn:ietf:params:acme:error:unauthorized" in error and bad in error and NAME not in error, error
    with pytest.raises(ConnectionRefusedError):  # listens only while an order runs
        socket.create_connection(("127.0.0.1", pebble.http01))
    one.advance(MINUTE - 10)
    one.think()
    assert proxy.attempts() == 1
    pebble.dns("clear-a", host=bad)
    one.advance(11)
    one.wait_for_certificate()
    one.verify(name=bad)
    assert proxy.attempts() == 2 and proxy.count(proxy.NEW_ACCOUNT) == 1


@pytest.mark.parametrize("where", ["AUTHORIZATION", "FINALIZE"])
def test_frozen_in_mid_order_the_same_order_goes_on(proxy, server, where):
    proxy.call(getattr(proxy, where), proxy.pebble.freeze)
    one = server(proxy, request_timeout="1s").start(certificate=False)
    one.wait_for_failure()
    proxy.pebble.thaw()
    one.advance(MINUTE + 1)
    one.wait_for_certificate()
    one.verify()
    assert proxy.attempts() == 1 and proxy.count(proxy.NEW_ACCOUNT) == 1


def test_an_authority_that_forgot_everything_in_mid_order(pebble_factory, proxies, server):
    proxy = proxies(pebble_factory())
    proxy.call(proxy.FINALIZE, proxy.pebble.kill)
    one = server(proxy).start(certificate=False)
    one.wait_for_failure()
    proxy.pebble.start()
    for _ in range(2):  # what the new one does not know may be a failure of its own
        one.advance(2 * MINUTE + 1)
        one.think()
    one.wait_for_certificate()
    one.verify()
    assert proxy.attempts() == 2


def test_revoked_by_the_authority_it_is_renewed_at_once(proxy, server, tmp_path):
    one = server(proxy).start()
    one.think()
    before = one.served_sha256()
    (tmp_path / "chain.pem").write_text(one.saved("CERTIFICATE"))
    (tmp_path / "key.pem").write_text(one.saved("PRIVATE KEY"))
    proxy.pebble.certbot("revoke", "--server", proxy.pebble.directory, "--no-delete-after-revoke",
                         "--cert-path", tmp_path / "chain.pem", "--key-path", tmp_path / "key.pem")
    one.think()
    assert proxy.attempts() == 1  # nobody has told it
    one.advance(6 * HOUR + 1)  # when the authority wants to be asked again
    after = one.wait_for_other_than(before)
    one.think()
    assert one.served_sha256() == after and proxy.attempts() == 2
    assert "replaces" in proxy.payloads(ORDER)[1]


def test_restarts_do_not_shorten_the_waits(proxy, server):
    """20 restarts, seven minutes apart."""
    proxy.problem(ORDER, 500, "serverInternal")
    one = server(proxy).start(certificate=False)
    one.wait_for_failure()
    last, count = 0, 1
    for minutes in range(7, 7 * 21, 7):
        one.dbms.kill()
        one.advance(7 * MINUTE)
        one.dbms.start()
        if minutes >= last + WAITS[count - 1]:
            last, count = minutes, count + 1
            one.wait_for_failure()
        one.think()
        assert proxy.attempts() == count, f"after {minutes} minutes"
    assert count == 6  # at 0, 7, 14, 28, 49, 84 minutes


def test_second_issuer_at_once_when_the_first_wants_to_be_left_alone(pebble_factory, proxy, proxies, server):
    second = proxies(pebble_factory(http01=proxy.pebble.http01))
    proxy.rate_limit(retry_after=24 * HOUR)
    one = server(proxy, **{"fallback.directory": second.directory, "fallback.trust_file": second.pebble.trust_file})
    one.start()
    one.verify(root=second.pebble.root())
    assert (proxy.attempts(), second.attempts()) == (1, 1)

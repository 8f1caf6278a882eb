# SPDX-License-Identifier: Apache-2.0
"""The ACME client against Pebble, led request by request through acme_probe; what it obtains is
looked at with openssl. The challenges are answered here."""
import contextlib
import http.server
import json
import pathlib
import ssl
import subprocess
import threading
import time

import pytest
from acme_proxy import AcmeProxy
from conftest import TRELLIS, Authority, run
from pebble import Pebble

PROBE = pathlib.Path(TRELLIS).parent / "acme_probe"
NAME = "graph.example.test"


class Refused(Exception):
    def __init__(self, failure):
        super().__init__(failure["text"])
        self.kind, self.type, self.text = failure["kind"], failure["type"], failure["text"]
        self.status, self.retry_after = failure["status"], failure["retry_after"]


class Client:
    """acme_probe: client("new_order", names=[...]) is one call of the C++ client."""

    def __init__(self, directory, trust_file, timeout_ms=20000):
        self.process = subprocess.Popen([PROBE, directory, str(trust_file), str(timeout_ms)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __call__(self, command, **arguments):
        self.process.stdin.write(json.dumps({"do": command, **arguments}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"acme_probe ended at {command}"
        answer = json.loads(line)
        if "failure" in answer:
            raise Refused(answer["failure"])
        return answer["ok"]

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(10) == 0


class Responders:
    """http-01 and tls-alpn-01 on the ports where one Pebble looks."""

    def __init__(self, folder, pebble):
        self.folder, self.pebble = folder, pebble
        self.http, self.alpn = {}, {}
        responders = self

        class Http(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = responders.http.get(self.path.rpartition("/acme-challenge/")[2])
                self.send_response(404 if body is None else 200)
                self.end_headers()
                self.wfile.write((body or "").encode())

            def log_message(self, *_):
                pass

        class Tls(http.server.BaseHTTPRequestHandler):  # the handshake is all there is
            def handle(self):
                with contextlib.suppress(OSError):
                    self.connection.do_handshake()

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(["acme-tls/1"])
        context.load_cert_chain(*pebble.authority.issue("unknown.invalid", folder=folder / "none"))
        context.sni_callback = self._choose
        self.servers = [http.server.ThreadingHTTPServer(("127.0.0.1", pebble.http01), Http),
                        http.server.ThreadingHTTPServer(("127.0.0.1", pebble.tlsalpn01), Tls)]
        self.servers[1].socket = context.wrap_socket(self.servers[1].socket, server_side=True,
                                                     do_handshake_on_connect=False)
        for server in self.servers:
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def _choose(self, connection, name, _):
        if name in self.alpn:
            connection.context = self.alpn[name]

    def put_up(self, kind, authorization, answers):
        if kind == "http-01":
            self.http[authorization["challenges"][kind]["token"]] = answers["http"]
        elif kind == "dns-01":
            self.pebble.set_txt("_acme-challenge." + authorization["name"], answers["dns"])
        else:
            pair = self.folder / "alpn.pem"
            pair.write_text(answers["key"] + answers["certificate"])
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.set_alpn_protocols(["acme-tls/1"])
            context.load_cert_chain(pair)
            self.alpn[answers["server_name"]] = context

    def stop(self):
        for server in self.servers:
            server.shutdown()
            server.server_close()


class Site:
    """One Pebble, its responders and clients."""

    def __init__(self, folder, **options):
        self.folder = folder
        self.pebble = Pebble(folder / "pebble", **options)
        self.responders = Responders(folder, self.pebble)
        self.clients = []

    def client(self, directory=None, register=True, **options):
        client = Client(directory or self.pebble.directory, self.pebble.trust_file, **options)
        self.clients.append(client)
        if register:
            assert client("register", contact=["mailto:admin@example.test"])["created"]
        return client

    def prove(self, client, order, kind="http-01"):
        """Every authorization of the order is valid afterwards."""
        for url in order["authorizations"]:
            authorization = client("authorization", url=url)
            if authorization["status"] == "valid":
                continue
            challenge = authorization["challenges"][kind]
            answers = client("answers", token=challenge["token"], name=authorization["name"])
            self.responders.put_up(kind, authorization, answers)
            client("accept", url=challenge["url"])
            assert client("await_authorization", url=url)["status"] == "valid"
            if kind == "dns-01":
                self.pebble.clear_txt("_acme-challenge." + authorization["name"])

    def finish(self, client, order, names, key_type="ec256", root=""):
        """(chain, key) as PEM, verified with openssl."""
        assert client("await_order", url=order["url"])["status"] == "ready"
        done = client("finalize", url=order["url"], finalize=order["finalize"], names=names, key_type=key_type)
        order = client("await_certificate", url=order["url"])
        chain = client("download", url=order["certificate"], root=root)
        self.verify(chain, done["key"], names)
        return chain, done["key"]

    def issue(self, client, *names, kind="http-01", key_type="ec256", root="", **order):
        placed = client("new_order", names=list(names), **{"profile": "default", **order})
        self.prove(client, placed, kind)
        return self.finish(client, placed, list(names), key_type, root)

    def verify(self, chain, key, names, roots=3):
        pem, pair = self.folder / "chain.pem", self.folder / "key.pem"
        pem.write_text(chain)
        pair.write_text(key)
        trust = self.folder / "roots.pem"
        trust.write_text("".join(self.pebble.root(i).read_text() for i in range(self.roots())))
        for name in names:
            kind = "-verify_ip" if name.replace(".", "").isdigit() else "-verify_hostname"
            run("openssl", "verify", "-CAfile", trust, "-untrusted", pem, "-purpose", "sslserver",
                kind, name.replace("*", "any"), pem)
        assert run("openssl", "x509", "-in", pem, "-noout", "-pubkey") == run("openssl", "pkey", "-in", pair, "-pubout")

    def roots(self):
        return int(self.pebble.environment["PEBBLE_ALTERNATE_ROOTS"]) + 1

    def stop(self):
        for client in self.clients:
            client.close()
        self.responders.stop()
        self.pebble.stop()


@pytest.fixture
def site_of(tmp_path):
    made = []

    def make(**options):
        made.append(Site(tmp_path, **options))
        return made[-1]

    yield make
    for site in made:
        site.stop()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    made = Site(tmp_path_factory.mktemp("acme"), alternate_roots=2, profiles={"default": 7776000, "shortlived": 576000})
    yield made
    made.stop()


@pytest.fixture
def proxy(site, tmp_path):
    made = AcmeProxy(tmp_path / "proxy", site.pebble)
    yield made
    made.stop()


def refused(type_or_kind, function, *arguments, **named):
    with pytest.raises(Refused) as caught:
        function(*arguments, **named)
    assert type_or_kind in (caught.value.type, caught.value.kind), caught.value.text
    return caught.value


def subject(pem, what="-subject"):
    done = subprocess.run(["openssl", "x509", "-noout", what, "-nameopt", "multiline"], input=pem, text=True,
                          capture_output=True, check=True)
    return done.stdout.split("commonName")[1].split("=", 1)[1].strip()


def last_of(chain):
    return "-----BEGIN" + chain.rsplit("-----BEGIN", 1)[1]


def days(chain):
    dates = subprocess.run(["openssl", "x509", "-noout", "-dates"], input=chain, text=True, capture_output=True,
                           check=True).stdout.splitlines()
    begin, end = (ssl.cert_time_to_seconds(line.split("=")[1]) for line in dates)
    return round((end - begin) / 86400, 1)


# -- issuance --

def test_the_directory_tells_terms_profiles_and_renewal_information(site):
    directory = site.client(register=False)("directory")
    assert directory["terms"] and directory["renewal_info"] and not directory["eab"]
    assert set(directory["profiles"]) == {"default", "shortlived"}


def test_each_challenge_obtains_a_certificate(site):
    client = site.client()
    site.issue(client, NAME, "other.example.test", kind="http-01")
    site.issue(client, NAME, kind="tls-alpn-01", key_type="ec384")
    site.issue(client, NAME, "*." + NAME, kind="dns-01", key_type="rsa2048")


def test_addresses_by_http_and_by_their_reverse_names(site):
    client = site.client()
    chain, _ = site.issue(client, "127.0.0.1", NAME, kind="http-01", profile="shortlived")
    assert days(chain) == 6.7
    site.issue(client, "127.0.0.1", kind="tls-alpn-01", profile="shortlived")


def test_an_unknown_profile_and_a_wildcard_without_dns_are_refused(site):
    client = site.client()
    refused("invalidProfile", client, "new_order", names=[NAME], profile="none")
    order = client("new_order", names=["*." + NAME], profile="default")
    authorization = client("authorization", url=order["authorizations"][0])
    assert authorization["wildcard"] and authorization["name"] == NAME and "http-01" not in authorization["challenges"]


def test_a_refused_challenge_tells_all_and_the_next_order_is_free_of_it(site):
    client = site.client()
    names = ["a.example.test", "b.example.test"]
    order = client("new_order", names=names, profile="default")
    for url in order["authorizations"]:
        client("accept", url=client("authorization", url=url)["challenges"]["http-01"]["url"])
        told = refused("unauthorized", client, "await_authorization", url=url)
        assert "urn:ietf:params:acme:error:unauthorized (403)" in told.text and "404" in told.text
    told = refused("problem", client, "await_order", url=order["url"])
    assert "unauthorized" in told.text
    site.issue(client, *names)


def test_an_order_is_taken_up_again_by_its_url(site):
    client = site.client()
    order = client("new_order", names=[NAME], profile="default")
    site.prove(client, order)
    again = client("order", url=order["url"])
    assert again["status"] == "ready" and again["authorizations"] == order["authorizations"]
    site.finish(client, again, [NAME])
    assert client("order", url=order["url"])["certificate"]
    refused("orderNotReady", client, "finalize", url=order["url"], finalize=order["finalize"], names=[NAME], key_type="ec256")


def test_a_request_for_other_names_is_a_bad_csr(site):
    client = site.client()
    order = client("new_order", names=[NAME], profile="default")
    site.prove(client, order)
    refused("problem", client, "finalize", url=order["url"], finalize=order["finalize"], names=["x.example.test"],
            key_type="ec256")


def test_the_preferred_chain_is_taken_where_there_is_one(site):
    client = site.client()
    roots = [subject(site.pebble.root(i).read_text()) for i in range(3)]
    for root in roots:
        chain, _ = site.issue(client, NAME, root=root)
        assert subject(last_of(chain), "-issuer") == root
    chain, _ = site.issue(client, NAME, root="No Such Root")
    assert subject(last_of(chain), "-issuer") == roots[0]


# -- accounts --

def test_an_account_is_found_changed_rolled_over_and_deactivated(site):
    client = site.client()
    found = client("find")
    assert not found["created"] and found["contact"] == ["mailto:admin@example.test"]
    assert not client("register")["created"]
    assert client("contact", contact=["mailto:other@example.test"])["contact"] == ["mailto:other@example.test"]
    client("roll")
    assert client("find")["url"] == found["url"]
    site.issue(client, NAME)
    client("deactivate")
    refused("unauthorized", client, "new_order", names=[NAME], profile="default")
    client("new_key")
    refused("accountDoesNotExist", client, "find")


def test_external_accounts(site_of):
    key = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"
    site = site_of(eab={"customer-1": key}, strict=True)
    client = site.client(register=False)
    assert client("directory")["eab"]
    told = refused("externalAccountRequired", client, "register")
    assert "server.tls.acme.eab_kid" in told.text
    refused("unauthorized", client, "register", kid="customer-2", hmac=key)
    refused("problem", client, "register", kid="customer-1", hmac="AAAA" + key[4:])
    assert client("register", kid="customer-1", hmac=key)["created"]
    site.issue(client, NAME)


# -- revocation and renewal --

def test_revocation_by_the_account_and_by_the_certificates_key(site):
    client, other = site.client(), site.client()
    for how in ("revoke", "revoke_with_key"):
        chain, key = site.issue(client, NAME)
        window = client("renewal_info", chain=chain)
        assert time.time() < window["start"] < window["end"] and window["retry_after"] == 21600
        refused("unauthorized", other, "revoke", chain=chain)
        client(how, chain=chain, key=key, reason=4)
        refused("alreadyRevoked", client, how, chain=chain, key=key, reason=4)
        serial = run("openssl", "x509", "-in", site.folder / "chain.pem", "-noout", "-serial").strip().split("=")[1]
        assert site.pebble.certificate_status(serial)["Status"] == "Revoked"
        assert client("renewal_info", chain=chain)["end"] < time.time()


def test_broken_renewal_information_is_a_failure_and_no_more(site):
    client = site.client()
    chain, _ = site.issue(client, NAME)
    leaf = chain[:chain.index("-----END CERTIFICATE-----")] + "-----END CERTIFICATE-----\n"
    site.pebble.set_renewal_window(leaf, "2031-01-02T03:04:05Z", "2031-01-03T03:04:05Z")
    assert client("renewal_info", chain=chain)["end"] - client("renewal_info", chain=chain)["start"] == 86400
    for text in ("{", "[]", '{"suggestedWindow": 7}',
                 '{"suggestedWindow": {"start": "2031-01-03T00:00:00Z", "end": "2031-01-02T00:00:00Z"}}'):
        site.pebble.set_renewal_info(leaf, text)
        assert refused("protocol", client, "renewal_info", chain=chain)
    site.pebble.set_renewal_info(leaf, "")
    assert client("renewal_info", chain=chain)


def test_a_certificate_is_replaced_once(site):
    client = site.client()
    while True:  # Pebble refuses ids of serial numbers that begin with a zero byte
        chain, _ = site.issue(client, NAME)
        identifier = client("renewal_id", chain=chain)
        if not identifier.split(".")[1].startswith("A"):
            break
    site.issue(client, NAME, replaces=identifier)
    told = refused("alreadyReplaced", client, "new_order", names=[NAME], profile="default", replaces=identifier)
    assert told.status == 409
    site.issue(client, NAME)


# -- faults --

def test_sixty_percent_of_bad_nonces_and_strict_parsing(site_of):
    site = site_of(bad_nonces=60, strict=True)
    client = site.client()
    for kind in ("http-01", "tls-alpn-01", "dns-01"):
        site.issue(client, NAME, kind=kind)
    assert site.pebble.log().count("badNonce") + client("requests") > 40
    client("roll")
    client("deactivate")


def test_retry_after_in_seconds_and_as_a_date(site_of, tmp_path):
    site = site_of(sleep=3, retry_after=3)
    proxy = AcmeProxy(tmp_path / "proxy", site.pebble)
    client = site.client(proxy.directory)
    names = [f"n{i}.example.test" for i in range(12)]
    order = client("new_order", names=names, profile="default")
    waits = []
    for url in order["authorizations"]:
        authorization = client("authorization", url=url)
        answers = client("answers", token=authorization["challenges"]["http-01"]["token"], name=authorization["name"])
        site.responders.put_up("http-01", authorization, answers)
        client("accept", url=authorization["challenges"]["http-01"]["url"])
        waits.append(client("authorization", url=url)["retry_after"])
    waits = [wait for wait in waits if wait is not None]
    assert waits and all(2 <= wait <= 4 for wait in waits)
    assert {value.isdigit() for value in proxy.raw_retry_after} == {True, False}
    begun = time.monotonic()
    for url in order["authorizations"]:
        assert client("await_authorization", url=url)["status"] == "valid"
    assert time.monotonic() - begun < 15
    site.finish(client, order, names)
    proxy.stop()


def test_authorizations_that_are_valid_already(site_of):
    site = site_of(authz_reuse=100)
    client = site.client()
    site.issue(client, NAME)
    order = client("new_order", names=[NAME], profile="default")
    assert order["status"] == "ready"
    site.finish(client, order, [NAME])


def test_an_authority_that_is_frozen_gone_or_not_trusted(site_of, tmp_path):
    site = site_of()
    client = site.client(timeout_ms=2000)
    site.pebble.freeze()
    begun = time.monotonic()
    refused("timeout", client, "new_order", names=[NAME], profile="default")
    assert time.monotonic() - begun < 10
    site.pebble.thaw()
    site.issue(client, NAME)
    site.pebble.kill()
    refused("network", client, "find")
    site.pebble.start()
    told = refused("accountDoesNotExist", client, "new_order", names=[NAME], profile="default")
    assert told.status == 400
    stranger = Client(site.pebble.directory, Authority(tmp_path / "stranger").certificate)
    site.clients.append(stranger)
    assert "server.tls.acme.trust_file" in refused("network", stranger, "directory").text


def test_rate_limits_say_until_when(site, proxy):
    client = site.client(proxy.directory)
    proxy.rate_limit(retry_after=7200, times=1)
    told = refused("rateLimited", client, "new_order", names=[NAME], profile="default")
    assert (told.status, told.retry_after) == (429, 7200) and "too many certificates" in told.text
    assert proxy.count(proxy.NEW_ORDER) == 1
    site.issue(client, NAME)
    assert proxy.count(proxy.NEW_ORDER) == 2


def test_slow_finalisation_is_waited_for_and_asked_for_once(site, proxy):
    client = site.client(proxy.directory)
    proxy.slow_finalisation(2.5, retry_after=1)
    begun = time.monotonic()
    site.issue(client, NAME)
    assert 2.5 <= time.monotonic() - begun < 10
    assert proxy.count(proxy.FINALIZE) == 1 and 3 <= proxy.count(proxy.ORDER) <= 6
    proxy.slow_finalisation(30)
    order = client("new_order", names=[NAME], profile="default")
    site.prove(client, order)
    client("finalize", url=order["url"], finalize=order["finalize"], names=[NAME], key_type="ec256")
    refused("timeout", client, "await_certificate", url=order["url"], within_ms=600)


def test_the_preferred_chain_holds_when_the_default_one_changes(site, proxy):
    client = site.client(proxy.directory)
    roots = [subject(site.pebble.root(i).read_text()) for i in range(3)]
    for default in (1, 2, 0):
        proxy.default_chain(default)
        chain, _ = site.issue(client, NAME)
        assert subject(last_of(chain), "-issuer") == roots[default]
        chain, _ = site.issue(client, NAME, root=roots[1])
        assert subject(last_of(chain), "-issuer") == roots[1]


def test_a_lost_answer_to_registration_is_mended_by_the_key(site, proxy):
    client = site.client(proxy.directory, register=False)
    accounts = site.pebble.accounts()
    proxy.lose_answer(proxy.NEW_ACCOUNT)
    refused("network", client, "register")
    assert client("find")["status"] == "valid"
    assert site.pebble.accounts() == accounts + 1
    site.issue(client, NAME)


def test_an_order_whose_answer_was_lost_is_found_again(site, proxy):
    client = site.client(proxy.directory)
    for _ in range(4):  # Pebble lists three a page
        site.issue(client, NAME)
    orders = site.pebble.orders()
    proxy.lose_answer(proxy.NEW_ORDER)
    refused("network", client, "new_order", names=[NAME, "b.example.test"], profile="default")
    assert site.pebble.orders() == orders + 1
    order = client("find_open_order", names=["b.example.test", NAME], profile="default")
    assert client("find_open_order", names=[NAME], profile="default") is None
    site.prove(client, order)
    site.finish(client, order, [NAME, "b.example.test"])
    assert site.pebble.orders() == orders + 1


def test_a_front_end_that_answers_with_a_page(site, proxy):
    client = site.client(proxy.directory)
    proxy.page(proxy.NEW_ORDER, 503, times=1, retry_after=120)
    told = refused("problem", client, "new_order", names=[NAME], profile="default")
    assert (told.status, told.retry_after) == (503, 120) and "Sorry" in told.text
    site.issue(client, NAME)
    proxy.page(proxy.NEW_NONCE, 500)
    proxy.problem(proxy.NEW_ORDER, 403, "rejectedIdentifier", times=1)
    refused("rejectedIdentifier", client, "new_order", names=[NAME], profile="default")

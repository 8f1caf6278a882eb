# SPDX-License-Identifier: Apache-2.0
"""trellis tls doctor: each fault, made with openssl, is named by its id and by no other; a healthy
server has none. Locally by its files, and from outside by its URI."""
import contextlib
import http.server
import os
import pathlib
import re
import ssl
import subprocess
import threading
import time

import pytest
from conftest import PASSWORD, TRELLIS, free_port, run
from findings import BOTH_USES, EC, LEAF, Doctor, Workshop


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    return Workshop(tmp_path_factory.mktemp("workshop") / "ca")


@pytest.fixture(scope="module")
def doctor(workshop):
    return Doctor(workshop.root)


@pytest.fixture
def home(dbms_factory, workshop):
    """A DBMS that is not started: healthy, and each test breaks one thing."""
    dbms = dbms_factory(password=None)
    workshop.issue("good")
    workshop.install(dbms, "good", "middle")
    dbms.set("server.bolt.tls_level", "REQUIRED")
    dbms.set("dbms.ssl.policy.bolt.enabled", "true")
    dbms.set("dbms.ssl.policy.bolt.client_auth", "NONE")
    return dbms


def ids_at(doctor, dbms):
    dbms.write_settings()
    return doctor.ids("--home", dbms.home)


def with_https(dbms, workshop, leaf="good"):
    workshop.install(dbms, leaf, "middle", scope="https")
    dbms.set("server.https.enabled", "true")
    dbms.set("server.https.listen_address", f"127.0.0.1:{free_port()}")
    dbms.set("dbms.ssl.policy.https.enabled", "true")
    dbms.set("dbms.ssl.policy.https.client_auth", "NONE")
    dbms.set("server.http.enabled", "false")


def https_port(dbms):
    return dbms.settings["server.https.listen_address"].split(":")[-1]


def obtain(dbms, port, **settings):
    """A certificate, from an authority at that port of this machine."""
    for name, value in {"enabled": "true", "domains": "localhost", "directory": f"https://localhost:{port}/directory",
                        "http_listen_address": f"127.0.0.1:{free_port()}", **settings}.items():
        dbms.set(f"server.tls.acme.{name}", value)


def with_cluster(dbms, workshop, leaf="good"):
    folder = workshop.install(dbms, leaf, "middle", scope="cluster")
    dbms.set("dbms.ssl.policy.cluster.enabled", "true")
    (folder / "trusted").mkdir(exist_ok=True)
    workshop.openssl("req", "-x509", *EC, "-nodes", "-keyout", "own.key", "-out", "own.crt", "-days", "30",
                     "-subj", "/CN=Own", "-addext", "basicConstraints=critical,CA:TRUE",
                     "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    (folder / "trusted" / "own.crt").write_text((workshop.folder / "own.crt").read_text())
    return folder


def revocation_list(workshop, folder, seconds):
    (folder / "revoked").mkdir(exist_ok=True)
    stamp = lambda at: time.strftime("%y%m%d%H%M%SZ", time.gmtime(at))
    workshop.openssl("ca", "-gencrl", "-config", "ca.cnf", "-cert", "own.crt", "-keyfile", "own.key",
                     "-crl_lastupdate", stamp(time.time() - 40 * 86400),
                     "-crl_nextupdate", stamp(time.time() + seconds), "-out", "own.crl")
    (folder / "revoked" / "own.crl").write_text((workshop.folder / "own.crl").read_text())


# Ids that tests elsewhere bring about, where they have what it takes.
ELSEWHERE = {"certbot-not-scheduled": "test_recipes.py", "certbot-too-rare": "test_recipes.py",
             "challenge-port-taken": "test_acme_challenges.py"}
PROVOKED = set(ELSEWHERE)


def provokes(*ids):
    PROVOKED.update(ids)
    return lambda test: test


# -- one fault each: what it does to the healthy home --

FAULTS = {}


def named_pair(w, d, name, folder="a"):
    w.issue("named", names=f"DNS:{name}").install(d, "named", "middle", scope=f"bolt/sni/{folder}")
    return d.home / "certificates" / "bolt" / "sni" / folder


def fault(*ids):
    def keep(make):
        FAULTS[make.__name__] = (list(ids), make)
        return make
    return keep


@fault()
def healthy(w, d): pass


@fault()
def healthy_with_https_and_names(w, d):
    with_https(d, w)
    d.set("server.default_advertised_address", "localhost")


@fault()
def healthy_cluster(w, d): with_cluster(d, w)


@fault("certificate-expired")
def expired(w, d): w.issue("x", days=(-30, -1)).install(d, "x", "middle")


@fault("certificate-expires-soon")
def near_its_end(w, d): w.issue("x", days=(-85, 5)).install(d, "x", "middle")


@fault("certificate-not-yet-valid")
def of_tomorrow(w, d): w.issue("x", days=(1, 60)).install(d, "x", "middle")


@fault("certificate-self-signed")
def self_signed(w, d):
    w.openssl("req", "-x509", *EC, "-nodes", "-keyout", "x.key", "-out", "x.crt", "-days", "60", "-subj", "/CN=x",
              "-addext", "subjectAltName=DNS:localhost")
    w.install(d, "x")


@fault("key-mismatch")
def key_of_another(w, d):
    w.issue("x")
    (d.home / "certificates" / "bolt" / "private.key").write_bytes((w.folder / "x.key").read_bytes())


@fault("key-weak")
def short_key(w, d): w.issue("x", key=["-newkey", "rsa:1024"]).install(d, "x", "middle")


@fault("key-unusual")
def edwards_key_for_browsers(w, d):
    w.issue("x", key=["-newkey", "ed25519"])
    with_https(d, w, "x")


@fault("signature-weak")
def sha1(w, d): w.issue("x", digest="sha1").install(d, "x", "middle")


@fault("usage-server-missing")
def for_clients_only(w, d): w.issue("x", extensions=LEAF + "extendedKeyUsage=clientAuth\n").install(d, "x", "middle")


@fault("usage-client-missing")
def public_pair_for_the_cluster(w, d):
    w.issue("x", extensions=LEAF + "extendedKeyUsage=serverAuth\n")
    with_cluster(d, w, "x")


@fault("pair-unusable")
def no_pem(w, d): (d.home / "certificates" / "bolt" / "public.crt").write_text("not a certificate\n")


@fault("chain-leaf-only")
def leaf_only(w, d):
    w.issue("x", extensions=LEAF + BOTH_USES + "authorityInfoAccess=caIssuers;URI:http://ca.test/middle\n")
    w.install(d, "x")


@fault("chain-misordered")
def wrong_order(w, d): w.install(d, "good", "root", "middle")


@fault("chain-misordered")
def leaf_last(w, d):
    (d.home / "certificates" / "bolt" / "public.crt").write_text(w.chain("middle", "good"))


@fault("chain-leaf-only", "chain-unrelated", "name-missing")
def nothing_hides_anything_else(w, d):
    leaf_only(w, d)
    w.openssl("req", "-x509", *EC, "-nodes", "-keyout", "other.key", "-out", "other.crt", "-days", "60", "-subj", "/CN=o")
    w.install(d, "x", "other")
    d.set("server.bolt.advertised_address", "db.example.org")


@fault("chain-missing-intermediate")
def a_gap(w, d):
    w.issue("lower", names="", extensions="basicConstraints=critical,CA:TRUE\nauthorityKeyIdentifier=issuer:always\n")
    w.issue("x", by="lower").install(d, "x", "lower")


@fault("chain-unrelated")
def a_stranger(w, d):
    w.openssl("req", "-x509", *EC, "-nodes", "-keyout", "other.key", "-out", "other.crt", "-days", "60", "-subj", "/CN=o")
    w.install(d, "good", "middle", "other")


@fault("chain-expired")
def old_intermediate(w, d):
    w.issue("old", by="root", names="", extensions="basicConstraints=critical,CA:TRUE\n", days=(-30, -2))
    w.issue("x", by="old").install(d, "x", "old")


@fault("name-missing")
def advertised_under_another_name(w, d): d.set("server.bolt.advertised_address", "db.example.org")


@fault()
def a_name_that_another_pair_has(w, d):
    d.set("server.bolt.advertised_address", "db.example.org")
    named_pair(w, d, "db.example.org")


@fault("name-missing")
def other_addresses_of_a_member(w, d):
    with_cluster(d, w)
    d.set("server.cluster.raft.advertised_address", "member.example.org:7000")


@fault("names-in-common-name-only")
def common_name_only(w, d): w.issue("x", names="").install(d, "x", "middle")


@fault("file-unreadable")
def no_key(w, d): (d.home / "certificates" / "bolt" / "private.key").unlink()


@fault("file-unreadable")
def a_dead_link(w, d):
    crt = d.home / "certificates" / "bolt" / "public.crt"
    crt.unlink()
    crt.symlink_to(d.home / "gone.pem")


@fault("key-open")
def key_for_everybody(w, d): os.chmod(d.home / "certificates" / "bolt" / "private.key", 0o644)


@fault("key-open")
def key_of_another_name_for_everybody(w, d): os.chmod(named_pair(w, d, "b.example.org") / "private.key", 0o644)


@fault("path-writable")
def folder_of_a_link(w, d):
    folder = d.home / "live"
    folder.mkdir()
    certificate = d.home / "certificates" / "bolt" / "public.crt"
    certificate.rename(d.home / "fullchain.pem")
    (folder / "public.crt").symlink_to(d.home / "fullchain.pem")
    certificate.symlink_to(folder / "public.crt")
    os.chmod(folder, 0o777)


@fault("path-writable")
def anyone_adds_an_authority(w, d): os.chmod(with_cluster(d, w) / "trusted", 0o777)


@fault("path-writable")
def folder_for_everybody(w, d): os.chmod(d.home / "certificates" / "bolt", 0o777)


@fault("certbot-account-open")
def chgrp_of_everything(w, d):
    tree = d.home / "letsencrypt"
    account = tree / "accounts" / "ca.test" / "directory" / "1"
    account.mkdir(parents=True)
    (tree / "archive" / "db").mkdir(parents=True)
    (account / "private_key.json").write_text("{}")
    os.chmod(account / "private_key.json", 0o400)
    folder = d.home / "certificates" / "bolt"
    for name in ("public.crt", "private.key"):
        (folder / name).rename(tree / "archive" / "db" / name)
        (folder / name).symlink_to(tree / "archive" / "db" / name)
    run("chgrp", "-R", "nogroup" if os.geteuid() == 0 else os.getegid(), tree)
    run("chmod", "-R", "g+rx", tree)


@fault("clock-unchecked", "obtained-unserved")
def one_is_obtained_for_nobody(w, d):
    obtain(d, free_port())


@fault("trust-all")
def anybody(w, d):
    d.set("dbms.ssl.policy.bolt.client_auth", "OPTIONAL")
    d.set("dbms.ssl.policy.bolt.trust_all", "true")


@fault()
def what_nobody_reads(w, d):
    trusted = d.home / "certificates" / "bolt" / "trusted"
    trusted.mkdir()
    (trusted / "damaged.crt").write_text("not a certificate\n")


@fault("trusted-expired")
def old_authority_of_clients(w, d):
    w.openssl("req", "-new", *EC, "-nodes", "-keyout", "old.key", "-out", "old.csr", "-subj", "/CN=Old")
    w.openssl("x509", "-req", "-in", "old.csr", "-signkey", "old.key", "-days", "-1", "-out", "old.crt")
    d.set("dbms.ssl.policy.bolt.client_auth", "REQUIRE")
    trusted = d.home / "certificates" / "bolt" / "trusted"
    trusted.mkdir()
    (trusted / "old.crt").write_text(w.chain("old"))


@fault("public-client-trust")
def public_authority_for_clients(w, d):
    d.set("dbms.ssl.policy.bolt.client_auth", "REQUIRE")
    trusted = d.home / "certificates" / "bolt" / "trusted"
    trusted.mkdir()
    (trusted / "ca.crt").write_text(w.chain("middle"))


@fault("client-auth-browsers")
def browsers_are_asked(w, d):
    with_https(d, w)
    d.set("dbms.ssl.policy.https.client_auth", "OPTIONAL")


@fault("client-auth-browsers")
def websockets_of_pages_are_asked(w, d):
    with_https(d, w)
    d.set("dbms.ssl.policy.bolt.client_auth", "OPTIONAL")


def on_one_port(d):
    d.set("server.https.listen_address", d.settings["server.bolt.listen_address"])


@fault("client-auth-browsers")
def browsers_are_asked_on_the_port_of_both(w, d):
    with_https(d, w)
    on_one_port(d)
    for scope in ("bolt", "https"):
        d.set(f"dbms.ssl.policy.{scope}.client_auth", "OPTIONAL")


@fault("name-missing")
def another_name_for_https_on_the_port_of_both(w, d):
    with_https(d, w)
    on_one_port(d)
    d.set("server.https.advertised_address", "db.example.org")


@fault()
def nobody_is_shown_the_pair_of_https(w, d):
    w.issue("x", days=(-30, -1))
    with_https(d, w, "x")
    on_one_port(d)


@fault("hostname-not-verified")
def any_member_is_any_member(w, d):
    with_cluster(d, w)
    d.set("dbms.ssl.policy.cluster.verify_hostname", "false")


@fault("plain-http-open")
def http_beside_https(w, d):
    with_https(d, w)
    d.set("server.http.enabled", "true")


@fault("plain-bolt-open")
def optional_encryption(w, d): d.set("server.bolt.tls_level", "OPTIONAL")


@fault("revocation-list-ends-soon")
def list_near_its_end(w, d): revocation_list(w, with_cluster(d, w), 3 * 86400)


@fault("revocation-list-expired")
def list_out_of_date(w, d): revocation_list(w, with_cluster(d, w), -86400)


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_has_its_id(name, home, workshop, doctor):
    ids, make = FAULTS[name]
    make(workshop, home)
    assert ids_at(doctor, home) == ids


ROOT = pathlib.Path(__file__).parents[2]
IDS = re.findall(r'TRELLIS_FINDING\(\w+, "([a-z0-9-]+)"', (ROOT / "src/tls/findings/finding_table.inc").read_text())


def test_every_id_is_explained():
    page = (ROOT / "docs/tls.md").read_text()
    assert len(IDS) > 40
    assert [name for name in IDS if f"`{name}`" not in page] == []


def test_every_id_is_provoked():
    provoked = PROVOKED.union(*(ids for ids, _ in FAULTS.values()))
    assert sorted(provoked) == sorted(IDS)
    for name, file in ELSEWHERE.items():
        assert f'"{name}"' in (pathlib.Path(__file__).parent / file).read_text()


def test_the_server_says_the_same_at_start_and_reload(home, workshop):
    log = lambda: (home.home / "logs" / "trellis.log").read_text()
    near_its_end(workshop, home)
    home.set("server.tls.poll_interval", "100ms")
    home.start()
    assert log().count("[certificate-expires-soon] bolt:") == 1
    workshop.issue("next").install(home, "next", "middle")
    deadline = time.monotonic() + 10
    while "[certificate-expires-soon] bolt: mended" not in log():
        assert time.monotonic() < deadline, log()
        time.sleep(0.05)


@provokes("reload-failed")
def test_the_server_says_what_it_could_not_load(home, workshop):
    log = lambda: (home.home / "logs" / "trellis.log").read_text()

    def until(text):
        deadline = time.monotonic() + 10
        while text not in log():
            assert time.monotonic() < deadline, log()
            time.sleep(0.05)

    home.set("server.tls.poll_interval", "100ms")
    home.start()
    (home.home / "certificates" / "bolt" / "public.crt").write_text("half a file")
    until("[reload-failed] bolt:")
    workshop.install(home, "good", "middle")
    until("[reload-failed] bolt: mended")
    assert log().count("[reload-failed]") == 2


def test_commands_that_mend(home, workshop, doctor):
    http_beside_https(workshop, home)
    public_pair_for_the_cluster(workshop, home)
    home.write_settings()
    done = doctor.run("--home", home.home)
    assert done.returncode == 1
    assert "-> server.http.enabled=false" in done.stdout
    assert "trellis tls ca" in done.stdout
    assert re.search(r"^WARNING +plain-http-open", done.stdout, re.M), done.stdout


def test_any_pair_of_the_scope_may_be_served(home, workshop, doctor):
    """On a name of sni/ the port shows another pair than the main one."""
    home.set("server.bolt.listen_address", f"localhost:{home.bolt_port}")
    workshop.issue("main", names="DNS:db.example.org").install(home, "main", "middle")
    named_pair(workshop, home, "localhost")
    home.start()
    assert doctor.ids("--home", home.home) == []


def test_one_port_for_both_shows_one_pair(home, workshop, doctor):
    workshop.issue("x")
    with_https(home, workshop, "x")
    on_one_port(home)
    home.start()
    assert doctor.ids("--home", home.home) == []


@provokes("served-differs")
def test_files_that_differ_from_what_is_served(home, workshop, doctor):
    home.set("server.tls.poll_interval", "1h")
    home.start()
    assert doctor.ids("--home", home.home) == []
    workshop.issue("next").install(home, "next", "middle")
    assert doctor.ids("--home", home.home) == ["served-differs"]


# -- from outside --

@pytest.fixture(scope="module")
def served(dbms_factory, workshop):
    dbms = dbms_factory()
    workshop.issue("served", names="DNS:db.example.test,DNS:*.wild.test,IP:127.0.0.1")
    workshop.install(dbms, "served", "middle")
    dbms.set("server.bolt.tls_level", "REQUIRED")
    dbms.set("dbms.ssl.policy.bolt.enabled", "true")
    dbms.set("dbms.ssl.policy.bolt.client_auth", "NONE")
    return dbms.start()


def by_name(dbms, name, scheme="neo4j+s"):
    return [f"{scheme}://{name}:{dbms.bolt_port}", "--resolve", f"{name}:127.0.0.1"]


@pytest.mark.parametrize("scheme", ["neo4j+s", "bolt+s", "wss"])
def test_a_healthy_server_from_outside(served, doctor, scheme):
    told = doctor.look(*by_name(served, "db.example.test", scheme))
    assert told["findings"] == []
    assert "connects" in told["driver"]
    assert doctor.ids(f"127.0.0.1:{served.bolt_port}") == []


@pytest.mark.parametrize("scheme", ["neo4j", "bolt", "ws"])
@provokes("encryption-required")
def test_a_uri_without_encryption_for_a_server_that_demands_it(served, doctor, scheme):
    told = doctor.look(*by_name(served, "db.example.test", scheme))
    assert [f["id"] for f in told["findings"]] == ["encryption-required"] and told["exit"] == 1
    encrypted = {"ws": "wss"}.get(scheme, f"{scheme}+s")
    assert f"{encrypted}://db.example.test:{served.bolt_port}" in told["findings"][0]["command"]
    assert "unencrypted" in told["driver"]
    with_login = doctor.look(*by_name(served, "db.example.test", scheme), "-u", "neo4j", "-p", PASSWORD)
    assert {f["id"]: f["severity"] for f in with_login["findings"]} == {
        "encryption-required": "error", "routing-unchecked": "information"}


def test_a_scheme_that_verifies_nothing(served, doctor):
    """What +s stumbles on is found, and the driver with +ssc connects all the same."""
    told = doctor.look(f"bolt+ssc://localhost:{served.bolt_port}")
    assert [f["id"] for f in told["findings"]] == ["name-mismatch"]
    assert "verify nothing" in told["driver"]


@provokes("name-mismatch")
def test_localhost_in_place_of_the_certificates_name(served, doctor):
    """cypher-shell -a neo4j+s://localhost:7687, as the article has it."""
    done = doctor.run(f"neo4j+s://localhost:{served.bolt_port}")
    text = " ".join(done.stdout.split())
    assert done.returncode == 1 and "name-mismatch" in text, done.stdout
    assert "asked for 'localhost'" in text
    assert "db.example.test, *.wild.test, 127.0.0.1" in text
    assert f"cypher-shell -a neo4j+s://db.example.test:{served.bolt_port}" in text
    assert "No name matching localhost found" in text  # what Java says


@provokes("authority-unknown")
def test_an_authority_that_this_machine_does_not_know(served, tmp_path):
    run("openssl", "req", "-x509", *EC, "-nodes", "-keyout", tmp_path / "k", "-out", tmp_path / "c", "-subj", "/CN=x")
    stranger = Doctor(tmp_path / "c")
    told = stranger.look(*by_name(served, "db.example.test"))
    assert [f["id"] for f in told["findings"]] == ["authority-unknown"]
    assert told["findings"][0]["severity"] == "warning"
    assert "PKIX" in told["driver"]


@provokes("routing-name-mismatch", "routing-unchecked")
def test_the_routing_table_is_looked_at(dbms_factory, workshop, doctor):
    dbms = dbms_factory()
    workshop.issue("routed", names="DNS:db.example.test")
    workshop.install(dbms, "routed", "middle")
    dbms.set("server.bolt.tls_level", "REQUIRED")
    dbms.set("dbms.ssl.policy.bolt.enabled", "true")
    dbms.set("dbms.ssl.policy.bolt.client_auth", "NONE")
    dbms.set("server.bolt.advertised_address", f"inner.example.test:{dbms.bolt_port}")
    dbms.start()
    where = [*by_name(dbms, "db.example.test"), "--resolve", "inner.example.test:127.0.0.1", "-u", "neo4j"]
    assert doctor.ids(*where, "-p", PASSWORD) == ["routing-name-mismatch"]
    assert doctor.ids(*where, "-p", "wrong-password") == ["routing-unchecked"]
    # No password goes to a server that cannot prove who it is.
    told = doctor.look(*by_name(dbms, "localhost"), "-u", "neo4j", "-p", PASSWORD)
    assert sorted(f["id"] for f in told["findings"]) == ["name-mismatch", "routing-unchecked"]


@provokes("tls-not-offered")
def test_a_port_without_tls(plain_dbms, doctor):
    assert doctor.ids(plain_dbms.uri("neo4j+s")) == ["tls-not-offered"]
    told = doctor.look(plain_dbms.uri("bolt"))
    assert [(f["id"], f["severity"]) for f in told["findings"]] == [("tls-not-offered", "warning")]


def test_encryption_that_is_only_optional(home, doctor):
    home.set("server.bolt.tls_level", "OPTIONAL")
    home.start()
    assert doctor.ids(*by_name(home, "localhost")) == ["plain-bolt-open"]


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3", "TLSv1.2,TLSv1.3"])
@provokes("client-certificate-required")
def test_a_demand_for_a_client_certificate(home, workshop, doctor, version):
    """In TLS 1.3 the server says so only after the handshake."""
    with_cluster(home, workshop)
    trusted = home.home / "certificates" / "bolt" / "trusted"
    trusted.mkdir()
    (trusted / "own.crt").write_text((workshop.folder / "own.crt").read_text())
    home.set("dbms.ssl.policy.bolt.client_auth", "REQUIRE")
    home.set("dbms.ssl.policy.bolt.tls_versions", version)
    home.start()
    told = doctor.look(*by_name(home, "localhost"))
    found = {f["id"] for f in told["findings"]} - {"tls12-refused"}
    assert found == {"client-certificate-required"}
    assert ("after the handshake" in told["findings"][0]["cause"]) == (version != "TLSv1.2")


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_the_port_of_https_in_place_of_bolts(home, workshop, doctor, version):
    """It asks for a certificate and ends the connection, but not because there is none."""
    with_https(home, workshop)
    home.set("dbms.ssl.policy.https.client_auth", "OPTIONAL")
    home.set("dbms.ssl.policy.https.tls_versions", version)
    home.start()
    told = {f["id"] for f in doctor.look(f"neo4j+s://localhost:{https_port(home)}")["findings"]}
    assert told - {"tls12-refused"} == {"other-protocol"}
    told = {f["id"] for f in doctor.look(f"https://localhost:{https_port(home)}")["findings"]}
    assert told - {"tls12-refused"} == set()


@provokes("member-unreachable")
def test_a_member_that_cannot_be_reached(home, doctor):
    """The routing table names an address where nobody listens."""
    home.set("server.bolt.advertised_address", f"127.0.0.1:{free_port()}")
    run(TRELLIS, "admin", "dbms", "set-initial-password", PASSWORD, "--home", home.home)
    home.start()
    assert doctor.ids(*by_name(home, "localhost"), "-u", "neo4j", "-p", PASSWORD) == ["member-unreachable"]


def awaiting(dbms, port, **settings):
    """A server whose first certificate does not come."""
    dbms.set("server.bolt.tls_level", "REQUIRED")
    obtain(dbms, port, **settings)
    return dbms.start()


@provokes("certificate-missing", "clock-unchecked", "handshake-refused")
def test_before_the_first_certificate(dbms_factory, doctor):
    dbms = awaiting(dbms_factory(password=None), free_port())
    assert doctor.ids("--home", dbms.home) == ["certificate-missing", "clock-unchecked"]
    assert doctor.ids(*by_name(dbms, "localhost")) == ["handshake-refused"]


@contextlib.contextmanager
def authority_of_yesterday(workshop):
    """An ACME authority that is not well, and whose clock is a day behind: the port it is at."""
    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_error(503)

        do_HEAD = do_POST = do_GET

        def date_time_string(self, timestamp=None):
            return super().date_time_string(time.time() - 86400)

        def log_message(self, *arguments):
            pass

    workshop.issue("good")
    (workshop.folder / "authority.pem").write_text(workshop.chain("good", "middle"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(workshop.folder / "authority.pem", workshop.folder / "good.key")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@provokes("clock-skewed")
def test_a_clock_that_differs_from_the_authoritys(dbms_factory, workshop, doctor):
    with authority_of_yesterday(workshop) as port:
        dbms = awaiting(dbms_factory(password=None), port, trust_file=workshop.root)
        assert doctor.ids("--home", dbms.home) == ["certificate-missing", "clock-skewed"]
        log = dbms.home / "logs" / "trellis.log"
        deadline = time.monotonic() + 20
        while not re.search(r"error.*\[clock-skewed\] clock: .* ahead of .*timedatectl", log.read_text()):
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)


def openssl_server(workshop, *arguments):
    port = free_port()
    server = subprocess.Popen(["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", workshop.folder / "good.crt",
                               "-key", workshop.folder / "good.key", "-cert_chain", workshop.folder / "middle.crt",
                               "-www", *arguments], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    for line in server.stdout:
        if b"ACCEPT" in line:
            break
    return server, port


@pytest.mark.parametrize("arguments, ids", [
    ([], []),
    (["-tls1_3"], ["tls12-refused"]),
    (["-cipher", "ALL:@SECLEVEL=0", "-min_protocol", "TLSv1"], ["protocol-too-old"]),
])
@provokes("tls12-refused", "protocol-too-old", "other-protocol")
def test_versions_that_another_server_speaks(workshop, doctor, arguments, ids):
    workshop.issue("good")
    server, port = openssl_server(workshop, *arguments)
    try:
        assert doctor.ids(f"https://localhost:{port}") == ids
        if not ids:
            assert doctor.ids(f"neo4j+s://localhost:{port}") == ["other-protocol"]
    finally:
        server.kill()
        server.wait()


def test_exit_2_when_there_is_nothing_to_look_at(doctor, tmp_path):
    assert doctor.look(f"neo4j+s://127.0.0.1:{free_port()}")["exit"] == 2
    assert doctor.run("nonsense://x").returncode == 2
    assert doctor.run("--home", tmp_path / "nowhere").returncode == 2
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "neo4j.conf").write_text("server.bolt.tls_level=SOMETIMES\n")
    assert doctor.run("--home", tmp_path).returncode == 2

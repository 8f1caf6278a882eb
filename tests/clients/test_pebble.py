# SPDX-License-Identifier: Apache-2.0
"""The test CA itself plays what its options promise: other tests rely on them."""
import datetime
import subprocess
import time

import pytest
from conftest import run

YEAR = 365 * 86400
KEY = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"


def inspect(certificate, *what):
    return run("openssl", "x509", "-in", certificate, "-noout", *what).strip()


def test_a_ca_with_its_own_time_accounts_names_and_chains(pebble_factory):
    pebble = pebble_factory(profiles={"week": 7 * 86400}, eab={"kid-1": KEY}, blocklist=["blocked.example.test"],
                            alternate_roots=1, chain_length=2, key_algorithm="ecdsa", clock=True, strict=True)
    pebble.set_clock(2 * YEAR)
    refused = pebble.certbot("certonly", "-d", "a.example.test", check=False)
    assert refused.returncode != 0 and pebble.accounts() == 0
    binding = ("--eab-kid", "kid-1", "--eab-hmac-key", KEY)
    pebble.certbot("certonly", "-d", "a.example.test", *binding)
    assert (pebble.accounts(), pebble.orders(), len(pebble.issued())) == (1, 1, 1)
    leaf = pebble.lineage("a.example.test") / "cert.pem"
    begin = datetime.datetime.strptime(inspect(leaf, "-startdate"), "notBefore=%b %d %H:%M:%S %Y GMT")
    assert abs(begin.timestamp() - time.time() - 2 * YEAR) < 2 * 86400
    assert int(inspect(leaf, "-serial").removeprefix("serial="), 16) == int(pebble.issued()[0], 16)
    assert pebble.certificate_status(pebble.issued()[0])["Status"] == "Valid"
    chain = pebble.lineage("a.example.test") / "chain.pem"
    assert chain.read_text().count("BEGIN CERTIFICATE") == 2
    run("openssl", "verify", "-attime", int(begin.timestamp()) + 60, "-CAfile", pebble.root(), "-untrusted", chain, leaf)
    assert pebble.root(1).read_bytes() != pebble.root(0).read_bytes()
    pebble.certbot("certonly", "-d", "blocked.example.test", check=False)
    assert len(pebble.issued()) == 1
    pebble.set_renewal_window(leaf.read_text(), "2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z")


def test_outages_and_names(pebble_factory):
    pebble = pebble_factory()
    port = pebble.port
    pebble.freeze()
    with pytest.raises(subprocess.CalledProcessError):
        subprocess.run(["curl", "-sS", "-m", "0.5", "--cacert", pebble.trust_file, pebble.directory], check=True,
                       capture_output=True)
    pebble.thaw()
    assert b"newOrder" in pebble.get(pebble.directory)
    root = pebble.root().read_bytes()
    pebble.kill()
    with pytest.raises(OSError):
        pebble.get(pebble.directory)
    pebble.start()
    assert pebble.port == port and pebble.root().read_bytes() != root
    pebble.servfail("broken.example.test")
    pebble.certbot("certonly", "-d", "broken.example.test", check=False)
    assert pebble.dns_requests("broken.example.test") and pebble.orders() == 1 and not pebble.issued()

# SPDX-License-Identifier: Apache-2.0
"""`trellis tls install-certbot` on a machine of the test's own: links, rights and hook, forced renewals with
certbot and Pebble, and everything taken back."""
import re

import pytest
from machine import CONF, HOME, PROGRAM, USER, Machine

NAME = "graph.example.test"
ALIAS = "alias.example.test"
LIVE = f"/etc/letsencrypt/live/{NAME}"
HOOK = f"/etc/letsencrypt/renewal-hooks/deploy/trellis-{NAME}"
INSTALL = (PROGRAM, "tls", "install-certbot", "--home", HOME, "--conf", CONF)

SETTINGS = f"""
server.default_listen_address=0.0.0.0
server.default_advertised_address={NAME}
server.bolt.tls_level=REQUIRED
server.https.enabled=true
server.http.enabled=false
dbms.ssl.policy.bolt.enabled=true
dbms.ssl.policy.bolt.client_auth=NONE
dbms.ssl.policy.https.enabled=true
dbms.ssl.policy.https.client_auth=NONE
# What is served changes by the hook alone.
server.tls.poll_interval=1h
"""


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    made = Machine(tmp_path_factory.mktemp("machine"))
    try:
        pebble = made.pebble(tmp_path_factory.mktemp("pebble"))
        with made.network():
            pebble.add_a(NAME, "127.0.0.1")
            pebble.add_a(ALIAS, "127.0.0.1")
        made.host(NAME)
        made.certbot_of(pebble)
        made.certbot("certonly", "--standalone", "-d", NAME, "-d", ALIAS)
        made.shell("cp -a /etc/letsencrypt /srv/pristine")
        yield made
    finally:
        made.close()


@pytest.fixture
def fresh(machine):
    """certbot's tree as certbot leaves it, and a home with an older pair in place."""
    machine.shell("rm -rf /etc/letsencrypt && cp -a /srv/pristine /etc/letsencrypt")
    machine.install(SETTINGS)
    machine.shell(f"""
        mkdir -p {HOME}/certificates/bolt
        echo old > {HOME}/certificates/bolt/private.key
        chown -R {USER}:{USER} {HOME}/certificates""")
    yield machine
    for server in machine.servers:
        server.kill()


def tree(machine, *folders):
    """Everything below: path, kind, mode, owner, link and content."""
    return machine.shell(f"""
        find {' '.join(map(str, folders))} -printf '%p %y %m %u:%g %l\\n' | sort
        find {' '.join(map(str, folders))} -type f -print0 | sort -z | xargs -0 sha256sum""").stdout


def whole(machine):
    return tree(machine, "/etc/letsencrypt", HOME / "certificates")


def served(machine):
    return {machine.served(port, NAME) for port in (7687, 7473)}


def hook(machine, **options):
    return machine.run(HOOK, env={"RENEWED_LINEAGE": LIVE, "RENEWED_DOMAINS": NAME}, check=False, **options)


def renew(machine, *arguments):
    done = machine.certbot("renew", "--force-renewal", *arguments)
    return done.stdout + done.stderr


def test_a_dry_run_shows_all_and_does_nothing(fresh):
    before = whole(fresh)
    shown = fresh.run(*INSTALL, "--dry-run").stdout
    assert whole(fresh) == before
    for line in (f"ln -s {LIVE}/privkey.pem {HOME}/certificates/bolt/private.key",
                 f"ln -s {LIVE}/fullchain.pem {HOME}/certificates/https/public.crt",
                 f"mv {HOME}/certificates/bolt/private.key {HOME}/certificates/bolt/private.key.before-certbot",
                 f"mkdir {HOME}/certificates/https", "chgrp trellis /etc/letsencrypt/live && chmod 0710 /etc/letsencrypt/live",
                 HOOK, "certbot-deployed"):
        assert line in shown, shown


def test_undo_takes_back_exactly_what_was_done(fresh):
    before = whole(fresh)
    done = fresh.run(*INSTALL, ALIAS).stdout  # any name of the certificate will do
    after = whole(fresh)
    assert f"{HOME}/certificates/bolt/public.crt l" in after and HOOK in after
    # The least that is enough: the account key stays certbot's alone.
    assert fresh.run("find", "/etc/letsencrypt/accounts", "-group", USER).stdout == ""
    assert f"/archive/{NAME}/privkey1.pem f 640 root:trellis" in after
    assert re.search(r"live d 710 root:trellis", after)
    fresh.run("setpriv", "--reuid", USER, "--regid", USER, "--init-groups", "cat",
              HOME / "certificates/bolt/private.key", HOME / "certificates/https/public.crt")
    assert "No server runs" in done and "Add to neo4j.conf" not in done
    # Once more changes nothing, and undo still knows everything.
    assert "All is in place." in fresh.run(*INSTALL).stdout
    assert whole(fresh) == after
    assert "take back: ln -s" in fresh.run(*INSTALL, "--undo", "--dry-run").stdout
    assert whole(fresh) == after
    fresh.run(*INSTALL, "--undo")
    assert whole(fresh) == before
    assert "Nothing to take back" in fresh.run(*INSTALL, "--undo").stdout


def test_what_somebody_changed_since_is_left_alone(fresh):
    fresh.run(*INSTALL, "--domain", NAME, "--scope", "bolt")
    fresh.shell(f"echo '# mine' >> {HOOK}; chmod 0750 /etc/letsencrypt/live")
    done = fresh.run(*INSTALL, "--undo", check=False)
    assert done.returncode == 1
    assert f"{HOOK} stays" in done.stdout and "The rights of /etc/letsencrypt/live stay" in done.stdout
    assert fresh.read(HOME / "certificates/bolt/private.key") == "old\n"


def test_mistakes_are_told(fresh):
    def refused(*arguments):
        done = fresh.run(*INSTALL, *arguments, check=False)
        assert done.returncode == 1
        return done.stderr
    assert "there are: " + NAME in refused("--domain", "other.example.test")
    assert "useradd" in refused("--user", "nobody-here")
    assert "certbot certonly" in refused("--config-dir", "/srv/bin")

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


def test_undo_needs_no_certificate(fresh):
    before = tree(fresh, HOME / "certificates")
    fresh.run(*INSTALL, NAME)
    fresh.shell("rm -r /etc/letsencrypt/live /etc/letsencrypt/archive")
    fresh.run(*INSTALL, "--undo")
    assert tree(fresh, HOME / "certificates") == before
    assert fresh.shell("find /etc/letsencrypt/renewal-hooks -name 'trellis-*'").stdout == ""


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

def test_a_forced_renewal_is_served_when_certbot_ends(fresh):
    machine = fresh
    pristine = tree(machine, "/etc/letsencrypt")
    home = tree(machine, HOME / "certificates")
    machine.run(*INSTALL)
    server = machine.start()
    first = machine.fingerprint(f"{LIVE}/cert.pem")
    assert served(machine) == {first}

    said = renew(machine)
    second = machine.fingerprint(f"{LIVE}/cert.pem")
    assert second != first and "error code" not in said, said
    assert served(machine) == {second}  # nobody waited, nobody else did anything
    assert f"bolt serves {second}" in said and f"https serves {second}" in said, said

    # However the folder is spelt.
    spelt = machine.run(HOOK, env={"RENEWED_LINEAGE": f"/etc/letsencrypt/../letsencrypt/live/{NAME}/"}).stdout
    assert second in spelt, spelt
    # Another certificate's renewal is not ours.
    assert machine.run(HOOK, env={"RENEWED_LINEAGE": "/etc/letsencrypt/live/other"}).stdout == ""

    # Renewed and not served: the hook fails, and says why.
    renew(machine, "--no-directory-hooks")
    third = machine.fingerprint(f"{LIVE}/cert.pem")
    key = machine.run("readlink", "-f", f"{LIVE}/privkey.pem").stdout.strip()
    assert machine.run("stat", "-c", "%a %U:%G", key).stdout == "640 root:trellis\n"  # as certbot does it
    machine.shell(f"chmod 0600 {key}")
    failed = hook(machine)
    assert failed.returncode != 0 and key in failed.stderr, failed.stderr
    assert served(machine) == {second}
    machine.shell(f"chmod 0640 {key}")
    assert hook(machine).returncode == 0
    assert served(machine) == {third}

    # No server: nothing is served, and certbot is told.
    assert server.stop() == 0
    assert hook(machine).returncode != 0
    assert "error code 1" in renew(machine)

    # After four generations, all is closed again.
    machine.run(*INSTALL, "--undo")
    now = tree(machine, "/etc/letsencrypt")
    modes = lambda text: {line for line in text.splitlines() if re.search(r" [df] \d+ ", line)}
    assert modes(pristine) <= modes(now)
    for line in modes(now) - modes(pristine):
        assert re.search(rf"archive/{NAME}/(privkey\d.pem f 600 root:root|\w+\d.pem f 644 root:root)", line) \
            or "/renewal/" in line or "/csr/" in line or "/keys/" in line, line
    assert tree(machine, HOME / "certificates") == home

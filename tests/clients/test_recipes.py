# SPDX-License-Identifier: Apache-2.0
"""The instructions that operators follow to use certbot's certificates, command by command, on a machine of
the test's own: certbot's real directory tree with its closed folders and links, root's commands as root, the
server as user trellis, ports and paths as in the instructions. Four generations of settings.
"""
import json
import os
import pathlib
import re
import subprocess
import sys

import pytest
from conftest import PASSWORD
from machine import HOME, USER, Machine
from maven import jars
from test_chromium import Browser
from test_javascript import SCRIPT, installed

NAME = "graph.example.test"
LIVE = f"/etc/letsencrypt/live/{NAME}"
STEADY = pathlib.Path(__file__).parent / "steady_client.py"
SCOPES = ("bolt", "cluster", "https")

OPEN_TO_THE_GROUP = """
    chgrp -R trellis /etc/letsencrypt/*
    chmod -R g+rx /etc/letsencrypt/*
"""

LINKS_OF_4 = f"""
    L={LIVE}
    cd {HOME}/certificates
    mkdir bak
    for s in bolt cluster https; do
      if [ -e $s ]; then mv $s bak/; fi
      mkdir $s $s/trusted
      ln -s $L/fullchain.pem $s/neo4j.cert
      ln -s $L/privkey.pem $s/neo4j.key
      ln -s $L/fullchain.pem $s/trusted/neo4j.cert
    done
    chgrp -R trellis *
    chmod -R g+rx *
"""

LINKS_OF_3 = f"""
    L={LIVE}
    cd {HOME}/certificates
    mkdir revoked trusted bak
    mv neo4j.* bak
    ln -s $L/fullchain.pem neo4j.cert
    ln -s $L/privkey.pem neo4j.key
    ln -s $L/fullchain.pem trusted/neo4j.cert
    chgrp -R trellis *
    chmod -R g+rx *
"""

POLICIES_OF_4 = "".join(f"""
dbms.ssl.policy.{scope}.enabled=true
dbms.ssl.policy.{scope}.base_directory=certificates/{scope}
dbms.ssl.policy.{scope}.private_key=neo4j.key
dbms.ssl.policy.{scope}.public_certificate=neo4j.cert
dbms.ssl.policy.{scope}.client_auth=NONE
""" for scope in SCOPES)

SETTINGS_OF_5 = f"""
server.default_listen_address=0.0.0.0
server.default_advertised_address={NAME}
server.bolt.tls_level=REQUIRED
server.https.enabled=true
server.http.enabled=false
""" + POLICIES_OF_4

SETTINGS_OF_4 = f"""
dbms.default_listen_address=0.0.0.0
dbms.default_advertised_address={NAME}
dbms.connector.bolt.tls_level=REQUIRED
dbms.connector.https.enabled=true
dbms.connector.http.enabled=false
""" + POLICIES_OF_4


def settings_of_3(certificates, files):
    """3.5 asks for `tls_level` nothing: Bolt then is encrypted for those who ask for it."""
    return f"""
dbms.connectors.default_listen_address=0.0.0.0
dbms.connectors.default_advertised_address={NAME}
dbms.directories.certificates={certificates}
bolt.ssl_policy=default
https.ssl_policy=default
dbms.ssl.policy.default.base_directory={certificates}
dbms.ssl.policy.default.allow_key_generation=false
dbms.ssl.policy.default.private_key={files}neo4j.key
dbms.ssl.policy.default.public_certificate={files}neo4j.cert
dbms.ssl.policy.default.client_auth=NONE
"""


GENERATIONS = {
    "5.x": (SETTINGS_OF_5, LINKS_OF_4),
    "4.x": (SETTINGS_OF_4, LINKS_OF_4),
    "3.5": (settings_of_3("certificates", ""), LINKS_OF_3),
}


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    """With a certificate that certbot obtained on port 80, as the recipe's first command does."""
    made = Machine(tmp_path_factory.mktemp("machine"))
    try:
        pebble = made.pebble(tmp_path_factory.mktemp("pebble"))
        with made.network():
            pebble.add_a(NAME, "127.0.0.1")
            made.root = pebble.root()
        made.host(NAME)
        made.certbot_of(pebble)
        made.certbot("certonly", "--standalone", "-d", NAME)
        made.shell("cp -a /etc/letsencrypt /srv/pristine")
        yield made
    finally:
        made.close()


@pytest.fixture
def closed(machine):
    """The machine with certbot's tree as certbot leaves it, whatever the test before did."""
    machine.shell("rm -rf /etc/letsencrypt/* && cp -a /srv/pristine/. /etc/letsencrypt/")
    yield machine
    for server in machine.servers:
        server.kill()


@pytest.fixture(scope="class", params=GENERATIONS)
def followed(request, machine):
    """The recipe of one generation, followed to its end: `restart`."""
    settings, links = GENERATIONS[request.param]
    machine.shell("rm -rf /etc/letsencrypt/* && cp -a /srv/pristine/. /etc/letsencrypt/")
    machine.install(settings)
    # What a first start without certificates leaves behind, and files of an earlier certificate.
    machine.shell(f"mkdir {HOME}/certificates/bolt; touch {HOME}/certificates/neo4j.{{cert,key}}")
    machine.shell(OPEN_TO_THE_GROUP + links)
    server = machine.start()
    # What the settings leave to 3.5's defaults: encryption as clients wish, and HTTP beside HTTPS.
    machine.suffix, machine.plain = ("", 0) if request.param == "3.5" else ("+s", 7)
    yield machine
    assert server.stop() == 0, server.console()


PYTHON = """
import neo4j, sys
with neo4j.GraphDatabase.driver(sys.argv[1], auth=("neo4j", sys.argv[2])) as driver:
    driver.verify_connectivity()
    print(driver.execute_query("RETURN 6 * 7 AS answer")[0][0]["answer"])
"""


class TestTheRecipe:
    def test_cypher_shell(self, followed):
        store = followed.folder / "trust.p12"
        if not store.exists():
            followed.run("keytool", "-importcert", "-noprompt", "-alias", "ca", "-file", followed.root, "-keystore", store,
                         "-storetype", "PKCS12", "-storepass", "changeit")
        done = followed.run(
            "java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", f"-Djavax.net.ssl.trustStore={store}",
            "-Djavax.net.ssl.trustStorePassword=changeit", "-cp", jars("org.neo4j", "cypher-shell", "5.26.30"),
            "org.neo4j.shell.Main", "-a", f"neo4j+s://{NAME}", "-u", "neo4j", "-p", PASSWORD, "--format", "plain",
            input="RETURN 6 * 7 AS answer;\n")
        assert done.stdout.split() == ["answer", "42"]

    def test_python_driver(self, followed):
        done = followed.run(sys.executable, "-c", PYTHON, f"neo4j+s://{NAME}", PASSWORD,
                            env={"SSL_CERT_FILE": str(followed.root)})
        assert done.stdout == "42\n"

    def test_javascript_driver(self, followed):
        done = followed.run("node", SCRIPT, installed("5.28.3"), f"neo4j+s://{NAME}:7687", PASSWORD,
                            env={"NODE_EXTRA_CA_CERTS": str(followed.root)})
        assert json.loads(done.stdout)["agent"].startswith("Neo4j/5.26")

    def test_the_page_and_no_plain_port(self, followed):
        page = followed.run("curl", "-sS", "--fail", "--cacert", followed.root, "-H", "Accept: application/json",
                            f"https://{NAME}:7473/").stdout
        assert json.loads(page)["bolt_direct"] == f"bolt{followed.suffix}://{NAME}:7687"
        assert followed.run("curl", "-sS", f"http://{NAME}:7474/", check=False).returncode == followed.plain

    def test_browser(self, followed, tmp_path):
        browser = Browser(tmp_path, followed.root)
        shown = followed.run(*browser.command("--dump-dom", f"https://{NAME}:7473/"), env=browser.environment()).stdout
        assert f"neo4j{followed.suffix}://{NAME}:7687" in shown

    def test_renewal_needs_no_command(self, followed):
        followed.certbot("renew", "--dry-run")
        before = followed.served(7687, NAME)
        followed.certbot("renew", "--force-renewal")
        renewed = followed.fingerprint(f"{LIVE}/fullchain.pem")
        assert renewed != before
        for port in (7687, 7473):
            followed.wait_until_served(renewed, port, NAME)


def test_absolute_paths_of_3(closed):
    closed.install(settings_of_3(f"{HOME}/certificates", f"{HOME}/certificates/"))
    closed.shell(f"touch {HOME}/certificates/neo4j.{{cert,key}}" + OPEN_TO_THE_GROUP + LINKS_OF_3)
    server = closed.start()
    assert closed.served(7473, NAME) == closed.served(7687, NAME) == closed.fingerprint(f"{LIVE}/cert.pem")
    assert server.stop() == 0


def test_ten_renewals_under_a_connected_driver(closed):
    machine = closed
    machine.install(SETTINGS_OF_5 + "server.tls.poll_interval=1s\n")
    machine.shell(OPEN_TO_THE_GROUP + LINKS_OF_4)
    server = machine.start()
    client = machine.popen(sys.executable, STEADY, f"neo4j+s://{NAME}", PASSWORD, stdin=subprocess.PIPE,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                           env={**os.environ, "SSL_CERT_FILE": str(machine.root)})
    try:
        assert (line := client.stdout.readline()) == "ready\n", line + client.stdout.read()
        seen = {machine.served(7687, NAME)}
        waits = []
        for _ in range(10):
            machine.certbot("renew", "--force-renewal")
            renewed = machine.fingerprint(f"{LIVE}/fullchain.pem")
            waits.append(max(machine.wait_until_served(renewed, port, NAME) for port in (7687, 7473)))
            seen.add(renewed)
        told = json.loads(client.communicate(timeout=60)[0])
    finally:
        client.kill()
    assert len(seen) == 11
    print(f"{told}; served after {min(waits):.2f} to {max(waits):.2f} s")
    assert max(waits) < 1 + 2
    assert not told["failures"] and told["queries"] > 100 and told["connects"] > 100, told
    assert server.stop() == 0


def our_page():
    return (pathlib.Path(__file__).parents[2] / "docs" / "tls.md").read_text().replace("graph.example.com", NAME)


def test_the_lines_of_our_own_page(closed):
    """docs/tls.md, "Let's Encrypt, by itself": its lines, and nothing but where the test's CA is."""
    page = our_page()
    lines = re.findall(r"```properties\n(.*?)```", page[page.index("## Let's Encrypt"):page.index("## certbot")], re.S)
    pebble = closed.pebbles[0]
    closed.shell(f"install -D -m 644 {pebble.trust_file} /etc/trellis/ca.pem")
    closed.install("".join(lines) + f"server.tls.acme.directory={pebble.directory}\n"
                                    "server.tls.acme.trust_file=/etc/trellis/ca.pem\n")
    server = closed.start(capability="net_bind_service")
    served = closed.wait_until_answering(7687, NAME)
    assert served == closed.wait_until_answering(7473, NAME)
    assert served in closed.trellis("tls", "status").stdout.lower()
    done = closed.run(sys.executable, "-c", PYTHON, f"neo4j+s://{NAME}", PASSWORD, env={"SSL_CERT_FILE": str(closed.root)})
    assert done.stdout == "42\n"
    assert server.stop() == 0


def test_port_443_alone_takes_the_challenge_https_websockets_and_bolt(closed):
    """No port 80, no root: tls-alpn-01, and all clients on one port."""
    pebble = closed.pebbles[0]
    closed.shell(f"install -D -m 644 {pebble.trust_file} /etc/trellis/ca.pem")
    closed.install("server.tls.acme.enabled=true\nserver.tls.acme.challenge=tls-alpn-01\n"
                   f"server.tls.acme.domains={NAME}\nserver.tls.acme.directory={pebble.directory}\n"
                   "server.tls.acme.trust_file=/etc/trellis/ca.pem\nserver.http.enabled=false\n"
                   "server.bolt.tls_level=REQUIRED\nserver.https.enabled=true\n"
                   "server.bolt.listen_address=0.0.0.0:443\nserver.https.listen_address=0.0.0.0:443\n")
    server = closed.start(port=443, capability="net_bind_service")
    closed.wait_until_answering(443, NAME)
    assert "neo4j_version" in closed.run("curl", "-sS", "--cacert", closed.root, f"https://{NAME}/").stdout
    upgrade = ("-H", "Connection: Upgrade", "-H", "Upgrade: websocket", "-H", "Sec-WebSocket-Version: 13",
               "-H", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
    switched = closed.run("curl", "-sS", "--http1.1", "-m", "2", "-o", "/dev/null", "-w", "%{http_code}", "--cacert",
                          closed.root, *upgrade, f"https://{NAME}/", check=False).stdout
    assert switched == "101"
    done = closed.run(sys.executable, "-c", PYTHON, f"neo4j+s://{NAME}:443", PASSWORD, env={"SSL_CERT_FILE": str(closed.root)})
    assert done.stdout == "42\n"
    assert server.stop() == 0


def test_the_commands_of_our_own_page(closed):
    """docs/tls.md, "By hand": its commands and settings are all that is needed, and keep certbot's account closed."""
    page = our_page()
    certbot = page[page.index("## certbot"):page.index("### Settings of earlier releases")]
    closed.install("\n".join(re.findall(r"```properties\n(.*?)```", certbot, re.S)))
    closed.shell("\n".join(re.findall(r"```sh\n(.*?)```", certbot[certbot.index("### By hand"):], re.S)))
    server = closed.start()
    assert closed.run("find", "/etc/letsencrypt/accounts", "-group", USER).stdout == ""
    assert "pid" in closed.run("trellis", "status").stdout  # an installed program knows where its home is
    assert closed.served(7473, NAME) == closed.served(7687, NAME) == closed.fingerprint(f"{LIVE}/cert.pem")
    assert server.stop() == 0


def test_a_renewed_file_that_cannot_be_read(closed):
    """certbot under umask 077: the old pair stays, the log says which file and how to open it, and then the new
    one is served without another word."""
    closed.install(SETTINGS_OF_5 + "server.tls.poll_interval=500ms\n")
    closed.shell(OPEN_TO_THE_GROUP + LINKS_OF_4)
    server = closed.start()
    before = closed.served(7687, NAME)
    closed.run("bash", "-c", "umask 077; certbot renew --force-renewal", env=closed.trust)
    renewed = f"/etc/letsencrypt/archive/{NAME}/fullchain2.pem"
    said = closed.wait_for_log(rf"the file {re.escape(renewed)} may not be read: .*Mend it with: (.+)$")
    assert closed.served(7687, NAME) == before
    closed.shell(said[1])
    closed.wait_until_served(closed.fingerprint(renewed), 7687, NAME)
    assert server.stop() == 0


def test_the_doctor_after_the_recipe(closed):
    """It works, and yet two things are wrong with it: certbot's account key lies open, and members of a cluster
    could not use a public authority's certificate."""
    closed.install(SETTINGS_OF_5)
    closed.shell(OPEN_TO_THE_GROUP + LINKS_OF_4)
    server = closed.start()
    # What is merely wrong among members does not stop the start.
    assert "usage-client-missing" in server.console(), server.console()

    def doctor():
        done = closed.trellis("tls", "doctor", "--json", check=False)
        assert done.returncode == 1, done.stdout + done.stderr
        # Whether this machine starts certbot by itself is another matter.
        return {one["id"]: one for one in json.loads(done.stdout)["findings"]
                if one["severity"] != "information" and one["id"] != "certbot-not-scheduled"}

    found = doctor()
    assert set(found) == {"certbot-account-open", "usage-client-missing"}, found
    assert found["usage-client-missing"]["command"] == f"trellis tls ca init && trellis tls ca issue {NAME}"
    closed.shell(found["certbot-account-open"]["command"])
    assert set(doctor()) == {"usage-client-missing"}
    closed.certbot("renew", "--dry-run")  # certbot still can use its account

    # The recipe's folders are root's, and members' certificates are renewed by the server.
    done = closed.run("bash", "-c", found["usage-client-missing"]["command"], check=False)
    closed.shell(re.search(r"chown -R .+$", done.stderr, re.M)[0])
    closed.shell(f"trellis tls ca issue {NAME} && trellis tls reload")
    assert "usage-client-missing" not in doctor()
    assert server.stop() == 0


def test_the_doctor_as_root_judges_by_the_rights_of_the_servers_user(closed):
    """Without the recipe's chgrp and chmod, and the server down for that reason: root may read everything, and is
    told what user trellis may not, step by step."""
    closed.install(SETTINGS_OF_5)
    closed.shell(LINKS_OF_4)
    opened = []
    while True:
        done = closed.trellis("tls", "doctor", "--json", user=None, check=False)
        told = json.loads(done.stdout)
        assert any(f"rights of user {USER}" in line for line in told["lookedAt"]), told["lookedAt"]
        closed_files = [one for one in told["findings"] if one["id"] == "file-unreadable"]
        if not closed_files:
            break
        assert done.returncode == 1 and len(opened) < 3, told
        assert f"this server runs as {USER}:" in closed_files[0]["cause"]
        opened.append(closed_files[0]["command"])
        assert closed.start(port=None).wait_for_end() != 0
        closed.shell(opened[-1])
    assert len(opened) == 3, opened
    server = closed.start()
    assert server.stop() == 0


def test_the_doctor_looks_for_what_starts_certbot(closed):
    """Once for the certificate, however many policies use it."""
    closed.install(SETTINGS_OF_5)
    closed.shell(OPEN_TO_THE_GROUP + LINKS_OF_4 + "mount -t tmpfs none /run && mkdir -p /run/systemd/system")

    def about_certbot():
        done = closed.trellis("tls", "doctor", "--json", user=None, check=False)
        return [one["id"] for one in json.loads(done.stdout)["findings"] if one["id"].startswith("certbot-")]

    timer = "/etc/systemd/system/timers.target.wants/certbot.timer"
    try:
        closed.shell("rm -f /etc/systemd/system/timers.target.wants/*certbot* /etc/cron.*/*certbot*")
        assert sorted(about_certbot()) == ["certbot-account-open", "certbot-not-scheduled"]
        closed.shell(f"mkdir -p {os.path.dirname(timer)} && ln -s /etc/systemd/system/certbot.timer {timer}")
        closed.write("/etc/systemd/system/certbot.timer", "[Timer]\nOnCalendar=monthly\n")
        assert sorted(about_certbot()) == ["certbot-account-open", "certbot-too-rare"]
        closed.write("/etc/systemd/system/certbot.timer", "[Timer]\nOnCalendar=*-*-* 00,12:00:00\n")
        assert about_certbot() == ["certbot-account-open"]
    finally:
        closed.shell(f"rm -f {timer} /etc/systemd/system/certbot.timer; umount /run")


def test_a_link_to_the_wrong_one_of_certbots_files(closed):
    """cert.pem is served with a warning, chain.pem cannot be: both lead to fullchain.pem."""
    closed.install(SETTINGS_OF_5)
    closed.shell(OPEN_TO_THE_GROUP + LINKS_OF_4 + f"ln -sfn {LIVE}/cert.pem {HOME}/certificates/bolt/neo4j.cert")
    server = closed.start()
    assert re.search(rf"chain-leaf-only\].*ln -sfn {LIVE}/fullchain.pem .*/bolt/neo4j.cert", server.console()), server.console()
    assert server.stop() == 0
    closed.shell(f"ln -sfn {LIVE}/chain.pem {HOME}/certificates/https/neo4j.cert")
    server = closed.start(port=None)
    assert server.wait_for_end() != 0
    assert re.search("/https/neo4j.cert.*fullchain.pem", server.console()), server.console()


def obstacle(machine, server):
    """What the server that ended says, and the command in it."""
    assert server.wait_for_end() != 0
    text = server.console()
    uid = int(machine.run("id", "-u", USER).stdout)
    assert f"uid {uid}" in text and re.search(r"owner \w+:\w+ \(\d+:\d+\), mode 0\d{3}", text), text
    return text, re.search(r"Mend it with: (.+)$", text, re.M)[1]


def test_each_closed_step_is_named_with_the_command_that_opens_it(closed):
    """Without the recipe's chgrp and chmod. Following what the server says opens the least that is enough."""
    machine = closed
    machine.install(SETTINGS_OF_5 + "server.tls.poll_interval=1s\n")
    machine.shell(LINKS_OF_4)
    opened = []
    for path, mode in (("/etc/letsencrypt/live", "0700"), ("/etc/letsencrypt/archive", "0700"),
                       (f"/etc/letsencrypt/archive/{NAME}/privkey1.pem", "0600")):
        text, command = obstacle(machine, machine.start(port=None))
        assert f"{path} " in text and f"owner root:root (0:0), mode {mode}" in text, text
        assert f"{HOME}/certificates/bolt/neo4j.key" in text or f"{HOME}/certificates/bolt/neo4j.cert" in text, text
        machine.shell(command)
        opened.append(command)
    server = machine.start()
    accounts = machine.run("find", "/etc/letsencrypt/accounts", "-group", USER).stdout
    assert accounts == "", accounts
    machine.certbot("renew", "--force-renewal")
    machine.wait_until_served(machine.fingerprint(f"{LIVE}/fullchain.pem"), 7687, NAME)
    assert server.stop() == 0
    print("\n".join(opened))

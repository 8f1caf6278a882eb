# SPDX-License-Identifier: Apache-2.0
"""Configurations of 3.5 and 4.x: started as they are, then migrated; SHOW SETTINGS is the same."""
import json
import os
import ssl
import subprocess

import neo4j
import pytest
from conftest import PASSWORD, TRELLIS, free_port, run

POLICY = {"private_key": "neo4j.key", "public_certificate": "neo4j.cert", "client_auth": "NONE"}


def lines_of_3_5(dbms):
    """The recipe of 3.5: one policy for both connectors, links right in certificates/."""
    folder = dbms.home / "certificates"
    return ["# from 3.5", "dbms.connectors.default_listen_address=127.0.0.1",
            "dbms.connectors.default_advertised_address=localhost", f"dbms.directories.certificates={folder}",
            "bolt.ssl_policy=default", "https.ssl_policy=default",
            "dbms.ssl.policy.default.base_directory=certificates", "dbms.ssl.policy.default.allow_key_generation=false",
            *(f"dbms.ssl.policy.default.{suffix}={value}" for suffix, value in POLICY.items()),
            f"dbms.connector.bolt.listen_address=:{dbms.bolt_port}", f"dbms.connector.https.listen_address=:{dbms.https_port}",
            f"dbms.connector.http.listen_address=:{dbms.http_port}", "dbms.udc.enabled=false", "# the end"]


def lines_of_4_4(dbms):
    lines = ["# from 4.4", "dbms.default_listen_address=127.0.0.1", "dbms.default_advertised_address=localhost",
             "dbms.connector.bolt.tls_level=REQUIRED", "dbms.connector.https.enabled=true", "dbms.connector.http.enabled=false",
             f"dbms.connector.bolt.listen_address=:{dbms.bolt_port}", f"dbms.connector.https.listen_address=:{dbms.https_port}",
             "dbms.transaction.timeout=90s", "metrics.filter=*bolt*", "fabric.stream.concurrency=4"]
    for scope in ("bolt", "https", "cluster"):
        lines += [f"dbms.ssl.policy.{scope}.enabled=true", f"dbms.ssl.policy.{scope}.base_directory=certificates/{scope}"]
        lines += [f"dbms.ssl.policy.{scope}.{suffix}={value}" for suffix, value in POLICY.items()]
    return lines


RECIPES = {"3.5": (lines_of_3_5, [""]), "4.4": (lines_of_4_4, ["bolt", "https", "cluster"])}


def migrate(*arguments):
    return subprocess.run([TRELLIS, "admin", "server", "migrate-configuration", *map(str, arguments)],
                          capture_output=True, text=True, timeout=30)


def settings_shown(dbms, authority):
    return run(TRELLIS, "shell", "-a", f"neo4j+s://localhost:{dbms.bolt_port}", "-u", "neo4j", "-p", PASSWORD,
               "--format", "plain", "SHOW SETTINGS YIELD name, value, startupValue, isExplicitlySet",
               env={**os.environ, "SSL_CERT_FILE": str(authority.certificate)})


@pytest.fixture
def old_dbms(dbms_factory, authority, request):
    write, folders = RECIPES[request.param]
    dbms = dbms_factory()
    dbms.https_port = free_port()
    for folder in folders:
        base = dbms.home / "certificates" / folder
        (base / "trusted").mkdir(parents=True, exist_ok=True)
        (base / "revoked").mkdir(exist_ok=True)
        authority.issue("localhost", "127.0.0.1", folder=base, key="neo4j.key", certificate="neo4j.cert")
    lines = write(dbms)
    dbms.write_settings = lambda: None  # the file is ours
    dbms.file = dbms.home / "conf" / "neo4j.conf"
    dbms.file.write_text("\n".join(lines) + "\n")
    dbms.file.chmod(0o640)
    return dbms


@pytest.mark.parametrize("old_dbms", RECIPES, indirect=True)
def test_an_old_file_starts_and_its_migrated_form_is_the_same(old_dbms, authority, tmp_path):
    before = old_dbms.file.read_text()
    old_dbms.start()
    context = ssl.create_default_context(cafile=str(authority.certificate))
    with neo4j.GraphDatabase.driver(f"neo4j://localhost:{old_dbms.bolt_port}", auth=("neo4j", PASSWORD),
                                    ssl_context=context) as driver:
        assert driver.execute_query("RETURN 1 AS one")[0][0]["one"] == 1
    answer = json.loads(run("curl", "-sS", "--cacert", authority.certificate, "-H", "Accept: application/json",
                            f"https://localhost:{old_dbms.https_port}/"))
    assert answer["neo4j_version"].startswith("5.26")
    old = settings_shown(old_dbms, authority)
    assert "server.bolt.listen_address" in old and "dbms.connector" not in old
    console = old_dbms.console()
    assert f"server.bolt.listen_address=:{old_dbms.bolt_port}" in console, console
    assert "migrate-configuration" in console
    old_dbms.stop()

    dry = migrate("--from-path", old_dbms.file, "--dry-run")
    assert dry.returncode == 0 and "MIGRATED -> " in dry.stdout and old_dbms.file.read_text() == before
    done = migrate("--from-path", old_dbms.home / "conf")
    assert done.returncode == 0, done.stderr
    after = old_dbms.file.read_text()
    assert (old_dbms.home / "conf" / "neo4j.conf.old").read_text() == before
    assert old_dbms.file.stat().st_mode & 0o777 == 0o640
    assert "dbms.connector" not in after and "default_listen_address=127.0.0.1" in after
    assert after.startswith(before.splitlines()[0] + "\n")

    (old_dbms.home / "console.out").unlink()
    old_dbms.start()
    assert settings_shown(old_dbms, authority) == old
    assert "former name" not in old_dbms.console()
    old_dbms.stop()
    # Once more: nothing to do, and the backup is left alone.
    again = migrate("--home", old_dbms.home)
    assert again.returncode == 0 and "Nothing to change." in again.stdout
    assert old_dbms.file.read_text() == after
    assert (old_dbms.home / "conf" / "neo4j.conf.old").read_text() == before


def test_a_setting_under_two_names_keeps_the_server_from_starting(dbms_factory):
    dbms = dbms_factory()
    dbms.set("dbms.connector.bolt.enabled", "true")
    dbms.set("server.bolt.enabled", "true")
    dbms.start(wait=False)
    assert dbms.process.wait(20) != 0
    file = dbms.home / "conf" / "neo4j.conf"
    for number, line in enumerate(file.read_text().splitlines(), 1):
        if "bolt.enabled" in line:
            assert f"{file}, line {number}: {line}" in dbms.console()
    refused = migrate("--from-path", file)
    assert refused.returncode == 1 and "given twice" in refused.stderr


def test_a_template_and_another_folder(tmp_path):
    source, target = tmp_path / "from", tmp_path / "to"
    source.mkdir()
    (source / "neo4j.template").write_text("dbms.connectors.default_advertised_address=$ADDRESS\n# kept\n")
    done = migrate("--from-path", source, "--to-path", target)
    assert done.returncode == 0, done.stderr
    assert (target / "neo4j.template").read_text() == "server.default_advertised_address=$ADDRESS\n# kept\n"
    assert (source / "neo4j.template").read_text().startswith("dbms.connectors")
    assert "MIGRATED -> server.default_advertised_address=$ADDRESS" in done.stdout
    missing = migrate("--from-path", tmp_path / "nowhere")
    assert missing.returncode == 1 and "neo4j.template" in missing.stderr


def test_a_secret_is_moved_and_never_shown(tmp_path):
    (tmp_path / "neo4j.conf").write_text("systemdb.secrets.keystore.password=open sesame\n")
    done = migrate("--from-path", tmp_path / "neo4j.conf")
    assert done.returncode == 0 and "open sesame" not in done.stdout + done.stderr
    assert (tmp_path / "neo4j.conf").read_text() == "dbms.security.keystore.password=open sesame\n"


def test_a_planted_link_is_not_written_through(tmp_path):
    """Root migrates in a folder where the server's user can write: the new file is one of its own."""
    (tmp_path / "neo4j.conf").write_text("dbms.default_listen_address=127.0.0.1\n")
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    (tmp_path / "neo4j.conf.new").symlink_to(victim)
    done = migrate("--from-path", tmp_path / "neo4j.conf")
    assert done.returncode == 0, done.stderr
    assert victim.read_text() == "untouched"
    assert "server.default_listen_address=127.0.0.1" in (tmp_path / "neo4j.conf").read_text()
    assert not (tmp_path / "neo4j.conf").is_symlink()

# SPDX-License-Identifier: Apache-2.0
"""Neo4j's own cypher-shell 5.26.30, names resolved by -Djdk.net.hosts.file, certificates verified."""
import subprocess

import pytest
from conftest import PASSWORD
from maven import jars, trust_store


@pytest.fixture(scope="module")
def shell(secure_dbms, authority, tmp_path_factory):
    hosts = tmp_path_factory.mktemp("hosts") / "hosts"
    hosts.write_text("127.0.0.1 db.example.test\n127.0.0.1 other.example.test\n127.0.0.1 localhost\n")

    def call(text, *arguments, host="db.example.test", user="neo4j", password=PASSWORD):
        return subprocess.run(
            ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", f"-Djdk.net.hosts.file={hosts}",
             *trust_store(authority), "-cp", jars("org.neo4j", "cypher-shell", "5.26.30"),
             "org.neo4j.shell.Main", "-a", secure_dbms.uri("neo4j+s", host), "-u", user, "-p", password,
             "--format", "plain", *arguments],
            input=text, capture_output=True, text=True, timeout=120)
    return call


def test_statements_and_transactions(shell):
    done = shell("CREATE (:Shell {v: 1});\n:begin\nCREATE (:Shell {v: 2});\n:commit\n"
                 "MATCH (n:Shell) RETURN n.v AS v ORDER BY v;\nSHOW DATABASES YIELD name RETURN name ORDER BY name;\n")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.split()
    assert lines[lines.index("v"):][:3] == ["v", "1", "2"]
    assert '"neo4j"' in lines and '"system"' in lines


def test_parameters_and_errors(shell):
    done = shell(":param x => 40 + 2\nRETURN $x AS answer;\n")
    assert done.returncode == 0 and "42" in done.stdout, done.stdout + done.stderr
    done = shell("RETURN missing;\n")
    assert done.returncode == 1 and "missing" in done.stderr


def test_a_wrong_name_is_refused(shell):
    assert shell("RETURN 1;\n", host="other.example.test").returncode != 0


def test_a_wrong_password_is_refused(shell):
    done = shell("RETURN 1;\n", password="not-the-password")
    assert done.returncode != 0 and "unauthorized" in (done.stdout + done.stderr).lower()

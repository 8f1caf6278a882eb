# SPDX-License-Identifier: Apache-2.0
"""The official Java driver; 4.4.22 is the one that speaks Bolt 4.4."""
import subprocess

import pytest
from conftest import PASSWORD
from maven import HERE, jars, trust_store

VERSIONS = {"4.4.22": "4.4", "5.28.15": "5.8"}


@pytest.mark.parametrize("scheme", ["bolt", "neo4j+s"])
@pytest.mark.parametrize("version", VERSIONS)
def test_driver(secure_dbms, plain_dbms, authority, version, scheme):
    dbms = secure_dbms if scheme.endswith("+s") else plain_dbms
    done = subprocess.run(
        ["java", "-XX:+UseSerialGC", *trust_store(authority), "-cp",
         jars("org.neo4j.driver", "neo4j-java-driver", version), str(HERE / "java" / "Drive.java"),
         dbms.uri(scheme, "localhost"), PASSWORD],
        capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip().splitlines()[-1] == VERSIONS[version]
    print(f"Java driver {version} | {scheme} | Bolt {VERSIONS[version]}")

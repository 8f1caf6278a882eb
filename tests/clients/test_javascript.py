# SPDX-License-Identifier: Apache-2.0
"""The official JavaScript driver: several versions over TCP with verified TLS, and its browser build
over WebSocket."""
import json
import os
import pathlib
import subprocess

import pytest
from conftest import CACHE, PASSWORD, run

VERSIONS = ["4.4.11", "5.26.0", "5.28.3", "6.3.0"]
SCRIPT = pathlib.Path(__file__).parent / "javascript" / "driver.js"


def installed(version):
    target = CACHE / "javascript" / version
    if not (target / "node_modules" / "ws").is_dir():
        target.mkdir(parents=True, exist_ok=True)
        run("npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", target,
            f"neo4j-driver@{version}", "ws@8")
    return target / "node_modules" / "neo4j-driver"


def drive(version, dbms, authority, scheme, *mode):
    done = subprocess.run(
        ["node", str(SCRIPT), str(installed(version)), dbms.uri(scheme, "localhost"), PASSWORD, *mode],
        capture_output=True, text=True, timeout=60,
        env={**os.environ, "NODE_EXTRA_CA_CERTS": str(authority.certificate)})
    assert done.returncode == 0, done.stdout + done.stderr
    answer = json.loads(done.stdout)
    assert answer["agent"].startswith("Neo4j/5.26")
    print(f"JavaScript driver {version} | {scheme} {' '.join(mode)} | Bolt {answer['protocol']}")


@pytest.mark.parametrize("scheme", ["bolt", "neo4j+s"])
@pytest.mark.parametrize("version", VERSIONS)
def test_driver(secure_dbms, plain_dbms, authority, version, scheme):
    drive(version, secure_dbms if scheme.endswith("+s") else plain_dbms, authority, scheme)


@pytest.mark.parametrize("scheme", ["bolt", "bolt+s"])
def test_browser_build_over_web_socket(secure_dbms, plain_dbms, authority, scheme):
    drive("5.28.3", secure_dbms if scheme.endswith("+s") else plain_dbms, authority, scheme, "browser")

# SPDX-License-Identifier: Apache-2.0
"""TLS as openssl's own client sees it."""
import subprocess

import pytest


def s_client(dbms, authority, name, *arguments):
    return subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{dbms.bolt_port}", "-servername", name,
         "-verify_hostname", name, "-verify_return_error", "-CAfile", str(authority.certificate), *arguments],
        input="", capture_output=True, text=True, timeout=30)


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_the_chain_and_the_name_verify(secure_dbms, authority, version):
    done = s_client(secure_dbms, authority, "db.example.test", version)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Verify return code: 0 (ok)" in done.stdout


def test_another_name_does_not_verify(secure_dbms, authority):
    assert s_client(secure_dbms, authority, "other.example.test").returncode != 0


@pytest.mark.parametrize("version", ["-tls1", "-tls1_1"])
def test_old_versions_are_refused(secure_dbms, authority, version):
    done = s_client(secure_dbms, authority, "db.example.test", version, "-cipher", "ALL:@SECLEVEL=0")
    assert done.returncode != 0


def test_a_plain_connection_is_refused_where_encryption_is_required(secure_dbms):
    import bolt
    connection = bolt.Connection(secure_dbms.bolt_port)
    with pytest.raises(ConnectionError):
        connection.handshake((5, 4, 0))


def test_one_port_takes_both_where_encryption_is_optional(dbms_factory, authority):
    import bolt
    from conftest import PASSWORD
    dbms = dbms_factory()
    dbms.secure(authority, "localhost", level="OPTIONAL")
    dbms.start()
    assert s_client(dbms, authority, "localhost").returncode == 0
    bolt.connected(dbms.bolt_port, "neo4j", PASSWORD).close()

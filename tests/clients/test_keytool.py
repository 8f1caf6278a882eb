# SPDX-License-Identifier: Apache-2.0
"""Keystores: made by Java's keytool and read by us, and the other way round."""
import neo4j
from conftest import PASSWORD, TRELLIS, run


def test_keytool_reads_our_keystore(tmp_path):
    store = tmp_path / "ours.p12"
    run(TRELLIS, "admin", "keystore", "create", "--home", tmp_path, "--path", store,
        "--password", "keystore-password", "--key-name", "aesKey")
    listing = run("keytool", "-list", "-keystore", store, "-storetype", "PKCS12",
                  "-storepass", "keystore-password")
    assert "aeskey" in listing.lower() and "SecretKeyEntry" in listing


def test_a_keystore_of_keytool_seals_the_password_of_an_alias(dbms_factory, tmp_path):
    store = tmp_path / "javas.p12"
    run("keytool", "-genseckey", "-keyalg", "aes", "-keysize", "256", "-storetype", "pkcs12",
        "-keystore", store, "-alias", "aesKey", "-storepass", "keystore-password")
    dbms = dbms_factory()
    dbms.set("dbms.security.keystore.path", store)
    dbms.set("dbms.security.keystore.password", "keystore-password")
    dbms.set("dbms.security.key.name", "aesKey")
    dbms.start()
    with neo4j.GraphDatabase.driver(dbms.uri(), auth=("neo4j", PASSWORD)) as driver:
        driver.execute_query("CREATE ALIAS far FOR DATABASE db AT 'neo4j+s://far.example.test' "
                             "USER u PASSWORD 'secret-of-the-alias'", database_="system")
        records, _, _ = driver.execute_query("SHOW ALIASES FOR DATABASE", database_="system")
        assert records[0]["name"] == "far" and records[0]["location"] == "remote"


def test_without_a_keystore_a_remote_alias_is_refused(plain_dbms):
    import pytest
    with neo4j.GraphDatabase.driver(plain_dbms.uri(), auth=("neo4j", PASSWORD)) as driver:
        with pytest.raises(neo4j.exceptions.Neo4jError):
            driver.execute_query("CREATE ALIAS far FOR DATABASE db AT 'neo4j+s://far.example.test' "
                                 "USER u PASSWORD 'secret'", database_="system")

# SPDX-License-Identifier: Apache-2.0
"""The main job with the official Python driver: Bob's graph on B, read by Carol through a remote
alias on A, every certificate verified."""
import ssl

import neo4j
import pytest
from conftest import PASSWORD, TRELLIS, run


def connect(dbms, authority, user, password, scheme="neo4j", host="localhost"):
    context = ssl.create_default_context(cafile=str(authority.certificate))
    return neo4j.GraphDatabase.driver(dbms.uri(scheme, host), auth=(user, password), ssl_context=context)


def rows(driver, query, database=None, **parameters):
    records, _, _ = driver.execute_query(query, parameters, database_=database)
    return [record.values() for record in records]


@pytest.fixture(scope="module")
def two(dbms_factory, authority):
    b = dbms_factory()
    b.secure(authority, "localhost", "b.example.test")
    b.start()
    a = dbms_factory()
    a.secure(authority, "localhost", "a.example.test")
    trusted = a.home / "certificates" / "remote" / "trusted"
    trusted.mkdir(parents=True)
    (trusted / "ca.crt").write_bytes(authority.certificate.read_bytes())
    keystore = a.home / "conf" / "keystore.p12"
    run(TRELLIS, "admin", "keystore", "create", "--home", a.home, "--path", keystore,
        "--password", "keystore-password", "--key-name", "aesKey")
    a.set("dbms.security.keystore.path", keystore)
    a.set("dbms.security.keystore.password", "keystore-password")
    a.set("dbms.security.key.name", "aesKey")
    a.start()

    with connect(b, authority, "neo4j", PASSWORD) as bob:
        rows(bob, "CREATE DATABASE db1 WAIT", "system")
        rows(bob, "UNWIND range(1, 1000) AS i CREATE (:Product {id: i, name: 'product ' + i})", "db1")
        rows(bob, "MATCH (p:Product) WHERE p.id < 1000 MATCH (q:Product {id: p.id + 1}) CREATE (p)-[:NEXT]->(q)", "db1")
        rows(bob, "CREATE USER alice SET PASSWORD 'alice-password' CHANGE NOT REQUIRED", "system")
        rows(bob, "CREATE ROLE remote_reader", "system")
        rows(bob, "GRANT ACCESS ON DATABASE db1 TO remote_reader", "system")
        rows(bob, "GRANT MATCH {*} ON GRAPH db1 TO remote_reader", "system")
        rows(bob, "GRANT ROLE remote_reader TO alice", "system")
    with connect(a, authority, "neo4j", PASSWORD) as alice:
        rows(alice, f"CREATE ALIAS products FOR DATABASE db1 AT 'neo4j+s://localhost:{b.bolt_port}' "
                    "USER alice PASSWORD 'alice-password'", "system")
        rows(alice, "CREATE ROLE carols", "system")
        rows(alice, "GRANT ACCESS ON DATABASE products TO carols", "system")
        for user in ("carol", "dave"):
            rows(alice, f"CREATE USER {user} SET PASSWORD '{user}-password' CHANGE NOT REQUIRED", "system")
        rows(alice, "GRANT ROLE carols TO carol", "system")
    return a, b


def test_carol_reads_through_the_alias_with_use(two, authority):
    with connect(two[0], authority, "carol", "carol-password") as carol:
        assert rows(carol, "USE products MATCH (p:Product) RETURN count(p)") == [[1000]]


def test_carol_reads_through_the_alias_as_session_database(two, authority):
    with connect(two[0], authority, "carol", "carol-password") as carol:
        found = rows(carol, "MATCH (p:Product {id: $id})-[:NEXT]->(q) RETURN p, q.name", "products", id=7)
        assert found[0][0]["name"] == "product 7"
        assert set(found[0][0].labels) == {"Product"}
        assert found[0][1] == "product 8"


def test_carol_reads_through_the_alias_as_home_database(two, authority):
    with connect(two[0], authority, "neo4j", PASSWORD) as alice:
        rows(alice, "ALTER USER carol SET HOME DATABASE products", "system")
    with connect(two[0], authority, "carol", "carol-password") as carol:
        assert rows(carol, "MATCH (p:Product) RETURN count(p)") == [[1000]]


def test_explicit_transactions_reach_the_remote_graph(two, authority):
    with connect(two[0], authority, "carol", "carol-password") as carol:
        with carol.session(database="products") as session, session.begin_transaction() as tx:
            one = tx.run("MATCH (p:Product) WHERE p.id <= 10 RETURN p.id AS id ORDER BY id")
            two_ = tx.run("MATCH (p:Product) RETURN max(p.id) AS most")
            assert two_.single()["most"] == 1000
            assert [r["id"] for r in one] == list(range(1, 11))
            tx.commit()


def test_many_rows_are_streamed(two, authority):
    with connect(two[0], authority, "carol", "carol-password") as carol:
        with carol.session(database="products", fetch_size=1000) as session:
            assert sum(1 for _ in session.run("UNWIND range(1, 50000) AS i RETURN i")) == 50000


def test_who_has_no_access_is_refused(two, authority):
    with connect(two[0], authority, "dave", "dave-password") as dave:
        with pytest.raises(neo4j.exceptions.Neo4jError) as error:
            rows(dave, "USE products MATCH (p:Product) RETURN count(p)")
        assert error.value.code in ("Neo.ClientError.Security.Forbidden",
                                    "Neo.ClientError.Database.DatabaseNotFound")


def test_the_remote_user_may_only_read(two, authority):
    with connect(two[0], authority, "carol", "carol-password") as carol:
        with pytest.raises(neo4j.exceptions.Neo4jError):
            rows(carol, "CREATE (:Product {id: 0})", "products")


def test_a_syntax_error_of_the_remote_side_keeps_its_code(two, authority):
    with connect(two[0], authority, "carol", "carol-password") as carol:
        with pytest.raises(neo4j.exceptions.Neo4jError) as error:
            rows(carol, "RETURN 1 / 0", "products")
        assert "zero" in error.value.message


def test_a_wrong_host_name_is_refused_and_the_certificates_names_are_told(two, authority):
    a, b = two
    with connect(a, authority, "neo4j", PASSWORD) as alice:
        rows(alice, f"CREATE ALIAS misnamed FOR DATABASE db1 AT 'neo4j+s://127.0.0.1:{b.bolt_port}' "
                    "USER alice PASSWORD 'alice-password'", "system")
        with pytest.raises(neo4j.exceptions.Neo4jError) as error:
            rows(alice, "USE misnamed RETURN 1")
        assert "b.example.test" in error.value.message


def test_the_driver_itself_refuses_a_wrong_host_name(two, authority):
    with pytest.raises(neo4j.exceptions.ServiceUnavailable):
        with connect(two[0], authority, "neo4j", PASSWORD, scheme="bolt", host="127.0.0.1") as driver:
            driver.verify_connectivity()


def test_the_stored_password_is_never_shown(two, authority):
    a, _ = two
    with connect(a, authority, "neo4j", PASSWORD) as alice:
        shown = rows(alice, "SHOW ALIASES FOR DATABASE YIELD * RETURN *", "system")
        assert shown and "alice-password" not in str(shown)
    for log in (a.home / "logs").iterdir():
        assert b"alice-password" not in log.read_bytes(), log.name


def test_an_alias_without_encryption_is_refused(two, authority):
    with connect(two[0], authority, "neo4j", PASSWORD) as alice:
        with pytest.raises(neo4j.exceptions.Neo4jError):
            rows(alice, "CREATE ALIAS plain FOR DATABASE db1 AT 'neo4j://localhost:7687' "
                        "USER alice PASSWORD 'alice-password'", "system")

# SPDX-License-Identifier: Apache-2.0
"""First password, users, roles and rights, through the official driver."""
import neo4j
import pytest
from conftest import PASSWORD, Dbms


def driver_of(dbms, user="neo4j", password=PASSWORD):
    return neo4j.GraphDatabase.driver(dbms.uri(), auth=(user, password))


def rows(driver, query, database="neo4j", **parameters):
    return [r.values() for r in driver.execute_query(query, parameters, database_=database)[0]]


def test_the_first_password_must_be_changed(dbms_factory):
    dbms = dbms_factory(password=None).start()
    with driver_of(dbms, password="neo4j") as driver:
        with pytest.raises(neo4j.exceptions.Neo4jError) as error:
            rows(driver, "RETURN 1")
        assert error.value.code == "Neo.ClientError.Security.CredentialsExpired"
        rows(driver, "ALTER CURRENT USER SET PASSWORD FROM 'neo4j' TO 'a-better-password'", "system")
    with driver_of(dbms, password="a-better-password") as driver:
        assert rows(driver, "RETURN 1") == [[1]]


@pytest.fixture(scope="module")
def admin(plain_dbms):
    with driver_of(plain_dbms) as driver:
        rows(driver, "CREATE (:Open {name: 'o', secret: 's'})-[:KNOWS]->(:Closed {name: 'c'})-[:HIDES]->(:Open {name: 'p'})")
        rows(driver, "CREATE ROLE watcher", "system")
        rows(driver, "GRANT ACCESS ON DATABASE neo4j TO watcher", "system")
        rows(driver, "GRANT TRAVERSE ON GRAPH neo4j NODES Open TO watcher", "system")
        rows(driver, "GRANT TRAVERSE ON GRAPH neo4j RELATIONSHIPS * TO watcher", "system")
        rows(driver, "GRANT READ {name} ON GRAPH neo4j NODES Open TO watcher", "system")
        rows(driver, "CREATE USER eve SET PASSWORD 'eves-password' CHANGE NOT REQUIRED", "system")
        rows(driver, "GRANT ROLE watcher TO eve", "system")
        yield driver


@pytest.fixture(scope="module")
def eve(plain_dbms, admin):
    with driver_of(plain_dbms, "eve", "eves-password") as driver:
        yield driver


def test_what_may_not_be_traversed_is_not_there(admin, eve):
    assert rows(eve, "MATCH (n:Open) RETURN count(n)") == [[2]]
    assert rows(eve, "MATCH (n:Closed) RETURN count(n)") == [[0]]
    assert rows(eve, "MATCH (n) RETURN count(n)") == [[2]]
    assert rows(eve, "MATCH (:Open)-->(n) RETURN count(n)") == [[0]]


def test_what_may_not_be_read_is_null(eve):
    assert rows(eve, "MATCH (n:Open {name: 'o'}) RETURN n.secret, keys(n)") == [[None, ["name"]]]


def test_writing_without_the_right_is_forbidden_before_any_effect(admin, eve):
    before = rows(admin, "MATCH (n) RETURN count(n)")
    with pytest.raises(neo4j.exceptions.Forbidden):
        rows(eve, "UNWIND range(1, 10) AS i CREATE (:Open {i: i})")
    assert rows(admin, "MATCH (n) RETURN count(n)") == before


def test_a_granted_right_counts_at_the_next_statement(admin, eve):
    rows(admin, "GRANT READ {secret} ON GRAPH neo4j NODES Open TO watcher", "system")
    assert rows(eve, "MATCH (n:Open {name: 'o'}) RETURN n.secret") == [["s"]]
    rows(admin, "REVOKE READ {secret} ON GRAPH neo4j NODES Open FROM watcher", "system")
    assert rows(eve, "MATCH (n:Open {name: 'o'}) RETURN n.secret") == [[None]]


def test_administration_is_not_for_everybody(eve):
    with pytest.raises(neo4j.exceptions.Forbidden):
        rows(eve, "CREATE USER mallory SET PASSWORD 'mallorys-password'", "system")
    shown = rows(eve, "SHOW CURRENT USER YIELD user RETURN user", "system")
    assert shown == [["eve"]]


def test_a_wrong_password_is_refused_and_guessing_is_slowed(plain_dbms, admin):
    rows(admin, "CREATE USER guessed SET PASSWORD 'guessed-password' CHANGE NOT REQUIRED", "system")
    codes = []
    for _ in range(5):
        with pytest.raises(neo4j.exceptions.Neo4jError) as error:
            with driver_of(plain_dbms, "guessed", "wrong-password") as driver:
                driver.verify_connectivity()
        codes.append(error.value.code)
    assert codes[0] == "Neo.ClientError.Security.Unauthorized"
    assert codes[-1] == "Neo.ClientError.Security.AuthenticationRateLimit"


def test_statements_are_logged_and_passwords_are_not(plain_dbms, admin):
    rows(admin, "CREATE USER logged SET PASSWORD $password CHANGE NOT REQUIRED", "system", password="password-in-a-parameter")
    rows(admin, "ALTER USER logged SET PASSWORD 'password-in-the-text' CHANGE NOT REQUIRED", "system")
    rows(admin, "RETURN $x AS marked_statement", x="shown-parameter")
    with driver_of(plain_dbms, "logged", "password-in-the-text") as driver:
        driver.verify_connectivity()
    logs = {path.name: path.read_text() for path in (plain_dbms.home / "logs").iterdir()}
    assert "marked_statement" in logs["query.log"] and "shown-parameter" in logs["query.log"]
    assert "CREATE USER logged" in logs["query.log"] and "CREATE USER logged" in logs["security.log"]
    for name, text in logs.items():
        assert "password-in" not in text, name


def test_databases_come_and_go(admin):
    rows(admin, "CREATE DATABASE movies WAIT", "system")
    rows(admin, "CREATE (:Movie {title: 'M'})", "movies")
    rows(admin, "STOP DATABASE movies WAIT", "system")
    with pytest.raises(neo4j.exceptions.Neo4jError):
        with admin.session(database="movies") as session:
            session.run("MATCH (n) RETURN n").consume()
    rows(admin, "START DATABASE movies WAIT", "system")
    assert rows(admin, "MATCH (n:Movie) RETURN n.title", "movies") == [["M"]]
    rows(admin, "CREATE ALIAS films FOR DATABASE movies", "system")
    assert rows(admin, "USE films MATCH (n:Movie) RETURN n.title") == [["M"]]
    rows(admin, "DROP ALIAS films FOR DATABASE", "system")
    rows(admin, "DROP DATABASE movies WAIT", "system")
    with pytest.raises(neo4j.exceptions.Neo4jError) as error:
        rows(admin, "RETURN 1", "movies")
    assert error.value.code == "Neo.ClientError.Database.DatabaseNotFound"

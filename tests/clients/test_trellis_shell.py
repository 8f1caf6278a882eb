# SPDX-License-Identifier: Apache-2.0
"""`trellis shell`: scripted, and on a terminal."""
import os
import pty
import re
import select
import signal
import subprocess
import time

import pytest
from conftest import PASSWORD, TRELLIS


def call(uri, *arguments, text="", user="neo4j", password=PASSWORD, environment=None):
    command = [TRELLIS, "shell", "-a", uri, "-u", user, "-p", password, *arguments]
    return subprocess.run(command, input=text, capture_output=True, text=True, timeout=60,
                          env={**os.environ, **(environment or {})})


class Terminal:
    """The shell on a pseudo-terminal."""

    def __init__(self, *arguments, environment=None):
        self.unread = ""
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.environ.update({"TERM": "xterm", **(environment or {})})
            os.execv(TRELLIS, [TRELLIS, "shell", "--history", "in-memory", *arguments])

    def until(self, wanted, seconds=20):
        """What is shown up to the wanted text; what comes after it is for the next call."""
        deadline = time.monotonic() + seconds
        while not (found := re.search(wanted, self.unread)):
            assert time.monotonic() < deadline, f"{wanted!r} does not come; the terminal shows:\n{self.unread}"
            if select.select([self.master], [], [], 0.1)[0]:
                try:
                    self.unread += os.read(self.master, 65536).decode(errors="replace")
                except OSError:
                    raise AssertionError(f"the shell ended before {wanted!r}:\n{self.unread}") from None
        shown, self.unread = self.unread[:found.end()], self.unread[found.end():]
        return shown

    def type(self, text):
        os.write(self.master, text.encode())

    def press(self, control):
        """A control key. The prompt shows a moment before the terminal gives keys to the editor."""
        time.sleep(0.3)
        self.type(control)

    def exit_code(self, seconds=10):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                os.close(self.master)
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.02)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        raise AssertionError("the shell does not end")


def test_plain_and_table_output(plain_dbms):
    statement = "UNWIND [1, 22] AS n RETURN n, 'x' AS name"
    plain = call(plain_dbms.uri(), statement)
    assert (plain.returncode, plain.stdout) == (0, 'n, name\n1, "x"\n22, "x"\n')
    table = call(plain_dbms.uri(), "--format", "verbose", statement)
    assert table.stdout.startswith("+-----------+\n| n  | name |\n+-----------+\n| 1  | \"x\"  |\n"
                                   "| 22 | \"x\"  |\n+-----------+\n\n2 rows\nready to start")


def test_values_are_shown_as_cypher_shell_shows_them(plain_dbms):
    done = call(plain_dbms.uri(), "CREATE p = (a:A {name: 'q\"'})-[:R {w: 1.5}]->() "
                "RETURN p, [1, null, true] AS l, {k: date('2020-02-03')} AS m, duration('PT90S') AS d, 1e10 AS f")
    assert done.stdout.splitlines()[1] == (
        '(:A {name: "q\\""})-[:R {w: 1.5}]->(), [1, NULL, TRUE], {k: 2020-02-03}, PT1M30S, 1.0E10')


def test_scripts_from_standard_input_and_files(plain_dbms, tmp_path):
    script = ("// a comment; with a semicolon\n:param x => 20 + 1\nRETURN $x * 2 AS a; RETURN ';' AS b;\n"
              ":begin\nCREATE (:Gone);\n:rollback\nMATCH (n:Gone) RETURN count(n) AS c;\n"
              ":begin\nCREATE (:Kept);\n:commit\nMATCH (n:Kept) RETURN count(n) AS d;")
    wanted = "a\n42\nb\n\";\"\nc\n0\nd\n1\n"
    done = call(plain_dbms.uri(), text=script)
    assert (done.returncode, done.stdout, done.stderr) == (0, wanted, "")
    call(plain_dbms.uri(), "MATCH (n:Kept) DELETE n")
    file = tmp_path / "script.cypher"
    file.write_text(script)
    assert call(plain_dbms.uri(), "-f", str(file)).stdout == wanted
    assert call(plain_dbms.uri(), text=f":source {file}\n").returncode == 0


def test_parameters_on_the_command_line(plain_dbms):
    done = call(plain_dbms.uri(), "-P", "{a: 1, b: 'two'}", "-P", "c => [1, 2]", "RETURN $a, $b, $c")
    assert done.stdout == '$a, $b, $c\n1, "two", [1, 2]\n'
    assert call(plain_dbms.uri(), "-P", "a => nonsense(", "RETURN 1").returncode == 1


def test_errors_end_a_script_or_are_counted(plain_dbms):
    script = "RETURN missing;\nRETURN 2 AS two;\n"
    fast = call(plain_dbms.uri(), text=script)
    assert fast.returncode == 1 and "missing" in fast.stderr and "two" not in fast.stdout
    late = call(plain_dbms.uri(), "--fail-at-end", text=script)
    assert late.returncode == 1 and "missing" in late.stderr and "two" in late.stdout
    assert call(plain_dbms.uri(), text=":nosuch\n").returncode == 1
    assert call(plain_dbms.uri(), "--no-such-flag").returncode == 64


def test_a_database_that_is_not_there_is_not_replaced_by_another(plain_dbms):
    done = call(plain_dbms.uri(), "--fail-at-end", text=":use nosuch\nCREATE (:Elsewhere);\n")
    assert done.returncode == 1
    assert call(plain_dbms.uri(), "MATCH (n:Elsewhere) RETURN count(n) AS c").stdout == "c\n0\n"


def test_environment_and_addresses_without_a_scheme(plain_dbms):
    environment = {**os.environ, "NEO4J_ADDRESS": f"localhost:{plain_dbms.bolt_port}",
                   "NEO4J_USERNAME": "neo4j", "NEO4J_PASSWORD": PASSWORD, "NEO4J_DATABASE": "system"}
    done = subprocess.run([TRELLIS, "shell", "SHOW DEFAULT DATABASE YIELD name"], env=environment,
                          capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, 'name\n"neo4j"\n'), done.stderr


def test_every_scheme_with_the_certificate_verified(secure_dbms, authority):
    trust = {"SSL_CERT_FILE": str(authority.certificate)}
    for scheme in ("bolt+s", "neo4j+s"):
        done = call(secure_dbms.uri(scheme, "localhost"), "RETURN 1 AS x", environment=trust)
        assert (done.returncode, done.stdout) == (0, "x\n1\n"), done.stderr
        assert call(secure_dbms.uri(scheme, "localhost"), "RETURN 1 AS x").returncode == 1
    assert call(secure_dbms.uri("bolt+ssc", "localhost"), "RETURN 1 AS x").returncode == 0
    assert call(secure_dbms.uri("bolt", "localhost"), "RETURN 1 AS x").returncode == 1
    forced = call(secure_dbms.uri("bolt", "localhost"), "--encryption", "true", "RETURN 1 AS x", environment=trust)
    assert forced.returncode == 0, forced.stderr


def test_a_terminal_session(plain_dbms):
    terminal = Terminal("-a", plain_dbms.uri("neo4j", "localhost"), "-u", "neo4j")
    terminal.until("password: ")
    terminal.type(PASSWORD + "\n")
    shown = terminal.until(r"neo4j@neo4j> ")
    assert PASSWORD not in shown
    terminal.type("RETURN 'several\n")
    terminal.type("lines' AS text,\n 7 AS seven;\n")
    assert "seven" in terminal.until(r"1 row\r\n")
    terminal.until("neo4j@neo4j> ")
    terminal.type("MATCH (abandoned)\n")
    terminal.press("\x03")
    terminal.until("neo4j@neo4j> ")
    terminal.type(":begin\n")
    terminal.until("neo4j@neo4j# ")
    terminal.type("CREATE (:Temporary);\n")
    terminal.until("Added 1 nodes")
    terminal.type(":rollback\n")
    terminal.until("neo4j@neo4j> ")
    terminal.type(":use system\n")
    terminal.until("neo4j@system> ")
    terminal.type(":history\n")
    assert ":rollback" in terminal.until(":use system\r\n")
    terminal.type(":exit\n")
    assert terminal.exit_code() == 0


def test_control_c_stops_a_statement_and_not_the_shell(plain_dbms):
    terminal = Terminal("-a", plain_dbms.uri(), "-u", "neo4j", "-p", PASSWORD)
    terminal.until("neo4j> ")
    terminal.type("UNWIND range(1, 100000000000) AS i RETURN sum(i % 7) AS s;\n")
    terminal.until("AS s;")
    time.sleep(0.3)
    terminal.press("\x03")
    terminal.until("neo4j> ", seconds=10)
    terminal.type("RETURN 40 + 2 AS answer;\n")
    terminal.until("42")
    terminal.until("neo4j> ")
    terminal.press("\x04")
    assert terminal.exit_code() == 0


def test_an_expired_password_is_changed_on_the_spot(dbms_factory):
    dbms = dbms_factory(password=None)
    dbms.start()
    scripted = call(dbms.uri(), "RETURN 1", password="neo4j")
    assert scripted.returncode == 1 and "changed" in scripted.stderr
    terminal = Terminal("-a", dbms.uri(), "-u", "neo4j", "-p", "neo4j")
    terminal.until("new password: ")
    terminal.type("another-one\n")
    terminal.until("confirm password: ")
    terminal.type("another-one\n")
    terminal.until("neo4j> ")
    terminal.type(":exit\n")
    assert terminal.exit_code() == 0
    assert call(dbms.uri(), "RETURN 1 AS x", password="another-one").stdout == "x\n1\n"
    again = call(dbms.uri(), "--change-password", password="another-one", text="a-third-one\n")
    assert again.returncode == 0, again.stderr
    assert call(dbms.uri(), "RETURN 1 AS x", password="a-third-one").returncode == 0


@pytest.mark.parametrize("password, wanted", [("wrong-password", "unauthorized")])
def test_a_wrong_password_is_refused(plain_dbms, password, wanted):
    done = call(plain_dbms.uri(), "RETURN 1", password=password)
    assert done.returncode == 1 and wanted in done.stderr

# SPDX-License-Identifier: Apache-2.0
"""Chromium, with the authority's root in its certificate store as a user puts it there, and no flag
that would have it overlook a certificate: the discovery page over HTTPS, and the JavaScript driver's
browser build over a secure WebSocket from an https page."""
import http.server
import json
import os
import queue
import ssl
import subprocess
import threading

import pytest
import test_javascript
from conftest import PASSWORD, run

NAME = "db.example.test"
PAGE_NAME = "page.example.test"
DRIVER = "5.28.3"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--host-resolver-rules=MAP *.example.test 127.0.0.1"]
PAGE = """<!doctype html><title>driver</title><script src="/neo4j-web.min.js"></script><script>
async function work() {
  const seen = {}
  for (const scheme of ['bolt+s', 'neo4j+s']) {
    const driver = neo4j.driver(`${scheme}://%s`, neo4j.auth.basic('neo4j', '%s'))
    const session = driver.session({ database: 'neo4j' })
    const rows = await session.run('UNWIND range(1, 2500) AS i RETURN i')
    seen[scheme] = rows.records[2499].get('i').toNumber()
    seen.agent = rows.summary.server.agent
    await session.close()
    await driver.close()
  }
  return seen
}
const tell = told => fetch('/done', { method: 'POST', body: JSON.stringify(told) })
work().then(tell, error => tell({ error: String(error) }))
</script>"""


class Browser:
    """Chromium with a home of its own."""

    def __init__(self, home, *roots):
        self.home = home
        store = home / ".pki" / "nssdb"
        store.mkdir(parents=True)
        run("certutil", "-d", f"sql:{store}", "-N", "--empty-password")
        for root in roots:
            run("certutil", "-d", f"sql:{store}", "-A", "-t", "C,,", "-n", root.stem, "-i", root)

    def command(self, *arguments):
        # Each has a new profile: two instances on one would be one.
        profile = self.home / f"profile-{len(list(self.home.iterdir()))}"
        profile.mkdir()
        return ["chromium", *FLAGS, f"--user-data-dir={profile}", *arguments]

    def environment(self):
        return {**os.environ, "HOME": str(self.home)}

    def visit(self, url):
        """(the document, empty when it was not shown; what the browser says on its console)"""
        done = subprocess.run(self.command("--enable-logging=stderr", "--dump-dom", url), env=self.environment(),
                              capture_output=True, text=True, timeout=60)
        return done.stdout, done.stderr


@pytest.fixture(scope="module")
def browser(tmp_path_factory, authority):
    return Browser(tmp_path_factory.mktemp("browser"), authority.certificate)


@pytest.fixture(scope="module")
def dbms(dbms_factory, authority):
    made = dbms_factory()
    made.secure(authority, NAME)
    made.secure_https(authority, NAME)
    made.set("server.http.enabled", "false")
    return made.start()


@pytest.fixture
def page(dbms, authority, tmp_path):
    """(address of a page that uses the driver, queue of what the page tells): HTTPS by the same CA."""
    told = queue.Queue()
    library = test_javascript.installed(DRIVER) / "lib" / "browser" / "neo4j-web.min.js"
    files = {"/": ("text/html", (PAGE % (f"{NAME}:{dbms.bolt_port}", PASSWORD)).encode()),
             "/neo4j-web.min.js": ("text/javascript", library.read_bytes())}

    class Site(http.server.BaseHTTPRequestHandler):
        def answer(self, kind, body, status=200):
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self):
            found = files.get(self.path)
            self.answer(*found) if found else self.answer("text/plain", b"", 404)

        def do_POST(self):
            told.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.answer("text/plain", b"")

        def log_message(self, *_):
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue(PAGE_NAME, folder=tmp_path / "page"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"https://{PAGE_NAME}:{server.server_port}/", told
    server.shutdown()
    server.server_close()


def test_the_discovery_page_loads_over_https(browser, dbms):
    shown, _ = browser.visit(f"https://{NAME}:{dbms.https_port}/")
    assert "neo4j_version" in shown and "5.26" in shown, shown


def test_a_name_that_the_certificate_lacks_is_not_shown(browser, dbms):
    shown, said = browser.visit(f"https://other.example.test:{dbms.https_port}/")
    assert not shown and "net_error -200" in said, said  # ERR_CERT_COMMON_NAME_INVALID


def test_a_browser_without_the_root_shows_nothing(tmp_path, dbms):
    shown, said = Browser(tmp_path / "home").visit(f"https://{NAME}:{dbms.https_port}/")
    assert not shown and "net_error -202" in said, said  # ERR_CERT_AUTHORITY_INVALID


def test_the_driver_works_over_a_secure_web_socket(browser, page):
    address, told = page
    chromium = subprocess.Popen(browser.command(address), env=browser.environment(),
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        seen = told.get(timeout=60)
    finally:
        chromium.terminate()
        chromium.wait()
    assert seen.get("bolt+s") == 2500 and seen.get("neo4j+s") == 2500, seen
    assert seen["agent"].startswith("Neo4j/5.26")
    print(f"Chromium, JavaScript driver {DRIVER} | bolt+s and neo4j+s over wss")

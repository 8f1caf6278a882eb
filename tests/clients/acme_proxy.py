# SPDX-License-Identifier: Apache-2.0
"""A server before Pebble that does what Pebble cannot play: rate limits, lost and delayed answers,
slow finalisation, a changing default chain. It counts requests.

Pebble builds its URLs from the Host header, which is passed on, so that everything a client is told
leads through here; requests are signed over these URLs, so that they can be answered here or passed
on, but not changed.

    proxy = AcmeProxy(folder, pebble)
    proxy.rate_limit(proxy.NEW_ORDER, retry_after=3600)
    ... client of proxy.directory, trust pebble.trust_file ...
    proxy.count(proxy.NEW_ORDER)
"""
import base64
import collections
import contextlib
import http.client
import http.server
import json
import ssl
import threading
import time

PASSED_ON = ("content-type", "accept", "user-agent")


class AcmeProxy:
    DIRECTORY, NEW_NONCE, NEW_ACCOUNT, NEW_ORDER = "/dir", "/nonce-plz", "/sign-me-up", "/order-plz"
    AUTHORIZATION, CHALLENGE, ORDER, FINALIZE = "/authZ/", "/chalZ/", "/my-order/", "/finalize-order/"
    CERTIFICATE, REVOKE, KEY_CHANGE, RENEWAL_INFO = "/certZ/", "/revoke-cert", "/rollover-account-key", "/draft-ietf"
    ACCOUNT, ORDERS = "/my-account/", "/list-orderz/"

    def __init__(self, folder, pebble, port=0):
        self.pebble = pebble
        self.requests = []  # (seconds, method, path, status or None), oldest first
        self.raw_retry_after = []  # as sent to the client
        self._bodies = []  # (path, bytes) of POST requests
        self._faults = collections.defaultdict(list)  # path prefix -> [[times left, function(handler) -> handled]]
        self._slow_s = 0
        self._slow_retry_after = None
        self._finalized = {}  # order number -> when it counts as issued
        self._chain = 0
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        certificate, key = pebble.authority.issue("localhost", "127.0.0.1", folder=folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._upstream_trust = ssl.create_default_context(cafile=str(pebble.trust_file))
        proxy = self

        class Handler(_Handler):
            owner = proxy

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self._server.server_address[1]
        self.directory = f"https://localhost:{self.port}/dir"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def stop(self):
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    # -- faults; `times` None is until clear() --
    def problem(self, path, status, kind, detail="a fault of the test", times=None, retry_after=None):
        """Answers with an ACME problem; the authority sees nothing."""
        body = json.dumps({"type": f"urn:ietf:params:acme:error:{kind}", "detail": detail, "status": status}).encode()

        def answer(handler):
            headers = [("Content-Type", "application/problem+json"), ("Replay-Nonce", self._fresh_nonce(handler))]
            if retry_after is not None:
                headers.append(("Retry-After", str(retry_after)))
            handler.answer(status, headers, body)

        self._add(path, times, answer)

    def rate_limit(self, path=NEW_ORDER, retry_after=3600, times=None):
        self.problem(path, 429, "rateLimited", "too many certificates already issued for this set of names", times, retry_after)

    def page(self, path, status, times=None, retry_after=None):
        """Answers as front ends do that know no ACME: HTML, and no nonce."""
        headers = [("Content-Type", "text/html")] + ([("Retry-After", str(retry_after))] if retry_after else [])
        self._add(path, times, lambda handler: handler.answer(status, headers, b"<html><h1>Sorry</h1></html>"))

    def lose_answer(self, path, times=1):
        """The authority does what it is asked to; the connection breaks before its answer."""
        self._add(path, times, lambda handler: (handler.ask_upstream(), handler.hang_up()))

    def replace_answer(self, path, status=502, times=1):
        """The authority does what it is asked to; what stands before it answers with a page of its own."""
        def answer(handler):
            handler.ask_upstream()
            handler.answer(status, [("Content-Type", "text/html")], b"<html><h1>Bad Gateway</h1></html>")
        self._add(path, times, answer)

    def refuse(self, path, times=None):
        """The connection breaks and the authority sees nothing."""
        self._add(path, times, lambda handler: handler.hang_up())

    def hang(self, path, times=None):
        """No answer, until stop()."""
        self._add(path, times, lambda handler: (self._stopping.wait(), handler.hang_up()))

    def delay(self, path, seconds, times=None):
        self._add(path, times, lambda handler: (self._stopping.wait(seconds), handler.answer(*handler.ask_upstream())))

    def call(self, path, function, times=1):
        """Runs function() before the request goes on to the authority."""
        self._add(path, times, lambda handler: (function(), handler.answer(*handler.ask_upstream())))

    def pass_on(self, path, times):
        """So many requests are no case for the faults that are added after this."""
        self._add(path, times, lambda handler: handler.answer(*handler.ask_upstream()))

    def call_after(self, path, function, times=1):
        """The authority does what it is asked to, then function() runs; its answer is lost."""
        self._add(path, times, lambda handler: (handler.ask_upstream(), function(), handler.hang_up()))

    def clear(self, path=None):
        with self._lock:
            if path is None:
                self._faults.clear()
            else:
                self._faults.pop(path, None)

    def slow_finalisation(self, seconds, retry_after=None):
        """Orders stay `processing` for so long after finalize; retry_after: seconds to tell, or None."""
        self._slow_s, self._slow_retry_after = seconds, retry_after

    def default_chain(self, number):
        """Which of Pebble's chains is the default one (alternate_roots > 0, chain_length 1); the others are alternates."""
        self._chain = number

    # -- what happened --
    def count(self, path, method=None):
        with self._lock:
            return sum(1 for _, verb, asked, _ in self.requests if asked.startswith(path) and method in (None, verb))

    def attempts(self):
        """newOrder requests that went beyond a refused nonce, whatever the answer."""
        with self._lock:
            return sum(1 for _, _, asked, status in self.requests if asked.startswith(self.NEW_ORDER) and status != 400)

    def payloads(self, path):
        """What was signed in the POST requests to a path, oldest first; {} for POST-as-GET."""
        with self._lock:
            bodies = [body for asked, body in self._bodies if asked.startswith(path)]
        texts = [json.loads(body)["payload"] for body in bodies]
        return [json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)) or b"{}") for text in texts]

    # -- inside --
    def _add(self, path, times, action):
        with self._lock:
            self._faults[path].append([times, action])

    def _fault_for(self, path):
        with self._lock:
            for prefix, rows in self._faults.items():
                if not path.startswith(prefix):
                    continue
                for row in rows:
                    if row[0] is None:
                        return row[1]
                    if row[0] > 0:
                        row[0] -= 1
                        return row[1]
        return None

    def _fresh_nonce(self, handler):
        connection = self._connect()
        connection.request("HEAD", self.NEW_NONCE, headers={"Host": handler.headers["Host"], "User-Agent": "proxy"})
        return connection.getresponse().getheader("Replay-Nonce")

    def _connect(self):
        return http.client.HTTPSConnection("localhost", self.pebble.port, timeout=60, context=self._upstream_trust)

    def _rewrite(self, path, status, headers, body):
        if status >= 400:
            return headers, body
        if path.startswith(self.FINALIZE):
            with self._lock:
                self._finalized.setdefault(path.rsplit("/", 1)[1], time.monotonic() + self._slow_s)
        if path.startswith((self.FINALIZE, self.ORDER)):
            return self._still_processing(path, headers, body)
        if path.startswith(self.CERTIFICATE) and self._chain:
            return headers, self._other_chain(path, body)
        return headers, body

    def _still_processing(self, path, headers, body):
        order = json.loads(body)
        with self._lock:
            until = self._finalized.get(path.rsplit("/", 1)[1], 0)
        if order["status"] not in ("valid", "processing") or time.monotonic() >= until:
            return headers, body
        order["status"] = "processing"
        order.pop("certificate", None)
        headers = [(name, value) for name, value in headers if name.lower() != "retry-after"]
        if self._slow_retry_after is not None:
            headers.append(("Retry-After", str(self._slow_retry_after)))
        return headers, json.dumps(order).encode()

    def _other_chain(self, path, body):
        asked = int(path.rsplit("/", 1)[1]) if "/alternate/" in path else 0
        number = self._chain if asked == 0 else 0 if asked == self._chain else asked
        leaf = body[:body.index(b"-----END CERTIFICATE-----")] + b"-----END CERTIFICATE-----\n"
        return leaf + self.pebble.intermediate(number)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60
    owner = None

    def do_HEAD(self):
        self._serve()

    def do_GET(self):
        self._serve()

    def do_POST(self):
        self._serve()

    def log_message(self, *_):
        pass

    def handle(self):
        with contextlib.suppress(OSError):  # ssl.SSLError is one: clients that go away
            super().handle()

    def _serve(self):
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with self.owner._lock:
            self.row = len(self.owner.requests)
            self.owner.requests.append((time.monotonic(), self.command, self.path, None))
            if self.command == "POST":
                self.owner._bodies.append((self.path, self.body))
        fault = self.owner._fault_for(self.path)
        if fault is not None:
            fault(self)
        else:
            self.answer(*self.ask_upstream())

    def ask_upstream(self):
        headers = {name: value for name, value in self.headers.items() if name.lower() in PASSED_ON}
        headers["Host"] = self.headers["Host"]
        try:
            connection = self.owner._connect()
            connection.request(self.command, self.path, body=self.body or None, headers=headers)
            response = connection.getresponse()
            body = response.read()
        except OSError:
            return 502, [("Content-Type", "text/html")], b"<html><h1>502 Bad Gateway</h1></html>"
        kept = [(name, value) for name, value in response.getheaders()
                if name.lower() not in ("content-length", "connection", "transfer-encoding")]
        headers, body = self.owner._rewrite(self.path, response.status, kept, body)
        return response.status, headers, body

    def answer(self, status, headers, body):
        with self.owner._lock:
            self.owner.requests[self.row] = (*self.owner.requests[self.row][:3], status)
            self.owner.raw_retry_after += [value for name, value in headers if name.lower() == "retry-after"]
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def hang_up(self):
        self.close_connection = True

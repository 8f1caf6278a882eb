# SPDX-License-Identifier: Apache-2.0
"""A Bolt client of a few lines, for what drivers cannot be made to do: choose a version, send half
a message, leave a connection idle. PackStream for null, booleans, integers, strings, lists, maps."""
import socket
import struct


def pack(value):
    if value is None:
        return b"\xc0"
    if value is True:
        return b"\xc3"
    if value is False:
        return b"\xc2"
    if isinstance(value, int):
        if -16 <= value < 128:
            return struct.pack(">b", value)
        return b"\xcb" + struct.pack(">q", value)
    if isinstance(value, str):
        data = value.encode()
        head = bytes([0x80 + len(data)]) if len(data) < 16 else b"\xd2" + struct.pack(">I", len(data))
        return head + data
    if isinstance(value, list):
        return b"\xd6" + struct.pack(">I", len(value)) + b"".join(map(pack, value))
    if isinstance(value, dict):
        return b"\xda" + struct.pack(">I", len(value)) + b"".join(pack(k) + pack(v) for k, v in value.items())
    raise TypeError(type(value))


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        self.at += count
        return self.data[self.at - count:self.at]

    def number(self, form):
        return struct.unpack(">" + form, self.take(struct.calcsize(form)))[0]

    def value(self):
        marker = self.number("B")
        simple = {0xC0: None, 0xC2: False, 0xC3: True}
        if marker in simple:
            return simple[marker]
        if marker == 0xC1:
            return self.number("d")
        if marker < 0x80 or marker >= 0xF0:
            return marker if marker < 0x80 else marker - 256
        if 0xC8 <= marker <= 0xCB:
            return self.number("bhiq"[marker - 0xC8])
        for base, wide, make in ((0x80, 0xD0, self.text), (0x90, 0xD4, self.items), (0xA0, 0xD8, self.pairs)):
            if base <= marker < base + 16:
                return make(marker - base)
            if wide <= marker <= wide + 2:
                return make(self.number("BHI"[marker - wide]))
        if 0xB0 <= marker < 0xC0:
            tag = self.number("B")
            return (tag, self.items(marker - 0xB0))
        raise ValueError(hex(marker))

    def text(self, size):
        return self.take(size).decode()

    def items(self, size):
        return [self.value() for _ in range(size)]

    def pairs(self, size):
        return {self.value(): self.value() for _ in range(size)}


SUCCESS, RECORD, IGNORED, FAILURE = 0x70, 0x71, 0x7E, 0x7F


class Connection:
    def __init__(self, port, timeout=10, stream=None):
        self.socket = stream or socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.socket.settimeout(timeout)

    def close(self):
        self.socket.close()

    def receive_exactly(self, count):
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                raise ConnectionError("closed")
            data += more
        return data

    def handshake(self, *proposals):
        """Each proposal is (major, minor, range); returns the four bytes of the answer."""
        slots = [bytes([0, p[2], p[1], p[0]]) for p in proposals] + [b"\0\0\0\0"] * (4 - len(proposals))
        self.socket.sendall(b"\x60\x60\xb0\x17" + b"".join(slots))
        return self.receive_exactly(4)

    def send(self, tag, *fields):
        body = bytes([0xB0 + len(fields), tag]) + b"".join(map(pack, fields))
        data = b"".join(struct.pack(">H", len(body[i:i + 65535])) + body[i:i + 65535]
                        for i in range(0, len(body), 65535))
        self.socket.sendall(data + b"\0\0")

    def receive(self):
        """(tag, fields); keep-alive chunks are passed over."""
        body = b""
        while True:
            size = struct.unpack(">H", self.receive_exactly(2))[0]
            if size == 0:
                if body:
                    return Reader(body).value()
            else:
                body += self.receive_exactly(size)

    def call(self, tag, *fields):
        self.send(tag, *fields)
        return self.receive()

    def log_on(self, version, user, password):
        auth = {"scheme": "basic", "principal": user, "credentials": password}
        hello = {"user_agent": "trellis-test/1.0", "bolt_agent": {"product": "trellis-test/1.0"}}
        if version >= (5, 1):
            answer = self.call(0x01, hello)
            assert answer[0] == SUCCESS, answer
            done = self.call(0x6A, auth)
            assert done[0] == SUCCESS, done
            return answer
        answer = self.call(0x01, {**hello, **auth})
        assert answer[0] == SUCCESS, answer
        return answer


def connected(port, user, password, version=(5, 4), stream=None):
    connection = Connection(port, stream=stream)
    major, minor = version
    assert connection.handshake((major, minor, 0)) == bytes([0, 0, minor, major])
    connection.log_on(version, user, password)
    return connection

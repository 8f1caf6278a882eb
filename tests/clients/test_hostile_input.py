# SPDX-License-Identifier: Apache-2.0
"""Malformed, oversized, slow input: a clean close, bounded memory, and the server goes on."""
import os
import random
import struct
import time

import bolt
import pytest
from conftest import PASSWORD


@pytest.fixture(autouse=True)
def still_serves(plain_dbms):
    before = plain_dbms.memory_mb()
    yield
    connection = bolt.connected(plain_dbms.bolt_port, "neo4j", PASSWORD)
    assert connection.call(0x10, "RETURN 1", {}, {})[0] == bolt.SUCCESS
    connection.close()
    assert plain_dbms.memory_mb() < before + 60


def closed(connection, seconds=40):
    connection.socket.settimeout(seconds)
    try:
        while connection.socket.recv(65536):
            pass
        return True
    except ConnectionError:
        return True
    except TimeoutError:
        return False


def test_garbage_instead_of_a_handshake(plain_dbms):
    for seed in range(20):
        connection = bolt.Connection(plain_dbms.bolt_port)
        connection.socket.sendall(random.Random(seed).randbytes(200))
        assert closed(connection)


def test_a_claim_of_a_gigabyte(plain_dbms):
    connection = bolt.connected(plain_dbms.bolt_port, "neo4j", PASSWORD)
    body = b"\xb3\x10" + b"\xd2" + struct.pack(">I", 1 << 30) + b"RETURN 1"
    connection.socket.sendall(struct.pack(">H", len(body)) + body + b"\0\0")
    assert closed(connection)


def test_a_list_that_claims_a_billion_items(plain_dbms):
    connection = bolt.connected(plain_dbms.bolt_port, "neo4j", PASSWORD)
    body = b"\xb3\x10" + bolt.pack("RETURN 1") + b"\xd6" + struct.pack(">I", 1 << 30)
    connection.socket.sendall(struct.pack(">H", len(body)) + body + b"\0\0")
    assert closed(connection)


def test_a_nesting_bomb_in_a_message(plain_dbms):
    connection = bolt.connected(plain_dbms.bolt_port, "neo4j", PASSWORD)
    body = b"\xb3\x10" + bolt.pack("RETURN $x") + b"\xa1" + bolt.pack("x") + b"\x91" * 60000
    connection.socket.sendall(struct.pack(">H", len(body)) + body + b"\0\0")
    assert closed(connection)


def test_a_nesting_bomb_in_a_query(plain_dbms):
    connection = bolt.connected(plain_dbms.bolt_port, "neo4j", PASSWORD)
    for query in ("RETURN " + "[" * 50000, "RETURN " + "(" * 50000 + "1" + ")" * 50000,
                  "RETURN " + "NOT " * 50000 + "true"):
        tag, (failure,) = connection.call(0x10, query, {}, {})
        assert tag == bolt.FAILURE and "SyntaxError" in failure["code"]
        connection.call(0x0F)


def test_an_endless_message_before_log_on(plain_dbms):
    connection = bolt.Connection(plain_dbms.bolt_port)
    connection.handshake((5, 4, 0))
    chunk = struct.pack(">H", 60000) + b"\xb1\x01" + os.urandom(59998)
    with pytest.raises((ConnectionError, TimeoutError)):
        for _ in range(2000):
            connection.socket.sendall(chunk)
        if closed(connection):
            raise ConnectionError


def test_half_a_handshake_is_given_up(dbms_factory):
    impatient = dbms_factory()
    impatient.set("trellis.bolt.authentication_timeout", "2s")
    connection = bolt.Connection(impatient.start().bolt_port)
    connection.socket.sendall(b"\x60\x60\xb0")
    begin = time.monotonic()
    assert closed(connection)
    assert 1.5 < time.monotonic() - begin < 6


def test_a_message_out_of_turn_is_refused_and_the_connection_closed(plain_dbms):
    connection = bolt.Connection(plain_dbms.bolt_port)
    connection.handshake((5, 4, 0))
    tag, (failure,) = connection.call(0x10, "RETURN 1", {}, {})
    assert tag == bolt.FAILURE and failure["code"] == "Neo.ClientError.Request.Invalid"
    assert closed(connection)

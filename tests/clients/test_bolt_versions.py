# SPDX-License-Identifier: Apache-2.0
"""Every Bolt version, negotiated one at a time over a raw socket."""
import bolt
import pytest
from conftest import PASSWORD

VERSIONS = [(4, 4), (5, 0), (5, 1), (5, 2), (5, 3), (5, 4), (5, 6), (5, 7), (5, 8)]


@pytest.mark.parametrize("version", VERSIONS, ids=lambda v: f"{v[0]}.{v[1]}")
def test_each_version_runs_a_query(plain_dbms, version):
    connection = bolt.connected(plain_dbms.bolt_port, "neo4j", PASSWORD, version)
    tag, (run,) = connection.call(0x10, "RETURN 1 AS one, 'two' AS two", {}, {})
    assert tag == bolt.SUCCESS and run["fields"] == ["one", "two"] and "t_first" in run
    assert connection.call(0x3F, {"n": -1}) == (bolt.RECORD, [[1, "two"]])
    tag, (end,) = connection.receive()
    assert tag == bolt.SUCCESS and end["type"] == "r" and end["db"] == "neo4j" and "bookmark" in end
    assert ("statuses" in end) == (version >= (5, 6))
    print(f"raw socket | Bolt {version[0]}.{version[1]} | query answered")
    connection.close()


def test_version_5_5_is_never_chosen(plain_dbms):
    connection = bolt.Connection(plain_dbms.bolt_port)
    assert connection.handshake((5, 5, 0)) == b"\0\0\0\0"
    connection.close()
    connection = bolt.Connection(plain_dbms.bolt_port)
    assert connection.handshake((5, 5, 1)) == b"\0\0\x04\x05"
    connection.close()


def test_an_unknown_version_is_refused_with_zeros(plain_dbms):
    connection = bolt.Connection(plain_dbms.bolt_port)
    assert connection.handshake((3, 0, 0)) == b"\0\0\0\0"


def test_the_manifest_lists_what_is_spoken(plain_dbms):
    connection = bolt.Connection(plain_dbms.bolt_port)
    connection.socket.sendall(b"\x60\x60\xb0\x17" + b"\x00\x00\x01\xff" + b"\0" * 12)
    answer = connection.socket.recv(4096)  # marker, list and mask in one write
    assert answer[:4] == b"\x00\x00\x01\xff"
    count = answer[4]
    offers = [tuple(answer[5 + 4 * i:9 + 4 * i]) for i in range(count)]
    assert (0, 2, 8, 5) in offers and len(answer) == 5 + 4 * count + 1
    connection.socket.sendall(b"\x00\x00\x08\x05" + b"\x00")
    hello = connection.log_on((5, 8), "neo4j", PASSWORD)
    assert hello[1][0]["server"].startswith("Neo4j/5.26")


@pytest.mark.parametrize("version", [(5, 4), (5, 7)], ids=["5.4", "5.7"])
def test_failures_have_the_shape_of_the_version(plain_dbms, version):
    connection = bolt.connected(plain_dbms.bolt_port, "neo4j", PASSWORD, version)
    tag, (failure,) = connection.call(0x10, "RETURN nothing_by_this_name", {}, {})
    assert tag == bolt.FAILURE
    code = failure["neo4j_code"] if version >= (5, 7) else failure["code"]
    assert code == "Neo.ClientError.Statement.SyntaxError"
    assert ("gql_status" in failure) == (version >= (5, 7))
    assert connection.call(0x3F, {"n": -1})[0] == bolt.IGNORED
    assert connection.call(0x0F)[0] == bolt.SUCCESS  # RESET
    assert connection.call(0x10, "RETURN 1", {}, {})[0] == bolt.SUCCESS
    connection.close()


def test_several_open_results_in_one_transaction(plain_dbms):
    connection = bolt.connected(plain_dbms.bolt_port, "neo4j", PASSWORD)
    assert connection.call(0x11, {})[0] == bolt.SUCCESS
    _, (first,) = connection.call(0x10, "UNWIND [1, 2, 3] AS x RETURN x", {}, {})
    _, (second,) = connection.call(0x10, "UNWIND ['a', 'b'] AS y RETURN y", {}, {})
    assert first["qid"] != second["qid"]
    assert connection.call(0x3F, {"n": 1, "qid": first["qid"]}) == (bolt.RECORD, [[1]])
    assert connection.receive() == (bolt.SUCCESS, [{"has_more": True}])
    assert connection.call(0x3F, {"n": -1, "qid": second["qid"]}) == (bolt.RECORD, [["a"]])
    assert connection.receive() == (bolt.RECORD, [["b"]])
    assert connection.receive()[0] == bolt.SUCCESS
    assert connection.call(0x3F, {"n": -1, "qid": first["qid"]}) == (bolt.RECORD, [[2]])
    assert connection.receive() == (bolt.RECORD, [[3]])
    assert connection.receive()[0] == bolt.SUCCESS
    tag, (commit,) = connection.call(0x12)
    assert tag == bolt.SUCCESS and "bookmark" in commit


def test_pipelined_messages_are_answered_in_order(plain_dbms):
    connection = bolt.connected(plain_dbms.bolt_port, "neo4j", PASSWORD)
    for i in range(50):
        connection.send(0x10, f"RETURN {i} AS i", {}, {})
        connection.send(0x3F, {"n": -1})
    for i in range(50):
        assert connection.receive()[0] == bolt.SUCCESS
        assert connection.receive() == (bolt.RECORD, [[i]])
        assert connection.receive()[0] == bolt.SUCCESS


def test_route_echoes_the_clients_address(plain_dbms):
    connection = bolt.connected(plain_dbms.bolt_port, "neo4j", PASSWORD)
    tag, (route,) = connection.call(0x66, {"address": "graph.example.test:4711"}, [], {})
    assert tag == bolt.SUCCESS
    servers = route["rt"]["servers"]
    assert {s["role"] for s in servers} == {"ROUTE", "READ", "WRITE"}
    assert all(s["addresses"] == ["graph.example.test:4711"] for s in servers)

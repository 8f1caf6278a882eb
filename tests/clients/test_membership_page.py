# SPDX-License-Identifier: Apache-2.0
"""docs/tls.md, "Members of a cluster", line by line on two machines with a wire between them: root's commands as
root, the servers as user trellis."""
import re

import pytest
from machine import HOME, USER, Machine
from test_recipes import our_page

ADDRESSES = {"a.example.com": "10.77.0.1", "b.example.com": "10.77.0.2"}


@pytest.fixture(scope="module")
def machines(tmp_path_factory):
    a, b = (Machine(tmp_path_factory.mktemp(f"machine-{name}")) for name in "ab")
    try:
        a.run("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", b.holder.pid)
        for machine, address in zip((a, b), ADDRESSES.values()):
            machine.run("ip", "address", "add", f"{address}/24", "dev", "eth0")
            machine.run("ip", "link", "set", "eth0", "up")
            for name, where in ADDRESSES.items():
                machine.host(name, where)
        yield a, b
    finally:
        a.close()
        b.close()


def typed(machine, script, **words):
    """The lines of a block as root types them; `systemctl restart` is what it is where there is no systemd. Returns
    what the last command printed."""
    out = ""
    for line in filter(None, script.splitlines()):
        for word, meaning in words.items():
            line = line.replace(word, meaning)
        if line == "systemctl restart trellis":
            for server in machine.servers:
                assert server.stop() == 0, server.console()
            machine.start()
        else:
            out = machine.shell(line).stdout
    return out.strip()


def strangers_files(machine):
    return machine.run("find", HOME, "-not", "-user", USER).stdout


def test_the_lines_of_our_own_page(machines):
    a, b = machines
    page = our_page()
    section = page[page.index("## Members of a cluster"):page.index("## As a service")]
    settings, commands = (re.findall(rf"```{kind}\n(.*?)```", section, re.S) for kind in ("properties", "sh"))
    for machine, lines in zip(machines, settings, strict=True):
        machine.install(lines + "server.tls.poll_interval=500ms\n")
    token = typed(a, commands[0])
    typed(b, commands[1], TOKEN=token)
    folder = HOME / "certificates" / "cluster"

    def asks(machine, name):
        return machine.run("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "--cacert", folder / "trusted" / "authority.crt",
                           "--cert", folder / "public.crt", "--key", folder / "private.key",
                           f"https://{name}:7500/cluster/v1/trust", check=False).stdout

    assert asks(b, "a.example.com") == asks(a, "a.example.com") == "200"
    assert strangers_files(a) == strangers_files(b) == ""

    # Root's further commands leave the server the master of its files: it still admits, renews and hands out trust.
    a.shell("trellis tls ca revoke b.example.com && trellis tls ca init --rotate")
    again = a.shell("trellis tls ca join-token b.example.com").stdout.strip()
    typed(b, commands[1], TOKEN=again)
    assert asks(b, "a.example.com") == "200"
    assert strangers_files(a) == strangers_files(b) == ""
    assert "cannot be looked after" not in a.logs() + b.logs()


def test_an_authority_that_the_server_cannot_read_stops_its_start(machines):
    a = machines[0]
    for server in a.servers:
        server.stop()
    state = HOME / "certificates" / "authority" / "state.json"
    a.shell(f"chown root:root {state}")
    server = a.start(port=None)
    assert server.wait_for_end() != 0
    assert re.search(rf"{state} may not be read: owner root:root", server.console()), server.console()
    command = re.search(r"Mend it with: (.+)$", server.console(), re.M)[1]
    a.shell(command)
    server = a.start()
    assert server.stop() == 0

# SPDX-License-Identifier: Apache-2.0
"""The systemd units, as systemd's own tools judge them. What runs under them is in test_service.py."""
import pathlib
import re
import subprocess

import pytest
from conftest import TRELLIS, run

PACKAGING = pathlib.Path(__file__).resolve().parents[2] / "packaging"
MOST_EXPOSED = 2.0  # of 10, as `systemd-analyze security` counts


@pytest.fixture(scope="module")
def units(tmp_path_factory):
    """The units with the binary where it is here: verify looks whether the program exists."""
    folder = tmp_path_factory.mktemp("units")
    for unit in [*PACKAGING.glob("*.service"), *PACKAGING.glob("*.socket")]:
        (folder / unit.name).write_text(unit.read_text().replace("/usr/bin/trellis", TRELLIS))
    return folder


def test_the_units_verify(units):
    done = subprocess.run(["systemd-analyze", "verify", *sorted(units.iterdir())], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr.strip(), done.stderr


def test_a_misspelt_line_would_be_found(units, tmp_path):
    """verify exits 0 on unknown names in sections: it is its words that count above."""
    broken = tmp_path / "trellis.service"
    broken.write_text((units / "trellis.service").read_text().replace("ProtectClock=", "ProtectClok="))
    done = subprocess.run(["systemd-analyze", "verify", broken], capture_output=True, text=True)
    assert "ProtectClok" in done.stderr


def test_the_service_is_confined(units):
    shown = run("systemd-analyze", "security", "--offline=true", "--no-pager",
                f"--threshold={MOST_EXPOSED * 10:.0f}", units / "trellis.service")
    level = float(re.search(r"Overall exposure level for trellis.service: ([0-9.]+)", shown).group(1))
    print(f"exposure level {level} of 10")
    assert level <= MOST_EXPOSED


def test_each_socket_has_a_name_that_the_server_knows(units):
    names = {re.search("^FileDescriptorName=(.*)$", unit.read_text(), re.M).group(1) for unit in units.glob("*.socket")}
    assert names == {"bolt", "https"}

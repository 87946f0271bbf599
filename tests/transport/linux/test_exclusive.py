"""The two nodes of one drive, and the lock that udev looks at; on the real kernel in tests/kernel/test_discovery.py."""

import fcntl
import os
from pathlib import Path

import pytest

from discstack.transport.linux.exclusive import lock_out_probes, other_node

from .machine import Machine

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="takes root to make device nodes")


@needs_root
@pytest.mark.parametrize(
    ("node", "numbers", "folder", "other"),
    [("sr7", "block/11:7", "scsi_generic", "sg7"), ("sg7", "char/21:7", "block", "sr7")],
)
def test_each_node_leads_to_the_other(machine: Machine, node: str, numbers: str, folder: str, other: str) -> None:
    machine.nodes("sr7", "sg7")
    status = os.stat(machine.roots.dev / node)
    assert other_node(machine.roots, status) is None
    machine.write(f"sys/dev/{numbers}/device/{folder}/{other}/dev", "")
    assert other_node(machine.roots, status) == str(machine.roots.dev / other)
    (machine.roots.dev / other).unlink()  # as in a container that was given one of them
    assert other_node(machine.roots, status) is None


def test_what_is_locked_by_somebody_else_is_not_locked_out(tmp_path: Path) -> None:
    file = tmp_path / "device"
    file.touch()
    first, second = os.open(file, os.O_RDONLY), os.open(file, os.O_RDONLY)
    fcntl.flock(first, fcntl.LOCK_SH)
    assert not lock_out_probes(second)
    os.close(first)
    assert lock_out_probes(second)
    os.close(second)

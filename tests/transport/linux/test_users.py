"""Who uses a drive, from trees that stand in for /proc and sysfs, and from the real /proc."""

import errno
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from discstack.transport.base import DeviceBusy
from discstack.transport.linux.roots import Roots
from discstack.transport.linux.unmounting import unmount
from discstack.transport.linux.users import usage

from .machine import Machine

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="takes root to make device nodes")


@pytest.fixture
def nodes(machine: Machine) -> tuple[str, str]:
    machine.nodes("sr7", "sg7")
    return str(machine.roots.dev / "sr7"), str(machine.roots.dev / "sg7")


def test_holders_are_found_in_proc() -> None:
    with open("/dev/full", "rb") as device, subprocess.Popen(["sleep", "10"], stdin=device) as holder:
        try:
            named = [user.what for user in usage(Roots(), "/dev/full").holders]
            assert f"sleep (process {holder.pid})" in named
            assert any(name.endswith(f"(process {os.getpid()}, this one)") for name in named)
        finally:
            holder.kill()


def test_a_device_that_is_gone_is_held_by_nobody_in_sight(machine: Machine) -> None:
    found = usage(machine.roots, str(machine.roots.dev / "sr0"))
    assert found.holders == ()
    assert str(found) == "somebody who has let go meanwhile, or the kernel itself"


@needs_root
def test_a_drive_is_used_by_either_of_its_nodes(machine: Machine, nodes: tuple[str, str]) -> None:
    block, generic = nodes
    machine.process(17, "wodim", "sg7", "null")
    machine.process(18, "blkid", "sr7", "sr7")
    machine.process(19, "bash", "null")
    found = usage(machine.roots, *nodes)
    assert [(user.what, user.node, user.pid) for user in found.holders] == [
        ("wodim (process 17)", generic, 17),
        ("blkid (process 18)", block, 18),
    ]
    assert str(found) == "wodim (process 17), blkid (process 18)"


@needs_root
def test_mounts_are_found_in_every_namespace_once(machine: Machine, nodes: tuple[str, str]) -> None:
    line = r"36 35 11:7 / /media/my\040disc ro,nosuid - iso9660 /dev/sr7 ro"
    other = "37 35 11:7 / /var/snap/disc ro - iso9660 /dev/sr7 ro\n38 35 8:1 / / rw - ext4 /dev/sda1 rw"
    machine.write("proc/self/mountinfo", line)
    machine.link("proc/self/ns/mnt", Path("mnt:[1]"))
    for number, (namespace, table) in {5: (1, "garbage would fail"), 6: (2, other), 7: (2, other)}.items():
        machine.process(number, "app")
        machine.link(f"proc/{number}/ns/mnt", Path(f"mnt:[{namespace}]"))
        machine.write(f"proc/{number}/mountinfo", table)
    found = usage(machine.roots, *nodes)
    assert [(user.what, user.mount_point) for user in found.holders] == [
        ("the mount at /media/my disc", "/media/my disc"),
        ("the mount at /var/snap/disc", "/var/snap/disc"),
    ]


@pytest.fixture
def unmounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a `umount` that stands before the system's was asked for."""
    umount = tmp_path / "programs/umount"
    umount.parent.mkdir()
    umount.write_text(f'#!/bin/sh\necho "$2" >>{tmp_path}/unmounted\n')
    umount.chmod(0o755)
    monkeypatch.setenv("PATH", f"{umount.parent}:{os.environ['PATH']}")
    (tmp_path / "unmounted").touch()
    return tmp_path / "unmounted"


@needs_root
@pytest.mark.parametrize("point", ["/mnt", "/here"])
def test_only_what_is_mounted_in_our_sight_is_unmounted(
    machine: Machine, nodes: tuple[str, str], unmounted: Path, point: str
) -> None:
    """What lies in a container at /mnt is not what lies here at /mnt; the disc may lie at the same place in both."""
    machine.write("proc/self/mountinfo", "36 35 11:7 / /here ro - iso9660 /dev/sr7 ro\n37 36 8:1 / /mnt rw - ext4 x rw")
    machine.link("proc/self/ns/mnt", Path("mnt:[1]"))
    machine.process(5, "app")
    machine.link("proc/5/ns/mnt", Path("mnt:[2]"))
    machine.write("proc/5/mountinfo", f"39 38 11:7 / {point} ro - iso9660 /dev/sr7 ro")
    with pytest.raises(DeviceBusy, match=f"the mount at {point} could not be taken away: it is of a container"):
        unmount(nodes[0], machine.roots)
    assert unmounted.read_text() == "/here\n"


@needs_root
def test_what_is_mounted_on_top_of_a_disc_is_not_unmounted_for_it(
    machine: Machine, nodes: tuple[str, str], unmounted: Path
) -> None:
    lines = ("36 35 11:7 / /one ro - udf x ro", "37 35 11:7 / /two ro - udf x ro", "38 37 8:1 / /two rw - ext4 x rw")
    machine.write("proc/self/mountinfo", "\n".join(lines))
    machine.link("proc/self/ns/mnt", Path("mnt:[1]"))
    with pytest.raises(DeviceBusy, match="the mount at /two could not be taken away: something else is mounted on it"):
        unmount(nodes[0], machine.roots)
    assert unmounted.read_text() == ""


@needs_root
def test_an_open_file_that_does_not_answer_hides_no_holder(
    machine: Machine, nodes: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a file of a FUSE file system whose process has died: ENOTCONN."""
    machine.process(17, "wodim", "dead", "sg7")
    real = os.stat

    def stat(path: str, **words: Any) -> os.stat_result:
        if str(path).endswith("fd/0"):
            raise OSError(errno.ENOTCONN, os.strerror(errno.ENOTCONN))
        return real(path, **words)

    monkeypatch.setattr(os, "stat", stat)
    assert [user.what for user in usage(machine.roots, *nodes).holders] == ["wodim (process 17)"]


@needs_root
def test_devices_that_stand_on_a_drive_are_found(machine: Machine, nodes: tuple[str, str]) -> None:
    machine.write("sys/dev/block/11:7/holders/dm-3/dm/name", "disc-crypt\n")
    machine.write("sys/block/loop4/loop/backing_file", f"{nodes[0]}\n")
    machine.write("sys/block/loop5/loop/backing_file", "/home/me/disc.iso\n")
    assert [user.what for user in usage(machine.roots, *nodes).holders] == [
        "the device /dev/dm-3 (disc-crypt) on top of it",
        "the device /dev/loop4 on top of it",
    ]


@pytest.mark.skipif(os.geteuid() != 0, reason="takes root to drop its rights")
def test_what_could_not_be_seen_is_counted(tmp_path: Path) -> None:
    """As another user: the processes of root hide their files."""
    script = "from discstack.transport.linux.users import usage; from discstack.transport.linux.roots import Roots; "
    script += "print(usage(Roots(), '/dev/full').unseen)"
    import sys

    other = ["setpriv", "--reuid", "65534", "--clear-groups", sys.executable, "-c"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    loaded = subprocess.run([*other, "import discstack"], env=environment, capture_output=True, check=False)
    if loaded.returncode:
        pytest.skip("this Python, or the package, lies where only root may read it")
    command = [*other, script]
    assert int(subprocess.check_output(command, text=True, env=environment)) > 0

"""Drives as the kernel lists them, what happens to them, and who else has them; without udev and with it."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from discstack.transport.sgio_errors import ALWAYS_PASS, NEED_WRITE

from .conftest import GUEST
from .contents import fill

Attaching = Callable[..., AbstractContextManager[Any]]
DISCSTACK = f"{sys.executable} -m discstack"
UDISKS = "/usr/libexec/udisks2/udisksd"
SEEN = "until udisksctl info -b {block} | grep -q 'IdLabel: *{label}$'; do sleep 0.1; done"  # after udev has
CDROM = "24"  # the group's number on Debian
MEMBER = f"setpriv --reuid 65534 --regid 65534 --groups {CDROM}"


@pytest.fixture(scope="module")
def drive(attaching: Attaching) -> Iterator[Any]:
    """A drive with a blank DVD+RW that its group may use, for all tests that leave it as it was."""
    with attaching("dvd+rw") as attachment:
        drive = attachment.drives[0]
        attachment.kernel.check(f"chgrp {CDROM} {drive.block} {drive.generic}; chmod 660 {drive.block} {drive.generic}")
        yield drive


def test_both_nodes_of_a_drive_are_one_drive(kernel: Any, drive: Any) -> None:
    (found,) = json.loads(kernel.discstack("drives", "--json").output)
    assert (found["address"], found["block"], found["generic"]) == (drive.block, drive.block, drive.generic)
    assert (found["vendor"], found["model"], found["bus"]) == ("DISCSTAK", "VIRTUAL BURNER", "loopback")
    assert found["serial"] == kernel.check(f"sg_inq --page=0x80 --raw {drive.generic} | tail -c +5").strip()


def test_drives_and_media_that_come_and_go_are_told(
    kernel: Any, attaching: Attaching, drive: Any, background: Any
) -> None:
    """First the drive is asked by us, as the kernel does not without udev; then the kernel asks, and tells."""
    happened = list[str]()

    def event(name: str, lines: list[str]) -> bool:
        happened[:] = [found["event"] for found in map(json.loads, lines) if found["drive"]["address"] != drive.block]
        return bool(happened) and happened[-1] == name

    polling = "/sys/module/block/parameters/events_dfl_poll_msecs"
    try:
        with background(f"{DISCSTACK} drives --watch --interval 0.3 --json") as watch:
            watch.until(lambda lines: len(lines) == 1)
            assert json.loads(watch.lines[0])["medium"] is True
            with attaching("dvd+r") as attachment:
                watch.until(lambda lines: event("MediumInserted", lines))
                block = attachment.drives[0].block
                kernel.check(f"sg_start --eject {block}")
                watch.until(lambda lines: event("MediumRemoved", lines))
                kernel.check(f"echo 100 >{polling}; sg_start --load {block}")
                watch.until(lambda lines: event("MediumInserted", lines))
                kernel.discstack("change", block, "cd-rw")  # the kernel takes the drive's word that it is another
                watch.until(lambda lines: event("MediumInserted", lines) and happened[-2] == "MediumInserted")
                kernel.check(f"sg_start --eject {block}")
                watch.until(lambda lines: event("MediumRemoved", lines))
            watch.until(lambda lines: event("DriveRemoved", lines))
    finally:
        kernel.check(f"echo 0 >{polling}")
    inserted, removed = "MediumInserted", "MediumRemoved"
    assert happened == ["DriveAdded", inserted, removed, inserted, inserted, removed, "DriveRemoved"]


HOLD = "import os, signal, sys; os.open(sys.argv[1], os.O_RDWR | os.O_NONBLOCK | os.O_EXCL); print('held', flush=True)"
CLAIM = """
import signal, sys, discstack
with discstack.open(sys.argv[1]).exclusive():
    print("held", flush=True)
    signal.pause()
"""


def python(script: str, *operands: str) -> str:
    return shlex.join([sys.executable, "-c", script, *operands])


def test_who_holds_a_drive_is_named_or_what_could_not_be_seen(
    kernel: Any, drive: Any, background: Any, share: Path
) -> None:
    """By root and by a member of cdrom, who ask for the other node than the one that is held."""
    with background(python(f"{HOLD}; signal.pause()", drive.generic)) as holder:
        holder.until(lambda lines: lines == ["held"])
        asked = f"HOME=/tmp {{}} {DISCSTACK} erase {drive.block} >{share}/{{}} 2>&1"
        # one after the other: who waits for the node that is held has the other node himself meanwhile
        kernel.run(f"{asked.format(MEMBER, 'member')}; {asked.format('', 'root')}")
    held = f"{drive.generic}: held exclusively by"
    assert re.search(rf"{held} python[\d.]* \(process {holder.pid}\)", (share / "root").read_text())
    assert re.search(rf"{held} somebody unseen \(\d+ processes do not let", (share / "member").read_text())


@pytest.mark.parametrize("node", ["block", "generic"])
def test_a_drive_that_we_hold_is_held_by_both_nodes(kernel: Any, drive: Any, background: Any, node: str) -> None:
    hold = python(HOLD).replace(sys.executable, "/usr/bin/python3 -S")
    tries = [f"{hold} {drive.block}", f"{hold} {drive.generic}", f"mount -o ro {drive.block} /mnt"]
    shared = f"flock --shared --nonblock {drive.block} echo free"
    with background(python(CLAIM, getattr(drive, node))) as holder:
        holder.until(lambda lines: lines == ["held"])
        output = kernel.run(f"{'; '.join(tries)}; {shared}").output
        assert (output.count("Device or resource busy"), output.count("already mounted or mount point busy")) == (2, 1)
        assert "free" not in output
    assert kernel.check(shared).strip() == "free"


def test_a_mounted_disc_is_refused_at_once_or_unmounted_on_request(kernel: Any, drive: Any, share: Path) -> None:
    (share / "files").mkdir()
    (share / "files/one").write_bytes(bytes(5000))
    burn = ("burn", share / "files", "--erase", "--verify", "none", "-d")
    assert kernel.discstack(*burn, drive.block).status == 0
    kernel.check(f"sg_start --eject {drive.block}; sg_start --load {drive.block}; sg_turs -n 9 {drive.block} || true")
    kernel.check(f"mkdir -p '/mnt/a disc'; mount -o ro {drive.block} '/mnt/a disc'")
    refused = kernel.discstack(*burn, drive.generic)
    assert refused.status == 3
    assert f"{drive.block}: held exclusively by the mount at /mnt/a disc" in refused.output
    assert "image:" not in refused.output  # nothing was planned
    busy = kernel.discstack(*burn, drive.generic, "--unmount", folder=Path("/mnt/a disc"))
    assert "the mount at /mnt/a disc could not be taken away: umount: /mnt/a disc: target is busy" in busy.output
    assert kernel.discstack(*burn, drive.block, "--unmount").status == 0
    assert kernel.run("mountpoint -q '/mnt/a disc'").status != 0


@pytest.fixture
def udev(kernel: Any) -> Iterator[None]:
    """The udev daemon in the guest."""
    kernel.check("setsid /lib/systemd/systemd-udevd >/dev/null 2>&1 & echo $! >/run/udevd")
    kernel.check("until [ -e /run/udev/control ]; do sleep 0.1; done")
    yield
    kernel.check("kill $(</run/udevd); while kill -0 $(</run/udevd) 2>/dev/null; do sleep 0.1; done; rm -r /run/udev")


@pytest.mark.usefixtures("udev", "drive")
def test_with_udev_a_member_of_cdrom_sees_all_of_it(kernel: Any, attaching: Attaching, background: Any) -> None:
    """Udev gives the nodes to the group, links by lasting names, and knows of media without asking."""
    with background(f"{MEMBER} {DISCSTACK} drives --watch --interval 60 --json") as watch:
        watch.until(lambda lines: lines)
        with attaching("cd-rw") as attachment:
            added, inserted = map(json.loads, watch.until(lambda lines: len(lines) == 3)[1:])
            block = attachment.drives[0].block
            assert (added["event"], added["drive"]["address"]) == ("DriveAdded", block)
            assert any(name.startswith("/dev/disk/by-id/") for name in added["drive"]["names"])
            assert inserted["event"] == "MediumInserted"
            # udev's rule locks the tray
            kernel.check(f"udevadm settle; sg_prevent --allow {block}; sg_start --eject {block}")
            assert json.loads(watch.until(lambda lines: len(lines) == 4)[-1])["event"] == "MediumRemoved"
        assert json.loads(watch.until(lambda lines: len(lines) == 5)[-1])["event"] == "DriveRemoved"


@pytest.mark.usefixtures("udev")
def test_drives_that_are_alike_are_told_apart_and_have_the_same_numbers_without_udev(
    kernel: Any, attaching: Attaching
) -> None:
    with attaching("cd-r", "cd-r") as attachment:
        kernel.check("udevadm settle")
        blocks = [drive.block for drive in attachment.drives]
        found = {row["address"]: row for row in json.loads(kernel.discstack("drives", "--json").output)}
        numbers = [kernel.check(f"sg_inq --page=0x80 --raw {block} | tail -c +5").strip() for block in blocks]
        lasting = [{name for name in found[block]["names"] if "/by-id/" in name} for block in blocks]
    assert [found[block]["serial"] for block in blocks] == numbers
    assert numbers[0] != numbers[1]
    assert all(lasting)
    assert lasting[0].isdisjoint(lasting[1])
    for number, names in zip(numbers, lasting, strict=True):
        assert any(number in name for name in names)


@pytest.mark.usefixtures("udev")
def test_udev_keeps_off_a_drive_that_we_hold(kernel: Any, drive: Any, background: Any) -> None:
    asked = f"udevadm trigger --action=change --name-match={drive.block}"
    with background(python(CLAIM, drive.block)) as holder:
        holder.until(lambda lines: lines == ["held"])
        assert "Timed out" in kernel.run(f"{asked}; udevadm settle --timeout=1").output
    kernel.check("udevadm settle")


@pytest.fixture
def udisks(kernel: Any, udev: None) -> Iterator[None]:
    """What automounters of desktops mount by, in the guest."""
    if not Path(UDISKS).exists():
        pytest.skip("udisks2 is not installed")
    kernel.check(
        f"mkdir -p /run/dbus; dbus-daemon --system --fork; setsid {UDISKS} >/run/udisks 2>&1 & echo $! >/run/ud"
    )
    kernel.check("until [[ $(</run/udisks) == *Acquired* ]]; do sleep 0.1; done")
    yield
    kernel.check("kill $(</run/ud); while kill -0 $(</run/ud) 2>/dev/null; do sleep 0.1; done; kill $(</run/dbus/pid)")
    kernel.check("umount -q /run/udisks2/* 2>/dev/null; rm -r /run/dbus /run/ud")


@pytest.mark.usefixtures("udisks")
def test_udisks_mounts_our_disc_and_is_kept_from_a_drive_that_we_hold(
    kernel: Any, attaching: Attaching, share: Path, background: Any
) -> None:
    """The burn waits for udev's look at the disc; what udisks has mounted goes by --unmount; it sees what is new."""
    files = fill(share / "files")
    with attaching("dvd+rw") as attachment:
        block = attachment.drives[0].block
        burn = ("burn", files, "-d", block, "--verify", "none", "--reload", "-V")
        assert kernel.discstack(*burn, "FIRST").status == 0
        kernel.check(SEEN.format(block=block, label="FIRST"))
        kernel.check(f"udisksctl mount -b {block}")
        assert kernel.discstack(*burn, "SECOND", "--erase", "--unmount").status == 0
        kernel.check(SEEN.format(block=block, label="SECOND"))
        with background(python(CLAIM, block)) as holder:
            holder.until(lambda lines: lines == ["held"])
            assert "already mounted or mount point busy" in kernel.run(f"udisksctl mount -b {block} 2>&1").output
            assert "Device or resource busy" in kernel.run(f"eject {block} 2>&1").output


def test_the_doctor_finds_what_keeps_whom_from_the_drive(kernel: Any, drive: Any) -> None:
    """A member of cdrom is well; somebody else is told the way into the group."""

    def examined(user: str, node: str) -> tuple[int, dict[str, Any]]:
        result = kernel.run(f"{user} {DISCSTACK} doctor {node} --json")
        found = json.loads(result.output)
        return result.status, {c["name"]: c for c in (*found["machine"], *found["drives"][0]["checks"])}

    status, checks = examined(MEMBER, drive.generic)
    assert status == 0, checks
    del checks["container"]  # the guest sees the marks of what the host is in
    assert {name: check["verdict"] for name, check in checks.items() if check["verdict"] != "good"} == {
        "udev": "note",
        "memory": "note",
        "priority": "note",
        "filter": "note",
        "users": "unseen",
    }
    assert "root:cdrom" in checks["access"]["found"]
    assert f"{drive.block} and {drive.generic}" in checks["nodes"]["found"]
    status, checks = examined("setpriv --reuid 65534 --regid 65534 --clear-groups", drive.block)
    assert status == 1
    assert {name for name, check in checks.items() if check["verdict"] == "wrong"} == {"access", "opening"}
    assert checks["access"]["advice"] == "as root: usermod -aG cdrom nobody; then log out and in again"
    assert checks["opening"]["found"] == f"{drive.block} with O_RDONLY: EACCES: Permission denied"


def test_a_loop_device_on_a_drive_is_a_user_of_it(kernel: Any, drive: Any) -> None:
    loop = kernel.check(f"losetup --read-only --find --show {drive.block}").strip()
    try:
        script = "import discstack; master = discstack.DiscMaster(); print(master.usage(master[0]))"
        assert f"the device {loop} on top of it" in kernel.check(sys.executable, "-c", script)
    finally:
        kernel.check(f"losetup --detach {loop}")


def test_the_kernels_filter_is_as_we_have_it(kernel: Any, attaching: Attaching) -> None:
    """Every opcode there is, as a member of cdrom, on a drive that is thrown away afterwards."""
    with attaching("cd-rw") as attachment:
        drive = attachment.drives[0]
        passed = list[set[int]]()
        for node in (drive.block, drive.generic):
            kernel.check(f"chgrp {CDROM} {node}; chmod 660 {node}")
            lines = kernel.check(f"{MEMBER} {sys.executable} {GUEST / 'filter.py'} {node}").split()
            passed += [set(bytes.fromhex(line)) for line in lines]
    # sr open to look, and for writing; sg likewise, which has no filter where it is open for writing
    assert passed == [ALWAYS_PASS, ALWAYS_PASS | NEED_WRITE, ALWAYS_PASS, set(range(256))]

from __future__ import annotations

import errno
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from discstack.transport import linux_device
from discstack.transport.base import AccessDenied, BackendUnavailable, DeviceBusy, DeviceGone, TransportError
from discstack.transport.linux_device import (
    FALLBACK_TRANSFER,
    glance_at,
    hold_other_node,
    max_transfer,
    open_device,
)
from discstack.transport.sgio import SgioTransport


class Opener:
    """Stands in for os.open: fails with `error` for the first `times` calls."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, error: int, times: int) -> None:
        self.error, self.times, self.real = error, times, os.open
        self.flags: list[int] = []
        monkeypatch.setattr(os, "open", self)
        monkeypatch.setattr(linux_device, "BUSY_INTERVAL", 0.001)

    def __call__(self, path: str, flags: int) -> int:
        self.flags.append(flags)
        if len(self.flags) <= self.times:
            raise OSError(self.error, os.strerror(self.error))
        return self.real("/dev/null", flags & ~os.O_EXCL)


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    device = tmp_path / "bridge" / "device"
    device.mkdir(parents=True)
    monkeypatch.setattr(linux_device, "_sysfs", lambda status: device)
    return device / "queue"


def limits(queue: Path, **values: int) -> int:
    queue.mkdir(parents=True)
    for name, value in values.items():
        (queue / name).write_text(f"{value}\n")
    descriptor = os.open("/dev/null", os.O_RDONLY)
    try:
        return max_transfer(descriptor)
    finally:
        os.close(descriptor)


@pytest.mark.parametrize(
    ("write", "expected"),
    [(False, os.O_RDONLY), (True, os.O_RDWR | os.O_EXCL)],
)
def test_only_what_changes_the_disc_opens_for_writing_and_exclusively(
    monkeypatch: pytest.MonkeyPatch, write: bool, expected: int
) -> None:
    opener = Opener(monkeypatch, 0, 0)
    SgioTransport.open("/dev/sr0", write=write).close()
    assert opener.flags == [expected | os.O_NONBLOCK | os.O_CLOEXEC]


def test_a_device_that_is_held_for_a_moment_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    opener = Opener(monkeypatch, errno.EBUSY, 5)
    monkeypatch.setattr(linux_device, "BUSY_PATIENCE", 200.0)  # this machine may take its time
    os.close(open_device("/dev/sr0", write=True, exclusive=True))
    assert len(opener.flags) == 6


def test_a_device_that_stays_held_is_busy_and_its_holder_named(monkeypatch: pytest.MonkeyPatch) -> None:
    Opener(monkeypatch, errno.EBUSY, 1 << 30)
    monkeypatch.setattr(linux_device, "BUSY_PATIENCE", 0.1)
    monkeypatch.setattr(linux_device, "usage", lambda roots, path: "xorriso (process 17)")
    start = time.monotonic()
    with pytest.raises(DeviceBusy, match=r"/dev/sr0: held exclusively by xorriso \(process 17\)") as caught:
        open_device("/dev/sr0", write=True, exclusive=True)
    assert time.monotonic() - start >= 0.1
    assert caught.value.errno == errno.EBUSY


def test_a_device_that_udev_looks_at_is_waited_for_longer_than_one_that_is_held(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What udev does to a disc that was just put in takes as long as the disc takes to spin up."""
    opener = Opener(monkeypatch, errno.EWOULDBLOCK, 9)
    monkeypatch.setattr(linux_device, "BUSY_PATIENCE", 0.0)
    os.close(open_device("/dev/sr0", write=True, exclusive=True))
    assert len(opener.flags) == 10
    monkeypatch.setattr(linux_device, "LOCK_PATIENCE", 0.0)
    monkeypatch.setattr(linux_device, "usage", lambda roots, path: "(udev-worker) (process 17)")
    opener.times = 1 << 30
    with pytest.raises(DeviceBusy, match=r"locked, as udev does .* open by \(udev-worker\)"):
        open_device("/dev/sr0", write=True, exclusive=True)


def test_a_mounted_device_is_busy_without_another_try(monkeypatch: pytest.MonkeyPatch) -> None:
    opener = Opener(monkeypatch, errno.EBUSY, 1 << 30)
    monkeypatch.setattr(linux_device, "mounts", lambda roots, path: [object()])
    monkeypatch.setattr(linux_device, "usage", lambda roots, path: "the mount at /mnt")
    with pytest.raises(DeviceBusy, match="the mount at /mnt"):
        open_device("/dev/sr0", write=True, exclusive=True)
    assert len(opener.flags) == 1


class TestTheOtherNode:
    """What comes of holding a drive by its second node; a character device stands for the first one, that of sg."""

    @pytest.fixture(autouse=True)
    def first(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
        monkeypatch.setattr(linux_device, "other_node", lambda roots, status: "/dev/sr0")
        descriptor = os.open("/dev/null", os.O_RDONLY)
        yield descriptor
        os.close(descriptor)

    def test_it_is_held_exclusively(self, first: int, monkeypatch: pytest.MonkeyPatch) -> None:
        opener = Opener(monkeypatch, 0, 0)
        held = hold_other_node(first)
        assert held is not None
        os.close(held)
        assert opener.flags == [os.O_RDWR | os.O_EXCL | os.O_NONBLOCK | os.O_CLOEXEC]

    @pytest.mark.parametrize("error", [errno.EACCES, errno.EPERM, errno.ENXIO])
    def test_one_that_this_process_may_not_open_is_left(
        self, first: int, monkeypatch: pytest.MonkeyPatch, error: int
    ) -> None:
        Opener(monkeypatch, error, 1)
        assert hold_other_node(first) is None

    def test_one_that_somebody_holds_is_busy(self, first: int, monkeypatch: pytest.MonkeyPatch) -> None:
        Opener(monkeypatch, errno.EBUSY, 1 << 30)
        monkeypatch.setattr(linux_device, "BUSY_PATIENCE", 0.01)
        with pytest.raises(DeviceBusy):
            hold_other_node(first)


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (errno.EACCES, AccessDenied, r"permission denied; members of the group \w+ may use it \(mode \d+\)"),
        (errno.EPERM, AccessDenied, "does not permit"),
        (errno.EROFS, AccessDenied, "read-only"),
        (errno.ENOMEDIUM, TransportError, "no medium"),
        (errno.ENXIO, DeviceGone, "gone"),
        (errno.ENODEV, DeviceGone, "gone"),
        (errno.EMFILE, TransportError, "Too many open files"),
    ],
)
def test_reasons_not_to_open_are_told_apart(
    monkeypatch: pytest.MonkeyPatch, error: int, kind: type[TransportError], words: str
) -> None:
    Opener(monkeypatch, error, 1)
    with pytest.raises(TransportError, match=f"/dev/null: .*{words}") as caught:
        open_device("/dev/null", write=False, exclusive=False)
    assert type(caught.value) is kind
    assert caught.value.errno == error


def test_a_device_that_is_not_there_is_gone() -> None:
    with pytest.raises(DeviceGone, match="/dev/sr4711: there is no such device"):
        SgioTransport.open("/dev/sr4711")


def test_a_file_is_no_device(tmp_path: Path) -> None:
    image = tmp_path / "disc.iso"
    image.write_bytes(b"CD001")
    with pytest.raises(BackendUnavailable, match=r"disc.iso: this is no device file"):
        SgioTransport.open(str(image))


@pytest.mark.skipif(os.geteuid() != 0, reason="takes root to drop its rights")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_device_without_permission_names_its_group() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        device = Path(folder) / "sr0"
        os.mknod(device, stat.S_IFCHR, os.makedev(1, 3))
        device.chmod(0o660)
        child = os.fork()
        if child == 0:
            status = 1
            try:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
                SgioTransport.open(str(device))
            except AccessDenied as error:
                status = 0 if "members of the group root may use it (mode 660)" in str(error) else 2
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_glance_at_a_held_device_sees_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    opener = Opener(monkeypatch, errno.EBUSY, 1)
    assert glance_at("/dev/null") is None
    descriptor = glance_at("/dev/null")
    assert descriptor is not None
    os.close(descriptor)
    assert opener.flags == [os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC] * 2


@pytest.mark.skipif(os.geteuid() != 0, reason="takes root to make a device node")
def test_a_glance_keeps_away_from_who_has_a_disc_for_himself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    node = tmp_path / "sr0"
    os.mknod(node, stat.S_IFBLK, os.makedev(11, 250))
    opener = Opener(monkeypatch, errno.ENXIO, 1)
    with pytest.raises(DeviceGone):
        glance_at(str(node))
    assert opener.flags[0] & os.O_EXCL


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"max_sectors_kb": 120, "max_hw_sectors_kb": 120, "max_segments": 2048}, 120 << 10),
        ({"max_sectors_kb": 1280, "max_hw_sectors_kb": 32767, "max_segments": 128}, 127 * 4096),
        ({"max_sectors_kb": 512, "max_hw_sectors_kb": 32767}, 512 << 10),
        ({"max_sectors_kb": 1280, "max_hw_sectors_kb": 126}, 124 << 10),
        ({"max_sectors_kb": 2, "max_segments": 8}, 2 << 10),  # less than a page: pages may have 64 KiB
        ({}, FALLBACK_TRANSFER),
    ],
)
def test_the_largest_transfer_is_the_systems(queue: Path, values: dict[str, int], expected: int) -> None:
    assert limits(queue, **values) == expected


def test_an_sg_device_has_the_queue_of_its_block_device(queue: Path) -> None:
    assert limits(queue.parent / "device" / "block" / "sr0" / "queue", max_sectors_kb=96) == 96 << 10


def test_garbage_in_sysfs_falls_back(queue: Path) -> None:
    queue.mkdir()
    (queue / "max_sectors_kb").write_text("many")
    assert limits(queue / "deeper") == FALLBACK_TRANSFER


@pytest.mark.parametrize(
    ("told", "usb", "usual"),
    [(128, False, 128), (1024, False, 256), (1024, True, 64), (32, True, 32), (32, False, 32)],
)
def test_a_usb_bridge_is_not_trusted_with_all_that_it_says_it_takes(
    queue: Path, told: int, usb: bool, usual: int
) -> None:
    queue.mkdir()
    (queue / "max_sectors_kb").write_text(f"{told}\n")
    if usb:
        (queue.parent.parent / "idVendor").write_text("152d\n")
    transport: Any = SgioTransport.open("/dev/null")
    assert (transport.max_transfer, transport.usual_transfer) == (told << 10, usual << 10)
    transport.close()


def test_a_device_without_a_queue_falls_back() -> None:
    transport: Any = SgioTransport.open("/dev/null")
    assert transport.max_transfer == FALLBACK_TRANSFER
    transport.close()
